package benchmark

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/flosch/pongo2/v6"

	"penstock/sql/lexer"
	"penstock/templating"
)

// A benchCase is a recorded template with its parameters.
type benchCase struct {
	ID       string            `json:"id"`
	Template string            `json:"template"`
	Params   map[string]string `json:"params"`
}

func cases(tb testing.TB) []benchCase {
	data, err := os.ReadFile("../testdata/bench.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	var out []benchCase
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var c benchCase
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			tb.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// std and pongo are the same templates in the other languages.
func std(id string) string {
	switch id {
	case "tiny":
		return `SELECT {{String .a "x"}}`
	case "typical":
		return "SELECT toDate(ts) AS day, count() AS hits\nFROM page_views\nWHERE ts >= {{DateTime .date_from \"2024-01-01 00:00:00\"}}\n" +
			"  AND site = {{String .site}}\nGROUP BY day ORDER BY day\nLIMIT {{Int32 .limit 100}}\n"
	case "twenty":
		var b strings.Builder
		b.WriteString(`SELECT {{columns .cols "id,ts,kind"}}` + "\nFROM events\nWHERE {{sqlAnd")
		for i := range 12 {
			b.WriteString(fmt.Sprintf([]string{` "c%d =" (String .p%d)`, ` "c%d in" (ArrayInt32 .p%d)`, ` "c%d >" (Int64 .p%d)`,
				` "c%d <=" (Float64 .p%d)`}[i%4], i, i))
		}
		b.WriteString("}}\n")
		for i := range 5 {
			fmt.Fprintf(&b, "{{if defined .f%d}} AND x%d = {{%s .f%d}} {{else}} AND x%d IS NOT NULL {{end}}\n", i, i,
				[]string{"String", "UInt8", "Date"}[i%3], i, i)
		}
		b.WriteString(`{{if eq (raw .dir "asc") "desc"}}ORDER BY ts DESC{{else}}ORDER BY ts{{end}}` + "\nLIMIT {{UInt32 .limit 50}}")
		return b.String()
	case "loop100":
		return `SELECT {{$cols := split .cols}}{{range $i, $c := $cols}}sum({{column $c}}) AS {{symbol (plus "s_" $c)}}` +
			`{{if not (last $i $cols)}}, {{end}}{{end}} FROM t WHERE k = {{String .k}}`
	}
	return big(`{{String .e%d "view"}}`, `{{Date .since "2024-01-01"}}`, `{{if defined .country}} AND country = {{String .country}} {{end}}`,
		`{{Int32 .min_n 0}}`, `{{Int32 .limit 5}}`)
}

func pongo(id string) string {
	switch id {
	case "tiny":
		return `SELECT {{ String(a, "x") }}`
	case "typical":
		return "SELECT toDate(ts) AS day, count() AS hits\nFROM page_views\nWHERE ts >= {{ DateTime(date_from, \"2024-01-01 00:00:00\") }}\n" +
			"  AND site = {{ String(site) }}\nGROUP BY day ORDER BY day\nLIMIT {{ Int32(limit, 100) }}\n"
	case "twenty":
		var b strings.Builder
		b.WriteString(`SELECT {{ columns(cols, "id,ts,kind") }}` + "\nFROM events\nWHERE {{ sqlAnd(")
		for i := range 12 {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(fmt.Sprintf([]string{`"c%d =", String(p%d)`, `"c%d in", ArrayInt32(p%d)`, `"c%d >", Int64(p%d)`,
				`"c%d <=", Float64(p%d)`}[i%4], i, i))
		}
		b.WriteString(") }}\n")
		for i := range 5 {
			fmt.Fprintf(&b, "{%% if defined(f%d) %%} AND x%d = {{ %s(f%d) }} {%% else %%} AND x%d IS NOT NULL {%% endif %%}\n", i, i,
				[]string{"String", "UInt8", "Date"}[i%3], i, i)
		}
		b.WriteString(`{% if raw(dir, "asc") == "desc" %}ORDER BY ts DESC{% else %}ORDER BY ts{% endif %}` + "\nLIMIT {{ UInt32(limit, 50) }}")
		return b.String()
	case "loop100":
		return `SELECT {% for c in split(cols) %}sum({{ column(c) }}) AS {{ symbol(plus("s_", c)) }}` +
			`{% if not forloop.Last %}, {% endif %}{% endfor %} FROM t WHERE k = {{ String(k) }}`
	}
	return big(`{{ String(e%d, "view") }}`, `{{ Date(since, "2024-01-01") }}`,
		`{%% if defined(country) %%} AND country = {{ String(country) }} {%% endif %%}`, `{{ Int32(min_n, 0) }}`, `{{ Int32(limit, 5) }}`)
}

func big(event, since, country, least, limit string) string {
	var b strings.Builder
	b.WriteString("WITH\n")
	for i := range 15 {
		fmt.Fprintf(&b, "step_%d AS (\n  SELECT user_id, session_id, toStartOfHour(ts) AS hour, sum(amount) AS amount_%d, count() AS n_%d\n"+
			"  FROM warehouse_events\n  WHERE event = "+event+" AND ts >= "+since+"\n  "+country+
			"\n  GROUP BY user_id, session_id, hour\n  HAVING n_%d > "+least+"\n),\n", i, i, i, i, i)
	}
	return b.String() + "last AS (SELECT 1)\nSELECT * FROM last LIMIT " + limit + "\n"
}

// engines are the three, each as a function that renders one case into a buffer it keeps.
func engines(tb testing.TB, c benchCase) map[string]func() []byte {
	tmpl, err := templating.Compile(&lexer.Source{Text: "%" + c.Template})
	if err != nil {
		tb.Fatal(err)
	}
	in := templating.Input{}
	data := map[string]any{}
	values := pongo2.Context{}
	for name, f := range funcs {
		values[name] = f
	}
	for k, v := range c.Params {
		in.Params = append(in.Params, templating.NamedArg{Name: k, Arg: templating.Arg{Text: v}})
		data[k], values[k] = v, v
	}
	s := template.Must(template.New("").Funcs(funcs).Option("missingkey=zero").Parse(std(c.ID)))
	pongo2.SetAutoescape(false)
	p, err := pongo2.FromString(pongo(c.ID))
	if err != nil {
		tb.Fatal(err)
	}
	var out lexer.Builder
	var buf, pbuf bytes.Buffer
	return map[string]func() []byte{
		"penstock": func() []byte {
			out.Reset()
			if _, err := tmpl.Render(&out, in); err != nil {
				tb.Fatal(err)
			}
			return out.Statement().Bytes()
		},
		"text_template": func() []byte {
			buf.Reset()
			if err := s.Execute(&buf, data); err != nil {
				tb.Fatal(err)
			}
			return buf.Bytes()
		},
		"pongo2": func() []byte {
			pbuf.Reset()
			if err := p.ExecuteWriterUnbuffered(values, &pbuf); err != nil {
				tb.Fatal(err)
			}
			return pbuf.Bytes()
		},
	}
}

func TestTheSameText(t *testing.T) {
	for _, c := range cases(t) {
		all := engines(t, c)
		want := string(all["penstock"]())
		for name, render := range all {
			if got := string(render()); got != want {
				t.Errorf("%s with %s: got\n%s\nwant\n%s", c.ID, name, got, want)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, c := range cases(b) {
		all := engines(b, c)
		for _, name := range []string{"penstock", "text_template", "pongo2"} {
			render := all[name]
			b.Run(c.ID+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					render()
				}
			})
		}
		b.Run(c.ID+"/reference", func(b *testing.B) { reference(b, c.ID) })
	}
}

// reference renders with the reference's own renderer, in a process of the Python that REFERENCE names, which takes the time
// itself: what its start costs does not count.
func reference(b *testing.B, id string) {
	python := os.Getenv("REFERENCE")
	if python == "" {
		b.Skip("REFERENCE names no Python that has the reference's renderer")
	}
	const times = 500
	var spent, runs int64
	for b.Loop() {
		cmd := exec.Command(python, "reference.py", id, strconv.Itoa(times))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		spent, runs = spent+ns, runs+times
	}
	b.ReportMetric(float64(spent)/float64(runs), "ns/op")
}
