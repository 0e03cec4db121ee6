package guard_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"penstock/sql/guard"
	"penstock/sql/lexer"
)

// written makes a statement of a text in which S stands for a secret between « and », and P likewise for a parameter.
func written(text string) lexer.Statement {
	src := &lexer.Source{Pipe: "p", Node: "n", Text: text}
	var b lexer.Builder
	at := 0
	for at < len(text) {
		open := strings.Index(text[at:], "«")
		if open < 0 {
			break
		}
		open += at
		end := strings.Index(text[open:], "»") + open
		b.Text(src, at, open)
		kind, value, _ := strings.Cut(text[open+len("«"):end], ":")
		if kind == "S" {
			b.Secret(src, open, value, []string{"api"})
		} else {
			b.Param(src, open, value, []string{"p"})
		}
		at = end + len("»")
	}
	b.Text(src, at, len(text))
	return b.Statement()
}

func verdict(t *testing.T, text string, p guard.Policy) string {
	t.Helper()
	st := written(strings.NewReplacer("{S}", "«S:'Zq7-SEKRET-vW4x'»", "{P}", "«P:'pp'»").Replace(text))
	q, err := guard.Parse(st)
	if err != nil {
		return err.(*guard.Finding).Rule
	}
	r := q.Judge(p)
	if err := r.Err(); err != nil {
		return err.(*guard.Finding).Rule
	}
	if len(r.Uses) > 0 {
		return r.Uses[len(r.Uses)-1].Verdict.String()
	}
	return "allowed"
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	p := guard.Policy{Database: "ws_main", Tables: map[string]bool{"system.one": true}, Limits: map[string]float64{"max_execution_time": 10},
		Host: func(h string, _ bool) error {
			if strings.HasPrefix(h, "db.example:") || strings.HasPrefix(h, "b.example:") {
				return nil
			}
			return errors.New("it is not listed")
		}}
	file, err := os.ReadFile("testdata/verdicts.tsv")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for line := range strings.Lines(string(file)) {
		want, sql, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue // a comment, or nothing
		}
		said++
		if got := verdict(t, sql, p); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
	if said < 498 {
		t.Errorf("only %d statements were judged", said)
	}
	strict, refuse := p, p
	strict.Predicates, refuse.Oracles = guard.Strict, guard.Refuse
	for text, want := range map[string]string{
		"SELECT 1 FROM t WHERE lower(name) = lower({S})":                              "predicates-strict",
		"SELECT 1 FROM t WHERE startsWith({S}, name)":                                 "predicates-strict",
		"SELECT 1 FROM t WHERE name = {S}":                                            "predicate",
		"SELECT 1 FROM t WHERE id = toUInt8({S})":                                     "predicate",
		"SELECT 1 FROM t WHERE h = lower(hex(SHA256(concat({S}, name))))":             "predicate",
		"SELECT 1 FROM t WHERE decrypt('aes-256-gcm', c, {S}, {S}) = 'x'":             "predicate",
		"SELECT 1 FROM t WHERE h = hex(HMAC('sha256', concat(reverse({S}), a), 'k'))": "predicate",
	} {
		if got := verdict(t, text, strict); got != want {
			t.Errorf("strict: %s\n got %s\nwant %s", text, got, want)
		}
	}
	if got := verdict(t, "SELECT 1 FROM t WHERE {S} = {P}", refuse); got != "oracle" {
		t.Error(got)
	}
}

