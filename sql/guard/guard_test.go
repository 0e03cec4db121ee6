package guard_test

import (
	"fmt"
	"math/rand"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"penstock/sql/guard"
	"penstock/sql/guard/guardtest"
	"penstock/sql/lexer"
)

// filled puts literals into the marks of a generated template.
func filled(s string, secret, param func() string) lexer.Statement {
	src := &lexer.Source{Pipe: "p", Node: "n", Text: s}
	var b lexer.Builder
	at := 0
	for i := 0; i+2 < len(s); i++ {
		if s[i] != 1 || s[i+2] != 1 {
			continue
		}
		b.Text(src, at, i)
		if s[i:i+3] == guardtest.Secret {
			b.Secret(src, i, secret(), []string{"api"})
		} else {
			b.Param(src, i, param(), []string{"p"})
		}
		at = i + 3
		i += 2
	}
	b.Text(src, at, len(s))
	return b.Statement()
}

// oddLiteral is a string literal of some odd value.
func oddLiteral(r *rand.Rand) string {
	pieces := []string{"a", "'", `\`, "--", "/*", "$$", "`", "”", "’", ";", "\n", " ", "é", "{x:String}", "' OR 1", "0", "SELECT"}
	var b strings.Builder
	for range 1 + r.Intn(6) {
		b.WriteString(pieces[r.Intn(len(pieces))])
	}
	return literal(b.String())
}

// spanForms are what templates write for a parameter, each with other values at every call.
var spanForms = []func(*rand.Rand) string{
	oddLiteral,
	func(r *rand.Rand) string { return fmt.Sprint(r.Intn(1 << 20)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d.%d", r.Intn(100), r.Intn(100)) },
	func(r *rand.Rand) string { return fmt.Sprint(1-2*r.Intn(2)) + fmt.Sprint(r.Intn(100)) },
	func(r *rand.Rand) string { return fmt.Sprintf("toInt32('%d')", r.Intn(1<<20)) },
	func(r *rand.Rand) string { return "[" + oddLiteral(r) + "," + oddLiteral(r) + "]" },
	func(r *rand.Rand) string { return fmt.Sprintf("[%d,%d]", r.Intn(9), r.Intn(99999)) },
	func(r *rand.Rand) string {
		return "name = " + oddLiteral(r) + " and id in [" + fmt.Sprint(r.Intn(9)) + "]"
	},
	func(r *rand.Rand) string { return "`a1`,`b'2`" },
	func(r *rand.Rand) string { return "`" + []string{"name", "na'me", "n1", "n\\`1", ""}[r.Intn(5)] + "`" },
	func(r *rand.Rand) string {
		return []string{"1.", "1e5", "x1", "1x", "'a''b'", "$1", "'a'$b$", "-- 1\n", "/* ' */1"}[r.Intn(9)]
	},
}

// Another value in a literal changes neither the verdict nor what is reported, and what is kept says what judging anew says.
func TestValuesChangeNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(11))
	policy := corpusPolicy(t)
	kept, plans := guard.New(policy, 100000), guard.NewPlans(100000)
	node := written("SELECT 1 AS a -- end")
	resolve := func(ref guard.TableRef) (lexer.Statement, bool) { return node, len(ref.Name)%2 == 0 }
	allowed := 0
	for range 6000 {
		template := guardtest.GenerateTemplate(r)
		if r.Intn(2) == 0 {
			template = strings.Replace(template, "events", guardtest.Param+" AS events", r.Intn(3)) // a name from a span
		}
		form := spanForms[r.Intn(len(spanForms))]
		for range 3 {
			st := filled(template, func() string { return oddLiteral(r) }, func() string { return form(r) })
			a, errA := guard.New(policy, 0).Check(st)
			b, errB := kept.Check(st)
			if fmt.Sprint(a, errA) != fmt.Sprint(b, errB) {
				t.Fatalf("%s\nanew: %v %v\nkept: %v %v", st.Log(), a, errA, b, errB)
			}
			for i := range a.Uses {
				if a.Uses[i] != b.Uses[i] {
					t.Fatalf("%s\nanew: %+v\nkept: %+v", st.Log(), a.Uses[i], b.Uses[i])
				}
			}
			x, errX := guard.NewPlans(0).Compose(st, resolve)
			y, errY := plans.Compose(st, resolve)
			if x.Log() != y.Log() || fmt.Sprint(errX) != fmt.Sprint(errY) {
				t.Fatalf("%s\nanew: %s %v\nkept: %s %v", st.Log(), x.Log(), errX, y.Log(), errY)
			}
			if errA == nil {
				allowed++
			}
		}
	}
	if allowed < 400 {
		t.Errorf("only %d statements were allowed", allowed)
	}
}

// Statements that are rendered again are known by their shape, whatever their values, and others are not taken for them.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"SELECT 1 WHERE a = «P:'x'»", "SELECT 1 WHERE a = «P:'y \\' z'»", true},
		{"SELECT 1 WHERE a = «S:'x'»", "SELECT 1 WHERE a = «S:'y'»", true},
		{"SELECT 1 WHERE a = «P:'x'»", "SELECT 1 WHERE a = «S:'x'»", false},
		{"SELECT 1 WHERE a = «P:'x'»", "SELECT 1 WHERE a = «P:7»", false},
		{"SELECT 1 LIMIT «P:toInt32('7')»", "SELECT 1 LIMIT «P:toInt32('700')»", true},
		{"SELECT 1 LIMIT «P:7»", "SELECT 1 LIMIT «P:7.5»", false},
		{"SELECT 1 LIMIT «P:7»", "SELECT 1 LIMIT «P:-7»", false},
		{"SELECT 1 WHERE a IN «P:['x','y']»", "SELECT 1 WHERE a IN «P:['','z']»", true},
		{"SELECT 1 WHERE a IN «P:['x']»", "SELECT 1 WHERE a IN «P:['x','y']»", false},
		{"SELECT «P:`x`»", "SELECT «P:`y`»", false},
		{"SELECT «P:`x1`»", "SELECT «P:`x2`»", false},
		{"SELECT «P:x1»", "SELECT «P:x2»", false},
		{"SELECT a WHERE «P:'x'» = b", "SELECT b WHERE «P:'x'» = b", false},
		{"SELECT 1 WHERE a = «P:'x'»", "SELECT 1 WHERE a = «P:\x00s»", false},
	} {
		a, _ := written(c.a).AppendShape(nil)
		b, ok := written(c.b).AppendShape(nil)
		if same := ok && string(a) == string(b); same != c.same {
			t.Errorf("%s and %s: same shape %v", c.a, c.b, same)
		}
	}
	long := written("SELECT 1 WHERE a = «P:'" + strings.Repeat("x", 1000) + "'»")
	if key, ok := long.AppendShape(nil); !ok || len(key) > 200 || strings.Contains(string(key), "xx") {
		t.Errorf("the shape holds a value: %q", key)
	}
	src := &lexer.Source{Pipe: "p", Text: "SELECT " + strings.Repeat("a, ", 10000) + "b FROM t WHERE c = "}
	src.Keep()
	var b lexer.Builder
	b.Text(src, 0, len(src.Text))
	b.Secret(src, 0, "'hunter2'", []string{"s"})
	if key, ok := b.Statement().AppendShape(nil); !ok || len(key) > 200 || strings.Contains(string(key), "hunter2") {
		t.Errorf("the shape of a kept source is long or holds a secret: %q", key)
	}
}

