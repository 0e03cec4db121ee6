package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What an operator allows may be for all workspaces, or for one and its branches.
func TestPoliciesOfWorkspaces(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{{"workspace", "create", "staging"}, {"branch", "create", "try", "--of", "staging"}} {
		if code := run(t.Context(), append(args, "--data", data), stdio{os.Stdin, &output{}, os.Stderr}); code != exitOK {
			t.Fatalf("%v: exit code %d", args, code)
		}
	}
	g := serveIn(t, data, "--secret-rate", "0", "--allow-function", "staging=hostName", "--allow-host", "staging=127.0.0.1:1",
		"--allow-table", "staging=system.one", "--oracles", "staging=refuse", "--predicates", "staging=strict", "--allow-function", "uptime")
	main, staging, try := g.as(g.token), g.as(readLine(t, filepath.Join(data, "tokens", "staging"))), g.as(readLine(t, filepath.Join(data, "tokens", "try")))
	for _, c := range []caller{main, staging} {
		if r := c.call("POST", "/v0/secrets", url.Values{"name": {"s"}, "value": {"x"}}); r.status != 200 {
			t.Fatalf("create secret: %d %s", r.status, r.body)
		}
	}
	// refused by the guard: 400 without the engine's mark
	refused := func(c caller, sql string) bool {
		r := c.send("POST", "/v0/sql?p=x", nil, strings.NewReader(sql))
		return r.status == 400 && !strings.Contains(r.body, "[Error]")
	}
	for _, c := range []struct {
		sql           string
		main, staging bool // refused
	}{
		{"SELECT hostName()", true, false},
		{"SELECT uptime()", false, false},
		{"SELECT serverUUID()", true, true},
		{"SELECT * FROM system.one", true, false},
		{"SELECT * FROM system.numbers LIMIT 1", true, true},
		{"SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')", true, false},
		{"%\nSELECT 1 WHERE {{tb_secret('s')}} = {{String(p)}}", false, true},
		{"%\nSELECT 1 WHERE lower({{tb_secret('s')}}) = lower('x')", false, true},
	} {
		for name, who := range map[string]struct {
			caller caller
			want   bool
		}{"main": {main, c.main}, "staging": {staging, c.staging}, "staging's branch": {try, c.staging}} {
			if got := refused(who.caller, c.sql); got != who.want {
				t.Errorf("%s: %s: got refused %v, want %v", name, c.sql, got, who.want)
			}
		}
	}
}
