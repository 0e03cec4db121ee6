package gateway

import (
	"cmp"
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
	"penstock/gateway/query"
	"penstock/sql/engine"
)

const sqlPath = "/v0/sql"

// formats gives the engine's name of the format that an extension means.
var formats = map[string]string{
	"json":         "JSON",
	"csv":          "CSVWithNames",
	"csvwithnames": "CSVWithNames",
	"ndjson":       "JSONEachRow",
	"parquet":      "Parquet",
	"prometheus":   "Prometheus",
}

// contentTypes are by the engine's name of the format. Of other formats the engine tells.
var contentTypes = map[string]string{
	"JSON":         fiber.MIMEApplicationJSON,
	"CSVWithNames": "text/csv; charset=utf-8",
	"JSONEachRow":  "application/x-ndjson",
	"Parquet":      "application/vnd.apache.parquet",
	"Prometheus":   "text/plain; version=0.0.4; charset=utf-8",
}

const extensions = "json, csv, ndjson, parquet, csvwithnames, prometheus"

// outputSettings are the settings that a request may give; each is 0 or 1.
var outputSettings = []struct{ name, unset string }{
	{"output_format_json_quote_64bit_integers", "0"},
	{"output_format_json_quote_denormals", ""},
	{"output_format_parquet_string_as_string", ""},
}

func (s *Server) registerQueries(r fiber.Router) {
	endpoint := s.queryRoute(func(in input) (query.Request, error) {
		name, ext, ok := cutLast(in.name, ".")
		f, known := formats[ext]
		if !ok || !known {
			return query.Request{}, workspace.Errorf(workspace.NotFound, "Call a pipe with the format as its extension, /v0/pipes/NAME.json: one of %s", extensions)
		}
		return query.Request{Pipe: name, Q: in.field("q"), Format: f}, nil
	})
	r.Get("/v0/pipes/:name", endpoint)
	r.Post("/v0/pipes/:name", endpoint)
	r.All("/v0/pipes/:name", s.wrongMethod("GET, POST"))
	sql := s.queryRoute(func(in input) (query.Request, error) {
		f := formats["json"]
		if ext := in.field("format"); ext != "" {
			var known bool
			if f, known = formats[strings.ToLower(ext)]; !known {
				return query.Request{}, workspace.Errorf(workspace.Invalid, "The format is not known: use one of %s, or a FORMAT clause at the end of the SQL", extensions)
			}
		}
		text := in.raw
		if text == "" {
			text = in.field("q")
		}
		return query.Request{SQL: text, Pipeline: in.field("pipeline"), Format: f}, nil
	})
	r.Get(sqlPath, sql)
	r.Post(sqlPath, sql)
	r.All(sqlPath, s.wrongMethod("GET, POST"))
}

// queryRoute is the way of everything that runs on ClickHouse.
func (s *Server) queryRoute(build func(input) (query.Request, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		caller, err := s.authenticate(c)
		if err != nil {
			return err
		}
		if err := limited(c, s.cfg.Query.Admit(caller), ""); err != nil {
			return err
		}
		in, err := decode(c)
		if err != nil {
			return err
		}
		req, err := build(in)
		if err != nil {
			return err
		}
		rec := recordOf(c)
		req.ID, rec.pipe = rec.id, req.Pipe
		if req.Settings, err = settingsOf(in); err != nil {
			return err
		}
		in.remove("token") // no template has a reason to see it
		req.Params = in.args
		return s.run(c, caller, req)
	}
}

func (s *Server) run(c *fiber.Ctx, caller workspace.Caller, req query.Request) error {
	ctx, cancel := context.WithCancel(s.base)
	unwatch := s.watch.add(c.Context().Conn(), cancel)
	left := func() { unwatch(); cancel() }
	release, d := s.cfg.Query.Enter(caller)
	if err := limited(c, d, ", or ask the operator for a higher --max-running"); err != nil {
		left()
		return err
	}
	over, streams := left, false
	defer func() {
		if !streams { // a panic too
			over()
		}
	}()
	a, err := s.cfg.Query.Run(ctx, caller, req, release)
	if err != nil {
		return err
	}
	over = func() { a.Close(); left() }
	c.Set(fiber.HeaderContentType, cmp.Or(contentTypes[a.Format], a.ContentType, fiber.MIMEOctetStream))
	streams, err = s.send(c, a, over)
	return err
}

func settingsOf(in input) ([]engine.Setting, error) {
	var out []engine.Setting
	for _, o := range outputSettings {
		v := in.field(o.name)
		switch v {
		case "0", "1":
		case "":
			v = o.unset
		default:
			return nil, workspace.Errorf(workspace.Invalid, "%s is 0 or 1", o.name)
		}
		if v != "" {
			out = append(out, engine.Setting{Name: o.name, Value: v})
		}
	}
	return out, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// wrongMethod answers a path that is there with a method that is not.
func (s *Server) wrongMethod(methods string) fiber.Handler {
	most, last, _ := cutLast(methods, ", ")
	err := fiber.NewError(fiber.StatusMethodNotAllowed, "This address does not know the method: use "+most+" or "+last+" here")
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderAllow, methods)
		return err
	}
}
