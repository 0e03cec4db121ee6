package gateway

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"penstock/branches/workspace"
	"penstock/gateway/api"
	"penstock/gateway/pipes"
)

const described = `DESCRIPTION >
    Orders of a shop.
    Newest first.

NODE paid
SQL >
    %
    SELECT * FROM orders WHERE paid = {{Boolean(paid, True)}}
    {% if defined(since) %} AND at >= {{DateTime(since, description='From here on')}} {% end %}
    AND country IN {{Array(countries, 'String', 'es,fr', description='Countries', enum=['es', 'fr', 'de'])}}

NODE endpoint
SQL >
    %
    SELECT {{columns(cols, 'id')}} FROM paid WHERE id != {{Int32(min_id, 0, description='At least')}}
    AND id != {{UInt8(min_id, 5)}} AND shop = {{String(shop, required=True, example='north', enum=['north', 'south'])}}
    AND amount > {{Float64(amount, 1.5)}} AND day = {{Date(day, '2026-01-01')}} AND n IN {{Array(ns, 'Int32', '1,2')}}
    LIMIT {{Int32(page_size, 'ten')}} + {{UInt256(huge, '340282366920938463463374607431768211456')}}

TYPE endpoint
`

// The document is valid, tells of each parameter once what any node says of it, and lists what the caller may call.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	registry, err := pipes.NewRegistry(10)
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]pipes.Definition{}
	for name, text := range map[string]string{"orders": described, "plain": "NODE n\nSQL >\n    SELECT 1\n\nTYPE endpoint\n",
		"broken": "NODE n\nSQL >\n    %\n    {{nofn()}}\n\nTYPE endpoint\n", "copied": "NODE n\nSQL >\n    SELECT 1\n\nTYPE copy\n",
		"above": "NODE n\nSQL >\n    %\n    SELECT * FROM {% if defined(all) %} plain {% else %} orders {% end %} WHERE shop = {{String(shop, description='Which')}}\n"} {
		defined[name] = pipes.Define(name, name+".pipe", text)
	}
	registry.Replace(workspace.Main, pipes.Set{Pipes: defined})
	caller := workspace.Caller{Workspace: workspace.Workspace{ID: workspace.Main, Name: "main"}, Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}
	doc := document(caller, registry, "http://127.0.0.1:7181")
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := openapi3.NewLoader().LoadFromData(text)
	if err == nil {
		err = parsed.Validate(t.Context())
	}
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(doc.Paths) != 3 {
		t.Errorf("got %d endpoints, want above, orders and plain: %s", len(doc.Paths), text)
	}
	op := doc.Paths["/v0/pipes/orders.json"].Get
	if op.Summary != "Orders of a shop." || op.OperationID != "orders" {
		t.Errorf("got %+v", op)
	}
	no := false
	countries := api.Schema{Type: "string", Enum: []any{"es", "fr", "de"}}
	whole := api.Schema{Type: "integer", Format: "int32"}
	for i, want := range []api.Parameter{
		{Name: "paid", Schema: api.Schema{Type: "boolean", Default: true}},
		{Name: "since", Description: "From here on", Schema: api.Schema{Type: "string"}},
		{Name: "countries", Description: "Countries", Explode: &no, Schema: api.Schema{Type: "array", Items: &countries, Default: []any{"es", "fr"}}},
		{Name: "cols", Schema: api.Schema{Type: "string"}},
		{Name: "min_id", Description: "At least", Schema: api.Schema{Type: "integer", Format: "int32", Default: int64(0)}},
		{Name: "shop", Required: true, Example: "north", Schema: api.Schema{Type: "string", Enum: []any{"north", "south"}}},
		{Name: "amount", Schema: api.Schema{Type: "number", Format: "double", Default: 1.5}},
		{Name: "day", Schema: api.Schema{Type: "string", Format: "date", Default: "2026-01-01"}},
		{Name: "ns", Explode: &no, Schema: api.Schema{Type: "array", Items: &whole, Default: []any{json.Number("1"), json.Number("2")}}},
		{Name: "page_size", Schema: api.Schema{Type: "integer", Format: "int32"}},
		{Name: "huge", Schema: api.Schema{Type: "integer", Default: json.Number("340282366920938463463374607431768211456")}},
	} {
		want.In = "query"
		if i >= len(op.Parameters) || !reflect.DeepEqual(op.Parameters[i], want) {
			t.Errorf("parameter %d: got %+v, want %+v", i, op.Parameters[i:min(i+1, len(op.Parameters))], want)
		}
	}
	// A pipe hands its parameters on: those of what it may read from are its own too, after those that its nodes have.
	var names []string
	for _, p := range doc.Paths["/v0/pipes/above.json"].Get.Parameters {
		names = append(names, p.Name)
	}
	if got, want := strings.Join(names, " "), "all shop paid since countries cols min_id amount day ns page_size huge"; got != want {
		t.Errorf("a pipe above another has the parameters %s, want %s", got, want)
	}
	reader := workspace.Caller{Workspace: caller.Workspace, Scopes: []workspace.Scope{{Type: workspace.ScopePipesRead, Resource: "plain"}}}
	if got := document(reader, registry, "http://h"); len(got.Paths) != 1 || got.Paths["/v0/pipes/plain.json"].Get.OperationID == "" {
		t.Errorf("a token for one endpoint sees %v", got.Paths)
	}
}
