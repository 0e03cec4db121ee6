package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A whole run, errors of all kinds among it, and then a look for its secrets and tokens in everything that was written
// and everything that can be seen of the processes from outside.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	const value = "Zq7-SEKRET-'vW4x\\1"
	const old = "first-SEKRET-value"
	data := filepath.Join(t.TempDir(), "data")
	dir := eventsProject(t, "leak.pipe", pipe("%\nSELECT id FROM events WHERE int_value = toUInt8({{tb_secret('leaky')}})"),
		"broken.pipe", pipe("%\nSELECT id FROM events WHERE name = {{tb_secret('leaky')}} AND nope = 1"),
		"salted.pipe", pipe("%\nSELECT id FROM events WHERE name = lower(hex(SHA256(concat({{tb_secret('leaky')}}, {{String(k)}}))))"))
	p := startProcess(t, data, "--project", dir, "--log-level", "debug")
	p.secret("leaky", old)
	p.secret("leaky", value)
	bodies := &output{}
	for _, path := range []string{
		"/v0/pipes/leak.json", "/v0/pipes/broken.json", "/v0/pipes/salted.json?k=1", "/v0/secrets", "/v0/secrets/leaky", "/v0/variables",
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT {{tb_secret('leaky')}}"),
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = {{tb_secret('leaky')}} SETTINGS send_logs_level = 'trace'"),
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = '{{tb_secret('leaky')}}'"),
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = {{tb_secret('leaky')}} AND ("),
		"/v0/sql?q=" + url.QueryEscape("SELECT query FROM system.processes"),
		"/metrics", "/readyz", "/nowhere",
	} {
		r := p.call("GET", path, nil)
		fmt.Fprintln(bodies, path, r.status, r.header, r.body)
		if r.status >= 500 {
			t.Errorf("%s: got %d %s, want no failure of penstock's own", path, r.status, r.body)
		}
	}
	child := p.child()
	found := map[string][]byte{"answers": []byte(bodies.String()), "output": []byte(p.out.String()), "log": []byte(p.log.String())}
	for _, pid := range []int{child, p.cmd.Process.Pid} {
		for _, name := range []string{"environ", "cmdline"} {
			path := fmt.Sprintf("/proc/%d/%s", pid, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = b
		}
	}
	if env := found[fmt.Sprintf("/proc/%d/environ", child)]; len(env) > 0 {
		t.Errorf("the engine's environment: got %q, want none", env)
	}
	engineURL, err := url.Parse(readLine(t, filepath.Join(data, engineURLFile)))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := engineURL.User.Password()
	p.kill()
	// The store's files, not the ones that are meant to hold a token.
	for _, name := range []string{storeFile, storeFile + "-wal", storeFile + "-shm"} {
		if b, err := os.ReadFile(filepath.Join(data, name)); err == nil {
			found[name] = b
		}
	}
	if len(found[storeFile]) == 0 {
		t.Error("the store has no file")
	}
	err = filepath.Walk(filepath.Join(data, engineDir), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		found[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range found {
		for name, needle := range map[string]string{
			"the value": value, "the value's middle": "SEKRET", "the value in base64": base64.StdEncoding.EncodeToString([]byte(value)),
			"the old value": old, "the admin token": p.token, "the engine's password": password,
		} {
			if bytes.Contains(b, []byte(needle)) {
				t.Errorf("%s has %s", what, name)
			}
		}
	}
	for _, name := range []string{adminTokenFile, keyFile, engineURLFile, storeFile} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v %v, want mode 0600", name, info.Mode(), err)
		}
	}
	if strings.Contains(p.log.String(), "SEKRET") {
		t.Error("the log has the value")
	}
}

// What is no HTTP is answered without a word of it: a token may stand in it.
func TestBrokenRequestsLeakNothing(t *testing.T) {
	t.Parallel()
	g := serve(t)
	address := strings.TrimPrefix(g.url, "http://")
	for _, raw := range []string{
		"GET /v0/sql?token=SEKRETTOKEN HTTP/1.1\r\nAuthorization: Bearer SEKRETTOKEN\r\nbad header SEKRETTOKEN: x\r\n\r\n",
		"GET /v0/sql?token=SEKRETTOKEN HTTP/1.1\r\nAuthorization: Bearer SEKRETTOKEN\r\nX: ",
		"SEKRETTOKEN\r\n\r\n",
		"GET /" + strings.Repeat("SEKRETTOKEN", 8000) + " HTTP/1.1\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		// The server may refuse and hang up before it has all of it: what counts is what it says and writes down.
		_, _ = conn.Write([]byte(raw))
		_ = conn.(*net.TCPConn).CloseWrite()
		b, _ := io.ReadAll(conn)
		_ = conn.Close()
		if bytes.Contains(b, []byte("SEKRET")) {
			t.Errorf("%.40q: the answer has the token: %.300s", raw, b)
		}
	}
	g.stop()
	if strings.Contains(g.log.String(), "SEKRET") {
		t.Errorf("the log has the token: %.600s", g.log)
	}
}

// A client that asks for much in one go and breaks the connection gives back the places that its queries took.
func TestBrokenConnectionsGivePlacesBack(t *testing.T) {
	t.Parallel()
	g := serve(t, "--max-running", "2", "--query-timeout", "3s")
	address := strings.TrimPrefix(g.url, "http://")
	for range 8 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"SELECT 1", wideSQL(50)} {
			fmt.Fprintf(conn, "GET /v0/sql?q=%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", url.QueryEscape(sql), g.token)
		}
		if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	waitFor(t, bound, "both places to be free", func() bool {
		done := make(chan int, 2)
		for range 2 {
			go func() { done <- g.call("GET", "/v0/sql?q="+url.QueryEscape("SELECT sleep(0.3)"+" + 1"), nil).status }()
		}
		a, b := <-done, <-done
		return a != 429 && b != 429
	})
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	g := serve(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 100 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := g.as(g.token).send("POST", "/v0/sql", http.Header{"Content-Encoding": {"gzip"}}, &packed)
	if r.status != 400 || !strings.Contains(r.body, "Content-Encoding") {
		t.Errorf("a packed body: got %d %.200s, want 400", r.status, r.body)
	}
	// A product of references and pipes is refused while it grows.
	r = g.as(g.token).send("POST", "/v0/sql?pipeline=x", nil, strings.NewReader("SELECT 1"))
	if r.status != 404 {
		t.Errorf("an unknown pipeline: got %d %.200s, want 404", r.status, r.body)
	}
}

func TestCompositionIsBounded(t *testing.T) {
	t.Parallel()
	files := []string{"a.pipe", pipe("SELECT '" + strings.Repeat("x", 2000) + "' AS a")}
	var nodes strings.Builder
	nodes.WriteString("NODE n0\nSQL >\n    SELECT 1 AS a\n\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&nodes, "NODE n%d\nSQL >\n    SELECT l.a FROM n%d AS l JOIN n%d AS r ON l.a = r.a\n\n", i, i-1, i-1)
	}
	g := serve(t, "--project", writeProject(t, append(files, "b.pipe", nodes.String())...))
	if r := g.call("POST", "/v0/pipes/a.json", url.Values{"q": {"SELECT 1 FROM _" + strings.Repeat(", _", 20000)}}); r.status != 400 {
		t.Errorf("many references: got %d %.200s, want 400", r.status, r.body)
	}
	if r := g.call("GET", "/v0/pipes/b.json", nil); r.status != 404 || !strings.Contains(g.log.String(), "b.pipe:1:1: ") {
		t.Errorf("nodes that double: got %d %.200s, want the pipe refused", r.status, r.body)
	}
	// What cannot be put in is refused, not left out.
	if r := g.call("GET", "/v0/pipes/a.json?q="+url.QueryEscape("SELECT * FROM _ FINAL WHERE a = 'y'"), nil); r.status != 400 {
		t.Errorf("FINAL behind a pipe: got %d %.200s, want 400", r.status, r.body)
	}
}
