package guard_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"penstock/sql/guard"
	"penstock/sql/lexer"
)

// A corpusCase is a line of testdata/cases.jsonl; its README stands with the corpus.
type corpusCase struct {
	ID, Class, Kind, How, Template, SQL, Q, Expect string
	Nodes                                          []struct{ Name, SQL string }
	Expand                                         [][]any
	Params                                         map[string]string
	Secrets                                        map[string]string
	SecretsB64                                     map[string]string `json:"secrets_b64"`
	Validated                                      any
	RefusalIsFine                                  bool     `json:"refusal_is_fine"`
	MustNotContain                                 []string `json:"must_not_contain"`
	Needs                                          []string
}

func corpus(t testing.TB) []corpusCase {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []corpusCase
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		line := sc.Text()
		for from, to := range map[string]string{"@DB@": "ws_main", "@PG@": "127.0.0.1:5432", "@SINK@": "127.0.0.1:8099"} {
			line = strings.ReplaceAll(line, from, to)
		}
		var c corpusCase
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	if len(out) < 700 {
		t.Fatalf("the corpus has %d cases", len(out))
	}
	return out
}

// errTemplate tells that a case needs the template language: the gateway's own run has it.
var errTemplate = errors.New("belongs to the template language")

var (
	secretTag = regexp.MustCompile(`^tb_(?:secret|var)\(\s*'([^']*)'\s*(?:,\s*'([^']*)')?\s*\)$`)
	paramTag  = regexp.MustCompile(`^(String|U?Int\d+|Float\d+|Date|Array)\(\s*(\w+)\s*(?:,\s*'?([^')]*)'?\s*)?\)$`)
	number    = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
)

// render writes the tags of a template by hand: secrets, and the plain typed parameters.
func (c *corpusCase) render(b *lexer.Builder, src *lexer.Source, template bool) error {
	text := src.Text
	at := 0
	if template {
		at = len(text) - len(strings.TrimPrefix(strings.TrimLeft(text, " \n"), "%"))
		if strings.Contains(text, "{%") || strings.Contains(text, "{#") {
			return errTemplate
		}
	}
	for template {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			break
		}
		open += at
		end := strings.Index(text[open:], "}}")
		if end < 0 {
			return errTemplate
		}
		end += open
		b.Text(src, at, open)
		tag := strings.TrimSpace(text[open+2 : end])
		at = end + 2
		if m := secretTag.FindStringSubmatch(tag); m != nil {
			v, ok := c.Secrets[m[1]]
			if b64, is := c.SecretsB64[m[1]]; is {
				raw, _ := base64.StdEncoding.DecodeString(b64)
				v, ok = string(raw), true
			}
			if !ok {
				v = m[2]
			}
			b.Secret(src, open, literal(v), []string{m[1]})
			continue
		}
		m := paramTag.FindStringSubmatch(tag)
		if m == nil {
			return errTemplate
		}
		v, given := c.Params[m[2]]
		if !given {
			v = m[3]
		}
		switch {
		case m[1] == "Array":
			parts := strings.Split(v, ",")
			for i := range parts {
				parts[i] = literal(parts[i])
			}
			v = "[" + strings.Join(parts, ",") + "]"
		case m[1] == "String", m[1] == "Date" && len(v) == 10:
			v = literal(v)
		case !number.MatchString(v):
			return errTemplate
		}
		b.Param(src, open, v, []string{m[2]})
	}
	b.Text(src, at, len(text))
	return nil
}

func literal(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(v) + "'"
}

