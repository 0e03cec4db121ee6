package parse_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"penstock/templating/parse"
)

// seeds are templates of every kind of tag and expression, good and bad. The fuzz targets begin with them.
var seeds = strings.Split(strings.TrimSpace(`
SELECT 1
{{a}}
{{ a }}{{{b}}}
{{!x}} {%! {#!
{# comment #}{% comment c %}
{% if a %}x{% elif b == 1 %}y{% else %}z{% end %}
{% for a, (b, c) in x %}{{a}}{% else %}n{% end %}
{% while i < 3 %}{% set i = i + 1 %}{% break %}{% continue %}{% end %}
{% try %}{{a}}{% except (A, B) as e %}{{e}}{% except %}{% else %}{% finally %}f{% end %}
{% set a = b = 1, 2 %}{% set a += 1 %}{% set f(1) %}
{% whitespace oneline %}a  b{% whitespace all %}
{{ {'a': 1, "b": [2, (3,), (), {4}]} }}
{% for a in '}}' %}{% set x = {'a': {'b': '}}'}} %}{{ '%}' }}{% end %}
{{ not a or b and c is not None }}
{{ -a ** -b ** c }}{{ (-a) ** b }}{{ (a ** b) ** c }}
{{ a if b else c if d else e }}{{ (a if b else c) if d else e }}
{{ a - (b - c) - d }}{{ a * (b + c) % d // e / f }}
{{ a[1:2:3][:][::-1][1, 2](x, y=z).get('k') }}
{{ a < b <= c != d in e not in f is g }}
{{ f'a{b}{{c}}' 'd' }}{{ r'\d' }}{{ '''x
y''' }}
{{ [x for x in a if x if y] }}{{ {k: v for k, v in a} }}{{ f(x for x in y) }}{{ {x for x in y} }}
{{ f(
 a, # why
 b) }}
{{ 0x1F + 0b1 + 0o7 + 1_000 + 1e5 + .5 + 5. }}
{{ (1).get(2) }}{{ 1.5.get }}
{{ 1if a else 2 }}
{{ 'it\'s' "\x41\u00e9\101\
" }}
{{
{%
{{ a
{% end %}
{% if a %}
{% else %}
{{ a b }}{{ ( }}{{ 'a }}{{ lambda: 1 }}{{ a:=1 }}{{ *a }}{{ f(**a) }}
{{ ñ + 名 }}{{ a }}
{{ not not not a }}{{ --a }}
{{ a|b }}{{ ~a }}{{ a@b }}
`), "\n")

func TestPrintParsesToTheSameTree(t *testing.T) {
	t.Parallel()
	n := 0
	for _, s := range seeds {
		if same(t, s) {
			n++
		}
	}
	if n < 20 {
		t.Errorf("only %d seeds parse", n)
	}
}

// same tells whether s parses, and fails the test when its print does not parse to an equal tree.
func same(t *testing.T, s string) bool {
	t.Helper()
	tree, err := parse.Parse(s)
	if err != nil {
		return false
	}
	printed := tree.String()
	again, err := parse.Parse(printed)
	if err != nil {
		t.Errorf("%q prints as %q, which does not parse: %v", s, printed, err)
		return true
	}
	if a, b := shape(tree.Root), shape(again.Root); !reflect.DeepEqual(a, b) {
		t.Errorf("%q prints as %q, which is another tree:\n%s\n%s", s, printed, a, b)
	}
	if twice := again.String(); twice != printed {
		t.Errorf("%q prints as %q and then as %q", s, printed, twice)
	}
	return true
}

// shape is a tree as text, without the places and the spelling of its tags.
func shape(v any) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(v))
	return b.String()
}

func write(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		if v.Kind() == reflect.Pointer && v.Type().String() == "*big.Int" {
			b.WriteString(v.Interface().(interface{ String() string }).String())
			return
		}
		write(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			write(b, v.Index(i))
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString(v.Type().Name())
		b.WriteByte('{')
		for i := range v.NumField() {
			switch name := v.Type().Field(i).Name; name {
			case "Pos", "End", "At", "tag":
			default:
				b.WriteString(name + ":")
				write(b, v.Field(i))
				b.WriteByte(' ')
			}
		}
		b.WriteByte('}')
	default:
		fmt.Fprintf(b, "%#v", v)
	}
}

func TestCanonicalLayout(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"{{String(a,'x',description =  \"d\")}}", "{{ String(a, 'x', description=\"d\") }}"},
		{"{% if   a==1 and(b) %}x{% end if %}", "{% if a == 1 and b %}x{% end %}"},
		{"{% set  x=(1,2) %}", "{% set x = 1, 2 %}"},
		{"{{ {'a':{'b':1} } }}", "{{ {'a': {'b': 1} } }}"},
		{"{% set x={'a':{'b':'}}'}} %}", "{% set x = {'a': {'b': '}}'}} %}"},
		{"{{ f(a, # c\n b) }}", "{{ f(a, # c\n b) }}"},
		{"a  {# b #}\n", "a  {# b #}\n"},
		{"{{(a+b)*c-(d-e)}}", "{{ (a + b) * c - (d - e) }}"},
		{"{{ 'x'    \"y\" }}", "{{ 'x' \"y\" }}"},
	} {
		tree, err := parse.Parse(c[0])
		if err != nil {
			t.Errorf("%q: %v", c[0], err)
			continue
		}
		if got := tree.String(); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
}

