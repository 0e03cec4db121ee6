package templating_test

import (
	"slices"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// structure are templates whose SQL has the same tokens whatever the values of a, l and the secret.
var structure = []string{
	"SELECT {{a}}, {{String(a)}}, {{String(m, a)}} FROM t",
	"SELECT {{a + 'x'}}, {{'x' + a}}, {{f'<{a}>'}}, {{a * 2}} FROM t",
	"SELECT {{l}}, {{[a, 1]}}, {{(a, [a])}}, {{Array(l)}}, {{Array(l, 'String')}} FROM t",
	"SELECT {{String(l)}}, {{str(l)}}, {{String(Array(l))}} FROM t",
	"SELECT {{symbol(a)}}, {{symbol(a, '\"')}}, {{column(a)}}, {{columns(a)}} FROM t",
	"SELECT {{sql_unescape(a, '%')}}, {{sql_unescape(a, '`')}}, {{sql_unescape('%' + a + '%', '%')}}, {{sql_unescape(a, '\\'')}} FROM t",
	"SELECT 1 WHERE {{sql_and(x=a, y__gt=String(a), z__in=Array(l), w__not_in=[a])}}",
	"SELECT {% for x in l %}{{x}}, {% end %}{% set b = a %}{{b}}",
	"SELECT {{ {'k': a} }}, {{a.replace('q', 'r')}}, {{a.split(a + 'q')}}",
	"SELECT {% try %}{{Int32('x' + a)}}{% except Exception as e %}{{e}}{% end %}",
	"SELECT f({{tb_secret('s')}}, {{a}}), {{tb_secret('s')}} {{sql_and(x=tb_secret('s'), y=a)}}",
	"SELECT {{tb_secret('none', a)}} {% set v = tb_secret('s') %} = {{v}} -- {{a}}\n, 1",
	"SELECT {{JSON(j)}}, {{JSON(j).get('k', a)}}, {{a if a == l else a}}",
	"{{backend_hint(a)}} SELECT {{min(a, a)}}, {{sorted(l)}}, {{list(l)}}",
}

func tokenKinds(sql string) []lexer.Kind {
	var kinds []lexer.Kind
	for _, tok := range lexer.Tokens(sql) {
		kinds = append(kinds, tok.Kind)
	}
	return kinds
}

// rendered is the statement of a structural template for one value everywhere.
func rendered(t *testing.T, text, value, secret string) lexer.Statement {
	t.Helper()
	// Commas and dots are structure where a text is a list of names.
	if strings.Contains(text, "column") {
		value = strings.NewReplacer(",", "", ".", "").Replace(value)
	}
	params := templating.ArgsOf(map[string]templating.Arg{"a": {Text: value}, "l": {IsList: true, List: []string{value}}, "j": {Text: `{"k": "x"}`}})
	var b lexer.Builder
	if _, err := compile(t, "%"+text).Render(&b, templating.Input{Params: params, Secret: vault("s", secret)}); err != nil {
		t.Fatalf("%s with %q: %v", text, value, err)
	}
	return b.Statement()
}

// nasty are values that end literals of careless writers.
var nasty = []string{"", "'", "\\", "\\'", "''", "\"", "`", "%", "\x00", "\x007", "\x1a", "\n", "--", "/*", "*/", "$$", "$a$", "‘", "’", "“",
	"\xff", "\xc3", "\\\xff'", "😀", "{s: String}", "' OR 1=1 --", "`; DROP", "\\x27", "\\N", "a\r\nb", strings.Repeat("'", 100), "\u2028", "x"}

// TestLiteralIntegrity: no value changes the statement around it, and each secret is one String token.
func TestLiteralIntegrity(t *testing.T) {
	t.Parallel()
	for _, text := range structure {
		for _, value := range nasty {
			for _, secret := range nasty {
				integrity(t, text, value, secret)
			}
		}
	}
}

func integrity(t *testing.T, text, value, secret string) {
	t.Helper()
	want := tokenKinds(rendered(t, text, "x", "x").SQL())
	st := rendered(t, text, value, secret)
	sql := st.SQL()
	if got := tokenKinds(sql); !slices.Equal(got, want) {
		t.Fatalf("%s with %q and %q: %q has the tokens %v, want %v", text, value, secret, sql, got, want)
	}
	wholeSecrets(t, st)
}

// wholeSecrets demands that each span of a secret is a String token.
func wholeSecrets(t *testing.T, st lexer.Statement) {
	t.Helper()
	tokens := lexer.Tokens(st.SQL())
	for _, s := range st.Spans() {
		if s.Kind == lexer.Secret && !slices.Contains(tokens, lexer.Token{Kind: lexer.String, Start: s.Start, End: s.End}) {
			t.Fatalf("%q: the secret at %d is no token", st.SQL(), s.Start)
		}
	}
}

func FuzzLiterals(f *testing.F) {
	if len(nasty) < 30 || len(structure) < 12 {
		f.Fatalf("the corpus has %d values and %d templates", len(nasty), len(structure))
	}
	for i, v := range nasty {
		f.Add(i%len(structure), v, nasty[len(nasty)-1-i])
	}
	f.Fuzz(func(t *testing.T, n int, value, secret string) {
		integrity(t, structure[uint(n)%uint(len(structure))], value, secret)
	})
}

// FuzzRender: no template and no value makes a rendering panic or exceed its limits, in either mode; errors are ours and
// do not show the secret; a statement that comes out has whole secrets; the layout of the template changes nothing.
func FuzzRender(f *testing.F) {
	cases := oracleCases(f)
	n := 0
	for i, c := range cases {
		if i%12 == 0 {
			f.Add(c.Template, c.Params["a"].Text, c.Params["b"].Text)
			n++
		}
	}
	for i, s := range structure {
		f.Add(s, nasty[i], nasty[i+1])
		n++
	}
	if n < 600 {
		f.Fatalf("the corpus has %d seeds", n)
	}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		src := &lexer.Source{Text: "%" + text}
		tmpl, err := templating.Compile(src)
		if err != nil {
			return
		}
		tmpl.Params()
		limits := templating.Limits{Steps: 20_000, Turns: 2000, Output: 1 << 16, Values: 1 << 18, Depth: 20}
		for _, mode := range []templating.Mode{templating.Request, templating.Validate} {
			in := templating.Input{Params: args("a", a, "b", b), Secret: vault("k", "hunter2hunter2"), Mode: mode, Limits: limits}
			in.Params = append(in.Params, templating.NamedArg{Name: "l", Arg: templating.Arg{IsList: true, List: []string{a, b}}})
			var out lexer.Builder
			_, err := tmpl.Render(&out, in)
			if err != nil {
				if e := asError(t, err); strings.Contains(e.Error()+e.Hint, "hunter2hunter2") && !strings.Contains(a+b+text, "hunter2") {
					t.Fatalf("%q shows the secret: %v", text, err)
				}
				continue
			}
			if out.Len() > 1<<16+len(text)+1<<16 {
				t.Fatalf("%d bytes", out.Len())
			}
			wholeSecrets(t, out.Statement())
			sql := out.Statement().SQL()
			formatted, err := templating.Format(src.Text)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			var again lexer.Builder
			if _, err := compile(t, formatted).Render(&again, in); err != nil || again.Statement().SQL() != sql {
				t.Fatalf("%q formatted as %q gives %q, %v; want %q", text, formatted, again.Statement().SQL(), err, sql)
			}
		}
	})
}
