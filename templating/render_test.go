package templating_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"penstock/sql/lexer"
	"penstock/templating"
)

func compile(t testing.TB, text string) *templating.Template {
	t.Helper()
	tmpl, err := templating.Compile(&lexer.Source{Pipe: "p", Node: "n", Text: text})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return tmpl
}

// args makes parameters of pairs.
func args(pairs ...string) templating.Args {
	var out templating.Args
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, templating.NamedArg{Name: pairs[i], Arg: templating.Arg{Text: pairs[i+1]}})
	}
	return out
}

func vault(pairs ...string) func(string) (string, bool, error) {
	return func(name string) (string, bool, error) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true, nil
			}
		}
		return "", false, nil
	}
}

// asError is the first error of a compilation or rendering.
func asError(t testing.TB, err error) *templating.Error {
	t.Helper()
	var e *templating.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

func TestActivate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		offset int
		ok     bool
	}{
		{"%\nSELECT 1", 1, true}, {"  \n\t% x", 5, true}, {"%%", 1, true}, {"SELECT 1 % 2", 0, false}, {"", 0, false}, {" ", 0, false},
	} {
		if offset, ok := templating.Activate(c.text); offset != c.offset || ok != c.ok {
			t.Errorf("%q: got %d, %v", c.text, offset, ok)
		}
	}
	// A text that is no template is copied, tags and all.
	var b lexer.Builder
	if _, err := compile(t, "SELECT {{x}} {% nothing").Render(&b, templating.Input{}); err != nil {
		t.Fatal(err)
	}
	if got := b.Statement().SQL(); got != "SELECT {{x}} {% nothing" {
		t.Errorf("got %q", got)
	}
}

// TestSpans: what a tag prints has one span with the parameters that it was computed from; what a block chose has none.
func TestSpans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, sql, spans string }{
		{"%{{String(a)}} {{Int32(b) + 1}}", "'x' 3", "a:'x' b:3"},
		{"%{% if defined(a) %}{{'yes'}}{% end %}", "'yes'", ""},
		{"%{{a if b else 'c'}}", "'x'", "a:'x'"},
		{"%{{a + b}} {{[a, 1, b]}}", "'x2' ['x', 1, '2']", "a,b:'x2' a,b:['x', 1, '2']"},
		{"%{{sql_and(x=String(a), y__in=Array(b, 'Int32'), z=1)}}", "x = 'x' and y in [2] and z = 1",
			"a,b:x = 'x' and y in [2] and z = 1"},
		{"%{% set c = a %}{{c}}{{column(c)}}", "'x'`x`", "a:'x' a:`x`"},
		{"%{% for c in split_to_array(a) %}{{c}}{{len(a)}}{% end %}", "'x'1", "a:'x' a:1"},
		{"%{{String(m, 'd')}}", "'d'", "m:'d'"},
		{"%{{a == 'x'}}{{not defined(m)}}", "TrueTrue", "a:True m:True"},
		{"%{{tb_secret('s')}} {{a}}", "'top' 'x'", "s!'top' a:'x'"},
		{"%{{sql_and(x=tb_secret('s'), y=a)}}", "x = 'top' and y = 'x'", "s!'top' a: and y = 'x'"},
		{"%{% set v = tb_secret('s') %}{{v}} = {{v}}", "'top' = 'top'", "s!'top' s!'top'"},
		{"%{% try %}{{Int32(a)}}{% except E %}{% except ValueError as e %}{{e}}{% end %}",
			`'Template Syntax Error: Error validating \'x\' to type Int32'`,
			`a:'Template Syntax Error: Error validating \'x\' to type Int32'`},
	} {
		var b lexer.Builder
		_, err := compile(t, c.text).Render(&b, templating.Input{Params: args("a", "x", "b", "2"), Secret: vault("s", "top")})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		var spans []string
		for _, s := range b.Statement().Spans() {
			sign := ":"
			if s.Kind == lexer.Secret {
				sign = "!"
			}
			spans = append(spans, strings.Join(s.Names, ",")+sign+string(b.Statement().Bytes()[s.Start:s.End]))
		}
		if got := b.Statement().SQL(); got != c.sql {
			t.Errorf("%s: got %s, want %s", c.text, got, c.sql)
		}
		if got := strings.Join(spans, " "); got != c.spans {
			t.Errorf("%s: got spans %s, want %s", c.text, got, c.spans)
		}
	}
}

