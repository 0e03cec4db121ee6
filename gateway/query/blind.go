package query

import (
	"context"
	"io"
	"strings"
	"sync/atomic"

	"penstock/sql/engine"
)

// lookups are the settings by which ClickHouse looks a compared value up in keys, indexes and what it remembers, to read less.
// They are off for a statement that compares a secret as it is: see guard.Report.Blind.
var lookups = []string{"use_primary_key", "use_partition_pruning", "use_skip_indexes", "use_statistics_for_part_pruning", "use_query_condition_cache",
	"optimize_use_projections", "optimize_use_implicit_projections", "optimize_use_projection_filtering"}

// blindness finds the lookups that the engine knows: older ones refuse a statement with the setting of a newer one. It asks once.
type blindness struct {
	known atomic.Pointer[[]engine.Setting]
}

func (b *blindness) settings(ctx context.Context, e engine.Streamer, id string) ([]engine.Setting, error) {
	if known := b.known.Load(); known != nil {
		return *known, nil
	}
	res, err := e.Stream(ctx, engine.Query{ID: id + "-settings", ReadOnly: true, Format: "TSV",
		SQL: []byte("SELECT name FROM system.settings WHERE name IN ('" + strings.Join(lookups, "', '") + "')")})
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was read to its end, or its error is told
	names, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var known []engine.Setting
	for name := range strings.FieldsSeq(string(names)) {
		known = append(known, engine.Setting{Name: name, Value: "0"})
	}
	b.known.Store(&known)
	return known, nil
}