// A verdict that a value decides is not kept for other values.
func TestValuesThatDecide(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"SELECT CAST(NULL, {P}) FROM t", "'UInt8'", "'AggregateFunction(flameGraph, UInt64)'"},
		{"WITH {P} AS kind SELECT CAST(NULL, kind) FROM t", "'UInt8'", "'AggregateFunction(flameGraph, UInt64)'"},
		{"SELECT initializeAggregation({P}, 1)", "'sum'", "'aggThrow'"},
		{"SELECT 1 SETTINGS max_threads = {P}", "1", "100000"},
		{"SELECT joinGet({P}, 'a', 1)", "'t'", "'system.one'"},
	} {
		g := guard.New(guard.Policy{Database: "ws_main"}, 10)
		with := func(value string) error {
			_, err := g.Check(written(strings.Replace(c[0], "{P}", "«P:"+value+"»", 1)))
			return err
		}
		if err := with(c[1]); err != nil {
			t.Errorf("%s with %s: %v", c[0], c[1], err)
		}
		if with(c[2]) == nil {
			t.Errorf("%s with %s is let through behind %s", c[0], c[2], c[1])
		}
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	node := written("SELECT name FROM events WHERE name = «S:'Zq7-SEKRET-vW4x'» -- end")
	resolve := func(ref guard.TableRef) (lexer.Statement, bool) { return node, ref.Name == "n" }
	plans := guard.NewPlans(100)
	const sub = "(SELECT name FROM events WHERE name = [[SENSITIVE]] -- end\n)"
	for text, want := range map[string]string{
		"SELECT * FROM n": "SELECT * FROM " + sub + " AS n",
		"SELECT * FROM n AS x JOIN n y ON 1 JOIN `n` ON 2":             "SELECT * FROM " + sub + " AS x JOIN " + sub + " y ON 1 JOIN " + sub + " AS `n` ON 2",
		"SELECT * FROM ws.n, events":                                   "SELECT * FROM ws.n, events",
		"SELECT 1 WHERE a IN n AND b IN (n)":                           "SELECT 1 WHERE a IN " + sub + " AND b IN (" + sub + ")",
		"WITH n AS (SELECT * FROM n) SELECT * FROM n":                  "WITH n AS (SELECT * FROM " + sub + " AS n) SELECT * FROM n",
		"WITH n AS (SELECT 1) SELECT * FROM (SELECT * FROM n)":         "WITH n AS (SELECT 1) SELECT * FROM (SELECT * FROM n)",
		"SELECT * FROM (WITH n AS (SELECT 1) SELECT 2), n":             "SELECT * FROM (WITH n AS (SELECT 1) SELECT 2), " + sub + " AS n",
		"WITH n AS (SELECT 1) SELECT 1 UNION ALL SELECT * FROM n":      "WITH n AS (SELECT 1) SELECT 1 UNION ALL SELECT * FROM n",
		"WITH b AS (SELECT * FROM n), n AS (SELECT 1) SELECT 1 FROM b": "WITH b AS (SELECT * FROM n), n AS (SELECT 1) SELECT 1 FROM b",
		"SELECT joinGet('n', 'x', 1) FROM n;":                          "SELECT joinGet('n', 'x', 1) FROM " + sub + " AS n",
		"SELECT n FROM events AS n":                                    "SELECT n FROM events AS n",
		"WITH [1] AS n SELECT 1 IN n":                                  "WITH [1] AS n SELECT 1 IN n",
	} {
		whole, err := plans.Compose(written(text), resolve)
		if err != nil {
			t.Fatal(text, err)
		}
		if got := whole.Log(); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		if _, err := guard.Parse(whole); err != nil {
			t.Errorf("%s: %v", whole.Log(), err)
		}
	}
	for _, text := range []string{"SELECT * FROM n FINAL", "SELECT * FROM «P:`n`,`events`»", "SELECT * FROM «P:events, n»"} {
		if _, err := plans.Compose(written(text), resolve); err == nil {
			t.Errorf("%s is composed", text)
		}
	}
}