// TestSecretsStandAlone: everywhere but as a whole literal a secret is refused; where the text around is constant, when
// the template is compiled.
func TestSecretsStandAlone(t *testing.T) {
	t.Parallel()
	const s = "{{tb_secret('s')}}"
	for _, text := range []string{
		"'" + s + "'", "\"" + s + "\"", "`" + s + "`", "-- " + s + "\n", "# " + s, "// " + s, "/* /* */ " + s + " */", "$$ " + s + " $$",
		"$t$" + s + "$t$", "‘" + s + "’", "“" + s + "”", "x" + s, s + "x", s + "'y'", s + s, "'it''s " + s, `'\'` + s, "1" + s, s + "$$",
		"{% if True %}'{% end %}" + s, "{{a + tb_secret('s')}}", "{{tb_secret('s')[0]}}", "{{tb_secret('s') == 'x'}}",
		"{{len(tb_secret('s'))}}", "{% for c in tb_secret('s') %}{% end %}", "{{column(tb_secret('s'))}}", "{{symbol(tb_secret('s'))}}",
		"{{table(tb_secret('s'))}}", "{{String(tb_secret('s'))}}", "{{error(tb_secret('s'))}}", "{{f'{tb_secret(\"s\")}'}}",
		"{{custom_error({'a': tb_secret('s')})}}", "{{[tb_secret('s')]}}", "{{ {'a': tb_secret('s')} }}", "{{not tb_secret('s')}}",
		"{% if tb_secret('s') %}{% end %}", "{% while tb_secret('s') %}{% end %}", "{{tb_secret('s') or 1}}", "{{Array(tb_secret('s'))}}",
		"{{JSON(tb_secret('s'))}}", "{{sql_unescape(tb_secret('s'))}}", "{{tb_secret('s').split(',')}}", "{{backend_hint(tb_secret('s'))}}",
		"{{max_threads(tb_secret('s'))}}", "{{defined(tb_secret('s'))}}", "{{tb_secret(a)}}", "{{tb_secret('a' + 'b')}}", "{{int(tb_secret('s'))}}",
		"{% set v = tb_secret('s') %}{{v + 'x'}}", "{% set v = tb_secret('s') %}{{String(v)}}", "{% set v = tb_secret('s') %}'{{v}}'",
		"{% set v = tb_secret('s') %}{{[v]}}", "{% set v = tb_secret('s') %}{{v == v}}", "{% set v = tb_secret('s') %}{{v in 'x'}}",
		"{% set v = tb_secret('s') %}{{v is None}}", "{% set v = tb_secret('s') %}{{f'{v}'}}", "{% set v = tb_secret('s') %}{{-v}}",
		"{% set v = tb_secret('s') %}{% for x in v %}{% end %}", "{% set v = tb_secret('s') %}{{ {v: 1} }}", "{% set v = tb_secret('s') %}{{v.x()}}",
		"{% set v, w = tb_secret('s') %}", "{% set v = tb_secret('s') %}{{error(v)}}", "{% set v = tb_secret('s') %}{{str(v)}}",
		"{% set v = tb_secret('s') %}{{'a'[v]}}", "{% set v = tb_secret('s') %}{{max(v, 'a')}}", "{% set v = tb_secret('s') %}{{max('a', v)}}",
		"{% set v = tb_secret('s') %}{{sorted([1], v)}}{{v}}x", "{% set v = tb_secret('s') %}{{','.join(v)}}", "{% set v = tb_secret('s') %}{{custom_error('x', v)}}",
		"{% set v = sql_and(x=tb_secret('s')) %}{{v + 'x'}}", "{% set v = sql_and(x=tb_secret('s')) %}{{len(v)}}", "{% set v = sql_and(x=tb_secret('s')) %}{{String(v)}}",
		"{% set v = sql_and(x=tb_secret('s')) %}'{{v}}", "{% set v = sql_and(x=tb_secret('s')) %}{% if v %}{% end %}",
		"{% set v = tb_secret('s') %}{{cache_ttl(v)}}", "{% set v = tb_secret('s') %}{{activate(v)}}", "{% set v = tb_secret('s') %}{{day_diff(v, v)}}",
		"{% set v = tb_secret('s') %}{{split_to_array(v)}}", "{% set v = tb_secret('s') %}{{columns('a', 'b', v)}}", "{% set v = tb_secret('s') %}{{range(v)}}",
	} {
		tmpl, err := templating.Compile(&lexer.Source{Text: "%" + text})
		if err == nil {
			var b lexer.Builder
			_, err = tmpl.Render(&b, templating.Input{Params: args("a", "s"), Secret: vault("s", "hunter2")})
			if err == nil {
				t.Errorf("%s: accepted: %s", text, b.Statement().SQL())
				continue
			}
		}
		if e := asError(t, err); strings.Contains(err.Error()+e.Hint+e.Excerpt(), "hunter2") {
			t.Errorf("%s: the error shows the value: %v", text, err)
		}
	}
	for _, text := range []string{
		"'" + s + "'", "`" + s + "`", "-- " + s, "/*" + s + "*/", "$$" + s + "$$", "‘" + s + "’", "x" + s, s + "x", s + s, "{{tb_secret(a)}}",
		"{{tb_secret('s') == 'x'}}", "{{String(tb_secret('s'))}}", "{% if a %}x{% else %}y{% end %}'" + s + "'", "{{tb_secret('no-name')}}",
	} {
		if _, err := templating.Compile(&lexer.Source{Text: "%" + text}); err == nil {
			t.Errorf("%s: compiles, though it is plain that it cannot render", text)
		}
	}
}

