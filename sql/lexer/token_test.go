package lexer_test

import (
	"math/rand"
	"strings"
	"testing"

	"penstock/sql/lexer"
)

func kinds(sql string) string {
	var out []string
	for _, t := range lexer.Tokens(sql) {
		if t.Kind != lexer.Space {
			out = append(out, t.Kind.String()+":"+sql[t.Start:t.End])
		}
	}
	return strings.Join(out, " ")
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"SELECT a.b":                 "word:SELECT word:a .:. word:b",
		`'it''s' 'a\'b' 'a\\'`:       `string:'it''s' string:'a\'b' string:'a\\'`,
		"‘it's’ “a\"b”;":             "string:‘it's’ quoted name:“a\"b” ;:;",
		"$$ ' $$ $x$ $$ $x$":         "heredoc:$$ ' $$ heredoc:$x$ $$ $x$",
		"$a $ $a$b":                  "word:$a $:$ word:$a$b",
		"x'41' b'01' x'4g":           "string:x'41' string:b'01' error:x'4g",
		"1_000 0x1F 0b101 1.5e3, .5": "number:1_000 number:0x1F number:0b101 number:1.5e3 ,:, number:.5",
		"5 − 3":                      "number:5 -:− number:3",
		"t.1.1 x[1].2":               "word:t .:. number:1 .:. number:1 word:x [:[ number:1 ]:] .:. number:2",
		"1a 1__0 0x":                 "word:1a word:1__0 word:0x",
		"a -- b\rc\nd":               "word:a comment:-- b\rc word:d",
		"a #b":                       "word:a error:# word:b",
		"a # b":                      "word:a comment:# b",
		"/* /* ' */ ' */ a":          "comment:/* /* ' */ ' */ word:a",
		"/* /* */":                   "error:/* /* */",
		"'abc":                       "error:'abc",
		"a\x00b":                     "word:a error:\x00 word:b",
		"a<=>b<>c->d::e||f":          "word:a <=>:<=> word:b !=:<> word:c ->:-> word:d ::::: word:e ||:|| word:f",
		"SELECT\u200b1":              "word:SELECT number:1",
	} {
		if got := kinds(sql); got != want {
			t.Errorf("%q:\n got %s\nwant %s", sql, got, want)
		}
	}
}

func TestUnquote(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		`'it''s'`: "it's", `'a\'b\\'`: `a'b\`, `'\%\_'`: `\%\_`, `'\x41\n\0'`: "A\n\x00", "`a``b`": "a`b", `"a\"b"`: `a"b`,
		"‘a\\'’": `a\'`, "“x”": "x", "$$a'b$$": "a'b", "$t$ $$ $t$": " $$ ", "x'4142'": "AB", "b'01000001'": "A", "name": "name",
		"`tenant\\x5fb`": "tenant_b", "$a": "$a",
		"'a\\\x01\\/\\=\\q'": "a\x01/=\\q",
	} {
		if got, ok := lexer.Unquote(token); !ok || got != want {
			t.Errorf("Unquote(%s) = %q, %v, want %q", token, got, ok, want)
		}
	}
}

func TestUnquoteRefusesOddEscapes(t *testing.T) {
	t.Parallel()
	for _, token := range []string{`'\xg1'`, `'\x4'`, "`a\\x`", "", "1", "("} {
		if got, ok := lexer.Unquote(token); ok && token != "1" {
			t.Errorf("Unquote(%s) = %q", token, got)
		}
	}
}

func checkWhole(t *testing.T, sql string) {
	t.Helper()
	at := 0
	for _, tok := range lexer.Tokens(sql) {
		if tok.Start != at || tok.End <= tok.Start {
			t.Fatalf("%q: token %v after byte %d", sql, tok, at)
		}
		at = tok.End
		lexer.Unquote(sql[tok.Start:tok.End])
	}
	if at != len(sql) {
		t.Fatalf("%q: tokens end at %d of %d", sql, at, len(sql))
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"SELECT 1", "‘", "“”", "$$", "$a$", "x'", "1e", "/*", "'\\", "`\\x5", "\xe2\x80", "b'0'", "1_.1_"} {
		f.Add(s)
	}
	f.Fuzz(checkWhole)
}

func TestTokensAreTheWholeText(t *testing.T) {
	t.Parallel()
	pieces := []string{"'", "\\", "\"", "`", "$", "a", "1", "_", ".", "e", "-", "/", "*", "\n", " ", "‘", "’", "“", "”", "\xe2", "\x80",
		"#", "!", "x", "b", "0", "<", "=", ">", "\u200b", "é", "\x00", ":", "|", "@", "(", "?"}
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		var b strings.Builder
		for range r.Intn(12) {
			b.WriteString(pieces[r.Intn(len(pieces))])
		}
		checkWhole(t, b.String())
	}
}

// A text made to look ahead again and again must cost no more than its length.
func TestLinear(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"$a$ ", "$ab$$c ", "/*", "'", "‘", "$$a", "1_", "\xe2", "\u2003", "..1", "x'0' "} {
		sql := strings.Repeat(piece, 1<<20/len(piece))
		l := lexer.New(sql)
		for l.Next().Kind != lexer.End {
		}
	}
}

func BenchmarkTokens(b *testing.B) {
	sql := strings.Repeat("SELECT a.b, toDate(`x y`) FROM events WHERE name = 'it''s' AND value >= 1.5e3 -- more\n", 35)
	b.SetBytes(int64(len(sql)))
	for b.Loop() {
		l := lexer.New(sql)
		for l.Next().Kind != lexer.End {
		}
	}
}
