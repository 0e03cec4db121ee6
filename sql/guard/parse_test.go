package guard

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"penstock/sql/lexer"
)

func plain(sql string) lexer.Statement {
	var b lexer.Builder
	src := &lexer.Source{Text: sql}
	b.Text(src, 0, len(sql))
	return b.Statement()
}

// outline is the tree in one line, without places and without what has no meaning.
func (t *tree) outline(n id) string {
	x := &t.nodes[n]
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d/%d/%d/%v", x.kind, x.op, x.mod, x.sym, x.flag)
	if x.name != 0 {
		b.WriteString(":" + t.text(x.name))
	}
	if x.kind == kLiteral || x.kind == kType {
		for i := x.tok; i < x.end; i++ {
			b.WriteString("~" + t.text(i))
		}
	}
	b.WriteByte('(')
	t.each(n, func(c id) { b.WriteString(t.outline(c) + " ") })
	b.WriteByte(')')
	return b.String()
}

func roundTrip(t *testing.T, sql string) (printed string, ok bool) {
	t.Helper()
	q, err := Parse(plain(sql))
	if err != nil {
		return "", false
	}
	printed = q.print(q.root) + " " // 0e is a word at the end of a text, as ClickHouse reads it, and a number elsewhere
	again, err := Parse(plain(printed))
	if err != nil {
		t.Fatalf("%s\nprinted as %s\n%v at byte %d", sql, printed, err, err.(*Finding).Start)
	}
	if a, b := q.outline(q.root), again.outline(again.root); a != b {
		t.Fatalf("%s\nprinted as %s\n%s\n%s", sql, printed, a, b)
	}
	return printed, true
}

func corpusTexts(t testing.TB) (out []string) {
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var c struct {
			SQL, Template, Q string
			Nodes            []struct{ SQL string }
		}
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		texts := []string{c.SQL, c.Template, c.Q}
		for _, n := range c.Nodes {
			texts = append(texts, n.SQL)
		}
		for _, s := range texts {
			for strings.Contains(s, "{{") {
				from := strings.Index(s, "{{")
				to := strings.Index(s[from:], "}}")
				if to < 0 {
					break
				}
				s = s[:from] + "'x'" + s[from+to+2:]
			}
			if s = strings.TrimPrefix(s, "%"); s != "" {
				out = append(out, strings.ReplaceAll(s, "@DB@", "ws_main"))
			}
		}
	}
	return out
}

