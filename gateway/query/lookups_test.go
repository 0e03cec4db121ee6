package query

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"penstock/branches/workspace"
	"penstock/sql/engine"
)

// aged is an engine that knows some settings: those of an older ClickHouse than any that the tests have.
type aged struct {
	names string
	asked int
}

func (a *aged) Stream(context.Context, engine.Query) (*engine.Result, error) {
	a.asked++
	return &engine.Result{Body: io.NopCloser(strings.NewReader(a.names))}, nil
}

func TestLookupsOfOldEngines(t *testing.T) {
	t.Parallel()
	var l lookups
	for range 2 {
		e := &aged{names: "use_skip_indexes\nuse_primary_key\n"}
		_, err := l.off(t.Context(), e, "id")
		var refused *workspace.Error
		if !errors.As(err, &refused) || refused.Code != workspace.Invalid || !strings.Contains(refused.Message, "no setting use_partition_pruning") || e.asked != 1 {
			t.Errorf("without a setting that is needed: %v, asked %d times", err, e.asked)
		}
	}
	e := &aged{names: "use_partition_pruning\nuse_primary_key\nuse_skip_indexes\n"}
	for range 2 {
		off, err := l.off(t.Context(), e, "id")
		if err != nil || len(off) != 3 || off[2] != (engine.Setting{Name: "use_skip_indexes", Value: "0"}) || e.asked != 1 {
			t.Errorf("what the engine knows is off: %v, %v, asked %d times", off, err, e.asked)
		}
	}
}
