package query

import (
	"strings"
	"testing"

	"penstock/sql/engine"
)

// The figures of an error about limits may come from a secret: the error is named and not quoted.
func TestFiguresAreWithheld(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]engine.Error{
		"MEMORY_LIMIT_EXCEEDED": {Code: 241, Message: "Code: 241. DB::Exception: Query memory limit exceeded: would use 4.01 GiB " +
			"(attempt to allocate chunk of 4711 bytes), maximum: 1.00 GiB. (MEMORY_LIMIT_EXCEEDED) (version 26.7.3.1)"},
		"TOO_MANY_ROWS": {Code: 158, Message: "Code: 158. DB::Exception: Limit for rows (controlled by 'max_rows_to_read' setting) exceeded, " +
			"max rows: 1.00, current rows: 4711. (TOO_MANY_ROWS) (version 26.7.3.1)"},
	} {
		e.Kind = engine.Failed
		for _, compares := range []bool{true, false} {
			got := engineError(&e, &veil{secrets: true, compares: compares}).Error()
			if strings.Contains(got, "4711") || !strings.Contains(got, name) {
				t.Errorf("compares %v: got %s, want the name %s without the figure", compares, got, name)
			}
		}
		if got := engineError(&e, &veil{}).Error(); !strings.Contains(got, "4711") {
			t.Errorf("without a secret: got %s, want all of it", got)
		}
	}
}
