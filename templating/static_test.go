package templating_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"penstock/sql/lexer"
	"penstock/templating"
)

// recordedParam is an entry of params_meta as one of ours.
func recordedParam(m map[string]any) (templating.Param, bool) {
	name, ok := m["name"].(string)
	typ, _ := m["type"].(string)
	required, _ := m["required"].(bool)
	return templating.Param{Name: name, Type: typ, Default: m["default"], Required: required, Description: m["description"],
		Enum: m["enum"], Example: m["example"], Format: m["format"]}, ok
}

// asJSON is a value as the recording would hold it.
func asJSON(t *testing.T, v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStaticParams compares what is known of the parameters without running. The reference lists local names, constants
// and functions too, which are no parameters, and its order is not that of the source, so single uses of a name that
// differ from each other are left out of the comparison.
func TestStaticParams(t *testing.T) {
	same, names := 0, 0
	for _, c := range oracleCases(t) {
		tmpl, err := templating.Compile(c.source())
		if err != nil || c.Meta == nil {
			continue
		}
		recorded := make(map[string][]templating.Param)
		for _, m := range c.Meta {
			if p, ok := recordedParam(m); ok {
				recorded[p.Name] = append(recorded[p.Name], p)
			}
		}
		for _, got := range templating.MergeParams(tmpl.Params()) {
			uses := recorded[got.Name]
			names++
			if agreesWithOne(t, got, uses) {
				same++
			} else if testing.Verbose() {
				t.Logf("%q: got %+v, recorded %+v", c.Template, got, uses)
			}
		}
	}
	t.Logf("%d of %d parameters documented as recorded", same, names)
	if same*100 < names*97 {
		t.Errorf("%d of %d parameters documented as recorded; want 97 %%", same, names)
	}
}

func agreesWithOne(t *testing.T, got templating.Param, uses []templating.Param) bool {
	for _, u := range uses {
		if got.Type == u.Type && got.Required == u.Required && reflect.DeepEqual(asJSON(t, got.Default), u.Default) &&
			reflect.DeepEqual(asJSON(t, got.Description), u.Description) && reflect.DeepEqual(asJSON(t, got.Enum), u.Enum) &&
			reflect.DeepEqual(asJSON(t, got.Example), u.Example) && reflect.DeepEqual(asJSON(t, got.Format), u.Format) {
			return true
		}
	}
	return false
}

func TestMergeParams(t *testing.T) {
	t.Parallel()
	compile := func(text string) []templating.Param {
		tmpl, err := templating.Compile(&lexer.Source{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return tmpl.Params()
	}
	got := templating.MergeParams(
		compile(`%{% if defined(n) %}{{n}}{% end %}{{String(s, 'a', description='first')}}{% set l = 1 %}{{l}}`),
		compile(`%{{Int32(n, 7, enum=[1, 2])}}{{String(s, 'b', required=True, example='e')}}`))
	for i := range got {
		got[i].Pos = lexer.Position{}
	}
	if len(got) != 2 || got[0].Name != "n" || got[0].Type != "Int32" || got[0].Default != int64(7) || got[1].Name != "s" ||
		got[1].Default != "a" || !got[1].Required || got[1].Description != "first" || got[1].Example != "e" {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(got[0].Enum, []any{int64(1), int64(2)}) {
		t.Errorf("got enum %v", got[0].Enum)
	}
}

func TestLeastDefault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"%{{Int64(x, -9223372036854775808)}}":  int64(math.MinInt64),
		"%{{Int128(x, -9223372036854775809)}}": "-9223372036854775809",
	} {
		if got := compile(t, text).Params()[0].Default; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// TestHeadsGiveWay: what is tested in the head of a statement is documented as the type that the statement prints.
func TestHeadsGiveWay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{% if defined(s) and String(s, '') != '' %}{{Array(s, 'Int32')}}{% end %}":              "Array(Int32) <nil>",
		"{% if Int8(s) == 1 or Int16(s, 2) == 2 %}{% end %}":                                     "Int16 2",
		"{% if String(s) %}a{% else %}{% for i in [1] %}{{Int16(s)}}{% end %}{% end %}":          "Int16 <nil>",
		"{% while String(s) %}{% set a = Int16(s) %}{% end %}":                                   "Int16 <nil>",
		"{% for x in String(s) %}{{Int16(s)}}{% end %}":                                          "Int16 <nil>",
		"{% if String(s, 'd') == 'a' %}{{String(s)}}{% end %}":                                   "String d",
		"{% if Int8(s, 3) == 1 %}{% end %}{{Int16(s)}}":                                          "Int8 3",
		"{% if 1 %}{% if Int8(s, 3) == 1 %}{% end %}{{Int16(s)}}{% end %}":                       "Int8 3",
		"{% if Int8(s, 3) == 1 %}{% if Int16(s) == 1 %}{% end %}{% end %}":                       "Int8 3",
		"{% if 1 %}{% elif Int8(s, 3) == 1 %}{{Int16(s)}}{% end %}":                              "Int8 3",
		"{% if Int8(s, 3, description='which') == 1 %}{{Int16(s)}}{% end %}{{Int32(s, 4)}}{{s}}": "Int16 4 which",
	} {
		p := templating.MergeParams(compile(t, "%"+text).Params())[0]
		got := fmt.Sprint(p.Type, " ", p.Default)
		if p.Description != nil {
			got += fmt.Sprint(" ", p.Description)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestTablesAndSecrets(t *testing.T) {
	t.Parallel()
	tmpl, err := templating.Compile(&lexer.Source{Pipe: "p", Node: "n", Text: "% SELECT {{tb_secret('a')}}, {{tb_var('b', 'd')}}\n" +
		"FROM {{table('t')}}, {{table('db.u')}} {% if False %}{{tb_secret('a')}}{{table(x)}}{% end %}"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tmpl.Tables(), []string{"t", "db.u"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got tables %v, want %v", got, want)
	}
	var got []string
	for _, s := range tmpl.Secrets() {
		got = append(got, s.Name+" "+s.Pos.String())
	}
	want := []string{"a p/n:1:12", "b p/n:1:32", "a p/n:2:56"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got secrets %q, want %q", got, want)
	}
	if !tmpl.Secrets()[1].HasDefault || tmpl.Secrets()[0].HasDefault {
		t.Error("defaults of secrets are not told")
	}
}

// The names behind FROM and JOIN are found on every way through a template.
func TestSources(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT a, b FROM x": "x",
		"% SELECT * FROM {% if defined(hourly) %}by_hour{% elif defined(daily) %} by_day {% else %}by_month{% end %} AS t, other WHERE a = 1, c": "by_hour by_day by_month other",
		"% SELECT * FROM a {% if x %} LEFT JOIN b AS bb USING k {% end %}, `c d` FINAL, (SELECT 1 FROM e), f":                                    "a b c d e f",
		"% SELECT * FROM {{table(t)}}, a ARRAY JOIN arr, l ORDER BY m, n":                                                                        "a",
		"% SELECT 'FROM q' FROM numbers(3), db.t, x -- FROM y\n":                                                                                 "x",
		"% {% for i in [1, 2] %} SELECT * FROM a UNION ALL {% end %} SELECT * FROM b":                                                            "a b",
		"% {% while x %} FROM a {% else %}, b{% end %}, c":                                                                                       "a c",
		"% SELECT * FROM {% try %}a{% except %}b{% finally %}, c{% end %} GROUP BY d, e UNION ALL SELECT * FROM a":                               "a b c",
	} {
		tmpl, err := templating.Compile(&lexer.Source{Text: text})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := strings.Join(tmpl.Sources(), " "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
