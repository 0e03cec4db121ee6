package templating_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// oracleCase is one recorded case; the fields are those of the recording.
type oracleCase struct {
	ID       string               `json:"id"`
	Area     string               `json:"area"`
	Template string               `json:"template"`
	Params   map[string]oracleArg `json:"params"`
	Secrets  map[string]string    `json:"secrets"`
	Mode     string               `json:"mode"`
	OK       bool                 `json:"ok"`
	Want     *string              `json:"want_sql"`
	Used     []string             `json:"secrets_used"`
	Settings map[string]any       `json:"settings"`
	Warnings []string             `json:"warnings"`
	Error    *string              `json:"error"`
	Kind     string               `json:"error_kind"`
	Code     any                  `json:"error_code"`
	Hazard   string               `json:"hazard"`
	Meta     []map[string]any     `json:"params_meta"`
	Tables   []string             `json:"tables"`
}

type oracleArg templating.Arg

func (a *oracleArg) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		a.IsList = true
		return json.Unmarshal(b, &a.List)
	}
	if b[0] == '"' {
		return json.Unmarshal(b, &a.Text)
	}
	a.Text = string(b) // a number or boolean of a JSON body
	return nil
}

func oracleCases(tb testing.TB) []oracleCase {
	tb.Helper()
	f, err := os.Open("testdata/cases.jsonl.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var out []oracleCase
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 4<<20)
	for sc.Scan() {
		var c oracleCase
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			tb.Fatal(err)
		}
		out = append(out, c)
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// source is the node's text: the template after its activating line, which area activation spells out.
func (c *oracleCase) source() *lexer.Source { return &lexer.Source{Node: "n", Text: "%" + c.Template} }

func (c *oracleCase) input() templating.Input {
	in := templating.Input{Secret: func(name string) (string, bool, error) {
		v, ok := c.Secrets[name]
		return v, ok, nil
	}}
	for k, a := range c.Params {
		in.Params = append(in.Params, templating.NamedArg{Name: k, Arg: templating.Arg(a)})
	}
	if c.Mode == "test" {
		in.Mode = templating.Validate
	}
	return in
}

// outcome is what our engine makes of a case.
type outcome struct {
	sql   string
	facts templating.Facts
	err   *templating.Error
	st    lexer.Statement
}

func (c *oracleCase) run(t testing.TB) outcome {
	tmpl, err := templating.Compile(c.source())
	var o outcome
	if err != nil {
		o.err = err.(templating.Errors)[0]
		return o
	}
	var b lexer.Builder
	o.facts, err = tmpl.Render(&b, c.input())
	if err != nil {
		if !errors.As(err, &o.err) {
			t.Fatalf("%s: %v", c.ID, err)
		}
		return o
	}
	o.st = b.Statement()
	o.sql = o.st.SQL()
	return o
}

// exactText are the classes whose sentences clients know.
var exactText = map[string]bool{"required": true, "type": true, "secret_missing": true, "custom_error": true, "error_call": true,
	"null_expression": true, "reserved_name": true, "import_forbidden": true, "unknown_function": true}

// differs says how an outcome differs from the recorded one; "" when it agrees.
func (c *oracleCase) differs(o outcome) string {
	switch {
	case c.OK && o.err != nil:
		return fmt.Sprintf("recorded ok, got %s: %s", o.err.Kind, o.err.Message)
	case !c.OK && o.err == nil:
		return fmt.Sprintf("recorded %s, got ok: %q", c.Kind, o.sql)
	case c.OK:
		if c.Want != nil && *c.Want != o.sql {
			return fmt.Sprintf("got %q, want %q", o.sql, *c.Want)
		}
		return ""
	case c.Kind != o.err.Kind:
		return fmt.Sprintf("recorded %s, got %s: %s", c.Kind, o.err.Kind, o.err.Message)
	case exactText[c.Kind] && c.Error != nil && *c.Error != o.err.Message:
		return fmt.Sprintf("got %q, want %q", o.err.Message, *c.Error)
	}
	return ""
}

// rules are the named rules of DIFFERENCES.md; forced ones stand in the specification that the engine was written to.
var rules = map[string]bool{
	"table-is-a-name": true, "columns-fn-is-a-name": true, "symbol-quote": true, "secret-name-is-constant": true,
	"secret-place": true, "secret-is-a-token": true, "exception-is-a-literal": true, "lists-are-sql": true,
	"no-python-internals": true, "plain-digits": true, "date-tail": true, "threads-in-range": true, "disable-is-exact": true,
	"names-what-is-missing": true, "escape-once": true, "control-z": true, "one-rule-set": true, "secret-is-opaque": true,

	"odd-python": false, "odd-methods": false, "own-words": false, "no-accidents": false,
}

// deviations reads the list of cases where we differ on purpose: an id and the name of a rule.
func deviations(t *testing.T) map[string]string {
	data, err := os.ReadFile("testdata/deviations.tsv")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("DIFFERENCES.md")
	if err != nil {
		t.Fatal(err)
	}
	for rule := range rules {
		if !strings.Contains(string(text), "**"+rule+"**") {
			t.Errorf("DIFFERENCES.md does not explain %s", rule)
		}
	}
	out := make(map[string]string)
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		id, rule, ok := strings.Cut(line, "\t")
		if _, known := rules[rule]; !ok || !known {
			t.Fatalf("testdata/deviations.tsv: %q names no rule", line)
		}
		if out[id] != "" {
			t.Errorf("testdata/deviations.tsv: %s stands twice", id)
		}
		out[id] = rule
	}
	return out
}

// TestOracle runs every recorded case. Each difference must be listed, and each listed one must be a difference.
func TestOracle(t *testing.T) {
	cases := oracleCases(t)
	listed := deviations(t)
	count := make(map[string]int)
	forced, chosen, agree := 0, 0, 0
	for _, c := range cases {
		d := c.differs(c.run(t))
		rule := listed[c.ID]
		delete(listed, c.ID)
		switch {
		case d == "" && rule == "":
			agree++
		case d == "":
			t.Errorf("%s is listed as %s but agrees", c.ID, rule)
		case rule == "":
			t.Errorf("%s %q %v %s: %s", c.ID, c.Template, c.Params, c.Mode, d)
		default:
			count[rule]++
			if rules[rule] {
				forced++
			} else {
				chosen++
			}
		}
	}
	for id := range listed {
		t.Errorf("testdata/deviations.tsv: there is no case %s", id)
	}
	var names []string
	for rule := range count {
		names = append(names, rule)
	}
	sort.Strings(names)
	for _, rule := range names {
		t.Logf("%-24s %4d", rule, count[rule])
	}
	t.Logf("%d cases: %d agree, %d differ by the specification, %d by choice (%.2f %%)", len(cases), agree, forced, chosen,
		100*float64(chosen)/float64(len(cases)))
	if len(cases) != 7399 || chosen*50 > len(cases) {
		t.Errorf("%d cases and %d chosen differences: want 7399 and at most 2 %%", len(cases), chosen)
	}
}