func TestSecretsWhereALiteralStands(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"f({{tb_secret('s')}},{{tb_var('s')}})", "f('v','v')"},
		{"x={{tb_secret('s')}}-- c\n", "x='v'-- c\n"},
		{"{{tb_secret('none', 'd')}} {{tb_secret('none', 5)}} {{tb_secret('s', 'd')}}", "'d' 5 'v'"},
		{"{{tb_secret('none', tb_secret('s'))}}", "'v'"},
		{"{{tb_secret('s') if a else tb_secret('none')}}", "'v'"},
		{"'it''s' , {{tb_secret('s')}}, \"a'b\", /* ' */ {{tb_secret('s')}}", "'it''s' , 'v', \"a'b\", /* ' */ 'v'"},
		{"{% if False %}{{tb_secret('none')}}{% end %}1", "1"},
		{"$a$ ' $a$ {{tb_secret('s')}}", "$a$ ' $a$ 'v'"},
		{"{% for x in [1, 2] %}{{tb_secret('s')}}, {% end %}1", "'v', 'v', 1"},
	} {
		var b lexer.Builder
		facts, err := compile(t, "%"+c[0]).Render(&b, templating.Input{Params: args("a", "s"), Secret: vault("s", "v")})
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		if got := b.Statement().SQL(); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
		if len(facts.Secrets) > 1 {
			t.Errorf("%s: got secrets %v", c[0], facts.Secrets)
		}
	}
	boom := errors.New("the vault is closed")
	var b lexer.Builder
	_, err := compile(t, "%{% try %}{{tb_secret('s')}}{% except %}x{% end %}").Render(&b, templating.Input{
		Secret: func(string) (string, bool, error) { return "", false, boom }})
	if err != boom {
		t.Errorf("got %v, want the error of the vault", err)
	}
	facts, err := compile(t, "%{{tb_secret('gone')}}").Render(&b, templating.Input{Mode: templating.Validate})
	if err != nil || len(facts.Missing) != 1 || facts.Missing[0] != "gone" {
		t.Errorf("got %+v, %v", facts, err)
	}
}