func TestAllMistakesAreReported(t *testing.T) {
	t.Parallel()
	_, err := parse.Parse("{{ ( }} {% endif %} {{ a b }} {% import x %} {{ lambda: 1 }}")
	errs, ok := err.(parse.Errors)
	if !ok {
		t.Fatalf("got %T", err)
	}
	var kinds []string
	for _, e := range errs {
		kinds = append(kinds, string(e.Kind))
	}
	if got, want := strings.Join(kinds, " "), "syntax import_forbidden syntax syntax unsupported_op"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if errs[0].Hint == "" {
		t.Error("endif has no hint")
	}
}

// TestLargeSourcesAreLinear parses sources that would take minutes in quadratic time.
func TestLargeSourcesAreLinear(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"tags":        strings.Repeat("{{ String(a, 'x') }}", 50_000),
		"braces":      strings.Repeat("{", 1<<20),
		"lines":       strings.Repeat("{% set a = 1 %}\n", 60_000),
		"one list":    "{{ [" + strings.Repeat("1, ", 300_000) + "] }}",
		"one text":    "{{ '" + strings.Repeat("x", 1<<20) + "' }}",
		"f-string":    "{{ f'" + strings.Repeat("{a}", 100_000) + "' }}",
		"strings":     "{{ " + strings.Repeat("'a' ", 200_000) + "}}",
		"bad tags":    strings.Repeat("{% bad %}\n", 50_000),
		"open":        strings.Repeat("{% if a %}", 50_000),
		"deep":        "{{ " + strings.Repeat("(", 100_000) + " }}",
		"deep not":    "{{ " + strings.Repeat("not ", 100_000) + "a }}",
		"deep chain":  "{{ a" + strings.Repeat("+a", 300_000) + " }}",
		"deep minus":  "{{ " + strings.Repeat("-", 300_000) + "a }}",
		"deep power":  "{{ a" + strings.Repeat("**a", 300_000) + " }}",
		"deep index":  "{{ a" + strings.Repeat("[0]", 300_000) + " }}",
		"deep if":     "{{ " + strings.Repeat("a if a else ", 100_000) + "a }}",
		"long number": "{{ " + strings.Repeat("9", 1<<20) + " }}",
	} {
		if tree, err := parse.Parse(s); err == nil && tree.Root == nil {
			t.Errorf("%s: no tree", name)
		}
	}
}

func FuzzLexer(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		lex := parse.NewLexer(s)
		at := 0
		for {
			it, ok := lex.Next()
			if !ok {
				break
			}
			if it.Start != at || it.End <= it.Start {
				t.Fatalf("item %+v after byte %d", it, at)
			}
			at = it.End
		}
		if at != len(s) {
			t.Fatalf("the items end at %d of %d", at, len(s))
		}
	})
}

func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) { same(t, s) })
}

// minSeeds is how many seeds a target begins with at least.
const minSeeds = 30

func addSeeds(f *testing.F) {
	if len(seeds) < minSeeds {
		f.Fatalf("the corpus has %d seeds, want %d", len(seeds), minSeeds)
	}
	for _, s := range seeds {
		f.Add(s)
	}
}

// What Python takes and the language leaves out is unsupported; what Python refuses too is syntax.
func TestLeftOutOrNoSyntax(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]parse.Kind{
		"{% if a: %}{% end %}":                    parse.Syntax,
		"{% for i in range(3): %}{% end %}":       parse.Syntax,
		"{% while a: b %}{% end %}":               parse.Syntax,
		"{% set a, *b = [1, 2, 3] %}":             parse.Unsupported,
		"{% set *b, = [1, 2, 3] %}":               parse.Unsupported,
		"{% set x = 1, *[2] %}":                   parse.Unsupported,
		"{% for a, *b in [(1, 2, 3)] %}{% end %}": parse.Unsupported,
		"{% set *b = [1] %}":                      parse.Syntax,
		"{% set x = *a %}":                        parse.Syntax,
		"{{ f'{a=}' }}":                           parse.Unsupported,
		"{{ f'{a = !r}' }}":                       parse.Unsupported,
		"{{ f'{=}' }}":                            parse.Syntax,
		"{{ f'{a=b}' }}":                          parse.Syntax,
	} {
		_, err := parse.Parse(text)
		if errs, ok := err.(parse.Errors); !ok || errs[0].Kind != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
