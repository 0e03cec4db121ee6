package chengine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"penstock/sql/engine"
	"penstock/sql/engine/chengine"
	"penstock/sql/engine/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestTyped(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	c, db, ctx := e.Client, e.Database(t), t.Context()
	if err := c.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Version(ctx); err != nil || v != e.Version() {
		t.Errorf("version: got %q (%v), want %q", v, err, e.Version())
	}
	if err := c.CreateDatabase(ctx, db); err != nil {
		t.Errorf("a database that is there: got %v, want no error", err)
	}
	if cols, err := c.Columns(ctx, db, "t`"); err != nil || cols != nil {
		t.Errorf("columns of no table: got %v, %v; want neither", cols, err)
	}
	if err := c.Exec(ctx, db, "CREATE TABLE `t\\`` (a Int32 DEFAULT 1, `b c` LowCardinality(String) COMMENT 'it''s ? @x') ENGINE = MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	cols, err := c.Columns(ctx, db, "t`")
	if want := fmt.Sprint([]engine.Column{{Name: "a", Type: "Int32"}, {Name: "b c", Type: "LowCardinality(String)"}}); err != nil || fmt.Sprint(cols) != want {
		t.Errorf("columns: got %v (%v), want %v", cols, err, want)
	}
	if cols, err := c.ResultColumns(ctx, db, "SELECT a, now() AS n FROM `t\\`` -- end"); err != nil || len(cols) != 2 || cols[1].Name != "n" {
		t.Errorf("columns of a result: got %v (%v)", cols, err)
	}
	if tables, err := c.Tables(ctx, db); err != nil || len(tables) != 1 || tables[0] != "t`" {
		t.Errorf("tables: got %q (%v)", tables, err)
	}
	if empty, err := c.IsEmpty(ctx, db, "t`"); err != nil || !empty {
		t.Errorf("an empty table: got %t (%v)", empty, err)
	}
	rows := strings.NewReader("{\"a\":1,\"b c\":\"x\"}\n{\"a\":2,\"b c\":\"y\"}\n")
	if err := c.InsertRaw(ctx, db, "t`", nil, "JSONEachRow", rows); err != nil {
		t.Fatal(err)
	}
	if err := c.InsertRaw(ctx, db, "t`", []string{"b c", "a"}, "CSVWithNames", strings.NewReader("\"b c\",a\nz,3\n")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.CountRows(ctx, db, "t`"); err != nil || n != 3 {
		t.Errorf("rows: got %d (%v), want 3", n, err)
	}
	if empty, err := c.IsEmpty(ctx, db, "t`"); err != nil || empty {
		t.Errorf("a table with rows: got empty %t (%v)", empty, err)
	}
	for name, f := range map[string]struct {
		err  error
		code int
	}{
		"unknown database":     {c.Exec(ctx, "nope", "CREATE TABLE t (a Int8) ENGINE = Memory"), 81},
		"syntax":               {c.Exec(ctx, db, "CREATE TABEL"), 62},
		"bad rows":             {c.InsertRaw(ctx, db, "t`", nil, "JSONEachRow", strings.NewReader("{\"a\":\"zz\"}")), 27},
		"no table":             {c.InsertRaw(ctx, db, "nope", nil, "JSONEachRow", strings.NewReader("{}")), 60},
		"rows that do not end": {c.InsertRaw(ctx, db, "nope", nil, "JSONEachRow", &endless{}), 60},
		"tables of nothing":    {second(c.Tables(ctx, "nope")), 81},
		"count of nothing":     {second(c.CountRows(ctx, db, "nope")), 60},
	} {
		var failure *engine.Error
		if !errors.As(f.err, &failure) || failure.Kind != engine.Failed || failure.Code != f.code {
			t.Errorf("%s: got %v, want code %d", name, f.err, f.code)
		}
	}
	// Rows whose source fails are not stored.
	broken := io.MultiReader(strings.NewReader("{\"a\":9}\n"), iotest.ErrReader(errors.New("disk")))
	if err := c.InsertRaw(ctx, db, "t`", nil, "JSONEachRow", broken); err == nil {
		t.Error("rows whose source fails: got no error")
	}
	time.Sleep(100 * time.Millisecond)
	if n, _ := c.CountRows(ctx, db, "t`"); n != 3 {
		t.Errorf("rows after all that: got %d, want 3", n)
	}
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	var failure *engine.Error
	if err := c.Exec(short, db, "SELECT sleep(3)"); !errors.As(err, &failure) || failure.Kind != engine.Timeout {
		t.Errorf("past the deadline: got %v, want kind timeout", err)
	}
}

