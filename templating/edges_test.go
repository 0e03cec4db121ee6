package templating_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// The bounds of a rendering hold exactly where they are set.
func TestExactBounds(t *testing.T) {
	t.Parallel()
	nested := "{% set l = [] %}{% for i in range(n) %}{% set l = [l] %}{% end %}ok"
	for _, c := range []struct {
		text   string
		limits templating.Limits
		over   bool
	}{
		{strings.Replace(nested, "n)", "4)", 1), templating.Limits{Depth: 5}, false},
		{strings.Replace(nested, "n)", "5)", 1), templating.Limits{Depth: 5}, true},
		{"{% set d = JSON('[[1]]') %}ok", templating.Limits{Depth: 3}, false},
		{"{% set d = JSON('[[1]]') %}ok", templating.Limits{Depth: 2}, true},
		{"{% set p = enumerate_with_last([1]) %}ok", templating.Limits{Depth: 2}, false},
		{"{% set p = enumerate_with_last([1]) %}ok", templating.Limits{Depth: 1}, true},
		{"{% set p = enumerate_with_last([[1]]) %}ok", templating.Limits{Depth: 3}, false},
		{"{% set p = enumerate_with_last([[1]]) %}ok", templating.Limits{Depth: 2}, true},
		{"{% set d = {'a': [1]} %}ok", templating.Limits{Depth: 2}, false},
		{"{% set d = {'a': [1]} %}ok", templating.Limits{Depth: 1}, true},
		{"{% set d = {'a': {'b': 1}} %}ok", templating.Limits{Depth: 1}, true},
		{"{% set d = {'a': {'b': 1}} %}ok", templating.Limits{Depth: 2}, false},
		{"{% set d = {(1, 2): 1} %}ok", templating.Limits{Depth: 2}, false},
		{"{% set d = {(1, 2): 1} %}ok", templating.Limits{Depth: 1}, true},
		{"{% set n = 1023 ** 1638 %}ok", templating.Limits{}, false},
		{"{% set n = 1023 ** 1639 %}ok", templating.Limits{}, true},
		{"{% set n = 3 ** 8192 %}ok", templating.Limits{}, false},
		{"{% set n = 1 ** 100000 + 0 ** 100000 %}ok", templating.Limits{}, false},
		{"{{ String(a).replace('a', 'bb') }}", templating.Limits{Values: 250}, true},
		{"{{ String(a).replace('a', 'bb') }}", templating.Limits{Values: 400}, false},
		{"{{ String(a).replace('a', 'b') }}", templating.Limits{Values: 250}, false},
		{"{{ String(a) + 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}", templating.Limits{Values: 150}, true},
		{"{{ String(a) * 2 }}", templating.Limits{Values: 150}, true},
		{"{% for i in range(3) %}x{% end %}", templating.Limits{Turns: 3}, false},
		{"{% for i in range(3) %}x{% end %}", templating.Limits{Turns: 2}, true},
		{"{% for i in split_to_array(b) %}x{% end %}", templating.Limits{Turns: 3}, false},
		{"{% for i in split_to_array(b) %}x{% end %}", templating.Limits{Turns: 2}, true},
		{"{{ String(a) }}", templating.Limits{Output: 102}, false},
		{"{{ String(a) }}", templating.Limits{Output: 101}, true},
	} {
		var b lexer.Builder
		_, err := compile(t, "%"+c.text).Render(&b, templating.Input{Params: args("a", strings.Repeat("a", 100), "b", "1,2,3"), Limits: c.limits})
		switch {
		case !c.over && err != nil:
			t.Errorf("%s within %+v: %v", c.text, c.limits, err)
		case c.over && (err == nil || asError(t, err).Kind != templating.KindLimit):
			t.Errorf("%s beyond %+v: got %q, %v", c.text, c.limits, b.Statement(), err)
		}
	}
}

// Whatever reads a long text is bounded, though it makes nothing that lasts: no turn of a loop may cost much and count little.
func TestReadingIsCharged(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("1", 50_000)
	params := args("a", long, "b", strings.Clone(long), "blank", strings.Repeat(" ", 50_000), "one", strings.Repeat(" ", 50_000)+"1", "date", "2024-01-01 00:00:00."+long)
	for _, use := range []string{"blank.strip()", "blank.lstrip()", "blank.rstrip()", "int(l[3])", "float('1.' + a)", "float(l[0])", "Float64(l[0])",
		"DateTime64(l[2])", "a == b", "a != b", "a < b", "a in [b]", "sorted([a, b])", "max([a, b])", "min(a, b)", "{b: 1}.get(a)", "a in {b}", "{b: 1}[a]"} {
		text := "%{% set l = [a, b, date, one] %}{% for i in range(1000) %}{% set x = " + use + " %}{% end %}"
		var b lexer.Builder
		_, err := compile(t, text).Render(&b, templating.Input{Params: params, Limits: templating.Limits{Values: 2 << 20}})
		if err == nil || asError(t, err).Kind != templating.KindLimit {
			t.Errorf("%s: %v", use, err)
		}
	}
	for _, tag := range []string{"{{Int32(a)}}", "{{Date(a)}}", "{{Array(a, 'Int8')}}", "{{JSON(blank)}}", "{% set x = {}[(a,)] %}", "{{column(a, b)}}{{error(a)}}",
		"{{custom_error(a)}}", "{{max_threads(a)}}", "{{date_diff_in_days(a, b, date_format=a)}}", "{{activate(a)}}"} {
		text := "%{% for i in range(1000) %}{% try %}" + tag + "{% except %}{% end %}{% end %}"
		var b lexer.Builder
		_, err := compile(t, text).Render(&b, templating.Input{Params: params, Limits: templating.Limits{Values: 2 << 20}})
		if err == nil || asError(t, err).Kind != templating.KindLimit {
			t.Errorf("%s: %v", tag, err)
		}
	}
}

