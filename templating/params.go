package templating

import (
	"penstock/sql/lexer"
	"penstock/templating/parse"
)

// A Param is a request parameter as the template documents it. The fields Default to Format hold what stands in the
// template: nil, bool, int64, float64, string or []any of these; a name that stands there is its text.
type Param struct {
	Name     string
	Type     string // String, Int32, Array(String), …
	Default  any
	Required bool // required=True is written

	Description, Enum, Example, Format any

	Pos   lexer.Position
	plain bool // the type is a guess: the name was used without a type function
}

// Params are the uses of parameters in the order of the source, found without running. Names that the template assigns
// itself are left out.
func (t *Template) Params() []Param {
	var out []Param
	places := placer{src: t.src}
	for _, u := range t.uses {
		n, isParam := t.byName[u.name]
		if !isParam || n >= len(t.params) {
			continue
		}
		required, _ := u.words["required"].(bool)
		out = append(out, Param{Name: u.name, Type: u.typ, Default: u.def, Required: required, Description: u.words["description"],
			Enum: u.words["enum"], Example: u.words["example"], Format: u.words["format"], Pos: places.at(u.pos), plain: !u.typed})
	}
	return out
}

// MergeParams makes one Param of all uses of a name, in the order of the first uses. The first use with a type function
// gives the type; each other field comes from the first use that has it; a parameter is required when any use says so.
func MergeParams(uses ...[]Param) []Param {
	var out []Param
	at := make(map[string]int)
	for _, list := range uses {
		for _, p := range list {
			i, ok := at[p.Name]
			if !ok {
				at[p.Name] = len(out)
				out = append(out, p)
				continue
			}
			m := &out[i]
			if m.plain && !p.plain {
				m.Type, m.plain = p.Type, false
			}
			m.Required = m.Required || p.Required
			for _, f := range []struct {
				to   *any
				from any
			}{{&m.Default, p.Default}, {&m.Description, p.Description}, {&m.Enum, p.Enum}, {&m.Example, p.Example}, {&m.Format, p.Format}} {
				if *f.to == nil {
					*f.to = f.from
				}
			}
		}
	}
	return out
}

// Format lays out the tags of a node's text in one canonical way. It never changes what a template renders; a text that
// is no template comes back as it is. The error is parse.Errors, with places in the text after the activating percent.
func Format(text string) (string, error) {
	offset, ok := Activate(text)
	if !ok {
		return text, nil
	}
	tree, err := parse.Parse(text[offset:])
	if err != nil {
		return "", err
	}
	return text[:offset] + tree.String(), nil
}
