package templating_test

import (
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// TestPreparation: which use of a name is its first decides whether the parameter is a list everywhere.
func TestPreparation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template string
		list     bool
	}{
		// What is guarded comes before the condition …
		{"{% if p %}{{Array(p,'Int32')}}{% end %}", true},
		{"{% if p != [''] %}{% for i in [1] %}{{Array(p,'Int32')}}{% end %}{% end %}", true},
		{"{% if defined(p) %}x{% else %}{{Array(p,'Int32')}}{% end %}", true},
		{"{% for x in p %}{{Array(p,'Int32')}}{% end %}", true},
		{"{% while not p %}{{Array(p,'Int32')}}{% end %}", true},
		{"{% if defined(Array(p,'Int32')) %}{{String(p)}}{% end %}", false},
		{"{% if Array(p,'Int32') == '' %}{% if p %}x{% end %}{% end %}", false},
		// … but that of an elif where it stands.
		{"{% if none %}x{% elif defined(p) %}{{Array(p,'Int32')}}{% end %}", false},
		{"{% if none %}{{Array(p,'Int32')}}{% elif p == '' %}x{% end %}", true},
		// One use in a tag: the last, level by level.
		{"{{[p] + [Array(p,'Int32')]}}", true},
		{"{{[Array(p,'Int32')] + [p]}}", false},
		{"{{Array(p,'Int32') if none else p}}", false},
		{"{{p if none else Array(p,'Int32')}}", true},
		{"{{sql_and(x=p, y__in=Array(p,'Int32'))}}", true},
		{"{{sql_and(y__in=Array(p,'Int32'), x=p)}}", false},
		{"{% if defined(p) and Array(p,'Int32') != '' %}x{% end %}", true},
		{"{% if Array(p,'Int32') != '' and defined(p) %}x{% end %}", true},
		{"{% set x = String(p) + Array(p,'Int32') %}", true},
		{"{{p}}{{Array(p,'Int32')}}", true},
		{"{{String(p)}}{{Array(p,'Int32')}}", false},
		{"{{Int(p, 1) if none else 1}}{{Array(p,'Int32')}}", true},
		// A type that is no word is a mistake that prepares nothing.
		{`{{Array(p, "'a', 'b'")}}`, false},
		{`{{Array(p, "Nullable(Int32)")}}`, false},
		{`{{Array(p, Int32)}}`, true},
	} {
		var b lexer.Builder
		in := templating.Input{Params: args("p", "7,8")}
		if _, err := compile(t, "%"+c.template+"|{{p}}").Render(&b, in); err != nil {
			t.Errorf("%s: %v", c.template, err)
			continue
		}
		got := b.Statement().SQL()
		if list := got[len(got)-1] == ']'; list != c.list {
			t.Errorf("%s: got %s, want a list: %v", c.template, got, c.list)
		}
	}
}

// TestNumbersInLists: the cast of a typed number is for where it stands alone.
func TestNumbersInLists(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"{{Int32(p)}}":                       "toInt32('7')",
		"{{[Int32(p), Float64(p)]}}":         "[7, 7.0]",
		"{{ {'k': UInt8(p)} }}":              "{'k': 7}",
		"{{sql_and(x__in=[Int32(p)])}}":      "x in [7]",
		"{{[Int32(p)][0]}}":                  "toInt32('7')",
		"{{f'{Int32(p)}'}}":                  `'toInt32(\'7\')'`,
		"{% set l = str([Int32(p)]) %}{{l}}": "'[7]'",
	} {
		var b lexer.Builder
		if _, err := compile(t, "%"+template).Render(&b, templating.Input{Params: args("p", "7")}); err != nil {
			t.Errorf("%s: %v", template, err)
		} else if got := b.Statement().SQL(); got != want {
			t.Errorf("%s: got %s, want %s", template, got, want)
		}
	}
}

// TestLongJSONIsCut: an error shows the first 16 characters of what is no JSON.
func TestLongJSONIsCut(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"an é of sixteen!":  "'an é of sixteen!' - Expecting value: line 1 column 1 (char 0)",
		"an é of seventeen": "'an é of seventee...' - Expecting value: line 1 column 1 (char 0)",
	} {
		var b lexer.Builder
		_, err := compile(t, "%{{JSON(p)}}").Render(&b, templating.Input{Params: args("p", sent)})
		if got := asError(t, err).Message; got != "Template Syntax Error: Error parsing JSON: "+want {
			t.Errorf("%s: got %s, want %s", sent, got, want)
		}
	}
}
