package templating_test

import (
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// TestMistakes: all calls that no request mends are told at once, wherever they stand, and no others.
func TestMistakes(t *testing.T) {
	t.Parallel()
	tm, err := templating.Compile(&lexer.Source{Text: `%
{% if defined(a) %}{{cache_ttl('7m')}}{% elif defined(b) %}{{String()}}{% end %}
{% for x in split_to_array(list, 'a,b') %}{{Int8(p, 300)}}{{Int8(x, 300)}}{% end %}
{{String(p, defalt='x')}} {{sql_and(a__like=String(p), b__in=Array(p, 'Int32', 'y'))}} {{Date(d, default='yesterday')}}
{% set k = String(p, unknown=1) + 'x' %}{{Int32(n, 1, requird=True, defalt=2, default=3)}}{{column(a, 1, 2, nme=3)}}
{{JSON(p)}} {{sql_unescape(p, '%')}} {{cache_ttl(p)}} {{columns(p)}} {{error('no')}} {{custom_error('no')}} {{Int32(p, 5, required=True)}}
{{Array(p, 'Int32', '1,2')}} {{String(p, 5)}} {{Boolean(p, 'no')}} {{day_diff(String(a), String(b))}} {{max_threads(4)}}`})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range tm.Mistakes() {
		got = append(got, e.Error()+" "+e.Hint)
	}
	const prefix = "Template Syntax Error: "
	want := []string{
		prefix + "Invalid TTL cache expression, valid expressions are ('5s', '1m', '5m', '30m', '1h') at 2:22 ",
		prefix + "one of the transform type functions is missing an argument at 2:62 ",
		prefix + "Error validating '300' to type Int8 at 3:45 ",
		"String() got an unexpected keyword argument 'defalt' at 4:3 did you mean default?",
		prefix + "operand like not supported at 4:37 sql_and knows",
		prefix + "Error validating [y][0] (y) to type Int32 at 4:62 ",
		prefix + "Error validating 'yesterday' to type Date at 4:90 ",
		"String() got an unexpected keyword argument 'unknown' at 5:12 ",
		"Int32() got an unexpected keyword argument 'requird' at 5:43 did you mean required?",
		"Int32() got an unexpected keyword argument 'defalt' at 5:43 did you mean default?",
		"Int32() got multiple values for argument 'default' at 5:43 ",
		"column() takes at most 2 positional arguments but 3 were given at 5:93 ",
		"column() got an unexpected keyword argument 'nme' at 5:93 ",
	}
	if len(got) != len(want) {
		t.Fatalf("got %d:\n%s", len(got), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}