// TestLimits: each budget ends a rendering with its own name, and try does not save it.
func TestLimits(t *testing.T) {
	t.Parallel()
	small := templating.Limits{Steps: 5000, Turns: 1000, Output: 10_000, Values: 1 << 20, Depth: 20}
	shared := "{% set x = (1,) %}{% for i in range(15) %}{% set x = (x, x) %}{% end %}" // 15 tuples that read like 2^15
	for text, what := range map[string]string{
		"{% while True %}{% end %}": "turns of loops",
		"{% for i in range(100) %}{% for j in range(100) %}{% end %}{% end %}": "turns of loops",
		"{% set x = range(10**9) %}":                                                 "turns of loops",
		"{% set x = [y for y in 'a' * 2000] %}":                                      "turns of loops",
		"{% set x = 'a' * 10000000 %}":                                               "bytes of values",
		"{% set x = [0] * 1000000000000 %}":                                          "bytes of values",
		"{% set x = 'ab' %}{% while True %}{% set x = x + x %}{% end %}":             "bytes of values",
		"{% set x = 'ab' %}{% while True %}{% set x = x.replace('b', x) %}{% end %}": "bytes of values",
		"{% set x = 'ab' %}{% while True %}{% set x = x.join([x, x]) %}{% end %}":    "bytes of values",
		"{% set x = ['ab'] %}{% while True %}{% set x = x + x %}{% end %}":           "bytes of values",
		"{% set x = 10**100000000 %}":                                                "bits of an integer",
		"{% set x = 2 %}{% while True %}{% set x = x * x %}{% end %}":                "bits of an integer",
		"{% set x = [] %}{% while True %}{% set x = [x] %}{% end %}":                 "nested values",
		"{{JSON(deep)}}": "nested values",
		"{% for i in range(900) %}{{'a' * 100}}{% end %}":               "bytes of SQL",
		"{% for i in range(900) %}aaaaaaaaaaaaaaaaaaaa{% end %}":        "bytes of SQL",
		"{% for i in range(900) %}{% set x = 1+1+1+1+1+1+1 %}{% end %}": "steps",
		shared + "{% set d = {x: 1} %}":                                 "steps",
		shared + "{% set d = {x} %}":                                    "steps",
		shared + "{% set d = {'a': 1}[x] %}":                            "steps",
		shared + "{% set d = {'a': 1}.get(x) %}":                        "steps",
		shared + "{% set d = x in {'a': 1} %}":                          "steps",
		"{% for i in range(900) %}{% set d = {}.get(deep) %}{% end %}":  "bytes of values",
		"{% for i in range(900) %}{% set d = deep in {1} %}{% end %}":   "bytes of values",
		"{% for i in range(900) %}{% set d = {(deep, i)} %}{% end %}":   "bytes of values",
		"{% try %}{% while True %}{% end %}{% except %}{% end %}":       "turns of loops",
		"{% try %}{% while True %}{% end %}{% finally %}x{% end %}":     "turns of loops",
	} {
		var b lexer.Builder
		in := templating.Input{Params: args("deep", strings.Repeat("[", 20_000)), Limits: small}
		_, err := compile(t, "%"+text).Render(&b, in)
		if err == nil {
			t.Errorf("%s: rendered", text)
			continue
		}
		if e := asError(t, err); e.Kind != templating.KindLimit || !strings.Contains(e.Message, what) {
			t.Errorf("%s: got %s, want a limit of %s", text, e.Message, what)
		}
	}
}

