package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"penstock/branches/workspace"
	"penstock/sql/seal"
	"penstock/sql/store"
	"penstock/sql/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database {
		folder := filepath.Join(t.TempDir(), "a b%20?c#d")
		path := filepath.Join(folder, "meta.db")
		return storetest.Database{
			DSN: "sqlite:" + path,
			SQL: func(t *testing.T) *sql.DB {
				t.Helper()
				db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)+"?_pragma=busy_timeout(5000)")
				if err != nil {
					t.Fatal(err)
				}
				return db
			},
			Bytes: func(t *testing.T) []byte {
				t.Helper()
				var all []byte
				files, err := os.ReadDir(folder)
				if err != nil || len(files) < 2 { // with -wal at least
					t.Fatalf("got %v, %v", files, err)
				}
				for _, f := range files {
					b, err := os.ReadFile(filepath.Join(folder, f.Name()))
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, b...)
				}
				return all
			},
		}
	})
}

func newKey(t testing.TB) seal.Key {
	t.Helper()
	k, err := seal.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t testing.TB, path string, key seal.Key) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), "sqlite:"+path, key, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Only the owner reads the files, whatever the umask and whatever their mode was. Not parallel: the umask is the process's.
func TestFileModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	path := filepath.Join(t.TempDir(), "data", "meta.db")
	key := newKey(t)
	check := func() {
		t.Helper()
		for _, f := range []string{path, path + "-wal", path + "-shm"} {
			if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: got %v, %v", f, info.Mode().Perm(), err)
			}
		}
	}
	db := open(t, path, key)
	check()
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: got %v, %v", info.Mode(), err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	open(t, path, key)
	check()
}

// Readers do not wait for a writer, and a kill leaves whole transactions: the journal is a write-ahead log.
func TestWriteAheadLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "meta.db")
	open(t, path, newKey(t))
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var mode string
	if err := db.QueryRow(`PRAGMA journal_mode`).Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("got %q, %v", mode, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "text"), []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, dsn, wants string }{
		{"another store", "postgres://u:hidden@host/db", "give sqlite:PATH"},
		{"no path", "sqlite:", "give sqlite:PATH"},
		{"no scheme", "meta.db", "give sqlite:PATH"},
		{"a folder", "sqlite:" + folder, "open store"},
		{"no database", "sqlite:" + filepath.Join(folder, "text"), "open store"},
	} {
		_, err := store.Open(context.Background(), tt.dsn, newKey(t), store.Options{})
		if err == nil || !strings.Contains(err.Error(), tt.wants) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	absent := filepath.Join(folder, "absent", "meta.db")
	if found, err := store.Initialized(context.Background(), "sqlite:"+absent); found || err != nil {
		t.Errorf("got %t, %v", found, err)
	}
	if _, err := os.Stat(filepath.Dir(absent)); !os.IsNotExist(err) {
		t.Error("Initialized made something")
	}
	if _, err := store.Open(context.Background(), "sqlite:"+absent, seal.Key{}, store.Options{}); err == nil {
		t.Error("opened without a key")
	}
	if _, err := os.Stat(absent); !os.IsNotExist(err) {
		t.Error("a refused start made a database")
	}
}

// A schema that is newer than the binary stops the start.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	path, key := filepath.Join(t.TempDir(), "meta.db"), newKey(t)
	if err := open(t, path, key).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(context.Background(), "sqlite:"+path, key, store.Options{}); err == nil || !strings.Contains(err.Error(), "newer penstock") {
		t.Errorf("got %v", err)
	}
}

// What was answered is in the files: a copy taken without closing the store opens and has it. A kill leaves just that.
func TestAnsweredIsOnDisk(t *testing.T) {
	t.Parallel()
	ctx, key := context.Background(), newKey(t)
	folder := t.TempDir()
	db := open(t, filepath.Join(folder, "meta.db"), key)
	for i := range 20 {
		value := workspace.NewSecretValue(fmt.Sprint("value ", i))
		var err error
		if i == 0 {
			_, err = db.CreateSecret(ctx, workspace.Main, "a", value, "x", 0)
		} else {
			_, err = db.UpdateSecret(ctx, workspace.Main, "a", value, "x")
		}
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(copied, "meta.db-shm")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if found, err := store.Initialized(ctx, "sqlite:"+filepath.Join(copied, "meta.db")); err != nil || !found {
			t.Fatalf("round %d: initialized %t, %v", i, found, err)
		}
		again, err := store.Open(ctx, "sqlite:"+filepath.Join(copied, "meta.db"), key, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.SecretValue(ctx, workspace.Main, "a")
		if err != nil || got.Reveal() != value.Reveal() {
			t.Errorf("round %d: got %v", i, err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkSecretValue(b *testing.B) {
	for _, n := range []int{16, 8192} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ctx := b.Context()
			db := open(b, filepath.Join(b.TempDir(), "meta.db"), newKey(b))
			if _, err := db.CreateSecret(ctx, workspace.Main, "a", workspace.NewSecretValue(strings.Repeat("x", n)), "x", 0); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.SecretValue(ctx, workspace.Main, "a"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCallerByToken(b *testing.B) {
	ctx := b.Context()
	db := open(b, filepath.Join(b.TempDir(), "meta.db"), newKey(b))
	token, err := db.AdminToken(ctx, workspace.Main)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := db.CallerByToken(ctx, token.Text.Reveal()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdateSecret(b *testing.B) {
	ctx := b.Context()
	db := open(b, filepath.Join(b.TempDir(), "meta.db"), newKey(b))
	v := workspace.NewSecretValue(strings.Repeat("x", 8192))
	if _, err := db.CreateSecret(ctx, workspace.Main, "a", v, "x", 0); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := db.UpdateSecret(ctx, workspace.Main, "a", v, "x"); err != nil {
			b.Fatal(err)
		}
	}
}