// TestLinear: texts made to be slow are not. What takes quadratic time for one of them runs into the time limit of the tests.
func TestLinear(t *testing.T) {
	t.Parallel()
	const n = 260000
	for _, c := range [][3]string{
		{"SELECT ", "(", "1"}, {"SELECT ", "[", "1"}, {"SELECT ", "NOT ", "1"}, {"SELECT ", "- ", "1"}, {"SELECT ", "CASE WHEN 1 THEN ", "1"},
		{"SELECT 1", "+1", ""}, {"SELECT 1", " OR 1", ""}, {"SELECT 1", ",1", ""}, {"SELECT 1", "::Int8", ""}, {"SELECT x", ".a", ""},
		{"SELECT f(1)", "[1]", ""}, {"", "SELECT * FROM (", "SELECT 1"}, {"", "(", "SELECT 1"}, {"SELECT 1", " UNION ALL SELECT 1", ""},
		{"SELECT 1 FROM a", ",a", ""}, {"SELECT 1 FROM a", " JOIN a USING a", ""}, {"SELECT 1 FROM ", "((a JOIN ", ""}, {"SELECT a ", "AS a ", ""},
		{"WITH a AS (SELECT 1)", ",a AS (SELECT 1 FROM a)", " SELECT 1 FROM a"}, {"WITH ", "(x -> x) AS f,", "1 SELECT 1"},
		{"WITH (x -> x) AS f SELECT 1", ",f(1)", ""}, {"SELECT 1", ",1 IN a", ""}, {"SELECT 1", ",dictGet(a,1)", ""}, {"SELECT x::", "Array(", "Int8"},
		{"SELECT * ", "EXCEPT a ", ""}, {"SELECT * FROM f(", "a=1,", "b=2)"}, {"SELECT 1 SETTINGS a=1", ",a=1", ""}, {"SELECT ", "x -> ", "1"},
		{"SELECT 1", " ? 1 : 1", ""}, {"SELECT 1", " IS NULL", ""}, {"SELECT 1 FROM (", "(SELECT 1) AS a JOIN ", "b ON 1)"}, {"SELECT ", "f(1)(", "1"},
		{"SELECT evil(1)", ",evil(1)", ""}, {"SELECT 1 FROM a.b", ",a.b", ""},
	} {
		sql := c[0] + strings.Repeat(c[1], (n-len(c[0])-len(c[2]))/len(c[1])) + c[2]
		_, _ = guard.New(guard.Policy{}, 10).Check(written(sql))
	}
	// Many secrets, each with a long way up and much beside it.
	const secret = "«S:'x'»"
	for _, sql := range []string{
		"SELECT 1 FROM t WHERE " + strings.Repeat("(a = "+secret+" AND ", 50) + strings.Repeat("b = "+secret+" OR ", 140) +
			strings.Repeat("b = 'x' OR ", 9000) + "1" + strings.Repeat(")", 50),
		"SELECT 1 FROM t WHERE a = «P:'x'» AND a IN ('a'" + strings.Repeat(", "+secret, 190) + strings.Repeat(",a.b.c.d", 20_000) + ")",
		"SELECT 1 FROM t WHERE arrayExists(x -> 0" + strings.Repeat(" OR x = "+secret, 190) + ", [a.b" + strings.Repeat(",a.b", 40_000) + "])",
		// Names that lead to many others, or back to themselves.
		"WITH [a.b.c.d.e.f" + strings.Repeat(", x1.y2.z3.d.e.f", 12_000) + "] AS owner SELECT 1 FROM t WHERE owner2 = " + secret,
		"SELECT 1 FROM (SELECT a, b FROM t" + strings.Repeat(" UNION ALL SELECT a, b FROM t", 100) + ") WHERE a = " + secret + strings.Repeat(" OR b = "+secret, 180),
	} {
		if _, err := guard.New(guard.Policy{}, 10).Check(written(sql)); err != nil {
			t.Error(err)
		}
	}
	_, _ = guard.New(guard.Policy{}, 10).Check(written("WITH " + strings.Repeat("owner AS owner, plan AS owner, owner AS plan, ", 160) + "1 AS z SELECT 1 FROM t WHERE owner = " + secret))
	if _, err := guard.New(guard.Policy{}, 10).Check(written("SELECT JSONExtract(a" + strings.Repeat(",a", 120_000) + ", 'String') FROM t")); err != nil {
		t.Error(err)
	}
	var names strings.Builder
	for i := range 300 {
		fmt.Fprintf(&names, ",1 AS a%d", i)
	}
	_, _ = guard.Parse(written(strings.Repeat("SELECT * FROM (WITH 1 AS b"+names.String()+" ", 60) + "SELECT 1" + strings.Repeat(",1 IN c", 8000) + strings.Repeat(")", 60)))
}

