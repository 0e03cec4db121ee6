package templating_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// BenchmarkRender renders the five templates of the recording. Allocations: a rendering allocates for values that it
// makes (lists, joined texts), never for text that is copied nor for literals.
func BenchmarkRender(b *testing.B) {
	for _, c := range benchCases(b) {
		b.Run(c.ID, func(b *testing.B) {
			t, err := templating.Compile(c.source())
			if err != nil {
				b.Fatal(err)
			}
			in := c.input()
			var out lexer.Builder
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if _, err := t.Render(&out, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range benchCases(b) {
		b.Run(c.ID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := templating.Compile(c.source()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchCases(tb testing.TB) []oracleCase {
	data, err := os.ReadFile("testdata/bench.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	var out []oracleCase
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var c oracleCase
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			tb.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
