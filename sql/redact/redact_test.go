package redact_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/sql/redact"
)

func literal(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\x00", `\0`).Replace(v) + "'"
}

func statement(values ...string) lexer.Statement {
	src := &lexer.Source{Text: "SELECT "}
	var b lexer.Builder
	b.Text(src, 0, 7)
	for _, v := range values {
		b.Secret(src, 7, literal(v), []string{"s"})
		b.Generated(src, 7, " ")
	}
	return b.Statement()
}

func TestText(t *testing.T) {
	t.Parallel()
	const v = "Zq7-SEKRET-vW4x"
	for _, c := range []struct{ value, text, want string }{
		{v, "failed at position 8 ('" + v + "')", "failed at position 8 ('[[SENSITIVE]]')"},
		{v, "cut: Zq7-SEKR… and EKRET-vW", "cut: [[SENSITIVE]]… and [[SENSITIVE]]"},
		{v, "nothing here, not even Zq7-SEK", "nothing here, not even Zq7-SEK"},
		{`a'b\c"d/e` + "\n", `x 'a\'b\\c"d/e\n' y`, `x '[[SENSITIVE]]' y`},
		{`a'b\c"d/e` + "\n", `"x 'a\\'b\\\\c\"d\/e\\n' y"`, `"x '[[SENSITIVE]]' y"`},
		{"ключ-от-двери", `\u043a\u043b\u044e\u0447-\u043e\u0442-`, "[[SENSITIVE]]"},
		{"short", "is it short? shortest", "is it [[SENSITIVE]]? [[SENSITIVE]]est"},
		{"1", "position 11 ('1'): 1", "position 11 ('[[SENSITIVE]]'): [[SENSITIVE]]"},
		{"", "''", "''"},
		{"0211x9", "Cannot parse string '0211x9' as UInt8: parsed just '0211' before: 'x9'", "Cannot parse string '[[SENSITIVE]]' as UInt8: parsed just '[[SENSITIVE]]' before: '[[SENSITIVE]]'"},
		{"0211", "equals(x, 211_UInt8)", "equals(x, [[SENSITIVE]]_UInt8)"},
		{"2026-01-05", "20458_UInt16 and 1767571200", "[[SENSITIVE]]_UInt16 and [[SENSITIVE]]"},
	} {
		if got := redact.New(statement(c.value)).Text(c.text); got != c.want {
			t.Errorf("%q in %q:\n got %q\nwant %q", c.value, c.text, got, c.want)
		}
	}
	if got := redact.New(statement()).Text("as it is"); got != "as it is" {
		t.Error(got)
	}
	var none *redact.Redactor
	if got := none.Text("as it is"); got != "as it is" {
		t.Error(got)
	}
}

// Whatever the value, no form of it and no run of eight of its bytes is left.
func TestEveryForm(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(3))
	alphabet := []string{"a", "B", "7", "'", `\`, `"`, "/", "\n", "\t", "\x00", "é", "`", "%", "\x1b", "<", "\xff"}
	for range 3000 {
		var b strings.Builder
		for range 8 + r.Intn(30) {
			b.WriteString(alphabet[r.Intn(len(alphabet))])
		}
		v := b.String()
		red := redact.New(statement(v))
		quoted, _ := json.Marshal(v)
		once := strings.Trim(literal(v), "'")
		twice, _ := json.Marshal(once)
		for _, form := range []string{v, once, string(quoted[1 : len(quoted)-1]), string(twice[1 : len(twice)-1])} {
			if strings.Contains(form, `\ufffd`) {
				continue // what is lost there is not in the text
			}
			got := red.Text("In scope SELECT '" + form + "' AS x")
			if len(got) > len("In scope SELECT '[[SENSITIVE]]' AS x")+8 || !strings.Contains(got, "[[SENSITIVE]]") {
				t.Fatalf("%q in the form %q: %q", v, form, got)
			}
		}
		if len(v) > 12 {
			cut := v[2 : len(v)-1]
			if got := red.Text(cut); strings.Contains(got, cut) {
				t.Fatalf("%q: %q is left in %q", v, cut, got)
			}
		}
	}
}

func TestPrintsNothing(t *testing.T) {
	t.Parallel()
	r := redact.New(statement("Zq7-SEKRET-vW4x"))
	_ = r.Text("x")
	type holder struct {
		r *redact.Redactor
		v redact.Redactor
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, x := range []any{r, *r, holder{r, *r}, &holder{r, *r}, []any{r}} {
			if got := fmt.Sprintf(verb, x); strings.Contains(got, "SEKRET") || strings.Contains(got, fmt.Sprintf("%x", "SEKRET")) {
				t.Errorf("%s of %T: %s", verb, x, got)
			}
		}
	}
}

// TestLinear: texts made to be slow are not. What takes quadratic time for one of them runs into the time limit of the tests.
func TestLinear(t *testing.T) {
	t.Parallel()
	r := redact.New(statement(strings.Repeat("'", 8192), strings.Repeat("ab", 4096), "abc", `\`))
	for _, text := range []string{strings.Repeat("'", 1<<20), strings.Repeat(`\`, 1<<20), strings.Repeat("ab", 1<<19), strings.Repeat(`\u0061b`, 1<<17)} {
		r.Text(text)
	}
}

func FuzzText(f *testing.F) {
	f.Add("value-1234", `a\x41\u0041\ud83d\udd11`)
	f.Fuzz(func(t *testing.T, v, text string) {
		r := redact.New(statement(v))
		r.Text(text)
		if got := r.Text(text + v); len(v) >= 8 && strings.HasSuffix(got, v) && !strings.Contains("[[SENSITIVE]]", v) {
			t.Errorf("%q is left in %q", v, got)
		}
	})
}

func BenchmarkText(b *testing.B) {
	text := strings.Repeat("Code: 62. DB::Exception: Syntax error: failed at position 11. ", 20)
	b.Run("none", func(b *testing.B) {
		r := redact.New(statement())
		for b.Loop() {
			r.Text(text)
		}
	})
	b.Run("one", func(b *testing.B) {
		r := redact.New(statement("Zq7-SEKRET-vW4x"))
		b.ReportAllocs()
		for b.Loop() {
			r.Text(text)
		}
	})
}