// What a key says of a span cannot be said by the bytes of another statement.
func TestShapesHaveNoZeroBytes(t *testing.T) {
	t.Parallel()
	g := guard.New(guard.Policy{Database: "ws_main"}, 10)
	if _, err := g.Check(written("SELECT 1 FROM events WHERE name = «P:'x'»")); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Check(written("SELECT 1 FROM events WHERE name = \x00\x01sp\x00\x00")); err == nil {
		t.Error("a statement with the bytes of a key was let through")
	}
}

// What one text calls something means nothing in the nodes and pipes that are put into it.
func TestCapturedNames(t *testing.T) {
	t.Parallel()
	inner := "SELECT id FROM events WHERE id IN list AND lower(name) = 'a'"
	for outer, want := range map[string]string{
		"WITH events AS (SELECT 1 AS id, 'a' AS name) SELECT * FROM _":                                             "captured-name",
		"WITH e AS (SELECT 1 AS id) SELECT * FROM (WITH events AS (SELECT 2) SELECT * FROM _) AS x":                "captured-name",
		"WITH list AS (SELECT 1 AS id) SELECT * FROM _":                                                            "captured-name",
		"WITH [1, 2] AS list SELECT * FROM _":                                                                      "captured-name",
		"SELECT [1, 2] AS list, id FROM _":                                                                         "captured-name",
		"SELECT arrayMap(list -> (SELECT count() FROM _), [1])":                                                    "captured-name",
		"WITH `ev\\x65nts` AS (SELECT 1 AS id) SELECT * FROM _":                                                    "captured-name",
		"WITH z AS (SELECT * FROM _) SELECT * FROM (WITH events AS (SELECT 1 AS id, 'a' AS name) SELECT * FROM z)": "captured-name",
		"WITH (SELECT count() FROM _) AS f SELECT (WITH events AS (SELECT 1 AS id, 'a' AS name) SELECT f)":         "captured-name",
		"WITH x -> (SELECT count() FROM _) AS f SELECT (WITH list AS (SELECT 1 AS id) SELECT f(1))":                "captured-name",
		"WITH events AS (WITH events AS (SELECT * FROM _) SELECT * FROM events) SELECT * FROM events":              "captured-name",
		"SELECT 1 UNION ALL SELECT * FROM _":                                                                       "",
		"WITH e AS (SELECT * FROM _) SELECT * FROM e AS events, (SELECT 3) AS list":                                "",
		"WITH events AS (SELECT * FROM _) SELECT * FROM events":                                                    "", // none sees itself
		"WITH lists AS (SELECT 1 AS id), id AS ids SELECT * FROM _ WHERE id IN lists":                              "",
	} {
		in := written(inner)
		st, err := guard.NewPlans(0).Compose(written(outer), func(ref guard.TableRef) (lexer.Statement, bool) { return in, ref.Name == "_" })
		if err != nil {
			t.Errorf("%s: %v", outer, err)
			continue
		}
		got := ""
		if _, err := guard.New(guard.Policy{Database: "ws_main"}, 0).Check(st); err != nil {
			got = err.(*guard.Finding).Rule
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", outer, got, want)
		}
		if one := written(st.SQL()); want != "" {
			if _, err := guard.New(guard.Policy{Database: "ws_main"}, 0).Check(one); err != nil {
				t.Errorf("%s: the same in one text: %v", outer, err)
			}
		}
	}
}