// finished renders, parses and composes a case as the gateway would. An error of type *guard.Finding is a refusal.
func (c *corpusCase) finished() (lexer.Statement, error) {
	var none lexer.Statement
	one := func(name, text string, template bool) (lexer.Statement, error) {
		var b lexer.Builder
		if err := c.render(&b, &lexer.Source{Pipe: c.ID, Node: name, Text: text}, template); err != nil {
			return none, err
		}
		return b.Statement(), nil
	}
	switch {
	case c.Expand != nil:
		var text strings.Builder
		for _, piece := range c.Expand {
			text.WriteString(strings.Repeat(piece[0].(string), int(piece[1].(float64))))
		}
		return one("", text.String(), false)
	case c.Nodes == nil && c.Template != "":
		return one("endpoint", c.Template, true)
	case c.Nodes == nil:
		return one("", c.SQL, strings.HasPrefix(c.SQL, "%"))
	}
	done := map[string]lexer.Statement{}
	var last lexer.Statement
	add := func(name, text, underscore string) error {
		st, err := one(name, text, strings.HasPrefix(strings.TrimSpace(text), "%"))
		if err != nil {
			return err
		}
		last, err = guard.NewPlans(0).Compose(st, func(t guard.TableRef) (lexer.Statement, bool) {
			if t.Name == "_" {
				st, ok := done[underscore]
				return st, ok
			}
			st, ok := done[t.Name]
			return st, ok
		})
		done[name] = last
		return err
	}
	for _, n := range c.Nodes {
		if err := add(n.Name, n.SQL, ""); err != nil {
			return none, err
		}
	}
	if c.Q != "" {
		if err := add("q=", c.Q, c.Nodes[len(c.Nodes)-1].Name); err != nil {
			return none, err
		}
	}
	return last, nil
}

func corpusPolicy(t testing.TB) guard.Policy {
	hosts, err := guard.NewHosts([]string{"127.0.0.1:5432", "127.0.0.1:8099", "127.0.0.1:1"}, []string{"127.0.0.1:8123"},
		func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such name") })
	if err != nil {
		t.Fatal(err)
	}
	return guard.Policy{Database: "ws_main", AllowFormat: true, Host: hosts.Func(context.Background()),
		Functions: map[string]bool{"url": true}}
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	outbound := corpusPolicy(t) // for the cases that say so; the others meet a gateway that allows no inner host
	closed := outbound
	closed.Host = func(string, bool) error { return errors.New("none is allowed") }
	figures := map[string]int{}
	guards := map[bool]*guard.Guard{true: guard.New(outbound, 1000), false: guard.New(closed, 1000)}
	for _, c := range corpus(t) {
		g := guards[len(c.Needs) > 0]
		if c.Class == "literal" && c.Expect == "refuse" {
			// What may stand where and what a parameter may hold is the template language's; it is tried here as far as the
			// guard can stand in for it, and counted apart.
			if st, err := c.finished(); err == nil {
				if _, err := g.Check(st); err == nil {
					figures["left to the gateway: "+c.Class]++
					continue
				}
			}
		}
		st, err := c.finished()
		if errors.Is(err, errTemplate) {
			figures["left to the gateway: "+c.Class]++
			continue
		}
		var report guard.Report
		if err == nil {
			report, err = g.Check(st)
		}
		var finding *guard.Finding
		if err != nil && !errors.As(err, &finding) {
			t.Fatalf("%s: %v", c.ID, err)
		}
		switch {
		case c.Expect == "refuse" && err == nil:
			t.Errorf("%s is allowed:\n%s\n%+v", c.ID, st.Log(), report)
		case c.Expect == "allow" && err != nil && !c.RefusalIsFine:
			t.Errorf("%s is refused: %s: %v\n%s", c.ID, finding.Rule, err, st.Log())
		case err != nil:
			figures["refused: "+c.Kind+" "+c.Class]++
		default:
			figures["allowed: "+c.Kind+" "+c.Class]++
		}
		for _, bad := range c.MustNotContain {
			if text := fmt.Sprint(err, report); bad != "" && strings.Contains(text, bad) {
				t.Errorf("%s: the report shows %q: %s", c.ID, bad, text)
			}
		}
		if err == nil {
			again, err := g.Check(st)
			if err != nil || fmt.Sprint(again) != fmt.Sprint(report) {
				t.Errorf("%s: kept: %v\n%+v\n%+v", c.ID, err, again, report)
			}
		}
	}
	for k, n := range figures {
		t.Logf("%4d %s", n, k)
	}
}
