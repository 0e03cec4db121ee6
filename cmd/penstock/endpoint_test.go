package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const eventsSource = "SCHEMA >\n    `id` UInt32 `json:$.id`,\n    `name` String `json:$.name`,\n    `int_value` UInt8 `json:$.int_value`,\n    `at` DateTime `json:$.at`\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n"

const eventsRows = `{"id":1,"name":"view","int_value":211,"at":"2026-01-01 00:00:00"}
{"id":2,"name":"click","int_value":7,"at":"2026-01-02 00:00:00"}
{"id":3,"name":"view","int_value":211,"at":"2026-01-03 00:00:00"}
`

// The lines that a newcomer is shown are pasted into a shell.
func TestWelcomeLines(t *testing.T) {
	t.Parallel()
	demo := filepath.Join(t.TempDir(), "demo")
	if code := run(t.Context(), []string{"init", demo}, stdio{os.Stdin, &output{}, os.Stderr}); code != exitOK {
		t.Fatalf("init: exit code %d", code)
	}
	g := serve(t, "--project", demo)
	// A secret that is not there yet is no reason to refuse a file.
	if !strings.Contains(g.log.String(), "check_key.pipe:10:49: warning: secret/missing: ") {
		t.Errorf("the log has no warning of the missing secret:\n%s", g.log)
	}
	lines := regexp.MustCompile(`(?m)^  (curl .*)$`).FindAllStringSubmatch(g.out.String(), -1)
	if len(lines) != 4 {
		t.Fatalf("got %d lines to try, want 4:\n%s", len(lines), g.out)
	}
	want := []string{`^{"name":"key_salt",`, `^{"secrets":\[{"name":"key_salt",.*}\]}$`, `"owner": "ada"[\s\S]*"rows": 1,`, `^{"name":"key_salt",[\s\S]*"rows": 0,`}
	for i, line := range lines {
		out, err := exec.Command("sh", "-c", strings.Replace(line[1], "curl ", "curl -sS ", -1)).CombinedOutput()
		if err != nil || !regexp.MustCompile(want[i]).Match(out) {
			t.Errorf("line %d: %s\ngot %s, %v; want %s", i+1, line[1], out, err, want[i])
		}
		if i < 2 && bytes.Contains(out, []byte("sea-salt")) {
			t.Errorf("line %d shows the value", i+1)
		}
	}
	if strings.Contains(g.out.String()+g.log.String(), g.token) {
		t.Error("the output has the token")
	}
}

