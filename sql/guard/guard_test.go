package guard_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

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

// Another value in a literal changes neither the verdict nor what is reported, and what is kept says what judging anew says.
func TestValuesChangeNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(11))
	policy := corpusPolicy(t)
	kept := guard.New(policy, 100000)
	value := func() string {
		pieces := []string{"a", "'", `\`, "--", "/*", "$$", "`", "”", "’", ";", "\n", " ", "é", "{x:String}", "' OR 1", "0", "SELECT"}
		var b strings.Builder
		for range 1 + r.Intn(6) {
			b.WriteString(pieces[r.Intn(len(pieces))])
		}
		return literal(b.String())
	}
	same := 0
	for range 4000 {
		template := guardtest.GenerateTemplate(r)
		if strings.Contains(template, "INTERVAL "+guardtest.Param) {
			continue
		}
		var first string
		for round := range 3 {
			st := filled(template, value, value)
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
			if round == 0 {
				first = fmt.Sprint(a, errA)
			} else if now := fmt.Sprint(a, errA); now != first {
				t.Fatalf("%s\n%s\n%s", st.Log(), first, now)
			}
			if errA == nil {
				same++
			}
		}
	}
	if same < 300 {
		t.Errorf("only %d statements were allowed", same)
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	node := written("SELECT name FROM events WHERE name = «S:'Zq7-SEKRET-vW4x'» -- end")
	resolve := func(ref guard.TableRef) (lexer.Statement, bool) { return node, ref.Name == "n" }
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
		st := written(text)
		q, err := guard.Parse(st)
		if err != nil {
			t.Fatal(text, err)
		}
		var b lexer.Builder
		if err := guard.Compose(&b, q, resolve); err != nil {
			t.Fatal(text, err)
		}
		whole := b.Statement()
		if got := whole.Log(); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		if _, err := guard.Parse(whole); err != nil {
			t.Errorf("%s: %v", whole.Log(), err)
		}
	}
	q, err := guard.Parse(written("SELECT * FROM n FINAL"))
	if err != nil {
		t.Fatal(err)
	}
	if err := guard.Compose(&lexer.Builder{}, q, resolve); err == nil {
		t.Error("FINAL behind a node is composed")
	}
}

// Texts made to be slow must not be.
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
		start := time.Now()
		_, _ = guard.New(guard.Policy{}, 10).Check(written(sql))
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%v for %q…", d, sql[:60])
		}
	}
	// Many secrets, each with a long way up.
	sql := "SELECT 1 FROM t WHERE " + strings.Repeat("(a = «S:'x'» AND ", 50) + strings.Repeat("b = «S:'x'» OR ", 9000) + "1" + strings.Repeat(")", 50)
	start := time.Now()
	if _, err := guard.New(guard.Policy{}, 10).Check(written(sql)); err != nil {
		t.Error(err)
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("%v for many secrets", d)
	}
}
