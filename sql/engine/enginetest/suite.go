package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"penstock/sql/engine"
)

// Run is what every engine must do. open gives one for a subtest; it may be the same every time. Memory, where an engine
// has any of its own, is for the engine's own tests.
func Run(t *testing.T, open func(t *testing.T) engine.Streamer) {
	s := suite{open: open}
	for name, test := range map[string]func(*testing.T, engine.Streamer){
		"rows":              s.rows,
		"formats":           s.formats,
		"database":          s.database,
		"settings":          s.settings,
		"error classes":     s.errorClasses,
		"deadline":          s.deadline,
		"time limit":        s.timeLimit,
		"client leaves":     s.clientLeaves,
		"close":             s.closeEarly,
		"big result":        s.bigResult,
		"fails midway":      s.failsMidway,
		"no foreign rows":   s.noForeignRows,
		"read only":         s.readOnly,
		"one statement":     s.oneStatement,
		"bytes":             s.bytes,
		"summary":           s.summary,
		"nothing in errors": s.nothingInErrors,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

type suite struct {
	open func(t *testing.T) engine.Streamer
}

func query(sql, format string) engine.Query {
	return engine.Query{ID: fmt.Sprintf("enginetest-%d", rand.Uint64()), SQL: []byte(sql), Format: format, ReadOnly: true}
}

// all runs a query to its end.
func all(ctx context.Context, e engine.Streamer, q engine.Query) (string, engine.Summary, error) {
	res, err := e.Stream(ctx, q)
	if err != nil {
		return "", engine.Summary{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), res.Summary(), err
}

func want(t *testing.T, e engine.Streamer, q engine.Query, want string) {
	t.Helper()
	got, _, err := all(t.Context(), e, q)
	if err != nil {
		t.Fatalf("%s: %s", q.SQL, detail(err))
	}
	if got != want {
		t.Errorf("%s: got %q, want %q", q.SQL, got, want)
	}
}

func write(t *testing.T, e engine.Streamer, database, sql string) {
	t.Helper()
	q := query(sql, "TabSeparated")
	q.ReadOnly, q.Database = false, database
	if _, _, err := all(t.Context(), e, q); err != nil {
		t.Fatalf("%s: %s", sql, detail(err))
	}
}

// fails wants an error of a class and, when it is not 0, a code.
func fails(t *testing.T, err error, kind engine.Kind, code int) *engine.Error {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *engine.Error of kind %q", err, kind)
	}
	if e.Kind != kind || code != 0 && e.Code != code {
		t.Errorf("got %s, want kind %q, code %d", detail(err), kind, code)
	}
	return e
}

func detail(err error) string {
	var e *engine.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%v, code %d, message %q", e, e.Code, e.Message)
	}
	return fmt.Sprint(err)
}

func (suite) rows(t *testing.T, e engine.Streamer) {
	want(t, e, query("SELECT number, toString(number) FROM numbers(3)", "TabSeparated"), "0\t0\n1\t1\n2\t2\n")
	want(t, e, query("SELECT 1 WHERE 0", "TabSeparated"), "")
	want(t, e, query("SELECT 1 -- the end is a comment", "TabSeparated"), "1\n")
	want(t, e, query("WITH x AS (SELECT 2 AS a) SELECT a FROM x", "TabSeparated"), "2\n")
	want(t, e, query("(SELECT 1) UNION ALL (SELECT 1)", "TabSeparated"), "1\n1\n")
	want(t, e, query("SELECT 1 SETTINGS max_threads = 1", "TabSeparated"), "1\n")
	want(t, e, query("SELECT format FROM (SELECT 5 AS format)", "TabSeparated"), "5\n")
}

func (suite) formats(t *testing.T, e engine.Streamer) {
	for _, c := range []struct{ format, want, contentType string }{
		{"JSON", `"data":`, "application/json"},
		{"CSVWithNames", "\"a\",\"b\"\n1,\"x\"\n", "text/csv"},
		{"JSONEachRow", `{"a":1,"b":"x"}` + "\n", ""},
		{"Parquet", "PAR1", "application/octet-stream"},
		{"Native", "", "application/octet-stream"},
	} {
		res, err := e.Stream(t.Context(), query("SELECT toInt32(1) AS a, 'x' AS b", c.format))
		if err != nil {
			t.Fatalf("%s: %s", c.format, detail(err))
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(body), c.want) || len(body) == 0 {
			t.Errorf("%s: got %q (%v), want %q in it", c.format, body, err, c.want)
		}
		if !strings.HasPrefix(res.ContentType, c.contentType) {
			t.Errorf("%s: got content type %q, want %q", c.format, res.ContentType, c.contentType)
		}
	}
	_, _, err := all(t.Context(), e, query("SELECT 1", "NoSuchFormat"))
	fails(t, err, engine.Failed, 73)
}

func (suite) database(t *testing.T, e engine.Streamer) {
	name := fmt.Sprintf("enginetest_%d`\\'", rand.Uint32()) // as unpleasant as a name can be
	quoted := "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
	write(t, e, "", "CREATE DATABASE "+quoted)
	defer write(t, e, "", "DROP DATABASE "+quoted)
	q := query("SELECT currentDatabase()", "TabSeparatedRaw")
	q.Database = name
	want(t, e, q, name+"\n")
	write(t, e, name, "CREATE TABLE here (a UInt8) ENGINE = MergeTree ORDER BY a")
	write(t, e, name, "INSERT INTO here VALUES (7)")
	q = query("SELECT a FROM here", "TabSeparated")
	q.Database = name
	want(t, e, q, "7\n")
	q.Database = "no_such_database"
	_, _, err := all(t.Context(), e, q)
	fails(t, err, engine.Failed, 81)
	q.Database = ""
	want(t, e, query("SELECT currentDatabase()", "TabSeparated"), "default\n") // the last one's is gone
}

func (suite) settings(t *testing.T, e engine.Streamer) {
	q := query("SELECT getSetting('max_block_size'), getSetting('readonly')", "TabSeparated")
	q.Settings = []engine.Setting{{Name: "max_block_size", Value: "1234"}}
	want(t, e, q, "1234\t2\n")
	q.Settings = nil
	if got, _, err := all(t.Context(), e, q); err != nil || strings.HasPrefix(got, "1234") {
		t.Errorf("the setting of one query: got %q (%v), want another value in the next", got, err)
	}
	q.Settings = []engine.Setting{{Name: "no_such_setting", Value: "1"}}
	_, _, err := all(t.Context(), e, q)
	fails(t, err, engine.Failed, 115)
	q = query("SELECT {a: UInt8} + 1, {b: String}", "TabSeparated")
	q.Settings = []engine.Setting{{Name: "param_a", Value: "4"}, {Name: "param_b", Value: "it's"}}
	want(t, e, q, "5\tit\\'s\n")
}

func (suite) errorClasses(t *testing.T, e engine.Streamer) {
	for _, c := range []struct {
		sql  string
		code int
	}{
		{"SELEC 1", 62},
		{"SELECT 1 +", 62},
		{"SELECT no_such_column", 47},
		{"SELECT * FROM no_such_table", 60},
		{"SELECT no_such_function()", 46},
		{"SELECT throwIf(1)", 395},
		{"SELECT toUInt8('x')", 6},
	} {
		_, _, err := all(t.Context(), e, query(c.sql, "JSON"))
		got := fails(t, err, engine.Failed, c.code)
		if !strings.HasPrefix(got.Message, fmt.Sprintf("Code: %d. DB::Exception: ", c.code)) {
			t.Errorf("%s: got message %q, want ClickHouse's", c.sql, got.Message)
		}
		if strings.Contains(got.Message, "OUTFILE") {
			t.Errorf("%s: got message %q, want nothing in it that is not the statement's", c.sql, got.Message)
		}
	}
	q := query("SELECT groupArray(number) FROM numbers(100000000)", "JSON")
	q.Settings = []engine.Setting{{Name: "max_memory_usage", Value: "20000000"}}
	_, _, err := all(t.Context(), e, q)
	fails(t, err, engine.Failed, 241)
}

// endless is a query that runs until it is killed, and that is recognised among all others.
func endless(sql string) (engine.Query, string) {
	mark := fmt.Sprintf("mark_%d", rand.Uint64())
	q := query(strings.ReplaceAll(sql, "MARK", mark), "TabSeparated")
	return q, mark
}

func running(t *testing.T, e engine.Streamer, mark string) bool {
	t.Helper()
	got, _, err := all(t.Context(), e, query("SELECT count() FROM system.processes WHERE position(query, '"+mark+"') > 0 AND position(query, 'system.'||'processes') = 0", "TabSeparated"))
	if err != nil {
		t.Fatalf("ask for running queries: %s", detail(err))
	}
	return got != "0\n"
}

// bound is how long a test waits for what must happen: no expectation of speed, which a busy machine would not meet.
const bound = 30 * time.Second

// until waits for a query to run, or to run no more.
func until(t *testing.T, e engine.Streamer, mark string, state bool, limit time.Duration) {
	t.Helper()
	for start := time.Now(); running(t, e, mark) != state; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > limit {
			t.Fatalf("the query runs: got %t after %v, want %t", !state, limit, state)
		}
	}
}

