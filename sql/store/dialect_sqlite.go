package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"penstock/branches/workspace"
)

// readers is the number of connections that read side by side.
const readers = 8

func sqlitePath(dsn string) (string, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		scheme, _, _ := strings.Cut(dsn, ":")
		return "", fmt.Errorf("the store %q is not known: give sqlite:PATH", scheme)
	}
	if path == "" {
		return "", errors.New("the store has no path: give sqlite:PATH")
	}
	return filepath.Abs(path)
}

// The pragmas stand in the DSN, where they hold for every connection of a pool.
func sqliteWriter(path string) string {
	return sqliteURI(path, "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
}

func sqliteReader(path string) string {
	return sqliteURI(path, "_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=query_only(1)")
}

func sqliteURI(path, query string) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}

func connect(ctx context.Context, dsn string, connections int) (*sqlx.DB, error) {
	db, err := sqlx.ConnectContext(ctx, "sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// preparePath sees to it that only the owner can read the database, whatever the umask. SQLite gives its -wal and -shm
// files the mode of the database file.
func preparePath(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case err == nil:
		if err := errors.Join(f.Sync(), f.Close(), syncFolder(folder)); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func hasKeysets(ctx context.Context, path string) (bool, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.Size() == 0:
		// The first transaction may stand in the -wal file alone.
		if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
	}
	db, err := connect(ctx, sqliteReader(path), 1)
	if err != nil {
		return false, err
	}
	defer func() { _ = db.Close() }() // nothing was written
	var tables, keysets int
	if err := db.GetContext(ctx, &tables, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'keysets'`); err != nil {
		return false, err
	}
	if tables == 0 {
		return false, nil
	}
	err = db.GetContext(ctx, &keysets, `SELECT count(*) FROM keysets`)
	return keysets > 0, err
}

// translate turns what SQLite says into the one error that users see, by code. What it does not know it leaves alone.
func translate(err error) error {
	var known *workspace.Error
	var driver *sqlite.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &workspace.Error{Code: workspace.Timeout, Message: "The request took too long", Cause: err}
	case errors.Is(err, context.Canceled):
		return &workspace.Error{Code: workspace.Canceled, Message: "The request was given up", Cause: err}
	case !errors.As(err, &driver):
		return err
	}
	switch driver.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &workspace.Error{Code: workspace.Conflict, Message: "It exists already", Cause: err}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return &workspace.Error{Code: workspace.NotFound, Message: "Workspace not found", Cause: err}
	}
	switch driver.Code() & 0xff { // the class, whatever the detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return &workspace.Error{Code: workspace.Unavailable, Message: "The store is busy: try again", RetryAfter: retryBusy, Cause: err}
	case sqlite3.SQLITE_FULL:
		return &workspace.Error{Code: workspace.Unavailable, Message: "The store's disk is full", RetryAfter: retryFull, Cause: err}
	case sqlite3.SQLITE_INTERRUPT:
		return &workspace.Error{Code: workspace.Canceled, Message: "The request was given up", Cause: err}
	}
	return err
}
