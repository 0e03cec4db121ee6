package main

import (
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"penstock/sql/engine"
	"penstock/sql/engine/enginetest"
	"penstock/sql/lexer"
	"penstock/templating"
)

// The engine is the judge of literals: it reads back what was written. The guard is not asked.

// oddValues are those that have broken somebody's quoting.
var oddValues = []string{
	"", "'", "''", `\`, `\'`, `\\'`, `a\`, "\x00", "\x000", "a\x00b", "\x1a", "\b\f\n\r\t\v\a\x1b", "%", `\%`, "_", "\"", "`", "$$", "$a$",
	strings.Repeat("'", 8192), strings.Repeat(`\`, 8191) + "'", "😀", "\xff\xfe", "\xc3", "abc\xe2\x80", "‘x’", "“x”", "--", "/*", "*/", "#", ";",
	"{x:String}", "{{tb_secret('x')}}", "{% if %}", "\u2028", "\ufeff", `\x41`, `\N`, "\xe2\x80\x99' OR 1=1 --", "\u00a0", "\r\n-- x",
}

func TestLiteralsReadBack(t *testing.T) {
	t.Parallel()
	e := enginetest.StartOwn(t)
	r := rand.New(rand.NewPCG(1, 2))
	values := append([]string(nil), oddValues...)
	for range 2000 {
		values = append(values, randomText(r))
	}
	const batch = 50
	for len(values) > 0 {
		n := min(batch, len(values))
		readBack(t, e, values[:n])
		values = values[n:]
	}
}

// randomText is biased to the bytes that matter to a lexer.
func randomText(r *rand.Rand) string {
	const matter = "'\\\"`%_$-#/*;{}()\x00\n\r\t\x1axbX019 \xe2\x80\x98\x99\xc2\xa0"
	b := make([]byte, r.IntN(40))
	for i := range b {
		if r.IntN(3) > 0 {
			b[i] = matter[r.IntN(len(matter))]
		} else {
			b[i] = byte(r.Uint32())
		}
	}
	return string(b)
}

// readBack renders each value as a secret and as a parameter, and asks the engine for the bytes.
func readBack(t *testing.T, e *enginetest.Engine, values []string) {
	t.Helper()
	tpl, err := templating.Compile(&lexer.Source{Text: "%hex({{tb_secret('s')}}), hex({{String(p)}})"})
	if err != nil {
		t.Fatal(err)
	}
	var sql strings.Builder
	var b lexer.Builder
	for i, v := range values {
		b.Reset()
		in := templating.Input{
			Params: templating.Args{{Name: "p", Arg: templating.Arg{Text: v}}},
			Secret: func(string) (string, bool, error) { return v, true, nil },
		}
		if _, err := tpl.Render(&b, in); err != nil {
			t.Fatalf("render %q: %v", v, err)
		}
		sql.WriteString([]string{"SELECT ", ", "}[min(i, 1)] + b.Statement().SQL())
	}
	fields := strings.Split(rowsOf(t, e, sql.String()), "\t")
	if len(fields) != 2*len(values) {
		t.Fatalf("got %d fields, want %d: a value changed the statement", len(fields), 2*len(values))
	}
	for i, v := range values {
		// A parameter keeps its percent signs behind a backslash, for LIKE.
		for j, want := range []string{v, strings.ReplaceAll(v, "%", `\%`)} {
			got, err := hex.DecodeString(fields[2*i+j])
			if err != nil || string(got) != want {
				t.Errorf("%s %q: the engine reads %q", []string{"secret", "parameter"}[j], v, got)
			}
		}
	}
}

// rowsOf gives the rows of a statement as tab-separated text, without the last line feed.
func rowsOf(t *testing.T, e *enginetest.Engine, sql string) string {
	t.Helper()
	res, err := e.Client.Stream(t.Context(), engine.Query{ID: uuid.NewString(), SQL: []byte(sql), Database: "default", Format: "TSV", ReadOnly: true})
	if err != nil {
		var ee *engine.Error
		errors.As(err, &ee)
		t.Fatalf("%v: %.500s", err, ee.Message)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}