// What the recordings have no case of.
func TestEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"{% if 10 * 1000000000000000000000 == 0 %}y{% else %}n{% end %}", "n"},
		{"{% if 10000000000000000000000 == 10000000000000000000000 %}y{% end %}{% if 10000000000000000000000 > 1 %}g{% end %}", "yg"},
		{"{% if 1.5 == 1 %}y{% else %}n{% end %}{% if 2.0 == 2 %}y{% end %}", "ny"},
		{"{% if 0 == 10000000000000000000000 %}y{% else %}n{% end %}", "n"},
		{"{{ 'aaa'.replace('a', 'b', 2) }}{{ 'aaa'.replace('a', 'b', 0) }}{{ 'aaa'.replace('a', 'b', -1) }}", "'bba''aaa''bbb'"},
		{"{{ 'ab'.replace('', '-') }}{{ 'ab'.replace('', '-', 1) }}", "'-a-b-''-ab'"},
		{"{{Array(l, 'Int32')}}", `!Template Syntax Error: Error validating [['it\'s "x"', "it's", 'q"']][0] (it's "x") to type Int32`},
		{"{% for last, x in enumerate_with_last(split_to_array(b)) %}{{x}}{% if not last %},{% end %}{% end %}", "'1','2'"},
		{"{% for last, x in enumerate_with_last(split_to_array(e)) %}<{{x}}{% if last %}!{% end %}{% end %}", "<''!"},
		{"{% for x in split_to_array(b) %}{% set b2 = x %}{% if x == '1' %}{% continue %}{% end %}{{x}}{% else %}end{% end %}{{b2}}", "'2'end'2'"},
		{"{% for x in split_to_array(none, 'p, q') %}{{x}}{% break %}{% else %}end{% end %}", "'p'"},
		{"{{split_to_array(w, separator=none)}}{{split_to_array(none, 'x y', none)}}{{split_to_array('  ', separator=none)}}", "['x', 'y', 'z']['x', 'y'][]"},
		// A percent sign is escaped where the reference escapes it.
		{"{{split_to_array(p)}}{{[p]}}{{pp}}{{JSON(j)}}{{sql_and(c__in=[p])}}", "['1%']['1%']['2%', 'x']{'9%': ['8%']}c in ['1%']"},
		{"{{p}}{{String(p)}}{{Array(p)}}{{sql_and(c__in=Array(p), d=p)}}", `'1\%''1\%'['1\%']c in ['1\%'] and d = '1\%'`},
		{"{{split_to_array(w, separator='')}}", "!empty separator"},
		{"{{split_to_array(w, separator=1)}}", "!must be str or None, not int"},
		{"{{column('a.' + b)}}|{{symbol('s_' + b + '_t')}}|{{column(none, 'd')}}", "`a`.`1, 2`|`s_1, 2_t`|`d`"},
		{"{% set v = 'x.`y' %}{{column(v)}} {{symbol(v)}} {{symbol('')}}", "`x`.`\\`y` `x.\\`y` ``"},
		{"{{String(b)}}{{String(b)}}{% set b3 = String(b) %}{{b3}}", "'1, 2''1, 2''1, 2'"},
		{"{{sql_and(x=column(e2, 'c'), y__in=Array(b), z=tb_secret('k'), w=none)}}", "x = `c` and y in ['1',' 2'] and z = 'v' "},
		// What a parameter is prepared as is decided by a block before its condition, and by the last use in a tag.
		{"{% if l != ['x'] %}{{Array(l)}}{% end %}{% if e == [''] %}{{Array(e, 'String')}}{% else %}n{% end %}", `['it\'s \"x\"','it\'s','q\"']['']`},
		{"{{[Array(n, 'Int32')] + [n]}}|{{n}}", "['[1,2]', '1,2']|'1,2'"},
		{"{{[n] + [Array(n, 'Int32')]}}|{{n}}", "[[1, 2], '[1,2]']|[1, 2]"},
		{"{% if b == ['1'] %}x{% elif n == [1, 2] %}{{Array(n, 'Int32')}}{% else %}text{% end %}", "text"},
		{"{% for i in n %}{{i}}{{Array(n, 'Int32')}}{% end %}", "1[1,2]2[1,2]"},
		{"{{sql_and(x__ne=1, y=Int32(b))}}", "!Template Syntax Error: Error validating '1, 2' to type Int32"},
		{"{{sql_and(x__ne=1, z__like=2, y=Int32(2))}}", "!Template Syntax Error: operand ne not supported"},
		{"{% if Array([1, 2], 'Int32') == '[1,2]' %}y{% elif b %}{{b}}{% elif Array(['a']) %}z{% end %}", "y"},
		{"{% set x = Array(['1', 'z'], 'Int32') %}{{x}}", "!Template Syntax Error: Error validating [['1', 'z']][1] (z) to type Int32"},
		{`{{JSON('"\\u00e9')}}`, `!Template Syntax Error: Error parsing JSON: '"\u00e9' - Unterminated string starting at: line 1 column 1 (char 0)`},
		{"{{JSON('1 ééééééééééééééé')}}", "!Template Syntax Error: Error parsing JSON: '1 éééééééééééééé...' - Extra data: line 1 column 3 (char 2)"},
		{"{{2 ** (2 ** 64)}}", "!Template Syntax Error: the template exceeds its limit of 16384 bits of an integer"},
		{"{{2 ** 'a'}}", "!unsupported operand type(s) for ** or pow(): 'int' and 'str'"},
		{"{{2 + 'a'}}", "!unsupported operand type(s) for +: 'int' and 'str'"},
		{"{% if len(JSON('[' + '9' * 4096 + ']')) == 1 and int('9' * 4096) > 1 %}y{% end %}", "y"},
		{"{{JSON('[' + '9' * 4097 + ']')}}", "!Template Syntax Error: the template exceeds its limit of 16384 bits of an integer"},
		{"{{len(none or '')}}{{len({1})}}{{len((1, 2))}}", "012"},
		{"{{DateTime64('2024-01-01 00:00:00.5+0:1:00')}}", "!Template Syntax Error: Error validating '2024-01-01 00:00:00.5+0:1:00' to type DateTime64"},
		{"{{DateTime64('2024-01-01 00:00:00.500+02:00')}} {{DateTime('2024-01-01 00:00:00-0330')}} {{DateTime('2024-01-01 00:00:00+02')}}",
			"'2024-01-01 00:00:00.500+02:00' '2024-01-01 00:00:00-0330' '2024-01-01 00:00:00+02'"},
		{"{{DateTime64('2024-01-01 00:00:00.5+ab')}}", "!Template Syntax Error: Error validating '2024-01-01 00:00:00.5+ab' to type DateTime64"},
		{"{{DateTime64('2024-01-01 00:00:00.5+123')}}", "!Template Syntax Error: Error validating '2024-01-01 00:00:00.5+123' to type DateTime64"},
		{"{{JSON('1 éééééééééééééé')}}", "!Template Syntax Error: Error parsing JSON: '1 éééééééééééééé' - Extra data: line 1 column 3 (char 2)"},
	} {
		in := templating.Input{Params: append(args("b", "1, 2", "e", "", "n", "1,2", "w", "x y  z ", "p", "1%", "j", `{"9%": ["8%"]}`), templating.NamedArg{Name: "pp", Arg: templating.Arg{IsList: true, List: []string{"2%", "x"}}},
			templating.NamedArg{Name: "l", Arg: templating.Arg{IsList: true, List: []string{`it's "x"`, "it's", `q"`}}}),
			Secret: vault("k", "v")}
		var b lexer.Builder
		got := ""
		if _, err := compile(t, "%"+c.text+" ").Render(&b, in); err != nil {
			got = "!" + asError(t, err).Message
		} else {
			got = strings.TrimSuffix(b.Statement().SQL(), " ")
		}
		if got != strings.TrimSuffix(c.want, " ") {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}

// A list where {{ }} wants the name of a parameter is refused before anything is rendered.
func TestListForAName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{Array([1, 'a', b])}}": `"[1, 'a', 'b']"`, "{{String([1])}}": `"[1]"`, "{{defined([])}}": `"[]"`, "{% if b %}{{b}}{% else %}{{columns(['a'])}}{% end %}": `"['a']"`,
	} {
		_, err := templating.Compile(&lexer.Source{Text: "%" + text})
		if err == nil || asError(t, err.(templating.Errors)[0]).Message != want+" can not be used as a variable name" {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// Arguments that are one too many or too few, values that are no numbers, and forms of dates at their bounds.
func TestBounds(t *testing.T) {
	t.Parallel()
	const seconds = "{{date_diff_in_seconds('%s', '%s', date_format='%s')}}"
	diff := func(a, b, format string) string { return fmt.Sprintf(seconds, a, b, format) }
	for text, want := range map[string]string{
		diff("2024-01-01 00:00:00+01:02:03", "2024-01-01 00:00:00+00:00:00", "%Y-%m-%d %H:%M:%S%z"): "3723",
		diff("2024-01-01 00:00:00-0102", "2024-01-01 00:00:00Z", "%Y-%m-%d %H:%M:%S%z"):             "3720",
		diff("2024-01-01 00:00:00 ", "2024-01-01 00:00:10  ", "%Y-%m-%d %H:%M:%S "):                 "10",
		diff("2024-01-01 12:05 AM", "2024-01-01 12:05 PM", "%Y-%m-%d %I:%M %p"):                     "43200",
		diff("2024-01-01 01:05 AM", "2024-01-01 01:05 PM", "%Y-%m-%d %I:%M %p"):                     "43200",
		diff("2024-01-01 23", "2024-01-02 00", "%Y-%m-%d %H"):                                       "3600",
		diff("2024-01-01 24", "2024-01-02 00", "%Y-%m-%d %H"):                                       "!",
		diff("2024-01-01 23:59:58", "2024-01-01 23:59:59", "%Y-%m-%d %H:%M:%S"):                     "1",
		diff("2024-01-01 23:59:60", "2024-01-01 23:59:59", "%Y-%m-%d %H:%M:%S"):                     "!",
		diff("2024-02-30", "2024-02-01", "%Y-%m-%d"):                                                "!",
		diff("2024-02-29", "2024-02-01", "%Y-%m-%d"):                                                "2419200",
		diff("2023-02-29", "2023-02-01", "%Y-%m-%d"):                                                "!",

		"{% set n = float('nan') %}{% if n < 1 or 1 < n or n == n or n >= n %}y{% else %}n{% end %}{% if n != 1 %}y{% end %}": "ny",
		"{% if 1 < float('inf') and float('-inf') < 0 %}y{% end %}{% if 9007199254740993 > 9007199254740992.0 %}y{% end %}":   "yy",
		"{% set y = 2.0 ** 1023 %}{{y}} {{0 ** 0}} {% set w = 2 ** -1 %}{{w}}":                                                "8.98846567431158e+307 1 0.5",
		"{% set x = 2.0 ** 1024 %}{{x}}": "!",

		"{{'straße ŉ ﬃ ᾳ'.upper()}}":                           "'STRASSE ʼN FFI ΑΙ'",
		"{{'ΑΣ ΑΣΑ Σ ΑΣ. Α.ΣΑ ΑΣ.Α İ'.lower()}}":               "'ας ασα σ ας. α.σα ασ.α i\u0307'",
		"{% set x = 'ab'.startswith('a') %}{{x}}":              "True",
		"{% set x = 'ab'.strip('a', 'b') %}{{x}}":              "!",
		"{% set x = 'a,b,c'.split(',', 1) %}{{x}}":             "['a', 'b,c']",
		"{% set x = 'a,b'.split(',', 1, 2) %}{{x}}":            "!",
		"{% set x = 'a'.lower(1) %}{{x}}":                      "!",
		"{% set x = {'a': 1}.get('b', 2) %}{{x}}":              "2",
		"{% set x = {'a': 1}.get('b', 2, 3) %}{{x}}":           "!",
		"{% set x = {'a': 1}.keys(1) %}{{x}}":                  "!",
		"{% set x = ','.join(['a'], 1) %}{{x}}":                "!",
		"{% set x = 'a'.replace('a') %}{{x}}":                  "!",
		"{% set x = 'aa'.replace('a','b',1) %}{{x}}":           "'ba'",
		"{% set x = 'a'.replace('a','b',1,2) %}{{x}}":          "!",
		"{{int('1_0')}} {{float('1_0.5_0')}}":                  "10 10.5",
		"{{int('_1')}}":                                        "!",
		"{{int('1_')}}":                                        "!",
		"{{int('1__0')}}":                                      "!",
		"{{max(1, 2.5, 2)}} {{min([3, 1, 2])}}":                "2.5 1",
		"{{'abc'[-3]}}{{'abc'[2]}}":                            "'a''c'",
		"{{'abc'[3]}}":                                         "!",
		"{{'abc'[-4]}}":                                        "!",
		"{% set x = 'abcdef'[1:5:2] %}{{x}}":                   "'bd'",
		"{% set x = 'abcdef'[::-1] %}{{x}}":                    "'fedcba'",
		"{% set x = [1, 2, 3][-2:] %}{{x}}":                    "[2, 3]",
		"{% set x = -7 // 2 %}{% set y = -7 % 3 %}{{x}} {{y}}": "-4 2",
		"{% set x = 1 // 0 %}{{x}}":                            "!",

		"{% set x = [1, 2, 3][2:0:-1] %}{% set y = [1, 2, 3][::-2] %}{{x}}{{y}}":                                                                               "[3, 2][3, 1]",
		"{% set x = 2147483648 * 2147483648 %}{% set y = -2147483648 * 4294967296 %}{{x}} {{y}}":                                                               "4611686018427387904 -9223372036854775808",
		"{% set x = 65536 * 65536 %}{% set y = 4294967296 * 4294967296 %}{{x}} {{y}}":                                                                          "4294967296 18446744073709551616",
		"{{Float64('0.5')}} {{Float64('0.0001')}} {{Float64('0.00001')}} {{Float64('00.5')}} {{Float64('0.12345')}}":                                           "toFloat64('0.5') toFloat64('0.0001') toFloat64('1e-05') toFloat64('0.5') toFloat64('0.12345')",
		"{{Float64('5')}} {{Float64('5.')}} {{Float64('.5')}} {{Float64('1e3')}} {{Float64('123456789012345678')}}":                                            "toFloat64('5.0') toFloat64('5.0') toFloat64('0.5') toFloat64('1000.0') toFloat64('1.2345678901234568e+17')",
		"{{date_diff_in_days('68-01-01', '69-01-01', date_format='%y-%m-%d')}}":                                                                                "36159",
		"{{date_diff_in_days('2024-060', '2024-061', date_format='%Y-%j')}}":                                                                                   "1",
		"{{date_diff_in_days('Mon 01 Jan 2024', 'Tuesday 02 January 2024', date_format='%a %d %b %Y', backup_date_format='%A %d %B %Y')}}":                     "1",
		"{{date_diff_in_days('2024-01-01', '02/01/2024', date_format='%Y-%m-%d', backup_date_format='%d/%m/%Y')}}":                                             "1",
		"{{date_diff_in_seconds('2024-01-02 00:00:01', '2024-01-01', backup_date_format='%Y-%m-%d')}}":                                                         "86401",
		"{{date_diff_in_hours('2024-01-01 00:00:00+0100', '2024-01-01 05:00:00', date_format='%Y-%m-%d %H:%M:%S%z', backup_date_format='%Y-%m-%d %H:%M:%S')}}": "!",
		"{{'éa'[1]}}{{'aé'[1]}}{{'éab'[0:2]}}{{len('éa')}}":                                                                                                    "'a''é''éa'2",
		"{{date_diff_in_seconds('2024-01-01 00:00:00+00:00:15', '2024-01-01 00:00:00+0000', date_format='%Y-%m-%d %H:%M:%S%z')}}":                              "15",
		"{{date_diff_in_seconds('2024-01-01 00:00:00+00:00:155', '2024-01-01 00:00:00+0000', date_format='%Y-%m-%d %H:%M:%S%z')}}":                             "!",
		"{% set x = 0.0 ** -1 %}{{x}}": "!",
		"{% set x = 0.0 ** 0.5 %}{% set y = 1.0 ** -1 %}{% set z = (-8.0) ** 2.0 %}{{x}} {{y}} {{z}}": "0.0 1.0 64.0",
		"{% set x = (-8.0) ** 0.5 %}{{x}}": "!",
		"{% set x = sum([1], 'a') %}{{x}}": "!",
		"{% set x = 9223372036854775807 + 1 %}{% set y = -9223372036854775808 - 1 %}{{x}} {{y}}": "9223372036854775808 -9223372036854775809",
		"{{JSON('\"\\\\u00e9\\\\ud83d\\\\ude00\"')}}":                                            "'é😀'",
		"{{JSON('\"\\\\u12\"')}}": "!", "{{JSON('\"\\\\u12g4\"')}}": "!",
		"{% set x = 3 ** 40 %}{% set y = (-2) ** 3 %}{% set z = 0.0 ** 2 %}{% set w = 1.5 ** 2 %}{{x}} {{y}} {{z}} {{w}}":         "12157665459056928801 -8 0.0 2.25",
		"{% set x = 'a,b,c'.split(',', 2) %}{% set y = 'a,b,c'.split(',', 0) %}{% set z = 'a,b'.split(',', -1) %}{{x}}{{y}}{{z}}": "['a', 'b', 'c']['a,b,c']['a', 'b']",
		"{% set x = ['\u0100\x7f\u00a0\u00e9\u2028\uffff', \"it's\"] %}{{String(x)}}":                                             "'[\\'\u0100\\\\x7f\\\\xa0\u00e9\\\\u2028\\\\uffff\\', \\\"it\\'s\\\"]'",
		"{% set x = sum([1.5, 2], 3) %}{% set y = sum(range(5)) %}{% set z = sum([], 0) %}{{x}} {{y}} {{z}}":                      "6.5 10 0",
		"{{list(range(2, 8, 3))}}{{list(range(5, 0, -2))}}{{list(range(0))}}":                                                     "[2, 5][5, 3, 1][]",
		"{{Int8('-128')}} {{Int8('127')}} {{UInt8('255')}} {{Int32('2147483647')}} {{UInt64('18446744073709551615')}}":            "toInt8('-128') toInt8('127') toUInt8('255') toInt32('2147483647') toUInt64('18446744073709551615')",
		"{{Int8('-129')}}": "!", "{{UInt8('256')}}": "!", "{{Int32('2147483648')}}": "!", "{{Int32('-2147483649')}}": "!", "{{Int16('32768')}}": "!",
		"{{UInt16('65536')}}": "!", "{{UInt32('4294967296')}}": "!", "{{Int64('-9223372036854775809')}}": "!", "{{UInt64('18446744073709551616')}}": "!",
		"{{Array('1,128', 'Int8')}}": "!", "{{Array('1,127', 'Int8')}}": "[1,127]", "{{Array('1.5,2', 'Float32')}}": "[1.5,2.0]",
		"{% set a = Array([1, 2.5], 'Int32') %}{{a}}": "!", "{% set a = Array([1, 300], 'UInt8') %}{{a}}": "!", "{% set a = Array([1, 2], 'Float64') %}{{a}}": "[1.0,2.0]",
	} {
		var b lexer.Builder
		_, err := compile(t, "%"+text).Render(&b, templating.Input{})
		if got := b.Statement().SQL(); want == "!" && err == nil || want != "!" && (err != nil || got != want) {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
}

// Arguments of Python's functions and methods that are rarely given.
func TestRareArguments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{% set x = ['abc'.startswith('b',1)] %}{{x}}":           "[True]",
		"{% set x = ['abc'.startswith('c',-1)] %}{{x}}":          "[True]",
		"{% set x = ['abc'.startswith('',3)] %}{{x}}":            "[True]",
		"{% set x = ['abc'.startswith('',4)] %}{{x}}":            "[False]",
		"{% set x = ['abc'.startswith('b',1,1)] %}{{x}}":         "[False]",
		"{% set x = ['abc'.startswith('',1,1)] %}{{x}}":          "[True]",
		"{% set x = ['abc'.startswith('bc',1,None)] %}{{x}}":     "[True]",
		"{% set x = ['abc'.startswith('bc',None,2)] %}{{x}}":     "[False]",
		"{% set x = ['abc'.endswith('b',0,2)] %}{{x}}":           "[True]",
		"{% set x = ['abc'.endswith('',2,1)] %}{{x}}":            "[False]",
		"{% set x = ['abc'.endswith('',3,2)] %}{{x}}":            "[False]",
		"{% set x = ['éabc'.endswith(('x','b'),1,3)] %}{{x}}":    "[True]",
		"{% set x = ['abc'.startswith('a','b')] %}{{x}}":         "!",
		"{% set x = ['abc'.startswith('a',1.5)] %}{{x}}":         "!",
		"{% set x = ['a,b,c'.split(sep=',')] %}{{x}}":            "[['a', 'b', 'c']]",
		"{% set x = ['a,b,c'.split(',',maxsplit=1)] %}{{x}}":     "[['a', 'b,c']]",
		"{% set x = ['a b c'.split(maxsplit=1)] %}{{x}}":         "[['a', 'b c']]",
		"{% set x = ['a,b,c'.split(maxsplit=1,sep=',')] %}{{x}}": "[['a', 'b,c']]",
		"{% set x = ['a'.split(',',sep=',')] %}{{x}}":            "!",
		"{% set x = ['a'.split(x=1)] %}{{x}}":                    "!",
		"{% set x = ['a b'.split(sep=None)] %}{{x}}":             "[['a', 'b']]",
		"{% set x = [max([],default=0)] %}{{x}}":                 "[0]",
		"{% set x = [min([],default=None)] %}{{x}}":              "[None]",
		"{% set x = [max([3,1],default=0)] %}{{x}}":              "[3]",
		"{% set x = [max(1,2,default=0)] %}{{x}}":                "!",
		"{% set x = [max([1,2],key=None)] %}{{x}}":               "[2]",
		"{% set x = [max([],default=[1])] %}{{x}}":               "[[1]]",
		"{% set x = [min([2,1],key=None,default=5)] %}{{x}}":     "[1]",
		"{% set x = [max(default=1)] %}{{x}}":                    "!",
		"{% set x = [max([],default='x')] %}{{x}}":               "['x']",
		"{% set x = [int('12',16)] %}{{x}}":                      "[18]",
		"{% set x = [int('0x1F',16)] %}{{x}}":                    "[31]",
		"{% set x = [int('-0b101',2)] %}{{x}}":                   "[-5]",
		"{% set x = [int('0o17',8)] %}{{x}}":                     "[15]",
		"{% set x = [int('0x1f',0)] %}{{x}}":                     "[31]",
		"{% set x = [int('010',0)] %}{{x}}":                      "!",
		"{% set x = [int('00',0)] %}{{x}}":                       "[0]",
		"{% set x = [int('1_0',16)] %}{{x}}":                     "[16]",
		"{% set x = [int('0x_f',16)] %}{{x}}":                    "[15]",
		"{% set x = [int('1__0',16)] %}{{x}}":                    "!",
		"{% set x = [int('z',36)] %}{{x}}":                       "[35]",
		"{% set x = [int('Z',35)] %}{{x}}":                       "!",
		"{% set x = [int('9',8)] %}{{x}}":                        "!",
		"{% set x = [int('',16)] %}{{x}}":                        "!",
		"{% set x = [int('0x',16)] %}{{x}}":                      "!",
		"{% set x = [int('+-5',16)] %}{{x}}":                     "!",
		"{% set x = [int(' 12 ',16)] %}{{x}}":                    "[18]",
		"{% set x = [int(12,16)] %}{{x}}":                        "!",
		"{% set x = [int('12',1)] %}{{x}}":                       "!",
		"{% set x = [int('12',37)] %}{{x}}":                      "!",
		"{% set x = [int('12','x')] %}{{x}}":                     "!",
		"{% set x = [int('12',base=10)] %}{{x}}":                 "[12]",
		"{% set x = [int('12',True)] %}{{x}}":                    "!",
		"{% set x = [int('-',16)] %}{{x}}":                       "!",
		"{% set x = [int('0b1',16)] %}{{x}}":                     "[177]",
		"{% set x = [int('0b1',36)] %}{{x}}":                     "[397]",
		"{% set x = [int('_1',16)] %}{{x}}":                      "!",
		"{% set x = [int('1_',16)] %}{{x}}":                      "!",
		"{% set x = [int('--5',10)] %}{{x}}":                     "!",
		"{% set x = [int('0_7',0)] %}{{x}}":                      "!",
		"{% set x = [int('é',16)] %}{{x}}":                       "!",
		"{% set x = [int('ffffffffffffffffffff',16)] %}{{x}}":    "[1208925819614629174706175]",
		"{% set x = [int('12',None)] %}{{x}}":                    "!",
		"{% set x = max([1, 2], key=len) %}{{x}}":                "!",
	} {
		tmpl, err := templating.Compile(&lexer.Source{Text: "%" + text})
		var b lexer.Builder
		if err == nil {
			_, err = tmpl.Render(&b, templating.Input{})
		}
		if got := b.Statement().SQL(); want == "!" && err == nil || want != "!" && (err != nil || got != want) {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
}

// Every function and operation refuses a secret by the sentence about secrets, not by one about what it is made of.
func TestNothingTakesASecret(t *testing.T) {
	t.Parallel()
	for _, use := range []string{"s + 'x'", "'x' + s", "s * 2", "s[0]", "s[0:1]", "s == 'x'", "'x' in s", "s in 'x'", "s < 'x'", "not s", "-s", "len(s)", "min(s)", "max(s, 1)", "max([], default=s)", "int(s, 16)", "int('1', s)", "'a'.startswith('a', s)", "'a'.split(sep=s)",
		"sum(s)", "sum([1], s)", "sum([], s)", "sorted(s)", "list(s)", "enumerate(s)", "reversed(s)", "zip(s, [1])", "range(s)", "int(s)", "float(s)", "str(s)", "String(s)", "Int32(s)", "Float64(s)",
		"Date(s)", "DateTime(s)", "Boolean(s)", "JSON(s)", "Array(s)", "Array('a', s)", "column(s)", "columns(s)", "symbol(s)", "table(s)", "sql_unescape(s, '%')",
		"split_to_array(s)", "split_to_array('a', '', s)", "enumerate_with_last(s)", "day_diff(s, '2024-01-01')", "date_diff_in_hours('x', s)", "error(s)", "custom_error(s)",
		"max_threads(s)", "cache_ttl(s)", "backend_hint(s)", "activate(s)", "s.split(',')", "s.upper()", "s.get('a')", "'a'.join(s)", "'a'.replace(s, 'b')", "'a'.startswith(s)",
		"[s]", "(s, 1)", "{'a': s}", "{s: 1}", "f'{s}'", "1 if s else 2", "s and 1", "0 or s", "[x for x in s]", "String(absent, s)", "Int32(absent, s)", "Array(absent, 'String', s)", "s // 2", "s % 2", "1 - s"} {
		text := "%{% set s = tb_secret('k') %}{% set x = " + use + " %}{{x}}"
		tmpl, err := templating.Compile(&lexer.Source{Text: text})
		if err == nil {
			var b lexer.Builder
			_, err = tmpl.Render(&b, templating.Input{Secret: vault("k", "hunter2hunter2")})
		}
		if err == nil {
			t.Errorf("%s is let through", use)
			continue
		}
		var all templating.Errors
		if errors.As(err, &all) {
			err = all[0]
		}
		e := asError(t, err)
		if !strings.Contains(e.Message, "secret") || strings.Contains(e.Error()+e.Hint, "hunter2") {
			t.Errorf("%s: %s: %v", use, e.Kind, e)
		}
	}
}

// TestJumpsInElse: in the else of a loop, break and continue belong to a loop around it. Where there is none they are
// refused: what follows them, a filter maybe, would be left out in silence.
func TestJumpsInElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{% for x in [1] %}a{% else %}{% break %}{% end %} WHERE tenant = 1",
		"{% while False %}a{% else %}{% continue %}{% end %} WHERE tenant = 1",
		"{% for x in [1] %}a{% else %}{% if True %}{% break %}{% end %}{% end %} WHERE tenant = 1",
	} {
		_, err := templating.Compile(&lexer.Source{Text: "%" + text})
		if err == nil || asError(t, err).Kind != templating.KindSyntax {
			t.Errorf("%s: got %v, want a syntax error", text, err)
		}
	}
	var b lexer.Builder
	text := "%{% for x in [1, 2] %}a{% for y in [] %}{% else %}{% break %}{% end %}b{% end %}c"
	if _, err := compile(t, text).Render(&b, templating.Input{}); err != nil || b.Statement().SQL() != "ac" {
		t.Errorf("%s: got %q, %v, want ac", text, b.Statement().SQL(), err)
	}
}

// TestReplaceCost: a replacement costs what it makes, not what it would make without a count.
func TestReplaceCost(t *testing.T) {
	t.Parallel()
	var b lexer.Builder
	in := templating.Input{Params: args("a", strings.Repeat("x", 20_000))}
	if _, err := compile(t, "%{% if len(a.replace('x', a, 1)) == 39999 %}y{% end %}").Render(&b, in); err != nil || b.Statement().SQL() != "y" {
		t.Errorf("once: got %q, %v", b.Statement().SQL(), err)
	}
	if _, err := compile(t, "%{{a.replace('x', a)}}").Render(&b, in); asError(t, err).Kind != templating.KindLimit {
		t.Errorf("everywhere: got %v", err)
	}
}

// TestCountingCosts: going through a long text at every turn of a loop uses up the budget, and does not take minutes.
func TestCountingCosts(t *testing.T) {
	t.Parallel()
	in := templating.Input{Params: args("x", strings.Repeat("b", 1<<20))}
	for _, use := range []string{"x[0] == 'b'", "len(x) > 1", "x[1:3] == 'bb'", "'c' in x"} {
		var b lexer.Builder
		_, err := compile(t, "%{% for i in range(3000) %}{% if "+use+" %}{% end %}{% end %}").Render(&b, in)
		if err == nil || asError(t, err).Kind != templating.KindLimit {
			t.Errorf("%s: got %v, want the end of a budget", use, err)
		}
	}
}

// TestContext: a context that is over ends every kind of loop, whatever the template catches.
func TestContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, text := range []string{
		"{% for i in range(5000) %}{% end %}",
		"{% set i = 0 %}{% while i < 5000 %}{% set i = i + 1 %}{% end %}",
		"{% for last, i in enumerate_with_last(range(5000)) %}{% end %}",
		"{% set l = [i for i in range(5000)] %}",
		"{% try %}{% for i in range(5000) %}{% end %}{% except %}{% end %}",
	} {
		var b lexer.Builder
		if _, err := compile(t, "%"+text).Render(&b, templating.Input{Context: ctx}); err != context.Canceled {
			t.Errorf("%s: got %v, want the context's error", text, err)
		}
	}
}

// The stand-in of a parameter that was not sent has three items, whatever number asks.
func TestItemsOfAStandIn(t *testing.T) {
	t.Parallel()
	for index, ok := range map[string]bool{"0": true, "2": true, "3": false, "-5": true, "True": true, "False": true, "2.0": true, "2.5": false,
		"1.5": true, "'a'": false, "None": false, "10 ** 30": false} {
		var b lexer.Builder
		_, err := compile(t, "%{% set z = x["+index+"] %}").Render(&b, templating.Input{Mode: templating.Validate})
		if (err == nil) != ok {
			t.Errorf("[%s]: %v", index, err)
		}
	}
}

// In a validation a stand-in begins with no text; it has no end, as in the reference.
func TestAffixOfAStandIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"{% if x.startswith('a') %}y{% else %}n{% end %}", "n"},
		{"{% if 'abc'.startswith('a') %}y{% else %}n{% end %}", "y"},
		{"{% if 'abc'.endswith('a') %}y{% else %}n{% end %}", "n"},
	} {
		var b lexer.Builder
		if _, err := compile(t, "%"+c.text).Render(&b, templating.Input{Mode: templating.Validate}); err != nil || b.Statement().SQL() != c.want {
			t.Errorf("%s: got %s, %v", c.text, b.Statement().SQL(), err)
		}
	}
	var b lexer.Builder
	_, err := compile(t, "%{% if x.endswith('a') %}y{% else %}n{% end %}").Render(&b, templating.Input{Mode: templating.Validate})
	if err == nil || !strings.Contains(err.Error(), "'Placeholder' object has no attribute 'endswith'") {
		t.Errorf("endswith: got %s, %v", b.Statement().SQL(), err)
	}
}