// TestErrorsHaveAPlace: pipe, node, line and column in the node's own text, a hint, and an excerpt with a caret.
func TestErrorsHaveAPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, place, hint, excerpt string }{
		{"%\nSELECT {{Strin(a)}}", "p/n:2:10", "did you mean String?", "SELECT {{Strin(a)}}\n         ^\n"},
		{"%\n\tñ {{Int32(a)}} x", "p/n:2:6", "", "\tñ {{Int32(a)}} x\n\t    ^\n"},
		{"%{% endif %}", "p/n:1:2", "did you mean {% end %}?", "%{% endif %}\n ^\n"},
		{"%{{a.uper()}}", "p/n:1:6", "did you mean upper?", "%{{a.uper()}}\n     ^\n"},
		{"%{{String(a, defualt='x')}}", "p/n:1:4", "did you mean default?", "%{{String(a, defualt='x')}}\n   ^\n"},
		{"%{{tb_secrt('x')}}", "p/n:1:4", "did you mean tb_secret?", "%{{tb_secrt('x')}}\n   ^\n"},
	} {
		tmpl, err := templating.Compile(&lexer.Source{Pipe: "p", Node: "n", Text: c.text})
		if err == nil {
			var b lexer.Builder
			_, err = tmpl.Render(&b, templating.Input{Params: args("a", "x")})
		}
		e := asError(t, err)
		if e.Pos.String() != c.place || e.Hint != c.hint || e.Excerpt() != c.excerpt {
			t.Errorf("%q: got %s, %q, %q", c.text, e.Pos, e.Hint, e.Excerpt())
		}
		if !strings.HasSuffix(e.Error(), "at "+c.place) {
			t.Errorf("%q: got %s", c.text, e.Error())
		}
	}
	// All of them are told at once.
	_, err := templating.Compile(&lexer.Source{Text: "%{{f()}} {{g()}} {{'x'.mro()}} {{q}} {% if tb_secret(a) %}{% end %} {{lambda x: 1}}"})
	var all templating.Errors
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	var kinds []string
	for _, e := range all {
		kinds = append(kinds, e.Kind+" "+e.Pos.String())
	}
	if got, want := strings.Join(kinds, ", "), "unsupported_op 1:71, unknown_function 1:4, unknown_function 1:12, unsupported_op 1:24, unsupported_op 1:44, unsupported_op 1:44, reserved_name 1:34"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	long := strings.Repeat("x", 500) + "{{f()}}" + strings.Repeat("y", 500)
	_, err = templating.Compile(&lexer.Source{Text: "%" + long})
	if got := asError(t, err).Excerpt(); len(got) > 400 || !strings.Contains(got, "{{f()}}") {
		t.Errorf("got the excerpt %q", got)
	}
}

