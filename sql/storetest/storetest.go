// Package storetest says what every store must do, as tests: call Run with a way to get a fresh database of your kind.
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"penstock/branches/workspace"
	"penstock/sql/seal"
	"penstock/sql/store"
)

// A Database is one fresh, empty database and what tests need besides a store.
type Database struct {
	DSN string
	// SQL reaches the database beside the store; the suite closes it.
	SQL func(t *testing.T) *sql.DB
	// Bytes gives all that the database has on the disk now.
	Bytes func(t *testing.T) []byte
}

// Run runs the suite. fresh is called for each test, maybe several at once.
func Run(t *testing.T, fresh func(t *testing.T) Database) {
	for name, test := range map[string]func(*testing.T, *suite){
		"FirstStart":          firstStart,
		"Keys":                keys,
		"AdminTokenGiven":     adminTokenGiven,
		"Workspaces":          workspaces,
		"Tokens":              tokens,
		"Secrets":             secrets,
		"SecretErrors":        secretErrors,
		"Versions":            versions,
		"Audit":               audit,
		"AuditFailure":        auditFailure,
		"MovedSecrets":        movedSecrets,
		"MovedTokens":         movedTokens,
		"NothingInTheClear":   nothingInTheClear,
		"OddValues":           oddValues,
		"Concurrent":          concurrent,
		"EndedContext":        endedContext,
		"StaysAfterReopening": staysAfterReopening,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newSuite(t, fresh(t)))
		})
	}
}

// suite is one test's database, its key and its clock.
type suite struct {
	Database
	key   seal.Key
	clock *clock
	ctx   context.Context
}

func newSuite(t *testing.T, d Database) *suite {
	t.Helper()
	key, err := seal.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &suite{Database: d, key: key, clock: newClock(), ctx: t.Context()}
}

// open opens the store until the test ends.
func (s *suite) open(t *testing.T) *store.DB {
	t.Helper()
	db, err := s.tryOpen(s.key, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func (s *suite) tryOpen(key seal.Key, adminToken string) (*store.DB, error) {
	return store.Open(s.ctx, s.DSN, key, store.Options{Now: s.clock.now, AdminToken: workspace.NewSecretValue(adminToken)})
}

// exec changes the database behind the store's back and demands that rows were changed.
func (s *suite) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	db := s.SQL(t)
	defer func() { _ = db.Close() }()
	res, err := db.ExecContext(s.ctx, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: changed %d rows, %v", query, n, err)
	}
}

func firstStart(t *testing.T, s *suite) {
	if found, err := store.Initialized(s.ctx, s.DSN); err != nil || found {
		t.Errorf("before: initialized %t, %v", found, err)
	}
	db := s.open(t)
	if found, err := store.Initialized(s.ctx, s.DSN); err != nil || !found {
		t.Errorf("after: initialized %t, %v", found, err)
	}
	all := must[[]workspace.Workspace](t)(db.Workspaces(s.ctx))
	if len(all) != 1 || all[0].ID != workspace.Main || all[0].Name != "main" || all[0].IsBranch() || all[0].CreatedAt != s.clock.last() {
		t.Errorf("got workspaces %+v", all)
	}
	token := must[workspace.Token](t)(db.AdminToken(s.ctx, workspace.Main))
	if token.Name != workspace.AdminTokenName || token.Workspace != workspace.Main || len(token.Text.Reveal()) < 60 || token.ID == "" {
		t.Errorf("got token %+v", token)
	}
	if err := db.Ping(s.ctx); err != nil {
		t.Error(err)
	}
	if secrets := must[[]workspace.SecretMeta](t)(db.Secrets(s.ctx, workspace.Main)); len(secrets) != 0 {
		t.Errorf("got secrets %+v", secrets)
	}
}

func keys(t *testing.T, s *suite) {
	if _, err := s.tryOpen(seal.Key{}, ""); err == nil {
		t.Fatal("an empty database opens without a key")
	}
	db := must[*store.DB](t)(s.tryOpen(s.key, ""))
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "a", workspace.NewSecretValue("v"), "x", 0))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := newSuite(t, s.Database).key
	for name, k := range map[string]seal.Key{"another key": other, "no key": {}} {
		_, err := s.tryOpen(k, "")
		if !errors.Is(err, seal.ErrKey) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		for _, way := range []string{"PENSTOCK_KEY", "--key-file", "`key`"} {
			if !bytes.Contains([]byte(err.Error()), []byte(way)) {
				t.Errorf("%s: the error does not name %s: %v", name, way, err)
			}
		}
		if bytes.Contains([]byte(err.Error()), []byte(other.Reveal())) {
			t.Error("the error holds the key")
		}
	}
	if v := must[workspace.SecretValue](t)(s.open(t).SecretValue(s.ctx, workspace.Main, "a")); v.Reveal() != "v" {
		t.Error("after wrong keys the right one does not open")
	}
}

