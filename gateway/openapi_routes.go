package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
	"penstock/gateway/api"
	"penstock/gateway/pipes"
	"penstock/templating"
)

// registerOpenAPI comes before the endpoints: a pipe called openapi answers in other formats than JSON only.
func (s *Server) registerOpenAPI(r fiber.Router) {
	r.Get("/v0/pipes/openapi.json", func(c *fiber.Ctx) error {
		caller, err := s.authenticate(c)
		if err != nil {
			return err
		}
		return answer(c, fiber.StatusOK, document(caller, s.cfg.Pipes, c.BaseURL()))
	})
}

// document describes the endpoints that the caller may call.
func document(caller workspace.Caller, registry *pipes.Registry, url string) api.OpenAPI {
	doc := api.OpenAPI{
		OpenAPI:    "3.0.3",
		Info:       api.OpenAPIInfo{Title: caller.Workspace.Name, Version: "v0"},
		Servers:    []api.OpenAPIServer{{URL: url}},
		Security:   []map[string][]any{{"bearer": {}}, {"token": {}}},
		Paths:      map[string]api.PathItem{},
		Components: json.RawMessage(api.OpenAPIComponents),
	}
	scope := registry.For(caller.Workspace)
	for _, p := range registry.Endpoints(caller.Workspace) {
		if !caller.MayRead(p.Name) {
			continue
		}
		op := api.Operation{OperationID: p.Name, Description: p.Description, Parameters: []api.Parameter{}, Responses: map[string]api.Reference{}}
		op.Summary, _, _ = strings.Cut(strings.TrimSpace(p.Description), "\n")
		for _, param := range p.Params(scope) {
			op.Parameters = append(op.Parameters, parameter(param))
		}
		for status, body := range map[string]string{"200": "rows", "400": "error", "403": "error", "404": "error", "408": "error", "429": "error"} {
			op.Responses[status] = api.Reference{Ref: "#/components/responses/" + body}
		}
		doc.Paths["/v0/pipes/"+p.Name+".json"] = api.PathItem{Get: op}
	}
	return doc
}

func parameter(p templating.Param) api.Parameter {
	out := api.Parameter{Name: p.Name, In: "query", Required: p.Required, Schema: schemaOf(p.Type), Example: p.Example}
	if p.Description != nil {
		out.Description = fmt.Sprint(p.Description)
	}
	if out.Schema.Type == "array" {
		no := false
		out.Explode = &no
	}
	if f, ok := p.Format.(string); ok {
		out.Schema.Format = f
	}
	// What the author wrote stands beside the type that he gave, and a generator refuses a document in which they differ.
	one := &out.Schema
	if one.Items != nil { // of an array the items are told
		one = one.Items
	}
	if list, ok := p.Enum.([]any); ok && fitsEach(list, *one) {
		one.Enum = list
	}
	def := p.Default
	if text, ok := def.(string); ok && out.Schema.Items != nil {
		def = items(text, *one)
	} else if ok {
		def = valueOf(text, out.Schema)
	}
	if fits(def, out.Schema) {
		out.Schema.Default = def
	}
	return out
}

// items are those of a comma text.
func items(text string, s api.Schema) any {
	var out []any
	for _, item := range strings.Split(text, ",") {
		v := valueOf(item, s)
		if v == nil {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// valueOf is the value that a text stands for, as a request's does; nil for one that is none of the schema. Of whole numbers there
// are some that no variable of Go holds.
func valueOf(text string, s api.Schema) any {
	switch s.Type {
	case "integer":
		if n, ok := new(big.Int).SetString(text, 10); ok {
			return json.Number(n.String())
		}
		return nil
	case "number":
		if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
		return nil
	}
	return text
}

// schemaOf is the type of the language in JSON Schema. A DateTime is a plain text: its form is ClickHouse's, not
// RFC 3339's.
func schemaOf(typ string) api.Schema {
	if item, ok := strings.CutPrefix(typ, "Array("); ok {
		items := schemaOf(strings.TrimSuffix(item, ")"))
		return api.Schema{Type: "array", Items: &items}
	}
	switch typ {
	case "Boolean":
		return api.Schema{Type: "boolean"}
	case "Float32":
		return api.Schema{Type: "number", Format: "float"}
	case "Float64":
		return api.Schema{Type: "number", Format: "double"}
	case "Int8", "Int16", "Int32", "UInt8", "UInt16":
		return api.Schema{Type: "integer", Format: "int32"}
	case "Int64", "UInt32":
		return api.Schema{Type: "integer", Format: "int64"}
	case "UInt64", "Int128", "Int256", "UInt128", "UInt256":
		return api.Schema{Type: "integer"}
	case "Date":
		return api.Schema{Type: "string", Format: "date"}
	}
	return api.Schema{Type: "string"}
}

// fits tells whether a constant of a template is a value of the schema.
func fits(v any, s api.Schema) bool {
	switch v := v.(type) {
	case bool:
		return s.Type == "boolean"
	case int64, json.Number:
		return s.Type == "integer" || s.Type == "number"
	case float64:
		return s.Type == "number"
	case string:
		return s.Type == "string"
	case []any:
		return s.Type == "array" && fitsEach(v, *s.Items)
	}
	return false
}

func fitsEach(list []any, s api.Schema) bool {
	return !slices.ContainsFunc(list, func(v any) bool { return !fits(v, s) })
}
