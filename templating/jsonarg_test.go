package templating_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"penstock/templating"
)

func TestArgOfJSON(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]templating.Arg{
		`"a\"b"`:               {Text: `a"b`},
		`1.50`:                 {Text: "1.50"},
		`12345678901234567890`: {Text: "12345678901234567890"},
		`true`:                 {Text: "true"},
		`{"b": 1, "a": "<"}`:   {Text: `{"b": 1, "a": "<"}`},
		`[]`:                   {IsList: true, List: []string{}},
		`["a", 1.50, false, null, {"b": 1}, [2]]`: {IsList: true, List: []string{"a", "1.50", "false", "null", `{"b": 1}`, "[2]"}},
		`"\ud83d\ude00"`:       {Text: "😀"},
		`"\uFFFD"`:             {Text: "\ufffd"},
		`["` + "\ufffd" + `"]`: {IsList: true, List: []string{"\ufffd"}},
	} {
		got, sent, err := templating.ArgOfJSON(json.RawMessage(raw))
		if err != nil || !sent || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, sent %v, %v; want %#v", raw, got, sent, err, want)
		}
	}
	if _, sent, err := templating.ArgOfJSON(json.RawMessage("null")); sent || err != nil {
		t.Errorf("null: got sent %v, %v; want it not sent", sent, err)
	}
	for _, raw := range []string{`"\ud800"`, `["a", "x\udc00"]`} {
		if got, _, err := templating.ArgOfJSON(json.RawMessage(raw)); err == nil {
			t.Errorf("%s: got %#v, want an error: the text would be another", raw, got)
		}
	}
}
