package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penstock/gateway/project"
)

// Files change while they are served.
func TestProjectFollowsFiles(t *testing.T) {
	t.Parallel()
	dir := eventsProject(t)
	g := serve(t, "--project", dir)
	status := func(pipe string) int { return g.call("GET", "/v0/pipes/"+pipe+".json", nil).status }
	answers := func(pipe, want string) func() bool {
		return func() bool {
			r := g.call("GET", "/v0/pipes/"+pipe+".json", nil)
			return r.status == 200 && r.rows(t) == want
		}
	}
	path := filepath.Join(dir, "new.pipe")
	writeFile(t, path, pipe("SELECT 1 AS a"))
	waitFor(t, bound, "a new pipe", answers("new", "[[1]]"))
	writeFile(t, path, pipe("SELECT 22 AS a"))
	waitFor(t, bound, "a changed pipe", answers("new", "[[22]]"))

	writeFile(t, path, "NODE endpoint\nSQL >\n    %\n    SELECT 333 AS a,\n      {{Strin(x)}}\n\nTYPE endpoint\n")
	waitFor(t, bound, "a report of the broken file", func() bool { return strings.Contains(g.log.String(), path+":5:") })
	if !answers("new", "[[22]]")() {
		t.Error("a broken file stopped its last good version")
	}
	writeFile(t, filepath.Join(dir, "other.pipe"), pipe("SELECT 4 AS a"))
	waitFor(t, bound, "another pipe beside the broken one", answers("other", "[[4]]"))

	writeFile(t, filepath.Join(dir, "leak.pipe"), pipe("%\nSELECT {{tb_secret('int_secret')}} AS s"))
	waitFor(t, bound, "a report of the leak", func() bool { return strings.Contains(g.log.String(), "leak.pipe:4:") })
	if got := status("leak"); got != 404 {
		t.Errorf("a pipe that shows a secret: got %d, want 404", got)
	}

	if err := os.Remove(filepath.Join(dir, "other.pipe")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, bound, "a deleted pipe to be gone", func() bool { return status("other") == 404 })

	writeFile(t, filepath.Join(dir, "users.datasource"), "SCHEMA >\n    `id` UInt32,\n    `at` DateTime DEFAULT '2020-01-01 00:00:00'\n")
	writeFile(t, filepath.Join(dir, "fixtures", "users.ndjson"), "{\"id\":1}\n\n{\"id\":2,\"at\":\"2021-01-01 00:00:00\"}\n")
	writeFile(t, filepath.Join(dir, "users.pipe"), pipe("SELECT id, at FROM users ORDER BY id"))
	waitFor(t, bound, "a new table with rows", func() bool {
		r := g.call("GET", "/v0/pipes/users_list.json", nil)
		_ = r
		r = g.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT id, toString(at) FROM users ORDER BY id"), nil)
		return r.status == 200 && r.rows(t) == `[[1,"2020-01-01 00:00:00"],[2,"2021-01-01 00:00:00"]]`
	})
	writeFile(t, filepath.Join(dir, "users.datasource"), "SCHEMA >\n    `id` UInt32,\n    `at` DateTime DEFAULT '2020-01-01 00:00:00',\n    `name` String DEFAULT 'nobody'\n")
	waitFor(t, bound, "an added column", func() bool {
		r := g.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT name FROM users WHERE id = 1"), nil)
		return r.status == 200 && r.rows(t) == `[["nobody"]]`
	})
	writeFile(t, filepath.Join(dir, "users.datasource"), "SCHEMA >\n    `id` String\n")
	waitFor(t, bound, "a report of columns that cannot be changed", func() bool {
		return strings.Contains(g.log.String(), "users.datasource:1:1: table: ")
	})
	if got := g.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT count() FROM users"), nil).rows(t); got != `[[2]]` {
		t.Errorf("rows after a change that cannot be made: got %s, want [[2]]", got)
	}
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	dir := writeProject(t,
		"deep/paths.datasource", "SCHEMA >\n    `a` Int32 `json:$.x.y`,\n    `l` Array(String) `json:$.tags[:]`,\n    `n` Array(Int32) `json:$.items[:].n`,\n    `d` String DEFAULT 'dflt'\n",
		"deep/fixtures/paths.ndjson", `{"x":{"y":1},"tags":["a","b"],"items":[{"n":1},{"n":2}],"unused":true}`+"\n",
		"csv.datasource", "SCHEMA >\n    `id` UInt32,\n    `name` String\n",
		"fixtures/csv.csv", "name,id\nx,1\n\"y,z\",2\n",
		"bad.datasource", "SCHEMA >\n    `id` UInt32\n",
		"fixtures/bad.ndjson", "{\"id\":1}\n{\"id\":2}\n{\"id\":\"three\"}\n",
		"broken.datasource", "SCHEMA >\n    `id` UInt32\n",
		"fixtures/broken.ndjson", "{\"id\":1}\n{\"id\":\n",
	)
	g := serve(t, "--project", dir)
	for sql, want := range map[string]string{
		"SELECT * FROM paths":           `[[1,["a","b"],[1,2],"dflt"]]`,
		"SELECT * FROM csv ORDER BY id": `[[1,"x"],[2,"y,z"]]`,
		"SELECT count() FROM bad":       `[[0]]`,
		"SELECT count() FROM broken":    `[[0]]`,
	} {
		if got := g.call("GET", "/v0/sql?q="+url.QueryEscape(sql), nil).rows(t); got != want {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
	for _, want := range []string{"fixtures/bad.ndjson:3:1: fixture: ", "fixtures/broken.ndjson:2:1: fixture: "} {
		if !strings.Contains(g.log.String(), want) {
			t.Errorf("the log has no %q", want)
		}
	}
}

// Workspaces keep to themselves; a branch reads what its parent has.
func TestWorkspacesAndBranches(t *testing.T) {
	t.Parallel()
	dir := eventsProject(t)
	data := filepath.Join(t.TempDir(), "data")
	if code := run(t.Context(), []string{"workspace", "create", "staging", "--data", data}, stdio{os.Stdin, &output{}, os.Stderr}); code != exitOK {
		t.Fatalf("workspace create: exit code %d", code)
	}
	g := serveIn(t, data, "--project", dir, "--project", "staging="+dir, "--secret-rate", "0")
	out := &output{}
	if code := run(t.Context(), []string{"branch", "create", "try", "--data", data}, stdio{os.Stdin, out, os.Stderr}); code != exitOK {
		t.Fatalf("branch create while serving: exit code %d", code)
	}
	staging := g.as(readLine(t, filepath.Join(data, "tokens", "staging")))
	branch := g.as(readLine(t, filepath.Join(data, "tokens", "try")))
	if !strings.Contains(out.String(), filepath.Join(data, "tokens", "try")) {
		t.Errorf("branch create: got %q, want the token's file", out)
	}

	g.secret("int_secret", "211")
	if r := staging.call("GET", "/v0/pipes/int_secret.json", nil); r.status != 400 || !strings.Contains(r.body, "Cannot access secret") {
		t.Errorf("another workspace's secret: got %d %s, want 400", r.status, r.body)
	}
	if r := staging.call("POST", "/v0/secrets", url.Values{"name": {"int_secret"}, "value": {"7"}}); r.status != 200 {
		t.Fatalf("the same name in staging: got %d %s", r.status, r.body)
	}
	for name, c := range map[string]struct {
		caller caller
		want   string
	}{"main": {g.as(g.token), `[[1],[3]]`}, "staging": {staging, `[[2]]`}, "branch": {branch, `[]`}} {
		if got := c.caller.call("GET", "/v0/pipes/int_secret.json", nil).rows(t); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}

	// The branch has its own tables: a row that is put there is seen there only.
	db := strings.Trim(branch.call("GET", "/v0/sql?q=SELECT+currentDatabase()", nil).rows(t), `[]"`)
	g.engine("INSERT INTO `" + db + "`.events (id, name, int_value, at) VALUES (9, 'branch', 211, now())")
	if got := branch.call("GET", "/v0/pipes/int_secret.json", nil).rows(t); got != `[[9]]` {
		t.Errorf("branch with a row of its own: got %s, want [[9]]", got)
	}
	if got := g.call("GET", "/v0/pipes/int_secret.json", nil).rows(t); got != `[[1],[3]]` {
		t.Errorf("main beside a branch with a row: got %s", got)
	}

	// It sees main's secrets, at once when they change, and writes none.
	if r := branch.call("GET", "/v0/secrets", nil); !strings.Contains(r.body, `"int_secret"`) {
		t.Errorf("list of a branch: got %d %s, want main's", r.status, r.body)
	}
	g.secret("int_secret", "7")
	if got := branch.call("GET", "/v0/pipes/int_secret.json", nil).rows(t); got != `[]` {
		t.Errorf("branch after main's change: got %s, want []", got)
	}
	for _, c := range []struct{ method, path string }{
		{http.MethodPost, "/v0/secrets"}, {http.MethodPut, "/v0/secrets/int_secret"}, {http.MethodDelete, "/v0/variables/int_secret"},
	} {
		if r := branch.call(c.method, c.path, url.Values{"name": {"n"}, "value": {"v"}}); r.status != 403 || !strings.Contains(r.body, "branch") {
			t.Errorf("%s by a branch: got %d %s, want 403 with the reason", c.method, r.status, r.body)
		}
	}
	for _, sql := range []string{"SELECT * FROM ws_main.events", "SELECT * FROM `ws_main`.`events`"} {
		if r := branch.call("GET", "/v0/sql?q="+url.QueryEscape(sql), nil); r.status != 400 {
			t.Errorf("main's table from a branch: got %d %s, want 400", r.status, r.body)
		}
	}
}

// A table definition is judged like a statement: what it computes may not reach beyond the row.
func TestDatasourceReachesNothing(t *testing.T) {
	t.Parallel()
	dir := writeProject(t,
		"a.datasource", "SCHEMA >\n    `id` UInt32,\n    `f` String DEFAULT file('/etc/hostname')\n",
		"b.datasource", "SCHEMA >\n    `id` UInt32,\n    `h` String DEFAULT hostName()\n",
		"c.datasource", "SCHEMA >\n    `id` UInt32 DEFAULT 1 + intDiv(4, 2),\n    `at` DateTime DEFAULT now()\n\nENGINE_SORTING_KEY \"id, cityHash64(id)\"\n")
	files, problems, err := checkWith(dir)
	if err != nil || files != 3 {
		t.Fatalf("got %d files, %v", files, err)
	}
	got := map[string]int{}
	for _, p := range problems {
		got[filepath.Base(p.File)]++
	}
	if got["a.datasource"] == 0 || got["b.datasource"] == 0 || got["c.datasource"] != 0 {
		t.Errorf("got %v, want problems of a and b and none of c", problems)
	}
}

func checkWith(dir string) (int, []project.Problem, error) {
	g, err := offlineGuard(rulesFlags{})
	if err != nil {
		return 0, nil, err
	}
	return project.Check(dir, g)
}
