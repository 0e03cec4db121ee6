package migrations_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"penstock/sql/migrations"
)

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// A released file is on somebody's disk: a change of the schema is a new file, with its hash added here.
func TestReleasedFilesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"sqlite/00001_start.sql": "2f5f3f5911e7ba03d3a6a2f3c85cfb49c389b63387342c09561e5be4e151cfc3",
	}
	files, err := filepath.Glob("*/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations found", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		if got := hex.EncodeToString(sum[:]); got != want[filepath.ToSlash(f)] {
			t.Errorf("%s: got %s, want %s", f, got, want[filepath.ToSlash(f)])
		}
		delete(want, filepath.ToSlash(f))
	}
	for f := range want {
		t.Errorf("%s is gone", f)
	}
}

func TestUp(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), open(t)
	for i, wantFrom := range []int64{0, 1} {
		from, to, err := migrations.Up(ctx, db, migrations.SQLite)
		if err != nil || from != wantFrom || to != 1 {
			t.Errorf("time %d: got %d to %d, %v", i, from, to, err)
		}
	}
	if _, err := db.Exec(`INSERT INTO keysets (purpose, wrapped, created_at) VALUES ('x', 'y', 0)`); err == nil {
		t.Error("a text goes into a BLOB column: tables are not strict")
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), open(t)
	if _, _, err := migrations.Up(ctx, db, migrations.SQLite); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, 1)`); err != nil {
		t.Fatal(err)
	}
	_, _, err := migrations.Up(ctx, db, migrations.SQLite)
	if err == nil || !strings.Contains(err.Error(), "version 900") || !strings.Contains(err.Error(), "newer penstock") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	if _, _, err := migrations.Up(context.Background(), open(t), "oracle"); err == nil {
		t.Error("got no error")
	}
}