// A few bytes may not grow to what the engine cannot hold.
func TestExpansion(t *testing.T) {
	t.Parallel()
	chain := func(n int, first, next, last string) string {
		parts := []string{first}
		for i := 1; i <= n; i++ {
			parts = append(parts, strings.NewReplacer("{i}", strconv.Itoa(i), "{j}", strconv.Itoa(i-1)).Replace(next))
		}
		return "WITH " + strings.Join(parts, ", ") + strings.ReplaceAll(last, "{n}", strconv.Itoa(n))
	}
	lambdas := func(n int) string {
		return chain(n, "x -> x + 1 AS f0", "x -> f{j}(f{j}(x)) AS f{i}", " SELECT f{n}(1)")
	}
	unions := func(n int) string {
		return chain(n, "c0 AS (SELECT 1 AS id)", "c{i} AS (SELECT id FROM c{j} UNION ALL SELECT id FROM c{j})", " SELECT * FROM c{n}")
	}
	args := func(n int) string {
		return chain(n, "x -> (x, x, x) AS f0", "x -> f{j}((x, x)) AS f{i}", " SELECT f{n}(1)")
	}
	both := func(n int) string {
		return strings.Replace(lambdas(11), " SELECT f11(1)", ", "+strings.Replace(unions(n)[len("WITH "):], "SELECT 1 AS id", "SELECT f11(number) AS id FROM numbers(1)", 1), 1)
	}
	ins := chain(12, "c0 AS (SELECT 1 AS id)", "c{i} AS (SELECT 1 AS id WHERE 1 IN c{j} AND in(1, c{j}))", " SELECT count() FROM c{n}")
	many := "SELECT * FROM t" + strings.Repeat(" UNION ALL SELECT * FROM t", 400)
	for sql, want := range map[string]string{
		lambdas(10): "", lambdas(16): "too-complex", lambdas(60): "too-complex",
		args(5): "", args(16): "too-complex",
		unions(8): "", unions(13): "too-complex", unions(100): "too-complex",
		chain(100, "c0 AS (SELECT 1 AS id)", "c{i} AS (SELECT id FROM c{j})", " SELECT * FROM c{n}"): "",
		chain(60, "x -> x + 1 AS f0", "x -> f{j}(x) + 1 AS f{i}", " SELECT arrayMap(f{n}, [1, 2])"):  "",
		"WITH x -> x AS f SELECT * FROM (WITH " + strings.TrimPrefix(lambdas(16), "WITH ") + ")":     "too-complex",
		"WITH x -> f(f(x)) AS f SELECT f(1)": "too-complex",
		both(0):                              "", both(3): "too-complex", ins: "too-complex",
		many: "",
		"SELECT * " + strings.Repeat("APPLY(toString) ", 51) + "FROM t": "too-complex",
		"SELECT * " + strings.Repeat("APPLY(toString) ", 50) + "FROM t": "",
	} {
		_, err := guard.New(guard.Policy{Database: "ws_main"}, 0).Check(written(sql))
		got := ""
		if err != nil {
			got = err.(*guard.Finding).Rule
		}
		if got != want {
			t.Errorf("%.80s: got %q (%v), want %q", sql, got, err, want)
		}
	}
}

// What is kept of a statement's shape holds nothing of its text, which has the values of secrets.
func TestKeptPlansHoldNoText(t *testing.T) {
	src := &lexer.Source{Text: "SELECT * FROM t WHERE a = "}
	src.Keep()
	plans, value := guard.NewPlans(64), "'"+strings.Repeat("s", 200_000)+"'"
	compose := func(n int) {
		var b lexer.Builder
		for range n {
			b.Text(src, 0, len("SELECT * FROM t "))
			b.Generated(src, 0, "UNION ALL ")
		}
		b.Text(src, 0, len(src.Text))
		b.Secret(src, len(src.Text), value, []string{"api"})
		if _, err := plans.Compose(b.Statement(), func(guard.TableRef) (lexer.Statement, bool) { return lexer.Statement{}, false }); err != nil {
			t.Fatal(err)
		}
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	compose(0)
	before := heap()
	for n := range 32 {
		compose(n)
	}
	if after := heap(); after > before+2<<20 {
		t.Errorf("32 kept plans of statements of 200 KB hold %d bytes", after-before)
	}
	runtime.KeepAlive(plans)
}
