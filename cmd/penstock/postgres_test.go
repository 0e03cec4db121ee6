package main

import (
	"net/url"
	"strings"
	"testing"

	"penstock/sql/engine/enginetest"
)

// The first example of the API's page, on a real PostgreSQL: the password is a secret.
func TestPostgresByPassword(t *testing.T) {
	t.Parallel()
	pg := enginetest.StartPostgres(t)
	const password = `pg-Secr3t!'\pw`
	for _, sql := range []string{
		`CREATE ROLE pipe_reader LOGIN PASSWORD E'pg-Secr3t!\'\\pw'`,
		`CREATE TABLE invoices (id int PRIMARY KEY, customer text)`,
		`INSERT INTO invoices VALUES (1, 'acme'), (2, 'globex')`,
		`GRANT SELECT ON invoices TO pipe_reader`,
	} {
		pg.Exec(t, sql)
	}
	source := "FROM postgresql('" + pg.Addr + "', '" + pg.Database + "', 'invoices', 'pipe_reader', {{tb_secret('pg_password')}})"
	dir := writeProject(t,
		"invoices.pipe", pipe("%\nSELECT * "+source+" ORDER BY id"),
		"leak.pipe", pipe("%\nSELECT *, {{tb_secret('pg_password')}} AS p "+source))
	g := serve(t, "--project", dir, "--secret-rate", "0", "--allow-host", pg.Addr)
	g.secret("pg_password", password)
	if got := g.call("GET", "/v0/pipes/invoices.json", nil).rows(t); got != `[[1,"acme"],[2,"globex"]]` {
		t.Errorf("got %s, want both invoices", got)
	}
	if r := g.call("GET", "/v0/pipes/leak.json", nil); r.status != 404 {
		t.Errorf("a pipe that shows the password: got %d %s, want 404", r.status, r.body)
	}
	g.secret("pg_password", "wrong-SEKRET")
	r := g.call("GET", "/v0/pipes/invoices.json", nil)
	if r.status != 400 || strings.Contains(r.body, "SEKRET") || !strings.Contains(r.body, "[Error]") {
		t.Errorf("a wrong password: got %d %s, want PostgreSQL's refusal without it", r.status, r.body)
	}

	// Without --allow-host a private address is no host for a credential; the engine's own port never is.
	closed := serve(t, "--project", dir, "--secret-rate", "0")
	closed.secret("pg_password", password)
	if r := closed.call("GET", "/v0/pipes/invoices.json", nil); r.status != 404 {
		t.Errorf("a loopback host that is not allowed: got %d %s, want the pipe refused", r.status, r.body)
	}
	engine, err := url.Parse(readLine(t, closed.data+"/"+engineURLFile))
	if err != nil {
		t.Fatal(err)
	}
	open := serve(t, "--allow-host", engine.Host)
	if r := open.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT * FROM postgresql('"+engine.Host+"', 'a', 'b', 'c', 'd')"), nil); r.status != 400 {
		t.Errorf("another engine's port, allowed: got %d, want the engine's error", r.status)
	}
	own, err := url.Parse(readLine(t, open.data+"/"+engineURLFile))
	if err != nil {
		t.Fatal(err)
	}
	if r := open.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT * FROM postgresql('"+own.Host+"', 'a', 'b', 'c', 'd')"), nil); r.status != 400 || strings.Contains(r.body, "[Error]") {
		t.Errorf("the engine's own port: got %d %s, want a refusal by the guard", r.status, r.body)
	}
}
