// Package migrations holds the schema of penstock's metadata and applies it: numbered SQL files, one folder for each
// dialect, each file in a transaction. A released file never changes; a test pins what each one says.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed sqlite/*.sql
var files embed.FS

// Dialect names a folder of migrations.
type Dialect string

// The dialects that there are.
const SQLite Dialect = "sqlite"

// Up brings the schema of db to what this binary knows and returns the versions before and after. A schema that is newer
// than the binary is an error, and nothing is changed. The caller sees to it that one process at a time calls Up.
func Up(ctx context.Context, db *sql.DB, d Dialect) (from, to int64, err error) {
	dialect, ok := map[Dialect]goose.Dialect{SQLite: goose.DialectSQLite3}[d]
	if !ok {
		return 0, 0, fmt.Errorf("migrate: unknown dialect %q", d)
	}
	folder, err := fs.Sub(files, string(d))
	if err != nil {
		return 0, 0, fmt.Errorf("migrate: %w", err)
	}
	// Closing the provider would close db, which is the caller's.
	p, err := goose.NewProvider(dialect, db, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, 0, fmt.Errorf("migrate: %w", err)
	}
	sources := p.ListSources()
	to = sources[len(sources)-1].Version
	if from, err = p.GetDBVersion(ctx); err != nil {
		return 0, 0, fmt.Errorf("migrate: read the version of the schema: %w", err)
	}
	if from > to {
		return from, to, fmt.Errorf("migrate: the schema has version %d and this penstock knows versions up to %d: start a newer penstock, or restore the data from before its update", from, to)
	}
	if _, err := p.Up(ctx); err != nil {
		return from, to, fmt.Errorf("migrate: from version %d to %d: %w", from, to, err)
	}
	return from, to, nil
}