// What a caller may ask about a secret is the operator's choice; by default nothing that tells a part of it.
func TestOracles(t *testing.T) {
	t.Parallel()
	p := guard.Policy{Database: "ws_main"}
	for _, c := range []struct {
		text        string
		parts, warn bool // refused
	}{
		{"SELECT 1 FROM t WHERE {S} = {P}", false, false},
		{"SELECT 1 FROM t WHERE toUInt32({S}) IN ({P}, 1)", false, false},
		{"SELECT 1 FROM t WHERE concat('Bearer ', {S}) = {P}", false, false},
		{"SELECT 1 FROM t WHERE {P} = ('key-' || lower({S}))", false, false},
		{"SELECT 1 FROM t WHERE concat('Bearer ', {S}) < {P}", true, false},
		{"SELECT 1 FROM t WHERE concat('Bearer ', substring({S}, 1, 2)) = {P}", true, false},
		{"SELECT 1 FROM t WHERE toUInt32({S}) % 10 = {P}", true, true},
		{"SELECT 1 FROM t WHERE length({S}) > 3 AND a = {P}", false, false},
		{"SELECT 1 FROM t WHERE h = hex(SHA256(concat({S}, {P})))", false, false},
		{"SELECT 1 FROM t WHERE {S} LIKE {P}", true, false},
		{"SELECT 1 FROM t WHERE startsWith({S}, {P})", true, false},
		{"SELECT 1 FROM t WHERE {S} > {P}", true, false},
		{"SELECT 1 FROM t WHERE {S} BETWEEN {P} AND 'z'", true, false},
		{"SELECT 1 FROM t WHERE less({S}, {P})", true, false},
		{"SELECT 1 FROM t WHERE length({S}) = length({P})", true, false},
		{"SELECT 1 FROM t WHERE SHA1(substring({S}, 1, 1)) = SHA1({P})", true, false},
		{"SELECT 1 FROM t WHERE arrayExists(x -> startsWith({S}, x), [{P}])", true, true},
		{"WITH {P} AS p SELECT 1 FROM t WHERE {S} LIKE p", true, true},
		{"SELECT 1 FROM t AS e JOIN (SELECT {P} AS p) AS q ON {S} > q.p", true, false},
		{"SELECT 1 FROM (SELECT {P}) WHERE {S} > `'pp'`", true, true},
		{"WITH CAST(tuple({P}) AS Tuple(pat String)) AS q SELECT count() FROM t WHERE startsWith({S}, q.pat)", true, true},
		{"SELECT count() FROM (SELECT name FROM t WHERE 0 UNION ALL SELECT {P} FROM t) WHERE startsWith({S}, name)", true, true},
		{"SELECT count() FROM (SELECT name FROM t WHERE 0 UNION ALL (SELECT {P} AS x FROM t)) WHERE {S} < name", true, false},
		{"SELECT count() FROM t WHERE startsWith({S}, concat({P}, lower({P})))", true, false},
		{"SELECT 1 FROM t WHERE {S} < ANY (SELECT {P})", true, true},
		{"SELECT 1 FROM t WHERE startsWith({S}, name) AND a = {P}", false, false},
		{"WITH {P} AS p SELECT 1 FROM t WHERE {S} = p", false, false},
		{"SELECT 1 FROM t WHERE hex(MD5(replaceAll({S}, {P}, ''))) = 'x'", true, false},
		{"SELECT 1 FROM t WHERE hex(MD5(trim(BOTH {P} FROM {S}))) = 'x'", true, false},
		{"SELECT 1 FROM t WHERE MD5(ltrim({S}, {P})) = 'x'", true, false},
		{"SELECT 1 FROM t WHERE sipHash64(toUInt64({S}) % 10) = sipHash64({P})", true, false},
		{"SELECT 1 FROM t WHERE sipHash64(splitByChar('-', {S})[1]) = sipHash64({P})", true, true},
		{"SELECT 1 FROM t WHERE hex(MD5(reverse(trim({S})))) = {P}", false, false},
		{"SELECT 1 FROM t WHERE substring({S}, 1, 1) = toString({P})", true, false},
	} {
		for _, mode := range []struct {
			mode    guard.Mode
			refused bool
		}{{guard.RefuseParts, c.parts}, {guard.Warn, c.warn}, {guard.Refuse, !strings.Contains(c.text, "SHA256") && !strings.Contains(c.text, "reverse")}} {
			p.Oracles = mode.mode
			q, err := guard.Parse(written(strings.NewReplacer("{S}", "«S:'Zq7-SEKRET-vW4x'»", "{P}", "«P:'pp'»").Replace(c.text)))
			if err != nil {
				t.Fatal(err)
			}
			if err := q.Judge(p).Err(); (err != nil) != mode.refused {
				t.Errorf("mode %d: %s: got %v, want refused: %v", mode.mode, c.text, err, mode.refused)
			}
		}
	}
}

// Places are those of the template, and messages show nothing of a secret or a parameter.
func TestFindings(t *testing.T) {
	t.Parallel()
	st := written("SELECT id\nFROM events\nWHERE id = reverse(«S:'Zq7-SEKRET-vW4x'») AND f(«P:'param-value'»)")
	_, err := guard.New(guard.Policy{}, 0).Check(st)
	var f *guard.Finding
	if !errors.As(err, &f) || f.Pos != (lexer.Position{Pipe: "p", Node: "n", Line: 3, Column: 20}) {
		t.Errorf("%v at %+v", err, f)
	}
	for _, text := range []string{"SELECT * FROM postgresql(«S:'h-SECRET:1'», 'd', 't', 'u', 'p')", "SELECT * FROM «P:tenant_b»", "SELECT «P:hostName»()",
		"SELECT 1 FROM «P:other».t", "SELECT 1 SETTINGS «P:readonly» = 0"} {
		_, err := guard.New(guard.Policy{Database: "ws_main"}, 0).Check(written(text))
		if err != nil && (strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "hostName") ||
			strings.Contains(err.Error(), "other") || strings.Contains(err.Error(), "readonly")) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