func eventsProject(t *testing.T, more ...string) string {
	return writeProject(t, append([]string{
		"datasources/events.datasource", eventsSource,
		"fixtures/events.ndjson", eventsRows,
		"int_secret.pipe", pipe("%\nSELECT id FROM events WHERE int_value = toUInt8({{tb_secret('int_secret')}}) ORDER BY id"),
		"by_name.pipe", "NODE named\nSQL >\n    %\n    SELECT * FROM events -- a comment at the end\n    WHERE name = {{String(name)}}\n\nNODE after\nSQL >\n    %\n    SELECT * FROM named WHERE at >= {{DateTime(since, '2020-01-01 00:00:00')}}\n\nNODE endpoint\nSQL >\n    SELECT n.id AS id, n.name AS name FROM after AS n ORDER BY id\n\nTYPE endpoint\n",
		"types.pipe", pipe("%\nSELECT {{Int8(a, 1)}} AS a, {{UInt64(b, 2)}} AS b, {{Float64(c, 1.5)}} AS c, {{Boolean(d, True)}} AS d, {{Date(e, '2026-01-01')}} AS e, {{String(f, 'x')}} AS f"),
		"missing.pipe", pipe("%\nSELECT id FROM events WHERE name = {{tb_secret('nobody')}}"),
		"with_default.pipe", pipe("%\nSELECT id FROM events WHERE name = {{tb_secret('nobody', 'click')}}"),
		"alias.pipe", pipe("%\nSELECT id FROM events WHERE int_value = toUInt8({{tb_var('int_secret')}}) ORDER BY id"),
	}, more...)...)
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t), "--secret-rate", "0")
	g.secret("int_secret", "211")
	get := func(path string) reply { return g.call("GET", path, nil) }
	rows := func(name, path, want string) {
		t.Helper()
		if got := get(path).rows(t); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	rows("a secret as a number", "/v0/pipes/int_secret.json", `[[1],[3]]`)
	rows("tb_var", "/v0/pipes/alias.json", `[[1],[3]]`)
	rows("a default", "/v0/pipes/with_default.json", `[[2]]`)
	rows("nodes", "/v0/pipes/by_name.json?name=view", `[[1,"view"],[3,"view"]]`)
	rows("a parameter that a block uses", "/v0/pipes/by_name.json?name=view&since=2026-01-02+00:00:00", `[[3,"view"]]`)
	rows("a quote in a parameter", "/v0/pipes/by_name.json?name=view%27+OR+1=1+--", `[]`)
	rows("q over the endpoint", "/v0/pipes/by_name.json?name=view&q="+url.QueryEscape("SELECT count() AS c, max(_.id) AS m FROM _"), `[[2,3]]`)
	rows("types with defaults", "/v0/pipes/types.json", `[[1,2,1.5,1,"2026-01-01","x"]]`)
	rows("types", "/v0/pipes/types.json?a=-5&b=18446744073709551615&c=2&d=false&e=2025-12-31&f=%D1%8F", `[[-5,18446744073709552000,2,0,"2025-12-31","я"]]`)
	rows("SQL", "/v0/sql?q="+url.QueryEscape("SELECT name, count() AS c FROM events GROUP BY name ORDER BY name FORMAT JSON"), `[["click",1],["view",2]]`)
	rows("SQL over a pipe", "/v0/sql?pipeline=by_name&name=view&q="+url.QueryEscape("SELECT count() FROM _"), `[[2]]`)
	rows("a template as SQL", "/v0/sql?n=click&q="+url.QueryEscape("%\nSELECT id FROM events WHERE name = {{String(n)}}"), `[[2]]`)

	h := func(kind string) http.Header { return http.Header{"Content-Type": {kind}} }
	post := func(name, path string, header http.Header, body, want string) {
		t.Helper()
		if got := g.as(g.token).send("POST", path, header, strings.NewReader(body)).rows(t); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	post("an endpoint by form", "/v0/pipes/by_name.json", h("application/x-www-form-urlencoded"), "name=click", `[[2,"click"]]`)
	post("an endpoint by JSON", "/v0/pipes/by_name.json", h("application/json"), `{"name":"click"}`, `[[2,"click"]]`)
	post("SQL as text", "/v0/sql", h("text/plain"), "SELECT 1 AS a", `[[1]]`)
	post("SQL without a type", "/v0/sql", nil, "SELECT 1 AS a", `[[1]]`)
	post("SQL under the form's type", "/v0/sql", h("application/x-www-form-urlencoded"), "SELECT id FROM events WHERE id=2", `[[2]]`)
	post("SQL in a form", "/v0/sql", h("application/x-www-form-urlencoded"), "q="+url.QueryEscape("SELECT 1 AS a"), `[[1]]`)
	post("SQL in JSON", "/v0/sql", h("application/json"), `{"q":"%\nSELECT id FROM events WHERE id = {{Int32(i)}}","i":3}`, `[[3]]`)

	for _, c := range []struct {
		name, path string
		status     int
		want       string
	}{
		{"an unknown pipe", "/v0/pipes/nope.json", 404, `The pipe 'nope' does not exist`},
		{"an unknown extension", "/v0/pipes/types.xml", 404, `json`},
		{"a missing parameter", "/v0/pipes/by_name.json", 400, `Required parameter is not defined. Check the parameters name.`},
		{"a parameter of the wrong type", "/v0/pipes/types.json?a=x", 400, `Error validating 'x' to type Int8`},
		{"a missing secret", "/v0/pipes/missing.json", 400, `Cannot access secret 'nobody'. Check the secret exists in the Workspace and the token has the required scope.`},
		{"ClickHouse's own error", "/v0/sql?q=SELECT+nope", 400, `\[Error\] .*nope`},
		{"a table of nobody", "/v0/sql?q=SELECT+*+FROM+nope", 400, `\[Error\]`},
		{"another database", "/v0/sql?q=SELECT+*+FROM+system.processes", 400, `system`},
		{"two statements", "/v0/sql?q=SELECT+1;SELECT+2", 400, `.`},
		{"no statement", "/v0/sql", 400, `q`},
		{"an insert", "/v0/sql?q=INSERT+INTO+events+VALUES+(1)", 400, `.`},
		{"a secret in a projection", "/v0/sql?q=" + url.QueryEscape("%\nSELECT {{tb_secret('int_secret')}}"), 400, `.`},
	} {
		r := get(c.path)
		if r.status != c.status || !regexp.MustCompile(c.want).MatchString(r.body) {
			t.Errorf("%s: got %d %s, want %d %s", c.name, r.status, r.body, c.status, c.want)
		}
	}

	for ext, want := range map[string]struct{ kind, body string }{
		"csv":    {"text/csv", "\"id\",\"name\"\n2,\"click\"\n"},
		"ndjson": {"application/x-ndjson", "{\"id\":2,\"name\":\"click\"}\n"},
	} {
		r := get("/v0/pipes/by_name." + ext + "?name=click")
		if r.status != 200 || r.body != want.body || !strings.HasPrefix(r.header.Get("Content-Type"), want.kind) {
			t.Errorf("%s: got %d %s %q, want %s %q", ext, r.status, r.header.Get("Content-Type"), r.body, want.kind, want.body)
		}
	}
	if r := get("/v0/pipes/by_name.parquet?name=click"); r.status != 200 || !strings.HasPrefix(r.body, "PAR1") || !strings.HasSuffix(r.body, "PAR1") {
		t.Errorf("parquet: got %d with %d bytes, want a Parquet file", r.status, len(r.body))
	}
	if r := get("/v0/pipes/types.json?output_format_json_quote_64bit_integers=1"); !strings.Contains(r.body, `"b": "2"`) {
		t.Errorf("quoted 64-bit integers: got %s", r.body)
	}
}

// A changed secret is seen by the next statement.
func TestSecretChangesAtOnce(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t), "--secret-rate", "0")
	for i := range 20 {
		value, want := "211", `[[1],[3]]`
		if i%2 == 1 {
			value, want = "7", `[[2]]`
		}
		g.secret("int_secret", value)
		if got := g.call("GET", "/v0/pipes/int_secret.json", nil).rows(t); got != want {
			t.Fatalf("round %d: got %s, want %s", i, got, want)
		}
	}
}

