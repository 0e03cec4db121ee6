package guard_test

import (
	"strings"
	"testing"

	"penstock/sql/guard"
	"penstock/sql/lexer"
)

// sized is a statement of about n bytes as a kept pipe renders it, with one secret and, as real pipes have them, a parameter
// in every 400 bytes: the largest that projects publish have 74 in 27 KB.
func sized(n int) lexer.Statement {
	const head = "SELECT toStartOfHour(ts) AS hour, count() AS hits, uniq(user_id) AS users, sum(value) AS total FROM events AS e WHERE key_hash = "
	const part = " AND (e.name IN ('view', 'click') AND e.value >= 1.5 AND path LIKE '/docs%' OR id != 7)"
	const tail = " GROUP BY hour ORDER BY hour DESC LIMIT 100"
	var text strings.Builder
	text.WriteString(head)
	params := []int{}
	for text.Len()+len(part)+len(tail) < n {
		text.WriteString(part)
		if text.Len() > 400*len(params) {
			text.WriteString(" AND id != ")
			params = append(params, text.Len())
		}
	}
	text.WriteString(tail)
	src := &lexer.Source{Pipe: "bench", Node: "endpoint", Text: text.String()}
	src.Keep()
	var b lexer.Builder
	b.Text(src, 0, len(head))
	b.Secret(src, len(head), "'Zq7-SEKRET-vW4x'", []string{"api"})
	at := len(head)
	for _, p := range params {
		b.Text(src, at, p)
		b.Param(src, p, "toInt32('12345')", []string{"id"})
		at = p
	}
	b.Text(src, at, len(src.Text))
	return b.Statement()
}

func BenchmarkCheck(b *testing.B) {
	for name, n := range map[string]int{"300B": 300, "3KB": 3000, "30KB": 30000} {
		st := sized(n)
		for cached, size := range map[string]int{"cold": 0, "cached": 100} {
			b.Run(name+"/"+cached, func(b *testing.B) {
				g := guard.New(guard.Policy{Database: "ws_main"}, size)
				if _, err := g.Check(st); err != nil {
					b.Fatal(err, strings.TrimSpace(st.Log()))
				}
				b.ReportAllocs()
				b.SetBytes(int64(st.Len()))
				for b.Loop() {
					_, _ = g.Check(st)
				}
			})
		}
		b.Run(name+"/composed", func(b *testing.B) {
			plans := guard.NewPlans(100)
			b.ReportAllocs()
			b.SetBytes(int64(st.Len()))
			for b.Loop() {
				if _, err := plans.Compose(st, func(guard.TableRef) (lexer.Statement, bool) { return st, false }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
