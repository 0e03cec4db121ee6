package lexer_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"penstock/sql/lexer"
)

// Whatever prints a statement, in whatever position, shows no secret.
func TestStatementCannotBePrinted(t *testing.T) {
	t.Parallel()
	src := &lexer.Source{Pipe: "p", Node: "n", Text: "SELECT "}
	var b lexer.Builder
	b.Text(src, 0, len(src.Text))
	b.Secret(src, 7, "'SEKRET'", []string{"s"})
	st := b.Statement()
	if st.SQL() != "SELECT 'SEKRET'" || st.Log() != "SELECT [[SENSITIVE]]" {
		t.Fatalf("got %q and %q", st.SQL(), st.Log())
	}
	type outer struct {
		exported   any
		Statement  lexer.Statement
		unexported lexer.Statement
		builder    *lexer.Builder
	}
	o := outer{st, st, st, &b}
	for _, verb := range strings.Split("v +v #v s q x X d t c U e g b o p T", " ") {
		for _, v := range []any{st, &st, o, &o, []lexer.Statement{st}, map[string]lexer.Statement{"k": st}} {
			got := fmt.Sprintf("%"+verb, v)
			if strings.Contains(got, "SEKRET") || strings.Contains(strings.ToUpper(got), "53454B524554") || strings.Contains(got, "83 69 75") {
				t.Errorf("%%%s of %T shows the secret: %.100s", verb, v, got)
			}
		}
	}
	text, err := json.Marshal(o)
	if err != nil || strings.Contains(string(text), "SEKRET") {
		t.Errorf("JSON: got %s, %v", text, err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "st", st, "o", o)
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "st", st, "o", o)
	if strings.Contains(log.String(), "SEKRET") {
		t.Errorf("slog: got %s", &log)
	}
}
