package templating_test

import (
	"strings"
	"testing"
	"time"

	"penstock/sql/lexer"
	"penstock/templating"
)

// TestLargeTemplates compiles templates that would take minutes in quadratic or exponential time, asks for their facts
// and renders those that compile.
func TestLargeTemplates(t *testing.T) {
	t.Parallel()
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	var params, names strings.Builder
	for i := range 10_000 {
		params.WriteString("{{String(p" + string(rune('a'+i%26)) + many("x", i%40) + ", 'd')}} ")
		names.WriteString("p" + many(string(rune('a'+i%26)), i%300+1) + ", ")
	}
	for name, text := range map[string]string{
		"tags":           many("{{String(a, 'x')}} ", 50_000),
		"parameters":     params.String(),
		"one list":       "{{[" + names.String() + "]}}",
		"text":           many("SELECT 1 ", 100_000),
		"ifs":            many("{% if defined(a) %}{{Int32(a)}}{% end %}", 25_000),
		"one if":         "{% if a %}" + many("{% set x = defined(a) %}", 40_000) + "{% end %}",
		"secrets":        many("{{tb_secret('s', 'd')}} ", 40_000),
		"quotes":         many("'{{tb_secret('s')}}' ", 40_000),
		"unknown":        many("{{nofunction(1)}}", 50_000),
		"reserved":       many("{{q}}", 100_000),
		"tables":         many("{{table('t')}},", 60_000),
		"calls of calls": "{{a" + many("()", 900) + "}}",
		"nested":         "{{" + many("String(", 190) + "a" + many(")", 190) + "}}",
		"defaults":       "{{" + many("tb_secret('s', ", 190) + "a" + many(")", 190) + "}}",
		"ands":           "{{" + many("sql_and(x=", 190) + "a" + many(")", 190) + "}}",
		"methods":        "{{a" + many(".lower()", 900) + "}}",
		"bad methods":    "{{a" + many(".nothing()", 900) + "}}",
		"ternaries":      "{{" + many("1 if a else ", 900) + "2}}",
		"dollars":        many("$a", 500_000),
		"dollar tag":     "$" + many("a", 1<<20) + "{{tb_secret('s', 'd')}}",
		"sets":           many("{% set a = 1 %}", 60_000),
		"locals":         "{% set x = [" + many("[y for y in [1]], ", 5000) + "] %}",
		"prepared":       many("{{Array(a, 'Int32', '1')}}{{a}}", 20_000),
		"literal":        "{{'" + many("\\'", 1<<19) + "'}}",
	} {
		start := time.Now()
		tmpl, err := templating.Compile(&lexer.Source{Text: "%" + text})
		if err == nil {
			templating.MergeParams(tmpl.Params())
			tmpl.Secrets()
			var b lexer.Builder
			_, _ = tmpl.Render(&b, templating.Input{Params: args("a", "1,2")})
		}
		if took := time.Since(start); took > 60*time.Second {
			t.Errorf("%s: %v", name, took)
		} else if testing.Verbose() {
			t.Logf("%-14s %7d bytes %v %v", name, len(text), took.Round(time.Millisecond), firstLine(err))
		}
	}
}

func firstLine(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line[:min(len(line), 60)]
}