const (
	silentQuery = "SELECT count() AS MARK FROM numbers(1000000000000000) WHERE NOT ignore(number)"
	sleepQuery  = "SELECT sleepEachRow(0.05) AS MARK FROM numbers(100000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
	loudQuery   = "SELECT number, repeat('x', 100) AS MARK FROM numbers(1000000000000)"
)

func (suite) deadline(t *testing.T, e engine.Streamer) {
	for _, sql := range []string{silentQuery, sleepQuery} {
		q, mark := endless(sql)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		start := time.Now()
		_, _, err := all(ctx, e, q)
		cancel()
		fails(t, err, engine.Timeout, 0)
		if took := time.Since(start); took > bound {
			t.Errorf("%s: took %v, though its deadline was 500 ms", sql, took)
		}
		until(t, e, mark, false, bound)
	}
	// While nobody reads: the engine is blocked on its client, and must be freed all the same.
	q, mark := endless(loudQuery)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	res, err := e.Stream(ctx, q)
	if err != nil {
		t.Fatal(detail(err))
	}
	defer res.Body.Close()
	<-ctx.Done()
	until(t, e, mark, false, bound)
	_, err = io.Copy(io.Discard, res.Body)
	fails(t, err, engine.Timeout, 0)
}

func (suite) timeLimit(t *testing.T, e engine.Streamer) {
	q, _ := endless(silentQuery)
	q.Settings = []engine.Setting{{Name: "max_execution_time", Value: "0.2"}, {Name: "timeout_before_checking_execution_speed", Value: "0"}}
	_, _, err := all(t.Context(), e, q)
	fails(t, err, engine.Timeout, 159)
}

