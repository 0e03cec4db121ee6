package gateway

import (
	"reflect"
	"testing"

	"penstock/templating"
)

// A body is one object, and nothing behind it.
func TestJSONBodies(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"value": "x"} ` + "\n":    true,
		`{"value": "x"}}`:           false,
		`{"value": "x"}]`:           false,
		`{"value": "x"}}garbage`:    false,
		`{"value": "x"} {}`:         false,
		`{"value": "x"}, "a": "b"}`: false,
		`{"value": "x"`:             false,
	} {
		in := input{at: map[string]int{}}
		if err := in.takeJSON([]byte(body)); (err == nil) != ok {
			t.Errorf("%s: got %v, want it taken: %v", body, err, ok)
		}
	}
}

// The values of a body are read as penstock render --batch reads them.
func TestJSONValues(t *testing.T) {
	t.Parallel()
	in := input{at: map[string]int{}}
	in.add("gone", "1")
	if err := in.takeJSON([]byte(`{"gone": null, "list": ["a", null, 1.50], "object": {"b": 1, "a": "<"}}`)); err != nil {
		t.Fatal(err)
	}
	want := templating.Args{
		{Name: "list", Arg: templating.Arg{IsList: true, List: []string{"a", "null", "1.50"}}},
		{Name: "object", Arg: templating.Arg{Text: `{"b": 1, "a": "<"}`}},
	}
	if !reflect.DeepEqual(in.args, want) {
		t.Errorf("got %+v, want %+v", in.args, want)
	}
	for _, body := range []string{`{"a": "\ud800"}`, `{"a": ["x", "\ud800"]}`} {
		if err := in.takeJSON([]byte(body)); err == nil {
			t.Errorf("%s: half of a character was taken", body)
		}
	}
}
