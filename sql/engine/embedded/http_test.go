package embedded_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/clickhouse-go/v2"

	"penstock/sql/engine/enginetest"
)

// ask sends one request, as curl would with the address of engine-url.
func ask(t *testing.T, e *enginetest.Engine, method, query, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.AccessURL()+"?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Authorization" || header[i] == "X-ClickHouse-User" {
			req.URL.User = nil
		}
	}
	res, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(authorize(req))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return res, string(got) + "\nBROKEN OFF"
	}
	return res, string(got)
}

// authorize does what http.Client does and a transport does not.
func authorize(req *http.Request) *http.Request {
	if u := req.URL.User; u != nil {
		p, _ := u.Password()
		req.SetBasicAuth(u.Username(), p)
	}
	return req
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	db := "database=" + e.Database(t)
	post := func(query, body string) { // the tables that the cases read
		if res, got := ask(t, e, "POST", query, body); res.StatusCode != 200 {
			t.Fatalf("%s %s: %d %s", query, body, res.StatusCode, got)
		}
	}
	post(db, "CREATE TABLE t (a Int32, b String) ENGINE = MergeTree ORDER BY a")
	post(db+"&query="+url.QueryEscape("INSERT INTO t FORMAT JSONEachRow"), `{"a":1,"b":"x"}`+"\n"+`{"a":2,"b":"it's; SELECT 1"}`)
	post(db, "INSERT INTO t (a, b) VALUES (3, 'it''s'), (1 + 3, 'four');")
	post(db, "INSERT INTO t SETTINGS max_insert_block_size = 10 FORMAT CSV\n5,five\n6,\"six\"\n")
	post(db+"&query="+url.QueryEscape("INSERT INTO t (b, a) VALUES"), "('seven', 7)")
	post(db, "INSERT INTO t SELECT 8, 'eight'")
	post(db, "INSERT INTO t (a, b) SELECT format, 'nine' FROM (SELECT 9 AS format)")
	post(db+"&default_format=JSONEachRow&query="+url.QueryEscape("INSERT INTO t"), "")

	long := strings.Repeat("x", 300_000)
	for name, c := range map[string]struct {
		method, query, body string
		header              []string
		status              int
		want                string // the whole answer, or with … in front a part of it
		code                string
	}{
		"get":                   {"GET", "query=SELECT+1", "", nil, 200, "1\n", ""},
		"post":                  {"POST", "", "SELECT 1", nil, 200, "1\n", ""},
		"both":                  {"POST", "query=SELECT+1", "+1", nil, 200, "2\n", ""},
		"rows":                  {"POST", db, "SELECT a, b FROM t ORDER BY a FORMAT CSV", nil, 200, "1,\"x\"\n2,\"it's; SELECT 1\"\n3,\"it's\"\n4,\"four\"\n5,\"five\"\n6,\"six\"\n7,\"seven\"\n8,\"eight\"\n9,\"nine\"\n", ""},
		"default format":        {"GET", "query=SELECT+1+AS+a&default_format=JSONEachRow", "", nil, 200, "{\"a\":1}\n", ""},
		"format header":         {"POST", "", "SELECT 1 AS a", []string{"X-ClickHouse-Format", "CSVWithNames"}, 200, "\"a\"\n1\n", ""},
		"format, settings":      {"POST", "", "SELECT 1 FORMAT CSV SETTINGS max_threads = 1", nil, 200, "1\n", ""},
		"settings, format":      {"POST", "", "SELECT getSetting('max_threads') SETTINGS max_threads = 3 FORMAT CSV;", nil, 200, "3\n", ""},
		"database header":       {"POST", "", "SELECT count() FROM t", []string{"X-ClickHouse-Database", strings.TrimPrefix(db, "database=")}, 200, "9\n", ""},
		"parameter":             {"POST", "param_a=it's%5C%5C", "SELECT {a: String}", nil, 200, "it\\'s\\\\\n", ""},
		"quoted format":         {"POST", "", "SELECT 1 AS a FORMAT `CSVWithNames`", nil, 200, "\"a\"\n1\n", ""},
		"show":                  {"POST", db, "SHOW TABLES", nil, 200, "t\n", ""},
		"describe":              {"POST", db, "DESCRIBE t FORMAT JSONEachRow", nil, 200, `…"name":"a","type":"Int32"`, ""},
		"exists":                {"POST", db, "EXISTS TABLE t", nil, 200, "1\n", ""},
		"explain":               {"POST", "", "EXPLAIN SELECT 1", nil, 200, "…ReadFrom", ""},
		"leading comment":       {"POST", "", "/* a; b */ -- c\nSELECT 1 # d", nil, 200, "1\n", ""},
		"string with words":     {"POST", "", "SELECT 'INTO OUTFILE; FORMAT x'", nil, 200, "INTO OUTFILE; FORMAT x\n", ""},
		"user header":           {"POST", "", "SELECT 1", []string{"X-ClickHouse-User", e.User(), "X-ClickHouse-Key", e.Password()}, 200, "1\n", ""},
		"user parameter":        {"POST", "user=" + e.User() + "&password=" + e.Password(), "SELECT 1", []string{"Authorization", ""}, 200, "1\n", ""},
		"wrong password":        {"POST", "", "SELECT 1", []string{"X-ClickHouse-User", e.User(), "X-ClickHouse-Key", "x"}, 403, "…AUTHENTICATION_FAILED", "516"},
		"nobody":                {"POST", "", "SELECT 1", []string{"Authorization", ""}, 401, "…AUTHENTICATION_FAILED", "516"},
		"syntax":                {"POST", "", "SELECT 1 +", nil, 400, "…Code: 62. DB::Exception: Syntax error: failed at position 11 (end of query)", "62"},
		"syntax, second line":   {"POST", "", "SELECT 1,\n2 FROM (SELECT 1 FROM", nil, 400, "…(line 2", "62"},
		"version":               {"POST", "", "SELECT nope", nil, 404, "…(UNKNOWN_IDENTIFIER) (version " + e.Version(), "47"},
		"two statements":        {"POST", "", "SELECT 1; SELECT 2", nil, 400, "…Multi-statements", "62"},
		"not closed":            {"POST", "", "SELECT 'x", nil, 400, "…SYNTAX_ERROR", "62"},
		"empty":                 {"POST", "", " -- nothing\n;", nil, 400, "…Empty query", "62"},
		"unknown database":      {"POST", "database=nope", "SELECT 1", nil, 404, "…UNKNOWN_DATABASE", "81"},
		"unknown table":         {"POST", "", "SELECT * FROM nope", nil, 404, "…UNKNOWN_TABLE", "60"},
		"unknown setting":       {"POST", "nope=1", "SELECT 1", nil, 404, "…UNKNOWN_SETTING", "115"},
		"setting with a trick":  {"POST", "max_threads%3D1,readonly=1", "SELECT 1", nil, 404, "…UNKNOWN_SETTING", "115"},
		"value with a trick":    {"POST", "max_threads=1',readonly='1", "SELECT 1", nil, 400, "…DB::Exception", ""},
		"unknown format":        {"POST", "", "SELECT 1 FORMAT Nope", nil, 404, "…Code: 73. DB::Exception: Unknown format Nope.", "73"},
		"outfile":               {"POST", "", "SELECT 1 INTO OUTFILE '/tmp/x'", nil, 500, "…INTO_OUTFILE_NOT_ALLOWED", "309"},
		"infile":                {"POST", db, "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT LineAsString", nil, 501, "…NOT_IMPLEMENTED", "48"},
		"log comment":           {"POST", "", "SELECT 1 SETTINGS max_threads = 1, `log_comment` = 'x'", nil, 500, "…SETTING_CONSTRAINT_VIOLATION", "452"},
		"log comment, url":      {"POST", "log_comment=mine", "SELECT getSetting('log_comment') LIKE '% mine'", nil, 200, "1\n", ""},
		"introspection":         {"POST", "", "SELECT demangle('x')", nil, 500, "…FUNCTION_NOT_ALLOWED", "446"},
		"get writes":            {"GET", db + "&query=DROP+TABLE+t", "", nil, 500, "…READONLY", "164"},
		"readonly writes":       {"POST", db + "&readonly=2", "INSERT INTO t VALUES (1, 'x')", nil, 500, "…READONLY", "164"},
		"readonly 1":            {"POST", "readonly=1", "SELECT 1 SETTINGS max_threads = 1", nil, 500, "…READONLY", "164"},
		"readonly odd":          {"POST", "readonly=1,x", "SELECT 1", nil, 400, "…BAD_ARGUMENTS", "36"},
		"bad rows":              {"POST", db, "INSERT INTO t FORMAT JSONEachRow {\"a\":1}\n{\"a\":\"zz\"}", nil, 400, "…(CANNOT_PARSE", "27"},
		"bad table":             {"POST", db, "INSERT INTO nope FORMAT CSV 1", nil, 404, "…UNKNOWN_TABLE", "60"},
		"bad head":              {"POST", db, "INSERT INTO t (a b) FORMAT CSV 1", nil, 400, "…SYNTAX_ERROR", "62"},
		"session":               {"POST", "session_id=a", "SELECT 1", nil, 501, "…sessions", "48"},
		"kill by other means":   {"POST", "", "KILL QUERY WHERE user = 'default' SYNC", nil, 501, "…NOT_IMPLEMENTED", "48"},
		"kill nobody":           {"POST", "", "KILL QUERY WHERE query_id = 'nope' ASYNC", nil, 200, "", ""},
		"wait for the end":      {"POST", "wait_end_of_query=1", "SELECT number FROM numbers(100000) FORMAT Null", nil, 200, "", ""},
		"wait, fails late":      {"POST", "wait_end_of_query=1", "SELECT throwIf(number = 3000000) AS t FROM numbers(4000000) SETTINGS max_block_size = 10000", nil, 400, "…Code: 395.", "395"},
		"fails early with rows": {"POST", "", "SELECT throwIf(number = 500) AS t FROM numbers(1000) SETTINGS max_block_size = 100", nil, 400, "…Code: 395.", "395"},
		"long statement":        {"POST", "max_query_size=1000000", "SELECT length('" + long + "')", nil, 200, "300000\n", ""},
		"ping":                  {"GET", "", "", nil, 400, "…Empty query", "62"}, // with credentials it is a query
	} {
		res, got := ask(t, e, c.method, c.query, c.body, c.header...)
		part, isPart := strings.CutPrefix(c.want, "…")
		if res.StatusCode != c.status || !isPart && got != c.want || isPart && !strings.Contains(got, part) {
			t.Errorf("%s: got %d %.300q, want %d %q", name, res.StatusCode, got, c.status, c.want)
		}
		if code := res.Header.Get("X-ClickHouse-Exception-Code"); c.code != "" && code != c.code {
			t.Errorf("%s: got code %q, want %q", name, code, c.code)
		}
		if strings.Contains(got, "/proc/self/fd") || strings.Contains(got, "/dev/fd") {
			t.Errorf("%s: got %q, want nothing of the pipe in it", name, got)
		}
	}
	if _, got := ask(t, e, "POST", db, "SELECT count() FROM t"); got != "9\n" {
		t.Errorf("rows after all that: got %q, want 9", got)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for path, want := range map[string]int{"/ping": 200, "/replicas_status": 200, "/": 200, "/nope": 404} {
		res, err := http.Get(e.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want || want == 200 && string(body) != "Ok.\n" {
			t.Errorf("%s: got %d %q, want %d", path, res.StatusCode, body, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	res, _ := ask(t, e, "POST", "query_id=my-id", "SELECT number FROM numbers(10) FORMAT JSON")
	for name, want := range map[string]string{
		"X-ClickHouse-Query-Id": "my-id", "X-ClickHouse-Format": "JSON", "Content-Type": "application/json; charset=UTF-8",
		"X-ClickHouse-Timezone": "…", "X-ClickHouse-Server-Display-Name": "…", "Content-Length": "…",
	} {
		if got := res.Header.Get(name); got == "" || want != "…" && got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := res.Header.Get("X-ClickHouse-Summary"); !strings.HasPrefix(got, `{"read_rows":"10","read_bytes":"80",`) {
		t.Errorf("summary: got %q, want 10 rows", got)
	}
	res, body := ask(t, e, "POST", "", "SELECT number FROM numbers(1000000)")
	if got := res.Trailer.Get("X-ClickHouse-Summary"); !strings.HasPrefix(got, `{"read_rows":"1000000",`) || strings.Count(body, "\n") != 1000000 {
		t.Errorf("summary behind a stream: got %q, want a million rows", got)
	}
	res, body = ask(t, e, "POST", "", "SELECT throwIf(number = 3000000) AS t FROM numbers(4000000) SETTINGS max_block_size = 10000")
	tag := res.Header.Get("X-ClickHouse-Exception-Tag")
	if res.StatusCode != 200 || len(tag) != 16 || !strings.Contains(body, "\r\n__exception__\r\n"+tag+"\r\nCode: 395.") || !strings.HasSuffix(body, tag+"\r\n__exception__\r\n\nBROKEN OFF") {
		t.Errorf("a failure midway: got %d, tag %q, end %q; want the marker and then a body that broke off", res.StatusCode, tag, body[max(0, len(body)-400):])
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	db := "database=" + e.Database(t)
	ask(t, e, "POST", db, "CREATE TABLE t (a Int32) ENGINE = MergeTree ORDER BY a")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, "1\n2\n3\n")
	z.Close()
	if res, got := ask(t, e, "POST", db+"&query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), zipped.String(), "Content-Encoding", "gzip"); res.StatusCode != 200 {
		t.Errorf("gzip in: got %d %s", res.StatusCode, got)
	}
	w := compress.NewWriter(compress.LevelZero, compress.LZ4)
	if err := w.Compress([]byte("4\n5\n")); err != nil {
		t.Fatal(err)
	}
	if res, got := ask(t, e, "POST", db+"&decompress=1&query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), string(w.Data)); res.StatusCode != 200 {
		t.Errorf("blocks in: got %d %s", res.StatusCode, got)
	}
	if res, got := ask(t, e, "POST", db+"&query="+url.QueryEscape("INSERT INTO t FORMAT TSV"), "not gzip", "Content-Encoding", "gzip"); res.StatusCode != 400 {
		t.Errorf("no gzip: got %d %s, want 400", res.StatusCode, got)
	}
	const sum = "SELECT sum(a) FROM t"
	res, got := ask(t, e, "POST", db+"&enable_http_compression=1", sum, "Accept-Encoding", "br, gzip")
	if r, err := gzip.NewReader(strings.NewReader(got)); err != nil || res.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("gzip out: got %q, %v", got, err)
	} else if text, err := io.ReadAll(r); string(text) != "15\n" || err != nil {
		t.Errorf("gzip out: got %q, %v", text, err)
	}
	if _, got := ask(t, e, "POST", db, sum, "Accept-Encoding", "gzip"); got != "15\n" {
		t.Errorf("gzip that the setting does not allow: got %q", got)
	}
	_, got = ask(t, e, "POST", db+"&compress=1", sum)
	if text, err := io.ReadAll(compress.NewReader(strings.NewReader(got))); string(text) != "15\n" || !errors.Is(err, io.EOF) { // its end is wrapped
		t.Errorf("blocks out: got %q, %v", text, err)
	}
}

// TestBrokenRows sends half of an INSERT and leaves.
func TestBrokenRows(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	db := e.Database(t)
	ask(t, e, "POST", "database="+db, "CREATE TABLE t (a Int32) ENGINE = MergeTree ORDER BY a")
	for range 5 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /?database=%s&user=%s&password=%s&query=INSERT+INTO+t+FORMAT+TSV HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n1\n2\n", db, e.User(), e.Password())
		time.Sleep(20 * time.Millisecond)
		conn.Close()
	}
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if one(t, e, "SELECT count() FROM system.processes WHERE current_database = '"+db+"'") == "0" {
			break
		}
		if time.Since(start) > 30*time.Second {
			t.Fatal("an INSERT outlives its client by 2 s")
		}
	}
	time.Sleep(50 * time.Millisecond)
	if got := one(t, e, "SELECT count() FROM "+db+".t"); got != "0" {
		t.Errorf("rows of inserts that broke off: got %s, want none", got)
	}
}

func TestKillByID(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	done := make(chan string, 1)
	const sql = "SELECT sleepEachRow(0.1) AS killbyid FROM numbers(1000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
	go func() {
		_, got := ask(t, e, "POST", "query_id=to+kill's", sql)
		done <- got
	}()
	for start := time.Now(); one(t, e, "SELECT count() FROM system.processes WHERE query LIKE '%AS kill'||'byid%'") == "0"; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("the query does not run: %s", <-done)
		}
	}
	if res, got := ask(t, e, "POST", "query_id=to+kill's", "SELECT 1"); res.Header.Get("X-ClickHouse-Exception-Code") != "216" {
		t.Errorf("an id that is in use: got %d %q, want code 216", res.StatusCode, got)
	}
	start := time.Now()
	if _, got := ask(t, e, "POST", "", "KILL QUERY WHERE query_id = 'to kill\\'s' ASYNC"); got != "waiting\tto kill's\tdefault\t\n" {
		t.Errorf("kill: got %q", got)
	}
	if got := <-done; !strings.Contains(got, "Code: 394.") || time.Since(start) > 30*time.Second {
		t.Errorf("the killed query: got %q after %v, want code 394 within 1 s", got, time.Since(start))
	}
}

func TestJavaScriptClient(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	modules := enginetest.Modules(t)
	cmd := exec.CommandContext(t.Context(), "node", "testdata/client.mjs", modules, e.AccessURL(), e.Database(t))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node (needs node 20 and `npm ci --prefix .npm`): %v\n%s%s", err, out, stderr.String())
	}
	var got struct {
		Success bool
		Written string
		Rows    []struct {
			N    json.Number
			Name string
		}
		Failure  string
		Streamed int
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("got %s: %v", out, err)
	}
	if !got.Success || got.Written != "5000" || len(got.Rows) != 1 || got.Rows[0].N.String() != "1000" || got.Rows[0].Name != "it's 999" || got.Failure != "47 UNKNOWN_IDENTIFIER" || got.Streamed != 300000 {
		t.Errorf("got %s", out)
	}
}

