package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What attacks on a first version found.

// cutting is a ClickHouse whose answers break off after so many bytes of rows.
func cutting(t *testing.T, engineURL string, after int64) string {
	t.Helper()
	u, err := url.Parse(engineURL)
	if err != nil {
		t.Fatal(err)
	}
	host := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := r.Clone(r.Context())
		out.RequestURI, out.URL.Scheme, out.URL.Host = "", u.Scheme, host
		res, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		for k, v := range res.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(res.StatusCode)
		if !strings.Contains(r.URL.RawQuery, "CSV") {
			_, _ = io.Copy(w, res.Body)
			return
		}
		_, _ = io.CopyN(w, res.Body, after)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}), ErrorLog: nil}
	go func() { _ = server.Serve(l) }()
	u.Host = l.Addr().String()
	return u.String()
}

// An answer that ClickHouse did not finish is never delivered as one that it did, small or large.
func TestBrokenAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	behind := serve(t)
	engineURL := readLine(t, filepath.Join(behind.data, engineURLFile))
	for name, after := range map[string]int64{"small": 50, "large": 200_000, "at a chunk's end": 2 * 64 << 10} {
		g := serve(t, "--clickhouse", cutting(t, engineURL, after))
		r := g.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT number, 'row' FROM numbers(1000000) FORMAT CSV"), nil)
		if r.status == 200 && r.err == nil {
			t.Errorf("%s: got %d bytes as if they were all", name, len(r.body))
		}
	}
}

func TestEngineDiesWhileStreaming(t *testing.T) {
	t.Parallel()
	p := startProcess(t, filepath.Join(t.TempDir(), "data"), "--query-timeout", "1m")
	res := p.open(t, "/v0/sql?q="+url.QueryEscape("SELECT number, sipHash64(number) FROM numbers(100000000000) FORMAT CSV"))
	defer res.Body.Close()
	if _, err := io.CopyN(io.Discard, res.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.child(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Error("the body ended as if it was whole")
	}
}

// What is hidden in an error does not depend on the secret: whoever sees which of his own texts are taken out would read
// it letter by letter.
func TestErrorsAreNoOracle(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t, "salted.pipe",
		pipe("%\nSELECT id FROM events WHERE name = lower(hex(SHA256(concat({{tb_secret('salt')}}, {{String(k)}}))))")), "--secret-rate", "0")
	open := serve(t, "--project", eventsProject(t), "--secret-rate", "0", "--allow-host", "127.0.0.1:1")
	ask := func() string {
		q := "SELECT nope, 'X', 'q7', 'Xq7!mR2_', 'other', 'Xq7!mR2_vP9z-Kd' FROM _"
		return g.call("GET", "/v0/pipes/salted.json?k=1&q="+url.QueryEscape(q), nil).body
	}
	g.secret("salt", "Xq7!mR2_vP9z-Kd")
	one := ask()
	g.secret("salt", "entirely-different")
	if two := ask(); one != two {
		t.Errorf("the error depends on the secret:\n%s\n%s", one, two)
	}
	if !strings.Contains(one, "nope") {
		t.Errorf("the error does not say what is wrong: %s", one)
	}
	// The statement that ClickHouse quotes is the caller's as well: of all numbers in it the secret's would be the one that is missing.
	for _, sql := range []string{
		"SELECT nope, 210, 211, 212, known_prefix_A, known_prefix_B, `a ' b`, 'Z', 'X' FROM events WHERE int_value = toUInt8({{tb_secret('v')}})",
		"SELECT throwIf(1, 'known_prefix_A 211') FROM s3('http://127.0.0.1:1/x', 'k', {{tb_secret('v')}}, 'CSV', 'a String')",
		"SELECT nope, 211, known_prefix_A FROM s3('http://127.0.0.1:1/x', 'k', {{tb_secret('v')}}, 'CSV', 'a String')",
	} {
		var said []string
		for _, value := range []string{"211", "212", "known_prefix_A", "known_prefix_B"} {
			open.secret("v", value)
			r := open.as(open.token).send("POST", "/v0/sql", nil, strings.NewReader("%\n"+sql))
			if r.status != 400 {
				t.Errorf("%s: got %d %s", sql, r.status, r.body)
			}
			said = append(said, r.body)
		}
		if a, b, c, d := said[0], said[1], said[2], said[3]; a != b || c != d {
			t.Errorf("the error depends on the secret:\n%s\n%s\n%s\n%s", a, b, c, d)
		}
	}
	for _, c := range []struct{ value, sql, hidden string }{
		{"hunter7\x00Xrest", "at = {{tb_secret('v')}}", "hunter"},
		{"2024-13-45", "toIPv6({{tb_secret('v')}}) = toIPv6('::1')", "13-45"},
		{"550e8400-e29b-41d4-a716-446655440000", "toDecimal64({{tb_secret('v')}}, 1) = 3", "e8400"},
		{"1e400", "toDecimal64({{tb_secret('v')}}, 1) = 3", "e400"},
	} {
		g.secret("v", c.value)
		r := g.as(g.token).send("POST", "/v0/sql", nil, strings.NewReader("%\nSELECT count() FROM events WHERE "+c.sql))
		if strings.Contains(r.body, c.hidden) {
			t.Errorf("%q: the error shows a part of it: %s", c.value, r.body)
		}
	}
}

