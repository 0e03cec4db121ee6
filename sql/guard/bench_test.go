package guard_test

import (
	"strings"
	"testing"

	"penstock/sql/guard"
	"penstock/sql/lexer"
)

// sized is a statement of about n bytes like those of real pipes, with one secret and one parameter.
func sized(n int) lexer.Statement {
	const head = "SELECT toStartOfHour(ts) AS hour, count() AS hits, uniq(user_id) AS users, sum(value) AS total FROM events AS e WHERE "
	const part = "(e.name IN ('view', 'click') AND e.value >= 1.5 AND path LIKE '/docs%' AND id != "
	const tail = ") GROUP BY hour ORDER BY hour DESC LIMIT 100"
	src := &lexer.Source{Pipe: "bench", Node: "endpoint", Text: head + part + tail}
	var b lexer.Builder
	b.Text(src, 0, len(head))
	b.Generated(src, 0, "key_hash = ")
	b.Secret(src, len(head), "'Zq7-SEKRET-vW4x'", []string{"api"})
	b.Generated(src, 0, " AND ")
	for {
		b.Generated(src, 0, part)
		b.Param(src, len(head)+len(part), "12345", []string{"id"})
		if b.Len()+len(part)+len(tail) > n {
			break
		}
		b.Generated(src, 0, ") OR ")
	}
	b.Text(src, len(head)+len(part), len(src.Text))
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
	}
}