// TestLeftOutMethods: the methods of Python's texts, lists and dictionaries that the language does not have are refused
// when the template is compiled; what Python does not have either fails when it is reached.
func TestLeftOutMethods(t *testing.T) {
	t.Parallel()
	const here = " get items keys values split join replace startswith endswith strip lstrip rstrip lower upper "
	methods := strings.Fields(`append capitalize casefold center clear copy count encode endswith expandtabs extend find format format_map
		fromkeys get index insert isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
		items join keys ljust lower lstrip maketrans partition pop popitem remove removeprefix removesuffix replace reverse rfind rindex rjust
		rpartition rsplit rstrip setdefault sort split splitlines startswith strip swapcase title translate update upper values zfill mro gi_frame
		__class__ _x`)
	for _, m := range methods {
		for _, text := range []string{"%{{a." + m + "()}}", "%{% if False %}{% set x = a." + m + "() %}{% end %}"} {
			_, err := templating.Compile(&lexer.Source{Text: text})
			if ours := strings.Contains(here, " "+m+" "); (err == nil) != ours {
				t.Errorf("%s: got %v", text, err)
			} else if err != nil && asError(t, err).Kind != templating.KindUnsupported {
				t.Errorf("%s: got %s", text, asError(t, err).Kind)
			}
		}
	}
	var b lexer.Builder
	_, err := compile(t, "%{% set x = a.nothing() %}").Render(&b, templating.Input{})
	if asError(t, err).Kind != templating.KindBadArgument {
		t.Errorf("got %v", err)
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"'{{a}}'":                     "quotes of the SQL",
		"/* {{a}} */":                 "inside a comment",
		"$$ {{a}} $$":                 "inside a heredoc",
		"{{a == 'x'}}":                "a comparison",
		"{{String(a or 'x')}}":        "and or or",
		"{{a.upper()}}":               "the method upper",
		"{{7 % 2}}":                   "the operator %",
		"{{[x for x in a]}}":          "a comprehension",
		"{{sum([1])}}":                "the function sum",
		"{{Boolean(a, 'no')}}":        "so also 'no'",
		"{{a}} {{String(a)}}":         "",
		"'x' = {{a}} -- {{a}}\n":      "",
		"{{sql_and(x=a or 'z')}}":     "",
		"{% if a == 'x' %}y{% end %}": "",
		"{{a.split(',')[0] + 'x' if defined(a) else -1 * 2}}": "",
	} {
		notes := compile(t, "%"+text).Notes()
		switch {
		case want == "" && len(notes) > 0:
			t.Errorf("%s: got the note %v", text, notes[0])
		case want != "" && (len(notes) != 1 || !strings.Contains(notes[0].Message, want)):
			t.Errorf("%s: got %v, want one with %q", text, notes, want)
		}
	}
}

func TestCustomError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tag, message, body string
		code               any
	}{
		{"custom_error('m')", "m", "", int64(400)},
		{"custom_error({'error': a, 'n': [1, None, True, 1.5]}, 422)", "{'error': 'x', 'n': [1, None, True, 1.5]}",
			`{"error":"x","n":[1,null,true,1.5]}`, int64(422)},
		{"custom_error('m', 'abc')", "m", "", "abc"},
		{"custom_error('m', None)", "m", "", nil},
		{"custom_error('m', 403.5)", "m", "", 403.5},
		{"custom_error('m', Int32(b, 418))", "m", "", int64(418)},
	} {
		var b lexer.Builder
		_, err := compile(t, "%{{"+c.tag+"}}").Render(&b, templating.Input{Params: args("a", "x")})
		e := asError(t, err)
		if e.Kind != templating.KindCustom || e.Error() != c.message || e.Code != c.code || string(e.Body) != c.body {
			t.Errorf("%s: got %s %q %v %s", c.tag, e.Kind, e.Error(), e.Code, e.Body)
		}
	}
}

