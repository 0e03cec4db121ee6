package gateway

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
	"penstock/templating"
)

// input is a decoded request: copies, nothing of Fiber's. A key that came more than once has all its values.
type input struct {
	name string // the path's last element
	args templating.Args
	at   map[string]int // where in args a name stands
	raw  string         // a body that is neither form nor JSON
	// valueInAddress: addresses are written into logs all over the world, and a secret's value does not belong there.
	valueInAddress bool
}

// field is the text of a key; of a repeated one the last.
func (in input) field(key string) string {
	i, ok := in.at[key]
	if !ok {
		return ""
	}
	if a := in.args[i].Arg; a.IsList && len(a.List) > 0 {
		return a.List[len(a.List)-1]
	}
	return in.args[i].Text
}

// set keeps an argument in the place of the one of the same name, else behind the others: in the order in which they came.
func (in *input) set(key string, a templating.Arg) {
	i, ok := in.at[key]
	if !ok {
		i = len(in.args)
		in.at[key] = i
		in.args = append(in.args, templating.NamedArg{Name: key})
	}
	in.args[i].Arg = a
}

func (in *input) remove(key string) {
	i, ok := in.at[key]
	if !ok {
		return
	}
	delete(in.at, key)
	in.args = slices.Delete(in.args, i, i+1)
	for ; i < len(in.args); i++ {
		in.at[in.args[i].Name] = i
	}
}

// decode reads address and body. Where both have a key, the body wins.
func decode(c *fiber.Ctx) (input, error) {
	in := input{name: strings.Clone(c.Params("name")), at: make(map[string]int)}
	if decoded, err := url.PathUnescape(in.name); err == nil {
		in.name = decoded
	}
	c.Context().QueryArgs().VisitAll(func(k, v []byte) { in.add(string(k), string(v)) })
	_, in.valueInAddress = in.at["value"]
	if c.Get(fiber.HeaderContentEncoding) != "" {
		return in, workspace.Errorf(workspace.Invalid, "Send the body as it is, without a Content-Encoding")
	}
	body := bytes.Clone(c.Request().Body()) // c.Body would unpack it, to any size
	if len(body) == 0 {
		return in, nil
	}
	kind, _, _ := strings.Cut(strings.ToLower(c.Get(fiber.HeaderContentType)), ";")
	switch trimmed := bytes.TrimLeft(body, " \t\r\n\ufeff"); {
	case kind == fiber.MIMEMultipartForm:
		form, err := c.MultipartForm()
		if err != nil {
			return in, workspace.Errorf(workspace.Invalid, "The multipart form cannot be read: send it as application/x-www-form-urlencoded")
		}
		in.take(form.Value)
	case len(trimmed) > 0 && trimmed[0] == '{':
		return in, in.takeJSON(trimmed)
	case kind == fiber.MIMEApplicationJSON && c.Path() != sqlPath:
		return in, workspace.Errorf(workspace.Invalid, "The JSON body must be an object: {\"key\": \"value\"}")
	case formLike.Match(body):
		form, err := url.ParseQuery(string(body))
		// A statement may look like a form as far as its first '='.
		if c.Path() == sqlPath && (err != nil || !form.Has("q")) {
			in.raw = string(body)
			return in, nil
		}
		if err != nil { // its text quotes the body
			return in, workspace.Errorf(workspace.Invalid, "The form cannot be decoded: encode it with percent signs, as curl's --data-urlencode does")
		}
		in.take(form)
	default:
		in.raw = string(body)
	}
	return in, nil
}

// formLike is the beginning of a form: one encoded key and its '='.
var formLike = regexp.MustCompile(`^[A-Za-z0-9_.~*+%\[\]-]+=`)

// add takes one pair of the address.
func (in *input) add(key, value string) {
	i, again := in.at[key]
	switch {
	case key == "":
	case !again:
		in.set(key, templating.Arg{Text: value})
	case in.args[i].IsList:
		in.args[i].List = append(in.args[i].List, value)
	default:
		in.set(key, templating.Arg{List: []string{in.args[i].Text, value}, IsList: true})
	}
}

// take takes what a body has.
func (in *input) take(values map[string][]string) {
	for _, k := range slices.Sorted(maps.Keys(values)) {
		switch v := values[k]; {
		case k == "":
		case len(v) == 1:
			in.set(k, templating.Arg{Text: v[0]})
		case len(v) > 1:
			in.set(k, templating.Arg{List: v, IsList: true})
		}
	}
}

func (in *input) takeJSON(body []byte) error {
	bad := workspace.Errorf(workspace.Invalid, "The body begins like JSON but is none: send an object with double quotes, in UTF-8")
	if !utf8.Valid(body) {
		return bad
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return bad
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		a, sent, err := templating.ArgOfJSON(object[k])
		switch {
		case err != nil:
			return workspace.Errorf(workspace.Invalid, "The value of '%s' cannot be read: %v", k, err)
		case sent:
			in.set(k, a)
		default:
			in.remove(k)
		}
	}
	return nil
}
