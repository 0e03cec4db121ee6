package literal_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating/literal"
)

func TestExactText(t *testing.T) {
	t.Parallel()
	const all = "a'b\"c`d\\e%f\ng\rh\ti\bj\x00k\x1al\x7fm\u2028ñ\xffn"
	for name, c := range map[string]struct {
		write func([]byte, string) []byte
		want  string
	}{
		"String": {literal.String, "'a\\'b\\\"c\\`d\\\\e\\%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn'"},
		"Secret": {literal.Secret, "'a\\'b\"c`d\\\\e%f\\ng\\rh\\ti\\bj\\0k\x1al\x7fm\u2028ñ\xffn'"},
		"Item":   {literal.Item, "'a\\'b\\\"c\\`d\\\\e%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn'"},
		"Path":   {literal.Path, "`a\\'bc\\`d\\\\e\\%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn`"},
		"Bare":   {literal.Bare, "a\\'bc\\`d\\\\e\\%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn"},
		"Ident": {func(b []byte, s string) []byte { return literal.Ident(b, s, '"') },
			"\"a\\'bc\\`d\\\\e\\%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn\""},
		"keeping %": {func(b []byte, s string) []byte { return literal.StringKeeping(b, s, "%'") },
			"'a\\'b\\\"c\\`d\\\\e%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn'"},
		"keeping `": {func(b []byte, s string) []byte { return literal.StringKeeping(b, s, "`\\") },
			"'a\\'b\\\"c`d\\\\e\\%f\\ng\\rh\\ti\\bj\\0k\\x1Al\x7fm\u2028ñ\xffn'"},
	} {
		if got := string(c.write([]byte("x"), all)); got != "x"+c.want {
			t.Errorf("%s: got %q, want %q", name, got, "x"+c.want)
		}
	}
	for s, want := range map[string]string{"a.b": "`a`.`b`", "": "``", ".": "``.``", "a.": "`a`.``", "a b": "`a b`"} {
		if got := string(literal.Path(nil, s)); got != want {
			t.Errorf("Path(%q): got %s, want %s", s, got, want)
		}
	}
	for s, want := range map[string]bool{"a": true, "_1": true, "A9_z": true, "1a": false, "": false, "a-b": false, "ñ": false, "a ": false,
		"Z": true, "@": false, "[": false, "`": false, "{": false, "/": false, ":": false, "z0": true} {
		if got := literal.IsWord(s); got != want {
			t.Errorf("IsWord(%q): got %v", s, got)
		}
	}
}

// TestOneToken: whatever the bytes, a literal is one token, and a secret's gives its bytes back.
func TestOneToken(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	const spice = "'\"`\\%\x00\x1a\n$-/*#‘’“”0x"
	for range 20_000 {
		b := make([]byte, rng.IntN(12))
		for i := range b {
			if b[i] = byte(rng.IntN(256)); rng.IntN(2) == 0 {
				b[i] = spice[rng.IntN(len(spice))]
			}
		}
		s := string(b)
		secret := string(literal.Secret(nil, s))
		oneToken(t, s, secret, lexer.String)
		oneToken(t, s, string(literal.String(nil, s)), lexer.String)
		oneToken(t, s, string(literal.StringKeeping(nil, s, "%")), lexer.String)
		oneToken(t, s, string(literal.Ident(nil, s, '`')), lexer.QuotedName)
		oneToken(t, s, string(literal.Ident(nil, s, '"')), lexer.QuotedName)
		if got, ok := lexer.Unquote(secret); !ok || got != s {
			t.Fatalf("%q is written %s and read back as %q, %v", s, secret, got, ok)
		}
		item := string(literal.Item(nil, s))
		oneToken(t, s, item, lexer.String)
		if got, ok := lexer.Unquote(item); !ok || got != s {
			t.Fatalf("%q is written %s and read back as %q, %v", s, item, got, ok)
		}
		// A parameter's percent signs are the one thing that does not come back as it was.
		param := string(literal.String(nil, strings.ReplaceAll(s, "%", "")))
		if got, ok := lexer.Unquote(param); !ok || got != strings.ReplaceAll(s, "%", "") {
			t.Fatalf("%q is written %s and read back as %q, %v", s, param, got, ok)
		}
	}
}

func oneToken(t *testing.T, s, text string, kind lexer.Kind) {
	t.Helper()
	if tokens := lexer.Tokens(text); len(tokens) != 1 || tokens[0].Kind != kind {
		t.Fatalf("%q is written %s, which has the tokens %v", s, text, tokens)
	}
}