func second[T any](_ T, err error) error { return err }

type endless struct{}

func (*endless) Read(p []byte) (int, error) { return copy(p, "{\"a\":1}\n"), nil }

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "localhost:8123", "tcp://u:q8secretvalue4z@h:9000", "http://u:q8secretvalue4z@", "http://u:q8secretvalue4z@h:port", "http://u:q8secretvalue4z\x00@h"} {
		_, err := chengine.Open(chengine.Config{URL: address})
		if err == nil || strings.Contains(err.Error(), "q8secretvalue4z") {
			t.Errorf("%q: got %v, want an error without the password", address, err)
		}
	}
	for address, want := range map[string]string{"http://h": "h:80", "https://h/": "h:443", "http://u:p@h:8123/x": "h:8123", "http://[::1]": "[::1]:80"} {
		c, err := chengine.Open(chengine.Config{URL: address, Password: "q8secretvalue4z"})
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if c.Host() != want {
			t.Errorf("%s: got host %q, want %q", address, c.Host(), want)
		}
		if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "q8secretvalue4z") {
			t.Error("the client prints its password")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// fake is a ClickHouse whose every answer is made up.
func fake(t *testing.T, remote bool, h http.HandlerFunc) *chengine.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := chengine.Open(chengine.Config{URL: strings.Replace(srv.URL, "http://", "http://u:p@", 1) + "/sub", Remote: remote})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestRequest(t *testing.T) {
	t.Parallel()
	const sql = "SELECT 'q8secretvalue4z'"
	c := fake(t, false, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		want := "/sub/?database=d+b&default_format=JSON&max_threads=2&query_id=i%26d&readonly=2"
		if got := r.URL.Path + "?" + r.URL.Query().Encode(); got != want || string(body) != sql {
			t.Errorf("got %s %q, want %s %q", got, body, want, sql)
		}
		if r.Header.Get("X-ClickHouse-User") != "u" || r.Header.Get("X-ClickHouse-Key") != "p" {
			t.Error("the credentials are not in the headers")
		}
		w.Header().Set("X-ClickHouse-Summary", `{"read_rows":"3","read_bytes":"4","result_rows":"5","elapsed_ns":"6"}`)
	})
	res, err := c.Stream(t.Context(), engine.Query{ID: "i&d", SQL: []byte(sql), Database: "d b", Format: "JSON", ReadOnly: true,
		Settings: []engine.Setting{{Name: "max_threads", Value: "2"}, {Name: "readonly", Value: "0"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Error(err)
	}
	if got, want := res.Summary(), (engine.Summary{ReadRows: 3, ReadBytes: 4, ResultRows: 5}); got != want {
		t.Errorf("summary: got %+v, want %+v", got, want)
	}
	res.Body.Close()
}

// TestMarker reads bodies with and without the mark of a failure, in pieces of all sizes.
func TestMarker(t *testing.T) {
	t.Parallel()
	const tag = "abcdefgh12345678"
	const message = "Code: 395. DB::Exception: too bad __exception__. (X) (version 26.1)"
	mark := "\r\n__exception__\r\n" + tag + "\r\n" + message + "\n68 " + tag + "\r\n__exception__\r\n"
	long := strings.Repeat("row\r\n__exception__\r\n", 5000)
	for name, c := range map[string]struct {
		tag, body string
		cut       bool
		rows      string
		code      int
	}{
		"rows":               {tag, "a\nb\n", false, "a\nb\n", 0},
		"nothing":            {tag, "", false, "", 0},
		"failure":            {tag, "a\nb\n" + mark, true, "a\nb\n", 395},
		"failure, not cut":   {tag, "a\nb\n" + mark, false, "a\nb\n", 395},
		"failure at once":    {tag, mark, true, "", 395},
		"another's mark":     {tag, "a\r\n__exception__\r\nxxxxxxxxxxxxxxxx\r\nCode: 1. b", false, "a\r\n__exception__\r\nxxxxxxxxxxxxxxxx\r\nCode: 1. b", 0},
		"rows like marks":    {tag, long, false, long, 0},
		"ends like a mark":   {tag, "a\r\n__exception__\r\nabcdefgh", false, "a\r\n__exception__\r\nabcdefgh", 0},
		"marks, then a mark": {tag, long + mark, true, long, 395},
		"older server":       {"", "a\n__exception__\r\n" + message, false, "a\n", 395},
		"older, only text":   {"", "a __exception__\r\n b", false, "a __exception__\r\n b", 0},
		"cut":                {tag, "a\nb\n", true, "a\nb\n", -1},
	} {
		client := fake(t, false, func(w http.ResponseWriter, r *http.Request) {
			if c.tag != "" {
				w.Header().Set("X-ClickHouse-Exception-Tag", c.tag)
			}
			for piece := range pieces(c.body) {
				_, _ = io.WriteString(w, piece)
				w.(http.Flusher).Flush()
			}
			if c.cut {
				panic(http.ErrAbortHandler)
			}
		})
		for way, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader,
		} {
			res, err := client.Stream(t.Context(), engine.Query{SQL: []byte("x")})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(wrap(res.Body))
			res.Body.Close()
			if string(got) != c.rows {
				t.Errorf("%s, %s: got %d bytes of rows, ending in %.60q; want %d", name, way, len(got), got[max(0, len(got)-60):], len(c.rows))
			}
			var failure *engine.Error
			switch {
			case c.code == 0 && err != nil:
				t.Errorf("%s, %s: got %v, want no error", name, way, err)
			case c.code == -1 && (!errors.As(err, &failure) || failure.Kind != engine.Unavailable):
				t.Errorf("%s, %s: got %v, want kind unavailable", name, way, err)
			case c.code > 0 && (!errors.As(err, &failure) || failure.Code != c.code || failure.Message != message):
				t.Errorf("%s, %s: got %v %+v, want code %d and the message", name, way, err, failure, c.code)
			}
		}
	}
}

// pieces cuts a body so that a mark in it is cut too.
func pieces(body string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for n := 7; len(body) > 0; n = n*3 + 1 {
			n := min(n, len(body))
			if !yield(body[:n]) {
				return
			}
			body = body[n:]
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const value = "q8secretvalue4z"
	for name, c := range map[string]struct {
		status int
		code   string
		body   string
		kind   engine.Kind
		want   int
	}{
		"statement":     {400, "62", "Code: 62. DB::Exception: " + value, engine.Failed, 62},
		"no header":     {404, "", "Code: 60. DB::Exception: " + value, engine.Failed, 60},
		"timeout":       {408, "159", "Code: 159. DB::Exception: " + value, engine.Timeout, 159},
		"killed":        {500, "394", "Code: 394. DB::Exception: " + value, engine.Canceled, 394},
		"memory":        {500, "241", "Code: 241. DB::Exception: " + value, engine.Failed, 241},
		"too many":      {500, "202", "Code: 202. DB::Exception: " + value, engine.Unavailable, 202},
		"our password":  {403, "516", "Code: 516. DB::Exception: " + value, engine.Unavailable, 516},
		"proxy":         {502, "", "<html>" + value, engine.Unavailable, 0},
		"redirect":      {302, "", value, engine.Unavailable, 0},
		"somebody else": {404, "", value, engine.Unavailable, 0},
	} {
		client := fake(t, false, func(w http.ResponseWriter, r *http.Request) {
			if c.code != "" {
				w.Header().Set("X-ClickHouse-Exception-Code", c.code)
			}
			w.Header().Set("Location", "http://"+value+".invalid/")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body+"\n")
		})
		for way, do := range map[string]func() error{
			"stream": func() error {
				return second(client.Stream(t.Context(), engine.Query{SQL: []byte(value), ReadOnly: true}))
			},
			"exec": func() error { return client.Exec(t.Context(), "", "CREATE "+value) },
		} {
			err := do()
			var e *engine.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Code != c.want {
				t.Errorf("%s, %s: got %v (%+v), want %v, code %d", name, way, err, e, c.kind, c.want)
				continue
			}
			if strings.Contains(err.Error(), value) || strings.Contains(err.Error(), ":p@") {
				t.Errorf("%s, %s: got error %q, want no statement and no credentials in it", name, way, err)
			}
			if e.Code != 0 && !strings.Contains(e.Message, value) {
				t.Errorf("%s, %s: got message %q, want the engine's", name, way, e.Message)
			}
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "http", Host: ln.Addr().String(), User: url.UserPassword("u", value)}
	ln.Close()
	gone, err := chengine.Open(chengine.Config{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	for _, err := range []error{second(gone.Stream(t.Context(), engine.Query{SQL: []byte(value), ReadOnly: true})), gone.Exec(t.Context(), "", value), gone.Ping(t.Context())} {
		var e *engine.Error
		if !errors.As(err, &e) || e.Kind != engine.Unavailable || strings.Contains(err.Error(), value) {
			t.Errorf("nobody there: got %v, want kind unavailable and no value", err)
		}
	}
}

// TestRemoteKill wants KILL QUERY for a statement on a server that does not notice that its client left.
func TestRemoteKill(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var kills []string
	hold := make(chan struct{})
	client := fake(t, true, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.HasPrefix(string(body), "KILL") {
			mu.Lock()
			kills = append(kills, string(body))
			mu.Unlock()
			return
		}
		_, _ = io.WriteString(w, "row\n")
		w.(http.Flusher).Flush()
		if string(body) != "ends" {
			<-hold
		}
	})
	t.Cleanup(func() { close(hold) }) // before the server is closed
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	res, err := client.Stream(ctx, engine.Query{ID: "dead'line", SQL: []byte("hangs")})
	if err != nil {
		t.Fatal(err)
	}
	var e *engine.Error
	if _, err := io.ReadAll(res.Body); !errors.As(err, &e) || e.Kind != engine.Timeout {
		t.Errorf("got %v, want kind timeout", err)
	}
	res.Body.Close()
	for _, sql := range []string{"closed", "ends"} {
		res, err = client.Stream(t.Context(), engine.Query{ID: sql, SQL: []byte(sql)})
		if err != nil {
			t.Fatal(err)
		}
		if sql == "ends" {
			_, _ = io.ReadAll(res.Body)
		}
		res.Body.Close()
	}
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		mu.Lock()
		sorted := slices.Sorted(slices.Values(kills)) // each is sent by itself
		mu.Unlock()
		got := strings.Join(sorted, "; ")
		if got == `KILL QUERY WHERE query_id = 'closed' ASYNC; KILL QUERY WHERE query_id = 'dead\'line' ASYNC` {
			return
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("got kills %q, want one for each of the two that did not end", got)
		}
	}
}

// TestStatementIsGivenBack overwrites the statement as soon as Stream has returned; the answer came before it was read.
func TestStatementIsGivenBack(t *testing.T) {
	t.Parallel()
	client := fake(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		_, _ = io.Copy(io.Discard, r.Body)
	})
	for range 20 {
		sql := make([]byte, 4<<20)
		res, err := client.Stream(t.Context(), engine.Query{SQL: sql})
		for i := range sql { // the race detector watches
			sql[i] = 1
		}
		if err == nil {
			res.Body.Close()
		}
	}
}