// TestShared renders one template from many goroutines.
func TestShared(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, "%{% set x = String(a) %}{% for i in range(20) %}{{x}}{{Int32(i)}}{% end %}{{sql_and(c=a, d__in=Array(b))}}{{tb_secret('s')}} ")
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 50 {
				v := fmt.Sprint(n, "-", i)
				var b lexer.Builder
				if _, err := tmpl.Render(&b, templating.Input{Params: args("a", v, "b", v), Secret: vault("s", v)}); err != nil {
					t.Error(err)
					return
				}
				if got := strings.Count(b.Statement().SQL(), "'"+v+"'"); got != 23 {
					t.Errorf("got %d of 23 values: %s", got, b.Statement().SQL())
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestFormat: the layout changes neither what is rendered nor the class of an error, for every recorded template.
func TestFormat(t *testing.T) {
	t.Parallel()
	n := 0
	for _, c := range oracleCases(t) {
		formatted, err := templating.Format("%" + c.Template)
		if err != nil {
			continue
		}
		n++
		want := c.run(t)
		c.Template = formatted[1:]
		got := c.run(t)
		if got.sql != want.sql || (got.err == nil) != (want.err == nil) || got.err != nil && got.err.Kind != want.err.Kind {
			t.Errorf("%s: formatted as %q: got %q %v, want %q %v", c.ID, formatted, got.sql, got.err, want.sql, want.err)
		}
		if again, err := templating.Format(formatted); err != nil || again != formatted {
			t.Errorf("%s: %q formats again as %q, %v", c.ID, formatted, again, err)
		}
	}
	if n < 6500 {
		t.Errorf("only %d templates could be formatted", n)
	}
}

// sorted is a sorted copy without doubles.
func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}

// TestFactsAgree compares the settings, secrets and warnings of every recorded rendering that we agree with.
func TestFactsAgree(t *testing.T) {
	t.Parallel()
	for _, c := range oracleCases(t) {
		o := c.run(t)
		if !c.OK || o.err != nil {
			continue
		}
		s := o.facts.Settings
		got := map[string]any{}
		if s.MaxThreads != nil {
			got["max_threads"] = float64(*s.MaxThreads)
		}
		if s.CacheTTL != nil {
			got["cache_ttl"] = *s.CacheTTL
		}
		if s.BackendHint != nil {
			got["backend_hint"] = *s.BackendHint
		}
		for k, want := range c.Settings {
			if list, ok := want.([]any); ok {
				want = fmt.Sprint(list)
				got[k] = fmt.Sprint(map[string][]string{"activate": s.Activate, "disable": s.Disable}[k])
			}
			if k == "disable" && fmt.Sprint(want) == "analyzer" {
				got[k] = "analyzer"
			}
			if got[k] != want {
				t.Errorf("%s %q: got %s %v, want %v", c.ID, c.Template, k, got[k], want)
			}
		}
		if c.Mode == "" && fmt.Sprint(sorted(o.facts.Secrets)) != fmt.Sprint(sorted(c.Used)) {
			t.Errorf("%s %q: got secrets %v, want %v", c.ID, c.Template, o.facts.Secrets, c.Used)
		}
		if fmt.Sprint(sorted(o.facts.Warnings)) != fmt.Sprint(sorted(c.Warnings)) {
			t.Errorf("%s %q: got warnings %v, want %v", c.ID, c.Template, o.facts.Warnings, c.Warnings)
		}
	}
}

// TestJobTimestamp: nobody needs to send the time of a job, and who does is believed.
func TestJobTimestamp(t *testing.T) {
	t.Parallel()
	tmpl := compile(t, "%{{DateTime(job_timestamp)}}{% if defined(job_timestamp) %}, {{job_timestamp}}{% end %}")
	now := time.Date(2024, 5, 6, 7, 8, 9, 10, time.FixedZone("", 3600))
	for _, tt := range []struct {
		in   templating.Input
		want string
	}{
		{templating.Input{Now: now}, "'2024-05-06 06:08:09', '2024-05-06 06:08:09'"},
		{templating.Input{Now: now, Mode: templating.Validate}, "'2024-05-06 06:08:09', '2024-05-06 06:08:09'"},
		{templating.Input{Now: now, Params: args("job_timestamp", "2020-01-01 00:00:00")}, "'2020-01-01 00:00:00', '2020-01-01 00:00:00'"},
	} {
		var b lexer.Builder
		facts, err := tmpl.Render(&b, tt.in)
		st := b.Statement()
		if got := st.SQL(); err != nil || got != tt.want {
			t.Errorf("got %s, %v; want %s", got, err, tt.want)
		}
		if len(facts.Warnings) != 1 || facts.Warnings[0] != "job_timestamp" {
			t.Errorf("got warnings %v", facts.Warnings)
		}
	}
	var b lexer.Builder
	before := time.Now().UTC().Truncate(time.Second)
	if _, err := compile(t, "%{{String(job_timestamp)}}").Render(&b, templating.Input{}); err != nil {
		t.Fatal(err)
	}
	st := b.Statement()
	if at, err := time.Parse("'2006-01-02 15:04:05'", st.SQL()); err != nil || at.Before(before) || at.After(time.Now()) {
		t.Errorf("got %s, %v", st.SQL(), err)
	}
}
