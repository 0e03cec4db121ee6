package query

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"penstock/branches/workspace"
	"penstock/sql/engine"
)

// always are the settings by which every ClickHouse looks a compared value up, to read less; later are those of what came later,
// which an engine without the setting does not do. All are off for a statement that compares a secret as it is: see
// guard.Report.Blind.
var (
	always = []string{"use_primary_key", "use_partition_pruning"}
	later  = []string{"use_skip_indexes", "use_statistics_for_part_pruning", "use_query_condition_cache",
		"optimize_use_projections", "optimize_use_implicit_projections", "optimize_use_projection_filtering"}
)

// lookups are what an engine may look values up in. They ask it once which it knows.
type lookups struct {
	settings atomic.Pointer[[]engine.Setting]
}

// off gives the settings with which the engine looks nothing up.
func (l *lookups) off(ctx context.Context, e engine.Streamer, id string) ([]engine.Setting, error) {
	if known := l.settings.Load(); known != nil {
		return *known, nil
	}
	known, err := l.ask(ctx, e, id+"-settings")
	if err != nil {
		return nil, err
	}
	off := make([]engine.Setting, len(known))
	for i, name := range known {
		off[i] = engine.Setting{Name: name, Value: "0"}
	}
	for _, name := range always {
		if !slices.Contains(known, name) {
			return nil, workspace.Errorf(workspace.Invalid, "This ClickHouse has no setting %s, without which how much it reads would tell of the secret "+
				"that the statement compares: use a newer ClickHouse, or compare a hash of the secret", name)
		}
	}
	l.settings.Store(&off)
	return off, nil
}

// ask tells which of the settings the engine knows.
func (l *lookups) ask(ctx context.Context, e engine.Streamer, id string) ([]string, error) {
	res, err := e.Stream(ctx, engine.Query{ID: id, ReadOnly: true, Format: "TSV",
		SQL: []byte("SELECT name FROM system.settings WHERE name IN ('" + strings.Join(append(slices.Clone(always), later...), "', '") + "')")})
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was read to its end, or its error is told
	names, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(names)), nil
}