// TestMethodsTakeNoMore: each method with as many arguments as it takes, and with one more.
func TestMethodsTakeNoMore(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		"d.get('k', 2": "1", "d.items(": "[('k', 1)]", "d.keys(": "['k']", "d.values(": "[1]", "s.split('b', 2": "['a', 'c']",
		"s.join(['x', 'y']": "'xabcy'", "s.replace('a', 'z', 2": "'zbc'", "s.startswith('a', 0, 2": "True", "s.endswith('c', 2, 3": "True",
		"s.strip('a'": "'bc'", "s.lstrip('a'": "'bc'", "s.rstrip('c'": "'ab'", "s.lower(": "'abc'", "s.upper(": "'ABC'",
	} {
		more := ", 1"
		if strings.HasSuffix(call, "(") {
			more = "1"
		}
		for _, tooMany := range []bool{false, true} {
			called := call + ")"
			if tooMany {
				called = call + more + ")"
			}
			if strings.HasPrefix(want, "[") {
				called = "list(" + called + ")"
			}
			src := "%{% set d = {'k': 1} %}{% set s = 'abc' %}{% if " + called + " == " + want + " %}yes{% end %}"
			var b lexer.Builder
			_, err := compile(t, src).Render(&b, templating.Input{})
			if tooMany != (err != nil) || err == nil && b.Statement().SQL() != "yes" {
				t.Errorf("%s: got %v, %v", src, b.Statement(), err)
			}
		}
	}
}
