package templating_test

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

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
			start := cpuTime(b)
			for b.Loop() {
				out.Reset()
				if _, err := t.Render(&out, in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
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

// cpuTime is what the process has used of the processors: on a busy machine it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
