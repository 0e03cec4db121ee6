package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"penstock/sql/engine/embedded"
)

// bound is how long a test waits for what must happen.
const bound = 30 * time.Second

func TestMain(m *testing.M) {
	// The engine's child is this binary started again.
	if embedded.IsChild(os.Args) {
		os.Exit(embedded.RunChild(os.Stdin, os.Stderr))
	}
	if os.Getenv(embedded.LibraryVariable) == "" {
		// A test binary has no library beside it: it takes what make build has linked.
		if err := os.Setenv(embedded.LibraryVariable, filepath.Join("..", "..", "bin", "libchdb.so")); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"penstock": main})
}

// A testGateway is a whole penstock in this process, on a port and in a folder of its own.
type testGateway struct {
	t        testing.TB
	url      string
	data     string
	token    string
	out, log *output
	stop     func() int
}

// output collects what a process writes, for reading at any time.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// take gives what was written since the last take.
func (o *output) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.b.Reset()
	return o.b.String()
}

var served = regexp.MustCompile(`penstock serves (http://\S+)`)

// serve starts penstock serve with a new data folder, and more arguments.
func serve(t testing.TB, args ...string) *testGateway {
	t.Helper()
	return serveIn(t, filepath.Join(t.TempDir(), "data"), args...)
}

func serveIn(t testing.TB, data string, args ...string) *testGateway {
	t.Helper()
	g := &testGateway{t: t, data: data, out: &output{}, log: &output{}}
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	code, ended := 0, make(chan struct{})
	go func() {
		defer close(ended)
		code = run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...), stdio{in, g.out, g.log})
		_ = in.Close()
	}()
	g.stop = func() int {
		cancel()
		<-ended
		return code
	}
	t.Cleanup(func() { g.stop() })
	waitFor(t, 60*time.Second, "penstock to serve", func() bool {
		select {
		case <-ended:
			t.Fatalf("serve ended with %d\n%s%s", code, g.out, g.log)
		default:
		}
		m := served.FindStringSubmatch(g.out.String())
		if m == nil {
			return false
		}
		g.url = m[1]
		return true
	})
	g.token = readLine(t, filepath.Join(data, adminTokenFile))
	return g
}

func readLine(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// waitFor asks until ok says yes; it fails the test when that takes longer than the bound, which is no expectation of speed.
func waitFor(t testing.TB, bound time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(bound)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", bound, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

// call sends a request with the admin token. form nil means no body.
func (g *testGateway) call(method, path string, form url.Values) reply {
	g.t.Helper()
	return g.as(g.token).call(method, path, form)
}

// caller is a gateway with a token.
type caller struct {
	g     *testGateway
	token string
}

func (g *testGateway) as(token string) caller { return caller{g, token} }

func (c caller) call(method, path string, form url.Values) reply {
	c.g.t.Helper()
	h := http.Header{}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.send(method, path, h, body)
}

func (c caller) send(method, path string, h http.Header, body io.Reader) reply {
	c.g.t.Helper()
	req, err := http.NewRequest(method, c.g.url+path, body)
	if err != nil {
		c.g.t.Fatal(err)
	}
	for k, v := range h {
		req.Header[k] = v
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.g.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b), err}
}

// data are the rows of a JSON answer, each a list of its values as JSON in the order of the columns.
func (r reply) data(t testing.TB) [][]any {
	t.Helper()
	var doc struct {
		Meta []struct{ Name string }
		Data []map[string]any
	}
	d := json.NewDecoder(strings.NewReader(r.body))
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("no JSON result: %v\n%s", err, r.body)
	}
	rows := make([][]any, 0, len(doc.Data))
	for _, row := range doc.Data {
		var values []any
		for _, c := range doc.Meta {
			values = append(values, row[c.Name])
		}
		rows = append(rows, values)
	}
	return rows
}

// rows is data in JSON, to be compared at a look.
func (r reply) rows(t testing.TB) string {
	t.Helper()
	b, err := json.Marshal(r.data(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// secret creates or changes a secret, and waits out the rate limit.
func (g *testGateway) secret(name, value string) {
	g.t.Helper()
	for {
		r := g.call(http.MethodPut, "/v0/secrets/"+name, url.Values{"value": {value}})
		if r.status == http.StatusNotFound {
			r = g.call(http.MethodPost, "/v0/secrets", url.Values{"name": {name}, "value": {value}})
		}
		switch r.status {
		case http.StatusOK:
			return
		case http.StatusTooManyRequests:
			// Until the bucket has room for both calls: the first would take each single token away from the second.
			time.Sleep(time.Second)
		default:
			g.t.Fatalf("set secret %s: %d %s", name, r.status, r.body)
		}
	}
}

// burst sends n requests at once, in turn to the paths. It gives how many were counted and admitted, and one refusal, and
// fails the test where headers of the limit are missing. A slow machine admits more: the bucket fills meanwhile.
func (g *testGateway) burst(n int, limit string, paths ...string) (allowed int, refused reply) {
	g.t.Helper()
	replies := make(chan reply, n)
	for i := range n {
		go func() { replies <- g.call("GET", paths[i%len(paths)], nil) }()
	}
	for range n {
		r := <-replies
		if r.header.Get("X-RateLimit-Limit") != limit || r.header.Get("X-RateLimit-Remaining") == "" || r.header.Get("X-RateLimit-Reset") == "" {
			g.t.Errorf("got %d %v, want the headers of a limit of %s", r.status, r.header, limit)
		}
		if r.status == 429 {
			refused = r
		} else {
			allowed++
		}
	}
	return allowed, refused
}

// writeProject writes files, given as path and text in turn, into a new folder.
func writeProject(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		writeFile(t, filepath.Join(dir, files[i]), files[i+1])
	}
	return dir
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// pipe is the text of a file with one endpoint node.
func pipe(sql string) string {
	return "NODE endpoint\nSQL >\n    " + strings.ReplaceAll(sql, "\n", "\n    ") + "\n\nTYPE endpoint\n"
}
