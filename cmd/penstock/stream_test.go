package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// engine runs SQL on the engine's own address, as an operator with the file engine-url can.
func (g *testGateway) engine(sql string) string {
	g.t.Helper()
	res, err := http.Post(readLine(g.t, g.data+"/"+engineURLFile), "text/plain", strings.NewReader(sql))
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		g.t.Fatalf("engine: %d %s %v", res.StatusCode, b, err)
	}
	return strings.TrimSpace(string(b))
}

// running counts the queries in the engine that have the text.
func (g *testGateway) running(text string) string {
	g.t.Helper()
	return g.engine("SELECT count() FROM system.processes WHERE query LIKE '%" + text + "%' AND query NOT LIKE '%system.processes%'")
}

// wideSQL gives rows of 1 KB; n thousand of them are n MB.
func wideSQL(megabytes int) string {
	return fmt.Sprintf("SELECT repeat('x', 1000) AS s FROM numbers(%d)", megabytes*1000)
}

func TestLargeResultStreams(t *testing.T) {
	t.Parallel()
	g := serve(t, "--query-timeout", "10m")
	megabytes := 1000
	if testing.Short() {
		megabytes = 100
	}
	before := resident(t)
	res := g.open(t, "/v0/sql?q="+url.QueryEscape(wideSQL(megabytes)))
	defer res.Body.Close()
	peak, n, buf := before, int64(0), make([]byte, 1<<20)
	for {
		m, err := res.Body.Read(buf)
		n += int64(m)
		if n%(64<<20) < int64(m) {
			peak = max(peak, resident(t))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
	if n < int64(megabytes)*1_000_000 {
		t.Errorf("got %d bytes, want %d MB", n, megabytes)
	}
	// Other tests run in this process too: what is measured is that it does not hold the result.
	if grown := peak - before; grown > 400<<20 {
		t.Errorf("the process grew by %d MB for a result of %d MB", grown>>20, megabytes)
	}
}

// resident is the memory of this process, in bytes.
func resident(t testing.TB) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// open sends a request and leaves the body to be read.
func (g *testGateway) open(t testing.TB, path string) *http.Response {
	t.Helper()
	req, err := http.NewRequest("GET", g.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestDeadlineBeforeFirstByte(t *testing.T) {
	t.Parallel()
	g := serve(t, "--query-timeout", "1s")
	r := g.call("GET", "/v0/sql?q="+url.QueryEscape(slowSQL), nil)
	if r.status != 408 || !strings.Contains(r.body, `"error"`) {
		t.Errorf("got %d %s, want 408", r.status, r.body)
	}
	waitFor(t, bound, "the query to be gone from the engine", func() bool { return g.running("cityHash64") == "0" })
}

func TestDeadlineWhileStreaming(t *testing.T) {
	t.Parallel()
	g := serve(t, "--query-timeout", "2s")
	// Rows at once, and no end of them.
	res := g.open(t, "/v0/sql?q="+url.QueryEscape("SELECT repeat('x', 1000) AS s, number FROM numbers(100000000000) WHERE cityHash64(number) % 3 = 0"))
	defer res.Body.Close()
	if res.StatusCode != 200 {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("got %d %s, want a stream", res.StatusCode, b)
	}
	_, err := io.Copy(io.Discard, res.Body)
	if err == nil {
		t.Error("the body ended as if it was whole")
	}
	waitFor(t, bound, "the query to be gone from the engine", func() bool { return g.running("cityHash64") == "0" })
}

// The engine fails after rows were sent: no client may take what it has for whole.
func TestFailureWhileStreaming(t *testing.T) {
	t.Parallel()
	g := serve(t)
	res := g.open(t, "/v0/sql?q="+url.QueryEscape("SELECT repeat('x', 1000) AS s, throwIf(number = 3000000, 'late') AS t FROM numbers(4000000) SETTINGS max_threads = 1"))
	defer res.Body.Close()
	if res.StatusCode != 200 {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("got %d %s, want a stream that breaks off", res.StatusCode, b)
	}
	if _, err := io.Copy(io.Discard, res.Body); err == nil {
		t.Error("the body ended as if it was whole")
	}
	// Nothing of it is in the next answer.
	if got := g.call("GET", "/v0/sql?q=SELECT+3", nil).rows(t); got != "[[3]]" {
		t.Errorf("next answer: got %.100s, want [[3]]", got)
	}
}

// A client that leaves takes its query with it: while it waits for the first byte, and in the middle of a stream.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	g := serve(t, "--query-timeout", "10m")
	for name, sql := range map[string]string{
		"waiting": slowSQL,
		"reading": "SELECT repeat('x', 1000) AS s, cityHash64(number) AS h FROM numbers(100000000000)",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, "GET", g.url+"/v0/sql?q="+url.QueryEscape(sql), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+g.token)
		done := make(chan struct{})
		go func() {
			defer close(done)
			res, err := http.DefaultClient.Do(req)
			if err == nil {
				_, _ = io.CopyN(io.Discard, res.Body, 1<<20)
				<-ctx.Done()
				_ = res.Body.Close()
			}
		}()
		waitFor(t, bound, name+": the query to run", func() bool { return g.running("cityHash64") == "1" })
		left := time.Now()
		cancel()
		<-done
		waitFor(t, bound, name+": the query to be gone", func() bool { return g.running("cityHash64") == "0" })
		t.Logf("%s: gone after %v", name, time.Since(left))
	}
}

// A client that speaks HTTP/1.0 cannot be told of an end by chunks: it gets plain bytes and the end of the connection.
func TestOldClient(t *testing.T) {
	t.Parallel()
	g := serve(t)
	u, err := url.Parse(g.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v0/sql?q=%s HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n", url.QueryEscape(wideSQL(1)+" FORMAT TSV"), g.token)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil || len(b) != 1001*1000 || len(res.TransferEncoding) > 0 {
		t.Errorf("got %d bytes, %v, encoding %v; want 1001000 plain bytes", len(b), err, res.TransferEncoding)
	}
}