// A PIPES:READ token reads its endpoint and nothing else, through q either, and learns nothing of how it is written. No route
// makes such a token yet: the store's admin token is made one.
func TestReaderOfOneEndpoint(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t,
		"mine.pipe", pipe("%\nSELECT id, name FROM events WHERE name IN (SELECT name FROM by_name) AND name = {{String(name)}} ORDER BY id"),
		"failing.pipe", pipe("SELECT id, throwIf(id = 2, 'two') AS t FROM events WHERE name != 'hidden'")))
	db, err := sql.Open("sqlite", filepath.Join(g.data, "penstock.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(`UPDATE tokens SET scopes = '[{"type":"PIPES:READ","resource":"mine"},{"type":"PIPES:READ","resource":"failing"}]'`); err != nil {
		t.Fatal(err)
	}
	call := func(pipe, q string) reply {
		return g.call("GET", "/v0/pipes/"+pipe+".json?name=click&q="+url.QueryEscape(q), nil)
	}
	if got := call("mine", "").rows(t); got != `[[2,"click"]]` {
		t.Errorf("the endpoint: got %s", got)
	}
	if got := call("mine", "SELECT count() FROM _").rows(t); got != `[[1]]` { // it reads from another pipe
		t.Errorf("q over the endpoint: got %s", got)
	}
	for _, c := range []struct {
		pipe, q string
		status  int
		want    string
	}{
		{"mine", "WITH events AS (SELECT 9 AS id, 'click' AS name, now() AS at) SELECT * FROM _", 400, "would mean here"},
		{"mine", "WITH by_name AS (SELECT 9 AS id, 'click' AS name) SELECT * FROM _", 200, `"rows": 1`},
		{"mine", "SELECT * FROM events", 403, "from nothing else"},
		{"mine", "SELECT y FROM format(JSONEachRow, `x String, y String DEFAULT file('/etc/hostname')`, '{\"x\":\"a\"}')", 403, "from nothing else"},
		{"mine", "SELECT n.number FROM _ CROSS JOIN numbers(2) AS n ORDER BY 1 SETTINGS max_threads = 1", 200, `"rows": 2`},
		{"mine", "SELECT * FROM _ SETTINGS transform_null_in = 1", 403, "not change what it means"},
		{"by_name", "", 403, "PIPES:READ:by_name"},
		{"failing", "", 400, "two"},
		{"mine", "SELECT nosuch FROM _", 400, "nosuch"},
	} {
		r := call(c.pipe, c.q)
		if r.status != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s, q=%s: got %d %s; want %d %s", c.pipe, c.q, r.status, r.body, c.status, c.want)
		}
		if r.status != 200 && strings.Contains(r.body, "FROM events") || strings.Contains(r.body, "hidden") {
			t.Errorf("%s, q=%s: the answer shows how the pipe is written: %s", c.pipe, c.q, r.body)
		}
	}
	// What a parameter and q write may not become one text that hides the endpoint's SQL and lets the rest of the parameter run.
	steal := url.Values{"name": {"z$a$ AS x, * FROM events WHERE 1 OR name = $b$"}, "q": {"SELECT $a$ FROM _ WHERE $b$"}}
	if r := g.call("GET", "/v0/pipes/mine.json?"+steal.Encode(), nil); r.status != 400 || !strings.Contains(r.body, "dollar sign") {
		t.Errorf("a text that begins in q and ends in a parameter: got %d %s", r.status, r.body)
	}
	if r := g.call("GET", "/v0/sql?q=SELECT+1", nil); r.status != 403 {
		t.Errorf("SQL: got %d %s", r.status, r.body)
	}
}

