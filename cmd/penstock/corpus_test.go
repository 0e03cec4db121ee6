package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"penstock/sql/engine/enginetest"
)

// A corpusCase is one line of the guard's corpus: see sql/guard/testdata/README.md.
type corpusCase struct {
	ID, Class, Kind, How string
	Template, SQL, Q     string
	Nodes                []struct{ Name, SQL string }
	Expand               [][2]any
	Params               map[string]any
	Secrets              map[string]string
	SecretsB64           map[string]string `json:"secrets_b64"`
	Expect               string
	MustNotContain       []string `json:"must_not_contain"`
	ExpectRows           [][]any  `json:"expect_rows"`
	Unordered            bool
	EngineError          string  `json:"engine_error"`
	ValueMayBeRefused    bool    `json:"value_may_be_refused"`
	RefusalIsFine        bool    `json:"refusal_is_fine"`
	MaxSeconds           float64 `json:"max_seconds"`
	Needs                []string
	Why                  string
}

// The corpus, through the whole gateway: attacks are refused, honest statements run and give their rows, and nothing of a
// value is in any byte of an answer, of the log, or of what another host hears.
func TestGuardCorpus(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(root(t), "sql", "guard", "testdata")
	pg := enginetest.StartPostgres(t)
	loadPsql(t, pg, readFile(t, filepath.Join(dir, "pg.sql")))
	heard := &output{}
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintln(heard, r.Method, r.URL, r.Header, string(body))
		if strings.HasPrefix(r.URL.Path, "/absent") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprintln(w, "1")
	}))
	defer sink.Close()
	places := strings.NewReplacer("@DB@", "ws_main", "@PG@", pg.Addr, "@SINK@", sink.Listener.Addr().String())
	cases := readCorpus(t, filepath.Join(dir, "cases.jsonl"), places)

	// Cases that say what they need get it: hosts on loopback, and url. The others run where no operator allowed anything.
	plain := corpusGateway(t, dir, places, slices.DeleteFunc(slices.Clone(cases), func(c corpusCase) bool { return c.Needs != nil }))
	open := corpusGateway(t, dir, places, slices.DeleteFunc(slices.Clone(cases), func(c corpusCase) bool { return c.Needs == nil }),
		"--allow-host", pg.Addr, "--allow-host", sink.Listener.Addr().String(), "--allow-host", "127.0.0.1:1", "--allow-function", "url")

	// What ClickHouse 26.9 reads and the embedded one does not yet: the guard lets it through, the engine says what is wrong.
	newer := map[string]bool{"ok_from_only": true}
	counts := map[string]int{}
	for _, c := range cases {
		if newer[c.ID] {
			c.ExpectRows, c.EngineError = nil, "Syntax error"
		}
		counts[c.Class+" "+c.Expect]++
		g := plain
		if c.Needs != nil {
			g = open
		}
		start, logged := time.Now(), len(g.log.String())
		r := c.call(g.testGateway)
		if c.MaxSeconds > 0 && time.Since(start).Seconds() > c.MaxSeconds {
			t.Errorf("%s: took %v, want at most %v s", c.ID, time.Since(start), c.MaxSeconds)
		}
		c.judge(t, r, g.refused)
		for _, needle := range c.MustNotContain {
			if strings.Contains(r.body+fmt.Sprint(r.header), needle) {
				t.Errorf("%s: the answer has %q: %.300s", c.ID, needle, r.body)
			}
			if strings.Contains(heard.String(), needle) {
				t.Errorf("%s: another host heard %q", c.ID, needle)
			}
			if strings.Contains(g.log.String()[logged:]+g.out.String(), needle) {
				t.Errorf("%s: the log has %q", c.ID, needle)
			}
		}
	}
	classes := make([]string, 0, len(counts))
	for class := range counts {
		classes = append(classes, fmt.Sprintf("%s %d", class, counts[class]))
	}
	sort.Strings(classes)
	t.Logf("%d cases: %s", len(cases), strings.Join(classes, ", "))
}

// A loadedGateway has the corpus' tables, pipes and secrets; refused are the names of secrets whose values it did not take.
type loadedGateway struct {
	*testGateway
	refused map[string]bool
}

func corpusGateway(t *testing.T, dir string, places *strings.Replacer, cases []corpusCase, args ...string) loadedGateway {
	t.Helper()
	project := t.TempDir()
	for _, c := range cases {
		if c.How != "sql" {
			writeFile(t, filepath.Join(project, c.ID+".pipe"), c.pipe())
		}
	}
	g := serve(t, append(args, "--secret-rate", "0", "--max-running", "64", "--query-timeout", "30s", "--project", project)...)
	for _, statement := range strings.Split(places.Replace(readFile(t, filepath.Join(dir, "schema.sql"))), ";\n") {
		lines := slices.DeleteFunc(strings.Split(statement, "\n"), func(l string) bool { return strings.HasPrefix(l, "--") })
		if sql := strings.TrimSpace(strings.Join(lines, "\n")); sql != "" && !strings.HasPrefix(sql, "ATTACH") {
			g.engine(sql)
		}
	}
	return loadedGateway{g, corpusSecrets(g, cases)}
}

