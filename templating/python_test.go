package templating

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"penstock/sql/lexer"
)

// pythonCase is one line of what testdata/python.py recorded.
type pythonCase struct {
	expr  string
	repr  string
	class string // of the exception; "" when there is a value
}

func pythonCases(tb testing.TB) []pythonCase {
	f, err := os.Open("testdata/python.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var out []pythonCase
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var line []*string
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			tb.Fatal(err)
		}
		c := pythonCase{expr: *line[0]}
		if line[1] != nil {
			c.repr = *line[1]
		} else {
			c.class = *line[2]
		}
		out = append(out, c)
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// evaluated is the value of an expression as Python would show it, or the fault.
func evaluated(expr string) (string, *fault, error) {
	t, err := Compile(&lexer.Source{Text: "%{% set x = " + expr + " %}"})
	if err != nil {
		return "", nil, err
	}
	var b lexer.Builder
	r := t.begin(&b, &Input{})
	if _, f := t.body.run(r); f != nil {
		return "", f, nil
	}
	if len(r.locals) == 0 {
		return "", nil, nil
	}
	s, f := r.repr(nil, r.locals[0])
	return string(s), f, nil
}

// notPython are exceptions that we class otherwise: what Python reports by the machine's limits, and what is left out.
func notPython(c pythonCase, f *fault, err error) bool {
	switch {
	case err != nil: // refused before running
		return false
	case f != nil && f.kind == KindUnsupported:
		return true // complex numbers, text formatting
	}
	return false
}

func TestEvaluatorIsPythons(t *testing.T) {
	cases := pythonCases(t)
	left := 0
	for _, c := range cases {
		got, f, err := evaluated(c.expr)
		switch {
		case notPython(c, f, err):
			left++
		case err != nil:
			t.Errorf("%s: %v", c.expr, err)
		case c.class != "" && f == nil:
			t.Errorf("%s: got %s, want %s", c.expr, got, c.class)
		case c.class == "" && f != nil:
			t.Errorf("%s: got %s, want %s", c.expr, f.msg, c.repr)
		case c.class != "" && f.class != c.class:
			t.Errorf("%s: got %s (%s), want %s", c.expr, f.class, f.msg, c.class)
		case c.class == "" && got != c.repr:
			t.Errorf("%s: got %s, want %s", c.expr, got, c.repr)
		}
	}
	t.Logf("%d expressions, %d of them left out of the language", len(cases), left)
	if len(cases) < 5000 || left > 60 {
		t.Errorf("%d expressions, %d left out; want 5,000 and at most 60", len(cases), left)
	}
}

// FuzzEvaluator begins with the recorded expressions: those give what was recorded, and no other makes it panic.
func FuzzEvaluator(f *testing.F) {
	recorded := make(map[string]pythonCase)
	for _, c := range pythonCases(f) {
		recorded[c.expr] = c
		f.Add(c.expr)
	}
	if len(recorded) < 7000 {
		f.Fatalf("the corpus has %d seeds, want 7,000", len(recorded))
	}
	f.Fuzz(func(t *testing.T, expr string) {
		got, fault, err := evaluated(expr)
		c, known := recorded[expr]
		if !known || notPython(c, fault, err) {
			return
		}
		if err != nil || (fault == nil) != (c.class == "") || fault == nil && got != c.repr {
			t.Errorf("%s: got %s %v %v, want %s%s", expr, got, fault, err, c.repr, c.class)
		}
	})
}

// TestStrptimeIsPythons reads dates as testdata/strptime.py recorded them.
func TestStrptimeIsPythons(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/strptime.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, read := 0, 0
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var line []any
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		text, layout := line[0].(string), line[1].(string)
		n++
		at, ok := strptime(text, layout)
		want, wantOK := line[2].(float64)
		if ok {
			read++
		}
		if ok != wantOK || ok && at.UnixMicro() != int64(want) {
			t.Errorf("%q as %q: got %v %v, want %v", text, layout, at, ok, line[2])
		}
	}
	if n < 1500 || read < 45 {
		t.Errorf("%d texts, of which %d are dates", n, read)
	}
}

// TestJSONIsPythons reads JSON as testdata/jsontexts.py recorded it, with Python's words for what is wrong.
func TestJSONIsPythons(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/jsontexts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tmpl, err := Compile(&lexer.Source{Text: "%{% set x = JSON(a) %}"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		n++
		var line []*string
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		text := *line[0]
		var b lexer.Builder
		r := tmpl.begin(&b, &Input{Params: Args{{"a", Arg{Text: text}}}})
		_, fault := tmpl.body.run(r)
		switch {
		case line[1] == nil:
			want := prefix + "Error parsing JSON: '" + shownJSON(text) + "' - " + *line[2]
			if fault == nil || fault.msg != want {
				t.Errorf("%q: got %v, want %s", text, fault, want)
			}
		case fault != nil:
			t.Errorf("%q: got %s, want %s", text, fault.msg, *line[1])
		default:
			if got, fault := r.repr(nil, r.locals[0]); fault != nil || string(got) != *line[1] {
				t.Errorf("%q: got %s, want %s", text, got, *line[1])
			}
		}
	}
	if n < 130 {
		t.Errorf("%d texts", n)
	}
}

// TestReprOfBrokenText: bytes that are no UTF-8, which Python's texts cannot hold, are shown as its bytes show them.
func TestReprOfBrokenText(t *testing.T) {
	t.Parallel()
	if got := string(appendRepr(nil, "a\xff\x80é\xc3")); got != `'a\xff\x80é\xc3'` {
		t.Error(got)
	}
}
