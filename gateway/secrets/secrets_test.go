package secrets_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"penstock/branches"
	"penstock/branches/workspace"
	"penstock/gateway/secrets"
	"penstock/sql/seal"
	"penstock/sql/store"
)

type fixture struct {
	*secrets.Service
	db                  *store.DB
	admin, reader, work workspace.Caller // admin and reader of main; admin of a branch of main
	ctx                 context.Context
}

func setUp(t *testing.T, l secrets.Limits) fixture {
	t.Helper()
	key, err := seal.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "meta.db"), key, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w, err := db.Workspace(t.Context(), workspace.Main)
	if err != nil {
		t.Fatal(err)
	}
	b, err := db.CreateBranch(t.Context(), workspace.Main, "feature")
	if err != nil {
		t.Fatal(err)
	}
	admin := []workspace.Scope{{Type: workspace.ScopeAdmin}}
	return fixture{
		Service: secrets.New(db, branches.New(db), l), db: db, ctx: t.Context(),
		admin:  workspace.Caller{Workspace: w, TokenName: "admin token", Scopes: admin},
		reader: workspace.Caller{Workspace: w, TokenName: "reader", Scopes: []workspace.Scope{{Type: workspace.ScopePipesRead, Resource: "a"}}},
		work:   workspace.Caller{Workspace: b, TokenName: "admin token", Scopes: admin},
	}
}

func value(text string) workspace.SecretValue { return workspace.NewSecretValue(text) }

// want demands an error of that code whose sentence holds the words, and that it holds no value.
func want(t *testing.T, what string, err error, code workspace.Code, words string) {
	t.Helper()
	var e *workspace.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, words) {
		t.Errorf("%s: got %v, want code %d and %q", what, err, code, words)
	}
	if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "hush") {
		t.Errorf("%s: the error holds the value", what)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	f := setUp(t, secrets.Limits{Count: 100, Bytes: 8192})
	m, err := f.Create(f.ctx, f.admin, "a", value("one"))
	if err != nil || m.Name != "a" || m.EditedBy != "admin token" {
		t.Fatalf("got %+v, %v", m, err)
	}
	other := f.admin
	other.TokenName = "other"
	u, err := f.Update(f.ctx, other, "a", value("two"))
	if err != nil || u.EditedBy != "other" || u.CreatedAt != m.CreatedAt || u.UpdatedAt.Before(m.UpdatedAt) {
		t.Errorf("got %+v, %v", u, err)
	}
	for who, c := range map[string]workspace.Caller{"main": f.admin, "branch": f.work} {
		if got, err := f.Get(f.ctx, c, "a"); err != nil || got != u {
			t.Errorf("%s: got %+v, %v", who, got, err)
		}
		if all, err := f.List(f.ctx, c); err != nil || len(all) != 1 || all[0] != u {
			t.Errorf("%s: got %+v, %v", who, all, err)
		}
	}
	if err := f.Delete(f.ctx, f.admin, "a"); err != nil {
		t.Fatal(err)
	}
	_, err = f.Get(f.ctx, f.work, "a")
	want(t, "branch after delete", err, workspace.NotFound, "not found")
}

func TestRights(t *testing.T) {
	t.Parallel()
	f := setUp(t, secrets.Limits{})
	if _, err := f.Create(f.ctx, f.admin, "a", value("hush")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		who   string
		c     workspace.Caller
		read  bool
		words string
	}{
		{"nobody", workspace.Caller{}, false, "scope ADMIN"},
		{"reader", f.reader, false, "scope ADMIN"},
		{"branch", f.work, true, "use a token of the main workspace"},
	} {
		// The same refusal whether the name exists or not, and whatever else is wrong.
		for _, name := range []string{"a", "b", "no good"} {
			_, err := f.Create(f.ctx, tt.c, name, value("hush"))
			want(t, tt.who+" creates "+name, err, workspace.Forbidden, tt.words)
			_, err = f.Update(f.ctx, tt.c, name, value(""))
			want(t, tt.who+" updates "+name, err, workspace.Forbidden, tt.words)
			want(t, tt.who+" deletes "+name, f.Delete(f.ctx, tt.c, name), workspace.Forbidden, tt.words)
			if !tt.read {
				_, err = f.Get(f.ctx, tt.c, name)
				want(t, tt.who+" gets "+name, err, workspace.Forbidden, tt.words)
			}
		}
		if _, err := f.List(f.ctx, tt.c); !tt.read {
			want(t, tt.who+" lists", err, workspace.Forbidden, tt.words)
		}
	}
	if v, err := f.db.SecretValue(f.ctx, workspace.Main, "a"); err != nil || v.Reveal() != "hush" {
		t.Errorf("somebody changed it: %v", err)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	f := setUp(t, secrets.Limits{Count: 2, Bytes: 10})
	for _, tt := range []struct{ what, name, value, words string }{
		{"no name", "", "hush", "'name' is missing"},
		{"bad name", "a-b", "hush", "starts with a letter"},
		{"long name", strings.Repeat("a", 129), "hush", "at most 128"},
		{"no value", "a", "", "nearly always an unset variable"},
		{"long value", "a", "hush hush hush", "has 14 bytes and the limit is 10"},
	} {
		_, err := f.Create(f.ctx, f.admin, tt.name, value(tt.value))
		want(t, tt.what, err, workspace.Invalid, tt.words)
	}
	if _, err := f.Create(f.ctx, f.admin, "a", value("0123456789")); err != nil {
		t.Errorf("a value as long as it may be: %v", err)
	}
	_, err := f.Create(f.ctx, f.admin, "a", value("hush"))
	want(t, "exists", err, workspace.Invalid, "already exists: use PUT")
	if _, err := f.Create(f.ctx, f.admin, "b", value("v")); err != nil {
		t.Fatal(err)
	}
	_, err = f.Create(f.ctx, f.admin, "c", value("hush"))
	want(t, "one too many", err, workspace.Forbidden, "limit reached")
	_, err = f.Create(f.ctx, f.admin, "a", value("hush"))
	want(t, "exists, when full", err, workspace.Invalid, "already exists: use PUT")
	_, err = f.Update(f.ctx, f.admin, "a", value(""))
	want(t, "update to nothing", err, workspace.Invalid, "nearly always an unset variable")
	_, err = f.Update(f.ctx, f.admin, "a", value("hush hush hush"))
	want(t, "update too long", err, workspace.Invalid, "the limit is 10")
	for _, name := range []string{"c", "no good", "", strings.Repeat("x", 10000)} {
		_, err = f.Update(f.ctx, f.admin, name, value("hush"))
		want(t, "update of nothing", err, workspace.NotFound, "")
		want(t, "delete of nothing", f.Delete(f.ctx, f.admin, name), workspace.NotFound, "")
		_, err = f.Get(f.ctx, f.admin, name)
		want(t, "get of nothing", err, workspace.NotFound, "")
	}
	if err := f.Delete(f.ctx, f.admin, "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(f.ctx, f.admin, "c", value("v")); err != nil {
		t.Errorf("after a delete there is room: %v", err)
	}
}