func TestOpenAPIRoute(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t))
	r := g.call("GET", "/v0/pipes/openapi.json", nil)
	if r.status != 200 || !strings.Contains(r.body, `"/v0/pipes/by_name.json"`) || !strings.Contains(r.body, `"url":"`+g.url+`"`) ||
		r.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if r := g.as("nobody").call("GET", "/v0/pipes/openapi.json", nil); r.status != 403 || strings.Contains(r.body, "by_name") {
		t.Errorf("without a token: got %d %s", r.status, r.body)
	}
}

func TestQueryLimits(t *testing.T) {
	t.Parallel()
	g := serve(t, "--query-rate", "3", "--max-running", "1", "--query-timeout", "3s")
	if allowed, r := g.burst(40, "3", "/v0/pipes/x.nope"); allowed < 3 || r.status != 429 || r.header.Get("Retry-After") == "" {
		t.Fatalf("40 queries at once: got %d allowed and then %d, want the limit of 3 and 429 with Retry-After", allowed, r.status)
	}
	slow := make(chan reply)
	go func() {
		var r reply
		for r = (reply{status: 429}); r.status == 429; {
			r = g.call("GET", "/v0/sql?q="+url.QueryEscape(slowSQL), nil)
		}
		slow <- r
	}()
	refused := false
	waitFor(t, bound, "a refusal of a second query at once", func() bool {
		r := g.call("GET", "/v0/sql?q=SELECT+1", nil)
		refused = r.status == 429 && strings.Contains(r.body, "--max-running")
		return refused || len(slow) > 0
	})
	if r := <-slow; !refused || r.status != 408 {
		t.Errorf("slow query: got %d %s, refused others: %v; want 408 and a refusal", r.status, r.body, refused)
	}
}

// slowSQL reads for minutes and sends nothing before it ends.
const slowSQL = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) % 1000000007 = 5"

