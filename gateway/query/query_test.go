package query

import (
	"context"
	"errors"
	"testing"
	"time"

	"penstock/branches/workspace"
	"penstock/gateway/pipes"
	"penstock/sql/engine"
	"penstock/sql/guard"
	"penstock/sql/lexer"
)

// A token for one endpoint is no token for the tables: q= selects from the endpoint only.
func TestOnlyEndpoint(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]workspace.Code{
		"SELECT count() FROM _":                                                                                    0,
		"SELECT a FROM (SELECT a FROM _ WHERE a > 1) LIMIT 1":                                                      0,
		"WITH x AS (SELECT 1 AS a) SELECT * FROM x, _":                                                             0,
		"SELECT * FROM users":                                                                                      workspace.Forbidden,
		"SELECT * FROM _ JOIN users USING id":                                                                      workspace.Forbidden,
		"SELECT * FROM _ WHERE id IN (SELECT id FROM users)":                                                       workspace.Forbidden,
		"SELECT * FROM _ WHERE id IN users":                                                                        workspace.Forbidden,
		"SELECT * FROM ws_main._":                                                                                  workspace.Forbidden,
		"SELECT * FROM merge('^users$')":                                                                           workspace.Forbidden,
		"SELECT * FROM merge(currentDatabase(), '^users$')":                                                        workspace.Forbidden,
		"SELECT (SELECT 1 AS users), id IN users FROM _":                                                           workspace.Forbidden,
		"SELECT id IN users AS users FROM _":                                                                       workspace.Forbidden,
		"SELECT arrayMap(users -> 1, [1]), id IN users FROM _":                                                     workspace.Forbidden,
		"SELECT * FROM postgresql('db.example:5432', 'd', 't', 'u', 'p')":                                          workspace.Forbidden,
		"WITH users AS (SELECT * FROM b), b AS (SELECT * FROM users) SELECT * FROM users, _":                       workspace.Forbidden,
		"WITH users AS (SELECT id FROM _), _ AS (SELECT id FROM users) SELECT id FROM _ WHERE id IN users":         workspace.Forbidden,
		"WITH RECURSIVE users AS (SELECT id FROM users) SELECT * FROM users, _":                                    workspace.Forbidden,
		"SELECT * FROM ((WITH users AS (SELECT 1) SELECT 1 UNION ALL SELECT 2) UNION ALL SELECT id FROM users), _": workspace.Forbidden,
		"WITH users AS (SELECT 1 AS id) SELECT 1 UNION ALL SELECT id FROM users":                                   0,
		"WITH a AS (SELECT * FROM _), b AS (SELECT * FROM a) SELECT * FROM b":                                      0,
		"SELECT joinGet('plan_join', 'quota', id) FROM _":                                                          workspace.Forbidden,
		"WITH [1, 2] AS list SELECT id FROM _ WHERE id IN list":                                                    0,
		"SELECT arrayFilter(x -> id IN x, [[1]]) FROM _":                                                           0,
		"SELECT * FROM _, numbers(3) AS n, view(SELECT 1 AS a) AS v":                                               0,
		"SELECT (SELECT max(id) FROM users) FROM _":                                                                workspace.Forbidden,
		"SELECT 1 FROM _; SELECT 2":                                                                                workspace.Invalid,
		"SELECT 1 FROM _) UNION ALL (SELECT 2":                                                                     workspace.Invalid,
		"%\nSELECT {{tb_secret('x')}} FROM _":                                                                      workspace.Invalid,
	} {
		err := onlyEndpoint(&lexer.Source{Pipe: "p", Node: "q", Text: sql})
		if (err != nil) != (want != 0) || err != nil && workspace.CodeOf(err) != want {
			t.Errorf("%s: got %v, want code %d", sql, err, want)
		}
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	reader := workspace.Caller{Scopes: []workspace.Scope{{Type: workspace.ScopePipesRead, Resource: "mine"}}}
	admin := workspace.Caller{Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}
	for _, c := range []struct {
		name   string
		caller workspace.Caller
		r      Request
		want   workspace.Code
	}{
		{"own endpoint", reader, Request{Pipe: "mine"}, 0},
		{"another endpoint", reader, Request{Pipe: "other"}, workspace.Forbidden},
		{"SQL", reader, Request{SQL: "SELECT 1"}, workspace.Forbidden},
		{"admin's SQL", admin, Request{SQL: "SELECT 1"}, 0},
		{"admin's endpoint", admin, Request{Pipe: "other"}, 0},
		{"no SQL", admin, Request{SQL: " "}, workspace.Invalid},
	} {
		err := allowed(c.caller, c.r)
		if (err != nil) != (c.want != 0) || err != nil && workspace.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want code %d", c.name, err, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Code: 62. DB::Exception: Syntax error: x. (SYNTAX_ERROR) (version 26.7.3.1)": "Syntax error: x. (SYNTAX_ERROR)",
		"Code: 47. DB::Exception: Missing (version 1)":                                "Missing",
		"something else": "something else",
		"Code: 198. DB::Exception: Not found: x, Stack trace (when copying this message, always include the lines below):\n\n0. ./a.cpp:1: f @ 0x1\n. (DNS_ERROR) (version 1)": "Not found: x. (DNS_ERROR)",
	} {
		if got := plain(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// A hint about a table that does not exist names none of another workspace.
func TestHintsStayAtHome(t *testing.T) {
	t.Parallel()
	v := &veil{database: "ws_main"}
	for in, want := range map[string]string{
		"Unknown table expression identifier 'ledge' in scope SELECT * FROM ledge. Maybe you meant tenant_b.ledger?. (UNKNOWN_TABLE)": "Unknown table expression identifier 'ledge' in scope SELECT * FROM ledge. (UNKNOWN_TABLE)",
		"Table ws_main.j does not exist. Maybe you meant tenant_b.j?: In scope x":                                                     "Table ws_main.j does not exist: In scope x",
		"Table ws_main.j does not exist. Maybe you meant ws_main2.j?: In scope x":                                                     "Table ws_main.j does not exist: In scope x",
		"Unknown table 'event'. Maybe you meant ws_main.events?. (UNKNOWN_TABLE)":                                                     "Unknown table 'event'. Maybe you meant ws_main.events?. (UNKNOWN_TABLE)",
		"Unknown identifier 'x'. Maybe you meant: ['y']. (UNKNOWN_IDENTIFIER)":                                                        "Unknown identifier 'x'. Maybe you meant: ['y']. (UNKNOWN_IDENTIFIER)",
	} {
		if got := v.atHome(in); got != want {
			t.Errorf("%s: got %s", in, got)
		}
	}
}

// Of an error about a statement with a secret nothing is shown that ClickHouse quotes: where a name has a quote in it, or a
// quotation stands in another, nobody can tell what is inside.
func TestQuotationsAreWithheld(t *testing.T) {
	t.Parallel()
	v := &veil{secrets: true, compares: true, database: "ws_main"}
	const rest = ": the rest is withheld, because the statement has a secret"
	for in, want := range map[string]string{
		"Aggregate function countIf(`1'` = 'Zq7-SEKRET') is found in WHERE. (ILLEGAL_AGGREGATION)":    "Aggregate function countIf… (ILLEGAL_AGGREGATION)" + rest,
		"Missing columns: ''Zq7-SEKRET'' while processing: x. (UNKNOWN_IDENTIFIER)":                   "Missing columns… (UNKNOWN_IDENTIFIER)" + rest,
		"Unknown identifier \"a'b\" 'Zq7-SEKRET'. (UNKNOWN_IDENTIFIER)":                               "Unknown identifier… (UNKNOWN_IDENTIFIER)" + rest,
		"Unknown expression identifier `nosuch.x` in scope SELECT 'Zq7-SEKRET'. (UNKNOWN_IDENTIFIER)": "Unknown expression identifier `nosuch.x`. (UNKNOWN_IDENTIFIER)",
		"Unknown expression identifier `no'such` x. (UNKNOWN_IDENTIFIER)":                             "Unknown expression identifier… (UNKNOWN_IDENTIFIER)" + rest,
		"Number of arguments for function f doesn't match: passed 1. (X_Y)":                           "Number of arguments for function f doesn't match: passed 1. (X_Y)",
		"Column in't match Zq7-SEKRET. (X_Y)":                                                         "Column in… (X_Y)" + rest,
	} {
		if got := v.text(47, in); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

// The time limit of a query covers its rendering, with the answer that the engine's gives.
func TestTimeoutWhileRendering(t *testing.T) {
	t.Parallel()
	registry, err := pipes.NewRegistry(1)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Pipes: registry, Timeout: time.Nanosecond})
	admin := workspace.Caller{Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}
	_, err = s.Run(t.Context(), admin, Request{SQL: "% SELECT {% for i in range(5000) %}1,{% end %}1"}, func() {})
	var got, want *workspace.Error
	if !errors.As(engineError(&engine.Error{Kind: engine.Timeout}, nil), &want) || !errors.As(err, &got) ||
		got.Code != want.Code || got.Message != want.Message {
		t.Errorf("got %v, want %v", err, want)
	}
}

// asked is an engine that only takes note of what it is asked.
type asked struct{ query engine.Query }

func (a *asked) Stream(_ context.Context, q engine.Query) (*engine.Result, error) {
	a.query = q
	return nil, &engine.Error{Kind: engine.Unavailable}
}

// What the templates of a statement ask of its run reaches the engine, and nothing in it undoes what penstock sends.
func TestSettingsOfTemplates(t *testing.T) {
	t.Parallel()
	registry, err := pipes.NewRegistry(1)
	if err != nil {
		t.Fatal(err)
	}
	const text = "NODE a\nSQL >\n    %\n    SELECT {{max_threads(2)}} 1 AS x\nNODE b\nSQL >\n    %\n    SELECT {{max_threads(Int8(n, 3))}} {{cache_ttl('1m')}} x FROM a\n"
	registry.Replace(workspace.Main, pipes.Set{Pipes: map[string]pipes.Definition{"p": pipes.Define("p", "p.pipe", text)}})
	a := &asked{}
	s := New(Config{Pipes: registry, Engine: a, Timeout: time.Minute,
		Guard: func(workspace.Workspace) *guard.Guard { return guard.New(guard.Policy{Database: "ws_main"}, 0) }})
	caller := workspace.Caller{Workspace: workspace.Workspace{ID: workspace.Main}, Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}
	if _, err := s.start(t.Context(), caller, Request{Pipe: "p", Format: "JSON"}); workspace.CodeOf(err) != workspace.Unavailable {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range a.query.Settings {
		got[s.Name] = s.Value
	}
	// Nodes are rendered when they are named: the one that is named last is asked last.
	if got["max_threads"] != "2" || got["input_format_values_interpret_expressions"] != "0" || got["max_execution_time"] == "" {
		t.Errorf("got the settings %v", a.query.Settings)
	}
}