func adminTokenGiven(t *testing.T, s *suite) {
	const given = "sixteen-letters!"
	for name, bad := range map[string]string{"short": "fifteen-letters", "blank": "sixteen letters with blanks", "not ASCII": "sixteen-létters-and-more", "newline": "sixteen-letters-and\n"} {
		if _, err := s.tryOpen(s.key, bad); workspace.CodeOf(err) != workspace.Invalid {
			t.Errorf("%s: got %v", name, err)
		} else if bytes.Contains([]byte(err.Error()), []byte(bad)) {
			t.Errorf("%s: the error holds the token", name)
		}
	}
	db := must[*store.DB](t)(s.tryOpen(s.key, given))
	if c := must[workspace.Caller](t)(db.CallerByToken(s.ctx, given)); !c.IsAdmin() || c.Workspace.ID != workspace.Main {
		t.Errorf("got %+v", c)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tryOpen(s.key, "another-token-of-some-length"); !errors.Is(err, store.ErrAdminToken) {
		t.Errorf("another token later: got %v", err)
	}
	for _, same := range []string{given, ""} {
		db := must[*store.DB](t)(s.tryOpen(s.key, same))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func workspaces(t *testing.T, s *suite) {
	db := s.open(t)
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "staging"))
	b := must[workspace.Workspace](t)(db.CreateBranch(s.ctx, w.ID, "feature"))
	if w.IsBranch() || w.Name != "staging" || len(w.ID) != 16 || w.ID.Database() != "ws_"+string(w.ID) || w.CreatedAt.IsZero() {
		t.Errorf("got %+v", w)
	}
	if !b.IsBranch() || b.Parent != w.ID || b.Name != "feature" || b.ID == w.ID {
		t.Errorf("got %+v", b)
	}
	for _, want := range []workspace.Workspace{w, b} {
		if got := must[workspace.Workspace](t)(db.Workspace(s.ctx, want.ID)); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if got := must[workspace.Workspace](t)(db.WorkspaceByName(s.ctx, want.Name)); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if token := must[workspace.Token](t)(db.AdminToken(s.ctx, want.ID)); token.Workspace != want.ID {
			t.Errorf("got %+v", token)
		}
	}
	all := must[[]workspace.Workspace](t)(db.Workspaces(s.ctx))
	if len(all) != 3 || all[0].ID != workspace.Main || all[1] != w || all[2] != b {
		t.Errorf("got %+v", all)
	}
	for _, name := range []string{"main", "staging", "feature"} {
		_, err := db.CreateWorkspace(s.ctx, name)
		wantCode(t, "workspace "+name, err, workspace.Conflict)
		_, err = db.CreateBranch(s.ctx, workspace.Main, name)
		wantCode(t, "branch "+name, err, workspace.Conflict)
	}
	_, err := db.CreateBranch(s.ctx, b.ID, "deeper")
	wantCode(t, "branch of a branch", err, workspace.Invalid)
	_, err = db.CreateBranch(s.ctx, "0000000000000000", "x")
	wantCode(t, "branch of nothing", err, workspace.NotFound)
	_, err = db.CreateBranch(s.ctx, "", "x")
	wantCode(t, "branch of an empty id", err, workspace.NotFound)
	_, err = db.CreateWorkspace(s.ctx, "no good")
	wantCode(t, "bad name", err, workspace.Invalid)
	_, err = db.Workspace(s.ctx, "x")
	wantCode(t, "unknown id", err, workspace.NotFound)
	_, err = db.WorkspaceByName(s.ctx, "x")
	wantCode(t, "unknown name", err, workspace.NotFound)
	_, err = db.AdminToken(s.ctx, "x")
	wantCode(t, "token of nothing", err, workspace.NotFound)
	if n := len(must[[]workspace.Workspace](t)(db.Workspaces(s.ctx))); n != 3 {
		t.Errorf("refused ones are there: %d workspaces", n)
	}
}

// must gives the value or ends the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t *testing.T, what string, err error, want workspace.Code) {
	t.Helper()
	if got := workspace.CodeOf(err); err == nil || got != want {
		t.Errorf("%s: got code %d (%v), want %d", what, got, err, want)
	}
}

// clock gives a later time at each call.
type clock struct{ ticks chan time.Time }

func newClock() *clock {
	c := &clock{make(chan time.Time, 1)}
	c.ticks <- time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	return c
}

func (c *clock) now() time.Time {
	t := (<-c.ticks).Add(1500 * time.Millisecond)
	c.ticks <- t
	return t.In(time.FixedZone("elsewhere", 3600))
}

// last is the time that now gave last.
func (c *clock) last() time.Time {
	t := <-c.ticks
	c.ticks <- t
	return t
}

func (s *suite) name(i int) string { return fmt.Sprintf("secret_%d", i) }