func TestRefusalsSayWhere(t *testing.T) {
	t.Parallel()
	g := serve(t, "--project", eventsProject(t, "late.pipe", pipe("%\nSELECT id\n{% if defined(x) %}, {{tb_secret('s')}} AS s{% end %}\nFROM events")), "--secret-rate", "0")
	g.secret("s", "Zq7-SEKRET-vW4x")
	if r := g.call("GET", "/v0/pipes/late.json", nil); r.status != 200 {
		t.Errorf("without the parameter: got %d %s, want 200", r.status, r.body)
	}
	r := g.call("GET", "/v0/pipes/late.json?x=1", nil)
	if want := "late/endpoint:5:26"; r.status != 400 || !strings.Contains(r.body, want) || strings.Contains(r.body, "SEKRET") {
		t.Errorf("with it: got %d %s, want 400 and %s", r.status, r.body, want)
	}
}

func TestOddRequests(t *testing.T) {
	t.Parallel()
	g := serve(t, "--max-running", "1", "--query-timeout", "5s")
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "BREW /v0/secrets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	b, err := io.ReadAll(conn)
	if err != nil || !bytes.Contains(b, []byte("application/json")) || !bytes.Contains(b, []byte("X-Request-Id")) {
		t.Errorf("an unknown method: got %s, %v; want a JSON error with an id", b, err)
	}
	req, err := http.NewRequest("HEAD", g.url+"/v0/sql?q="+url.QueryEscape(wideSQL(10)), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Errorf("HEAD: got %v, %v", res, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for g.call("GET", "/v0/sql?q="+url.QueryEscape(slowSQL), nil).status == 429 {
		}
	}()
	waitFor(t, bound, "a refusal with its headers", func() bool {
		r := g.call("GET", "/v0/sql?q=SELECT+1", nil)
		return r.status == 429 && r.header.Get("X-RateLimit-Limit") == "1" && r.header.Get("X-RateLimit-Remaining") == "0" && r.header.Get("Retry-After") != ""
	})
	<-done
}

func TestRestartAtOnce(t *testing.T) {
	t.Parallel()
	p := startProcess(t, filepath.Join(t.TempDir(), "data"))
	for range 4 {
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		p = startProcess(t, p.data)
	}
	if r := p.call("GET", "/v0/sql?q=SELECT+1", nil); r.status != 200 {
		t.Errorf("got %d %s, want 200", r.status, r.body)
	}
}

// Links lead nowhere; a moved file serves on; a refused one is looked at again when what stood in its way is gone.
func TestProjectFiles(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "credentials")
	writeFile(t, outside, "aws_secret = SEKRET-LINE-1\nSEKRET-LINE-2\n")
	dir := writeProject(t, "a/x.pipe", pipe("SELECT 1 AS a"), "b/x.pipe", pipe("SELECT 2 AS a"), "c/moved.pipe", pipe("SELECT 3 AS a"))
	if err := os.Symlink(outside, filepath.Join(dir, "link.pipe")); err != nil {
		t.Fatal(err)
	}
	g := serve(t, "--project", dir)
	if log := g.log.String(); strings.Contains(log, "SEKRET") || !strings.Contains(log, "link.pipe:1:1: ") {
		t.Errorf("a link out of the project: the log is %s", log)
	}
	get := func(pipe string) reply { return g.call("GET", "/v0/pipes/"+pipe+".json", nil) }
	if got := get("x").rows(t); got != "[[1]]" {
		t.Errorf("two files of one name: got %s, want the first", got)
	}
	if err := os.Remove(filepath.Join(dir, "a", "x.pipe")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, bound, "the other file of that name", func() bool { r := get("x"); return r.status == 200 && r.rows(t) == "[[2]]" })
	if err := os.Rename(filepath.Join(dir, "c", "moved.pipe"), filepath.Join(dir, "b", "moved.pipe")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, bound, "the move to be seen", func() bool {
		if r := get("moved"); r.status != 200 {
			t.Fatalf("a moved file: got %d %s, want it served all the time", r.status, r.body)
		}
		return strings.Count(g.log.String(), `"gone":1`) == 2
	})
	if got := get("moved").rows(t); got != "[[3]]" {
		t.Errorf("after the move: got %s", got)
	}
}

// A host that may be reached cannot send the engine on to one that may not.
func TestRedirectsLeadNowhere(t *testing.T) {
	t.Parallel()
	heard := &output{}
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(heard, r.Method, r.URL)
		fmt.Fprintln(w, "INNER-PAGE")
	}))
	defer inner.Close()
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL+"/inner", http.StatusTemporaryRedirect)
	}))
	defer outer.Close()
	host := outer.Listener.Addr().String()
	g := serve(t, "--allow-host", host, "--allow-function", "url", "--query-timeout", "20s")
	for _, f := range []string{
		"s3('http://%s/b/k', NOSIGN, 'LineAsString', 'l String')", "s3('http://%s/b/k', 'k', 's', 'LineAsString', 'l String')",
		"gcs('http://%s/b/k', NOSIGN, 'LineAsString', 'l String')", "iceberg('http://%s/b/t', NOSIGN)", "hudi('http://%s/b/t', NOSIGN)",
		"paimon('http://%s/b/t', 'k', 's')", "deltaLake('http://%s/b/t', 'k', 's')", "deltaLakeAzure('http://%s/a', 'c', 'b', 'a', 'a2V5')",
		"azureBlobStorage('http://%s/a', 'c', 'b', 'a', 'a2V5', 'LineAsString', 'none', 'l String')",
		"url('http://%s/', 'LineAsString', 'l String')",
	} {
		r := g.as(g.token).send("POST", "/v0/sql", nil, strings.NewReader("SELECT * FROM "+fmt.Sprintf(f, host)))
		if r.status == 200 || strings.Contains(r.body, "INNER") || heard.String() != "" {
			t.Fatalf("%s: the inner host heard %q, the caller got %d %.300s", f, heard.String(), r.status, r.body)
		}
		if r.status == 400 && !strings.Contains(r.body, "[Error]") {
			t.Errorf("%s: did not reach the engine: %s", f, r.body)
		}
	}
}