// loadPsql runs a text as psql would: one statement a line, \\c NAME changes the database.
func loadPsql(t *testing.T, pg *enginetest.Postgres, text string) {
	t.Helper()
	on := *pg
	for _, line := range strings.Split(text, "\n") {
		if name, ok := strings.CutPrefix(line, `\c `); ok {
			on.Database = strings.TrimSpace(name)
		} else if strings.TrimSpace(line) != "" {
			on.Exec(t, line)
		}
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readCorpus(t *testing.T, path string, places *strings.Replacer) []corpusCase {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []corpusCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var c corpusCase
		if err := json.Unmarshal([]byte(places.Replace(lines.Text())), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil || len(cases) < 806 {
		t.Fatalf("got %d cases, %v; want 806 at least", len(cases), err)
	}
	return cases
}

// corpusSecrets creates every secret that a case names; it gives the names whose values were refused.
func corpusSecrets(g *testGateway, cases []corpusCase) map[string]bool {
	g.t.Helper()
	done, refused := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		for name, value := range c.values(g.t) {
			if done[name] {
				continue
			}
			done[name] = true
			if r := g.call("POST", "/v0/secrets", url.Values{"name": {name}, "value": {value}}); r.status != 200 {
				if !c.ValueMayBeRefused {
					g.t.Errorf("%s: the secret %s was refused: %d %s", c.ID, name, r.status, r.body)
				}
				refused[name] = true
			}
		}
	}
	return refused
}

func (c corpusCase) values(t testing.TB) map[string]string {
	t.Helper()
	values := map[string]string{}
	for name, value := range c.Secrets {
		values[name] = value
	}
	for name, value := range c.SecretsB64 {
		b, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		values[name] = string(b)
	}
	return values
}

func (c corpusCase) text() string {
	switch {
	case c.Template != "":
		return "%\n" + c.Template
	case c.Expand != nil:
		var b strings.Builder
		for _, part := range c.Expand {
			b.WriteString(strings.Repeat(part[0].(string), int(part[1].(float64))))
		}
		return b.String()
	}
	return c.SQL
}

func (c corpusCase) pipe() string {
	if c.Nodes == nil {
		return pipe(c.text())
	}
	var b strings.Builder
	for _, n := range c.Nodes {
		fmt.Fprintf(&b, "NODE %s\nSQL >\n    %s\n\n", n.Name, strings.ReplaceAll(n.SQL, "\n", "\n    "))
	}
	return b.String() + "TYPE endpoint\n"
}

func (c corpusCase) call(g *testGateway) reply {
	g.t.Helper()
	params := url.Values{}
	for k, v := range c.Params {
		if list, ok := v.([]any); ok {
			for _, e := range list {
				params.Add(k, fmt.Sprint(e))
			}
			continue
		}
		params.Set(k, fmt.Sprint(v))
	}
	if c.How == "sql" {
		return g.as(g.token).send("POST", "/v0/sql?"+params.Encode(), http.Header{"Content-Type": {"text/plain"}}, strings.NewReader(c.text()))
	}
	if c.Q != "" {
		params.Set("q", c.Q)
	}
	return g.call("POST", "/v0/pipes/"+c.ID+".json", params)
}

// judge compares an answer with what the case expects.
func (c corpusCase) judge(t *testing.T, r reply, refusedValues map[string]bool) {
	t.Helper()
	refusal := slices.Contains([]int{400, 403, 413, 414, 422}, r.status) || r.status == 404 && c.How != "sql"
	for name := range c.values(t) {
		if refusedValues[name] && refusal {
			return
		}
	}
	switch {
	case c.Expect == "refuse" || c.RefusalIsFine && refusal:
		if !refusal {
			t.Errorf("%s: got %d %.300s, want a refusal: %s", c.ID, r.status, r.body, c.Why)
		}
	case c.EngineError != "":
		if r.status < 400 || r.status >= 500 || !regexp.MustCompile(c.EngineError).MatchString(r.body) {
			t.Errorf("%s: got %d %.300s, want the engine's error %s", c.ID, r.status, r.body, c.EngineError)
		}
	case r.status != 200:
		t.Errorf("%s: got %d %.400s, want rows: %s", c.ID, r.status, r.body, c.Why)
	default:
		got := r.data(t)
		if !sameRows(got, c.ExpectRows, c.Unordered) {
			t.Errorf("%s: got %.300v, want %.300v: %s", c.ID, got, c.ExpectRows, c.Why)
		}
	}
}

func sameRows(got, want [][]any, unordered bool) bool {
	if len(got) != len(want) {
		return false
	}
	if unordered {
		got, want = slices.Clone(got), slices.Clone(want)
		for _, rows := range [][][]any{got, want} {
			slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	for i := range got {
		if len(got[i]) != len(want[i]) {
			return false
		}
		for j := range got[i] {
			if !sameValue(got[i][j], want[i][j]) {
				return false
			}
		}
	}
	return true
}

// sameValue takes numbers for equal when they differ by less than a printed digit: 64-bit integers may come as text.
func sameValue(got, want any) bool {
	a, ok1 := got.(float64)
	b, ok2 := want.(float64)
	if ok1 && ok2 {
		return a == b || math.Abs(a-b) < 1e-9*math.Max(1, math.Abs(b))
	}
	return reflect.DeepEqual(got, want)
}