func TestPrintParse(t *testing.T) {
	t.Parallel()
	texts := append(corpusTexts(t), grammarSamples...)
	read := 0
	for _, sql := range texts {
		if _, ok := roundTrip(t, sql); ok {
			read++
		}
	}
	if read < 600 {
		t.Errorf("only %d of %d texts were read", read, len(texts))
	}
	for _, sql := range grammarSamples {
		if _, err := Parse(plain(sql)); err != nil {
			t.Errorf("%s\n%v at byte %d", sql, err, err.(*Finding).Start)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range append(corpusTexts(f), grammarSamples...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 4000 {
			return
		}
		start := time.Now()
		roundTrip(t, sql+" ")
		if q, err := Parse(plain(sql)); err == nil {
			_ = q.Judge(Policy{Database: "ws_main"})
			for _, ref := range q.Tables() {
				if ref.Start >= ref.End || ref.End > len(sql) {
					t.Fatalf("%q: %+v", sql, ref)
				}
			}
		}
		if d := time.Since(start); d > 30*time.Second {
			t.Fatalf("%v for %q", d, sql)
		}
	})
}

// grammarSamples are forms that must be read.
var grammarSamples = []string{
	"WITH a AS (SELECT 1), 2 AS b, (x -> x) AS f, (SELECT 1) AS c SELECT 1",
	"WITH a AS MATERIALIZED (SELECT 1), b(x, y) AS (SELECT 1, 2) SELECT 1",
	"WITH RECURSIVE a AS (SELECT 1) FROM a SELECT 1",
	"SELECT DISTINCT ON (a, b AS c) d FROM t",
	"SELECT TOP 2 WITH TIES a FROM t ORDER BY a",
	"SELECT TOP (2) a, FROM t",
	"SELECT 1 FROM a GLOBAL ANY LEFT JOIN b USING x, y",
	"SELECT 1 FROM a SEMI LEFT JOIN b ON 1 FULL OUTER JOIN c ON 2 PASTE JOIN d CROSS JOIN e, f",
	"SELECT 1 FROM a LEFT ANTI JOIN b USING (x) ARRAY JOIN y AS z, w LEFT ARRAY JOIN v",
	"SELECT 1 FROM ((a JOIN b ON 1) JOIN c ON 1)",
	"SELECT 1 FROM ((SELECT 1) AS a JOIN (SELECT 2) AS b ON 1)",
	"SELECT 1 FROM (SELECT 1) AS a (x, y) FINAL SAMPLE 1/10 OFFSET 1/2",
	"SELECT 1 FROM t GROUP BY a, b WITH ROLLUP WITH TOTALS HAVING c QUALIFY d",
	"SELECT 1 FROM t GROUP BY GROUPING SETS ((a), (b, c), ())",
	"SELECT 1 FROM t GROUP BY CUBE(a, b)",
	"SELECT 1 FROM t GROUP BY ALL",
	"SELECT 1 WITH TOTALS",
	"SELECT 1 ORDER BY a ASC NULLS FIRST COLLATE 'en' WITH FILL FROM 1 TO 2 STEP 1 STALENESS 3, b DESC INTERPOLATE (c AS c + 1, d)",
	"SELECT 1 ORDER BY ALL DESC NULLS LAST LIMIT 1, 2 BY x, y LIMIT 3 OFFSET 4",
	"SELECT 1 LIMIT 2 OFFSET 1 BY ALL LIMIT 3 WITH TIES",
	"SELECT 1 ORDER BY 1 OFFSET 2 ROW FETCH NEXT 1 ROW WITH TIES",
	"SELECT 1 ORDER BY 1 FETCH FIRST 1 ROWS ONLY",
	"SELECT 1 WINDOW w AS (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), w2 AS (w)",
	"SELECT f() OVER (RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND UNBOUNDED FOLLOWING), g(x) IGNORE NULLS OVER w, h(1)(DISTINCT y) FILTER (WHERE z) OVER (ORDER BY a)",
	"SELECT 1 INTERSECT ALL SELECT 2 EXCEPT DISTINCT SELECT 3 UNION ALL (SELECT 4 INTERSECT SELECT 5)",
	"SELECT ((SELECT 1) UNION ALL (SELECT 2))",
	"SELECT * EXCEPT (a, b) REPLACE (1 AS c) APPLY (sum), t.* EXCEPT d, COLUMNS('a') APPLY (x -> x + 1), t.COLUMNS(a, b) APPLY toString FROM t",
	"SELECT * EXCEPT (SELECT 1)",
	"SELECT a.b.c, a.1, a.1.2, `a.b`.c, f(x).a.b, (1, 2).a, x[1].b, db.t.*",
	"SELECT a.^b, a.:Int64, doc.a.:`Array(JSON)` FROM t",
	"SELECT doc.a[].b, doc.a[][].b[].c.:Int64, doc.`a`[].^b, doc.a[][1], doc.a[].1, e.doc.a [] .b[] AS x FROM t AS e",
	"SELECT * APPLY x -> x + 1 APPLY y -> y EXCEPT id, z FROM t",
	"SELECT max(end), (start, end) -> end - start, CASE WHEN a THEN 1 END, end FROM t WHERE end > 1 ORDER BY end",
	"SELECT limit, cross FROM t WHERE limit > 5 ORDER BY limit LIMIT limit",
	"WITH final AS (SELECT 1) SELECT * FROM final FINAL JOIN order ON 1, limit, sample SAMPLE 0.1, window w LIMIT 5",
	"SELECT * FROM left LEFT JOIN right AS r ON 1 CROSS JOIN ws_main.group, any.all",
	"SELECT a ? b : c, x -> y ? z : w, (x, y) -> x + y, f((x) -> x, 1), () -> 1",
	"SELECT CASE WHEN a THEN b END, CASE x WHEN 1 THEN 2 ELSE 3 END",
	"SELECT INTERVAL 1 DAY, INTERVAL '1 DAY', INTERVAL (1 + 2) HOUR, interval, date, timestamp, DATE '2020-01-01', TIMESTAMP '2020-01-01 00:00:00' FROM t",
	"SELECT a IS NOT NULL, b IS TRUE, c IS NOT DISTINCT FROM d, e <=> f, g IS UNKNOWN",
	"SELECT a NOT BETWEEN 1 AND 2 AND b, c NOT LIKE d ESCAPE '!', e REGEXP f, g GLOBAL NOT IN (1, 2), NOT h IN i",
	"SELECT x = ANY (SELECT 1), y != ALL (SELECT 2), EXISTS (SELECT 1), NOT EXISTS (SELECT 2)",
	"SELECT ts AT TIME ZONE 'UTC', -a::Int8, 1::UInt8::String, CAST(a AS Nullable(Decimal(10, 2))), CAST(b, 'String')",
	"SELECT a::Enum8('a' = 1, 'b' = -2), b::Tuple(a UInt8, b Array(String)), c::DOUBLE PRECISION, d::JSON(a.b UInt8, SKIP x, SKIP REGEXP 'y', max_dynamic_paths = 3)",
	"SELECT e::AggregateFunction(1, quantile(0.5), UInt8), f::VARCHAR(10), g::INT UNSIGNED, h::NATIONAL CHAR VARYING(3), i::Variant(UInt8, String), j::DateTime64(3, 'UTC')",
	"SELECT EXTRACT(YEAR FROM x), extract(x, 'y'), substring(a FROM 1 FOR 2), substring(a, 1, 2), trim(BOTH 'x' FROM y), trim(z), position('a' IN b), position(c, d), overlay(a PLACING b FROM 1 FOR 2)",
	"SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t(a, b), (VALUES (1)), (VALUES('a UInt8', 1) AS v JOIN e ON 1)",
	"SELECT dateAdd(DAY, 1, x), date_add(x, INTERVAL 1 DAY), dateDiff('day', a, b), count(DISTINCT a, b), sum(ALL c), count(*), any(x), left(s, 1), right(s, 2), format('{}', x), replace(a, 'b', 'c')",
	"SELECT 'it''s', $$a'b$$, x'41', b'01', 1_000, 0x1F, .5, 1., inf, nan, NULL, true, ‘q’, [1, 2], (1,), ()",
	"SELECT a DIV b MOD c % d, - -1, +2, NOT NOT a, a || b || c, a AND b OR c AND d",
	"SELECT id AS key, name AS type, 1 AS select, 2 AS from FROM events",
	"SELECT 1 SETTINGS max_threads = 1, join_use_nulls = true FORMAT JSON",
	"SELECT 1 FORMAT JSON SETTINGS max_threads = 1;",
	"FROM t SELECT a WHERE b",
	"SELECT in(a, t), like(a, 'b'), and(1, 2), or(1, 2), mod(3, 2), not(1), if(a, b, c), array(1), date(x) FROM t",
	"FROM t",
	"SELECT x FROM mysql('h', 'd', 't', 'u', 'p', SETTINGS connect_timeout = 1) AS m",
	"SELECT x FROM view(SELECT 1 AS x), values('a UInt8', (1), (2)), user_orders(uid = 1), merge('^a$')",
}
