package gateway

import "testing"

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