func TestClickHouseGo(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	for name, c := range map[string]*clickhouse.Compression{
		"plain": nil, "lz4": {Method: clickhouse.CompressionLZ4}, "zstd": {Method: clickhouse.CompressionZSTD},
		"gzip": {Method: clickhouse.CompressionGZIP, Level: 3}, "deflate": {Method: clickhouse.CompressionDeflate, Level: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			conn, err := clickhouse.Open(&clickhouse.Options{
				Protocol: clickhouse.HTTP, Addr: []string{strings.TrimPrefix(e.URL(), "http://")}, Compression: c,
				Auth: clickhouse.Auth{Database: e.Database(t), Username: e.User(), Password: e.Password()},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			v, err := conn.ServerVersion()
			if err != nil || !strings.HasPrefix(e.Version(), fmt.Sprintf("%d.%d.", v.Version.Major, v.Version.Minor)) {
				t.Errorf("version: got %v (%v), want %s", v, err, e.Version())
			}
			if err := conn.Exec(ctx, "CREATE TABLE t (id UInt64, name String, tags Array(LowCardinality(String)), at DateTime64(3, 'UTC'), n Nullable(Int32)) ENGINE = MergeTree ORDER BY id"); err != nil {
				t.Fatal(err)
			}
			batch, err := conn.PrepareBatch(ctx, "INSERT INTO t")
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 11, 22, 1, 2, 3, 456e6, time.UTC)
			for i := range 10000 {
				if err := batch.Append(uint64(i), fmt.Sprint("name ", i), []string{"a", "b"}, at, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
			rows, err := conn.Query(ctx, "SELECT id, name, tags, at, n FROM t WHERE id >= ? ORDER BY id", 9990)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				var id uint64
				var name string
				var tags []string
				var when time.Time
				var null *int32
				if err := rows.Scan(&id, &name, &tags, &when, &null); err != nil {
					t.Fatal(err)
				}
				if name != fmt.Sprint("name ", id) || len(tags) != 2 || !when.Equal(at) || null != nil {
					t.Errorf("got %d %q %v %v %v", id, name, tags, when, null)
				}
				n++
			}
			if err := rows.Err(); err != nil || n != 10 {
				t.Errorf("got %d rows (%v), want 10", n, err)
			}
			var ex *clickhouse.Exception
			if err := conn.Exec(ctx, "SELECT nope"); !errors.As(err, &ex) || ex.Code != 47 {
				t.Errorf("got %v, want code 47", err)
			}
			rows, err = conn.Query(ctx, "SELECT throwIf(number = 3000000) AS t FROM numbers(4000000) SETTINGS max_block_size = 10000")
			for err == nil && rows.Next() {
				continue
			}
			if err == nil {
				err = rows.Err()
			}
			if !errors.As(err, &ex) || ex.Code != 395 {
				t.Errorf("a failure midway: got %v, want code 395", err)
			}
		})
	}
}