func (suite) clientLeaves(t *testing.T, e engine.Streamer) {
	for _, sql := range []string{silentQuery, sleepQuery} {
		q, mark := endless(sql)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, _, err := all(ctx, e, q)
			done <- err
		}()
		until(t, e, mark, true, bound)
		cancel()
		fails(t, <-done, engine.Canceled, 0)
		until(t, e, mark, false, bound)
	}
}

func (suite) closeEarly(t *testing.T, e engine.Streamer) {
	q, mark := endless(loudQuery)
	res, err := e.Stream(t.Context(), q)
	if err != nil {
		t.Fatal(detail(err))
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 1<<20)); err != nil {
		t.Fatal(detail(err))
	}
	if err := res.Body.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	until(t, e, mark, false, bound)
	if _, err := res.Body.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read after close: got %v, want an error that is not io.EOF", err)
	}
}

func (suite) bigResult(t *testing.T, e engine.Streamer) {
	const rows = 2_000_000
	res, err := e.Stream(t.Context(), query(fmt.Sprintf("SELECT number, repeat('y', 50) AS y FROM numbers(%d)", rows), "JSONCompactEachRow"))
	if err != nil {
		t.Fatal(detail(err))
	}
	defer res.Body.Close()
	lines, buf := 0, make([]byte, 32<<10)
	for {
		n, err := res.Body.Read(buf)
		lines += strings.Count(string(buf[:n]), "\n")
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %d lines: %s", lines, detail(err))
		}
	}
	if lines != rows {
		t.Errorf("got %d lines, want %d", lines, rows)
	}
	if got := res.Summary(); got.ResultRows != rows && got.ResultRows != 0 || got.ReadRows == 0 {
		t.Errorf("got summary %+v, want %d rows", got, rows)
	}
}