func TestObserved(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t))
	r := g.call("GET", "/v0/pipes/by_name.json?name=click", nil)
	id := r.header.Get("X-Request-Id")
	line := regexp.MustCompile(`.*"request_id":"` + id + `".*`)
	waitFor(t, bound, "the request's log line", func() bool { return line.MatchString(g.log.String()) })
	got := line.FindString(g.log.String())
	for _, want := range []string{`"workspace":"main"`, `"pipe":"by_name"`, `"status":200`, `"duration_ms":`, `"read_rows":3`, `"read_bytes":`} {
		if !strings.Contains(got, want) {
			t.Errorf("log line: got %s, want %s in it", got, want)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if r := g.as("").call("GET", path, nil); r.status != 200 {
			t.Errorf("%s: got %d %s, want 200", path, r.status, r.body)
		}
	}
	m := g.as("").call("GET", "/metrics", nil)
	if want := `penstock_request_duration_seconds_count{method="GET",route="/v0/pipes/:name",status="200"} 1`; m.status != 200 || !strings.Contains(m.body, want) {
		t.Errorf("metrics: got %d, want %s in\n%s", m.status, want, m.body)
	}
	if code := g.stop(); code != exitOK {
		t.Errorf("exit code after the signal: got %d, want 0", code)
	}
	if strings.Contains(fmt.Sprint(g.log, g.out), g.token) {
		t.Error("the output has the token")
	}
}

// What is read for a secret depends on its value: ClickHouse looks it up in keys and indexes. No answer tells it.
func TestStatisticsTellNothing(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t), "--secret-rate", "0")
	g.secret("int_secret", "211")
	g.secret("nobody", "nothing like it")
	for path, want := range map[string]string{
		"/v0/pipes/int_secret.json":                          `"rows_read": 0,`,
		"/v0/pipes/with_default.json?q=SELECT+count()FROM+_": `"rows_read": 0,`,
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = {{tb_secret('nobody')}} FORMAT JSONCompact"): `"rows_read": 0,`,
		"/v0/pipes/by_name.json?name=view": `"rows_read": 3,`,
		"/v0/pipes/int_secret.json?q=" + url.QueryEscape("SELECT * FROM _ SETTINGS max_rows_to_read = 1"): `how much is read would tell`,
	} {
		if r := g.call("GET", path, nil); !strings.Contains(r.body, want) || r.status == 200 && !strings.Contains(r.body, `"statistics":`) {
			t.Errorf("%s: got %d %s, want %s", path, r.status, r.body, want)
		}
	}
}

// A compared secret is looked up in no key and no index: what is read, and what fails on the way, is the same for every value.
func TestSecretsAreNotLookedUp(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", writeProject(t,
		"datasources/words.datasource", "SCHEMA >\n    `k` String `json:$.k`\n\nENGINE \"MergeTree\"\nENGINE_PARTITION_KEY \"substring(k, 2, 1)\"\nENGINE_SORTING_KEY \"k\"\n",
		"fixtures/words.ndjson", "{\"k\":\"ab\"}\n{\"k\":\"mm\"}\n{\"k\":\"pq\"}\n"), "--secret-rate", "0")
	timing := regexp.MustCompile(`"elapsed_ns":"\d+"`)
	for _, sql := range []string{
		"SELECT k FROM words WHERE k = {{tb_secret('s')}} FORMAT JSONEachRowWithProgress",
		"SELECT k FROM words WHERE (k, 1) IN (({{tb_secret('s')}}, 1)) FORMAT JSONEachRowWithProgress",
		"SELECT k FROM words WHERE throwIf(length(k) < 100) = 0 AND k = {{tb_secret('s')}}",
	} {
		answers := map[string]bool{}
		for _, value := range []string{"aa", "zzz", "m", "0b", "pm"} {
			g.secret("s", value)
			r := g.call("GET", "/v0/sql?q="+url.QueryEscape("%\n"+sql), nil)
			answers[timing.ReplaceAllString(r.body, "")] = true
			if r.status == 200 && !strings.Contains(r.body, `"read_rows":"3"`) {
				t.Errorf("%s: got %s, want all rows read", sql, r.body)
			}
		}
		if len(answers) != 1 {
			t.Errorf("%s: the answers differ: %v", sql, answers)
		}
	}
}