func (suite) failsMidway(t *testing.T, e engine.Streamer) {
	for _, format := range []string{"JSON", "CSV", "TabSeparated", "Native", "JSONEachRow"} {
		q := query("SELECT number, throwIf(number = 3000000, 'midway_message') AS t FROM numbers(4000000) SETTINGS max_block_size = 10000, max_threads = 1", format)
		res, err := e.Stream(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %s before the first rows, want it after them", format, detail(err))
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		got := fails(t, err, engine.Failed, 395)
		if !strings.Contains(got.Message, "midway_message") || strings.Contains(got.Message, "__exception__") {
			t.Errorf("%s: got message %q, want the engine's", format, got.Message)
		}
		if len(body) < 1<<20 || strings.Contains(string(body), "__exception__") || strings.Contains(string(body), "midway_message") {
			t.Errorf("%s: got %d bytes of rows, or the message among them", format, len(body))
		}
	}
}

func (suite) noForeignRows(t *testing.T, e engine.Streamer) {
	for range 20 {
		_, _, err := all(t.Context(), e, query("SELECT 'foreign', throwIf(number = 50000) FROM numbers(60000) SETTINGS max_block_size = 1000", "TabSeparated"))
		fails(t, err, engine.Failed, 395)
		want(t, e, query("SELECT 3", "TabSeparated"), "3\n")
	}
}

func (suite) readOnly(t *testing.T, e engine.Streamer) {
	name := fmt.Sprintf("enginetest_ro_%d", rand.Uint64())
	write(t, e, "", "CREATE TABLE "+name+" (a UInt8) ENGINE = MergeTree ORDER BY a")
	defer write(t, e, "", "DROP TABLE "+name)
	for _, sql := range []string{
		"INSERT INTO " + name + " VALUES (1)", "INSERT INTO " + name + " SELECT 1", "DROP TABLE " + name, "TRUNCATE TABLE " + name,
		"ALTER TABLE " + name + " ADD COLUMN b UInt8", "CREATE TABLE enginetest_more (a UInt8) ENGINE = Memory", "CREATE DATABASE enginetest_more",
	} {
		_, _, err := all(t.Context(), e, query(sql, "TabSeparated"))
		fails(t, err, engine.Failed, 164)
	}
	want(t, e, query("SELECT count() FROM "+name, "TabSeparated"), "0\n")
	q := query("INSERT INTO "+name+" VALUES (1)", "TabSeparated")
	q.Settings = []engine.Setting{{Name: "readonly", Value: "0"}} // the flag is stronger
	_, _, err := all(t.Context(), e, q)
	fails(t, err, engine.Failed, 164)
}

func (suite) oneStatement(t *testing.T, e engine.Streamer) {
	for _, sql := range []string{"SELECT 1; SELECT 2", "SELECT 1;;SELECT 2", "SELECT 1; -- x\n DROP DATABASE default"} {
		_, _, err := all(t.Context(), e, query(sql, "TabSeparated"))
		fails(t, err, engine.Failed, 62)
	}
	want(t, e, query("SELECT ';' ;", "TabSeparated"), ";\n")
	_, _, err := all(t.Context(), e, query("SELECT 1 INTO OUTFILE '/tmp/enginetest-outfile'", "TabSeparated"))
	fails(t, err, engine.Failed, 0)
}

// bytes sends every byte in a literal, as the gateway writes secrets, and wants them back.
func (suite) bytes(t *testing.T, e engine.Streamer) {
	var literal, hex strings.Builder
	for i := range 256 {
		switch c := byte(i); c {
		case '\'', '\\':
			literal.Write([]byte{'\\', c})
		default:
			literal.WriteByte(c)
		}
		fmt.Fprintf(&hex, "%02X", i)
	}
	want(t, e, query("SELECT hex('"+literal.String()+"')", "TabSeparated"), hex.String()+"\n")
	want(t, e, query("SELECT '__exception__\r\n' AS a", "TabSeparatedRaw"), "__exception__\r\n\n")
}

func (suite) summary(t *testing.T, e engine.Streamer) {
	_, got, err := all(t.Context(), e, query("SELECT number FROM numbers(1000)", "TabSeparated"))
	if err != nil {
		t.Fatal(detail(err))
	}
	if got.ReadRows != 1000 || got.ReadBytes != 8000 || got.ResultRows != 1000 {
		t.Errorf("got summary %+v, want 1000 rows and 8000 bytes read, 1000 rows given", got)
	}
}

func (suite) nothingInErrors(t *testing.T, e engine.Streamer) {
	const value = "q8secretvalue4z"
	for _, sql := range []string{"SELECT '" + value + "' +", "SELECT throwIf(1, '" + value + "')", "SELECT " + value, "SELECT '" + value} {
		_, _, err := all(t.Context(), e, query(sql, "JSON"))
		if err == nil {
			t.Errorf("%s: got no error, want one", sql)
			continue
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprint(errors.Unwrap(err))} {
			if strings.Contains(text, value) {
				t.Errorf("got error %q, want the value in Message only", text)
			}
		}
	}
}
