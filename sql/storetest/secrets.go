package storetest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"penstock/branches/workspace"
	"penstock/sql/seal"
	"penstock/sql/store"
)

func tokens(t *testing.T, s *suite) {
	db := s.open(t)
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "other"))
	token := must[workspace.Token](t)(db.AdminToken(s.ctx, w.ID))
	parts := strings.Split(token.Text.Reveal(), ".")
	if len(parts) != 3 || parts[0] != "p" {
		t.Fatalf("a token has %d parts", len(parts))
	}
	var who map[string]string
	middle := must[[]byte](t)(base64.RawURLEncoding.DecodeString(parts[1]))
	if err := json.Unmarshal(middle, &who); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"u": string(w.ID), "id": token.ID, "host": "penstock"}; !reflect.DeepEqual(who, want) {
		t.Errorf("got %v, want %v", who, want)
	}
	if random := must[[]byte](t)(base64.RawURLEncoding.DecodeString(parts[2])); len(random) != 32 {
		t.Errorf("got %d random bytes", len(random))
	}
	c := must[workspace.Caller](t)(db.CallerByToken(s.ctx, token.Text.Reveal()))
	if want := (workspace.Caller{Workspace: w, TokenID: token.ID, TokenName: workspace.AdminTokenName, Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}); !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, want %+v", c, want)
	}
	for _, bad := range []string{"", "x", token.Text.Reveal() + "x", token.Text.Reveal()[1:], strings.ToUpper(token.Text.Reveal())} {
		_, err := db.CallerByToken(s.ctx, bad)
		wantCode(t, "an unknown token", err, workspace.NotFound)
	}

	fresh := must[workspace.Token](t)(db.RefreshAdminToken(s.ctx, w.ID, workspace.SecretValue{}))
	if fresh.Text.Reveal() == token.Text.Reveal() || fresh.ID != token.ID || fresh.Name != token.Name || fresh.CreatedAt != token.CreatedAt {
		t.Errorf("got %+v after %+v", fresh, token)
	}
	_, err := db.CallerByToken(s.ctx, token.Text.Reveal())
	wantCode(t, "the old text", err, workspace.NotFound)
	must[workspace.Caller](t)(db.CallerByToken(s.ctx, fresh.Text.Reveal()))

	const given = "a-token-of-my-own-choice"
	if got := must[workspace.Token](t)(db.RefreshAdminToken(s.ctx, w.ID, workspace.NewSecretValue(given))); got.Text.Reveal() != given {
		t.Error("the text given is not the one that the token has")
	}
	if c := must[workspace.Caller](t)(db.CallerByToken(s.ctx, given)); c.Workspace.ID != w.ID {
		t.Errorf("got %+v", c)
	}
	_, err = db.RefreshAdminToken(s.ctx, workspace.Main, workspace.NewSecretValue(given))
	wantCode(t, "a text that another token has", err, workspace.Conflict)
	_, err = db.RefreshAdminToken(s.ctx, w.ID, workspace.NewSecretValue("short"))
	wantCode(t, "a short text", err, workspace.Invalid)
	_, err = db.RefreshAdminToken(s.ctx, "nothing", workspace.SecretValue{})
	wantCode(t, "an unknown workspace", err, workspace.NotFound)
	must[workspace.Caller](t)(db.CallerByToken(s.ctx, given))
}

func secrets(t *testing.T, s *suite) {
	db := s.open(t)
	created := must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "b", workspace.NewSecretValue("one"), "admin token", 0))
	if want := (workspace.SecretMeta{Name: "b", CreatedAt: s.clock.last(), UpdatedAt: s.clock.last(), EditedBy: "admin token", Version: 1}); created != want {
		t.Errorf("got %+v, want %+v", created, want)
	}
	updated := must[workspace.SecretMeta](t)(db.UpdateSecret(s.ctx, workspace.Main, "b", workspace.NewSecretValue("two"), "another"))
	if want := (workspace.SecretMeta{Name: "b", CreatedAt: created.CreatedAt, UpdatedAt: s.clock.last(), EditedBy: "another", Version: 2}); updated != want {
		t.Errorf("got %+v, want %+v", updated, want)
	}
	if got := must[workspace.SecretMeta](t)(db.Secret(s.ctx, workspace.Main, "b")); got != updated {
		t.Errorf("got %+v, want %+v", got, updated)
	}
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, "b")); v.Reveal() != "two" {
		t.Error("the value is not the one that was set last")
	}
	for _, name := range []string{"c", "B", "a", "_"} {
		must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, name, workspace.NewSecretValue(name), "x", 0))
	}
	var names []string
	for _, m := range must[[]workspace.SecretMeta](t)(db.Secrets(s.ctx, workspace.Main)) {
		names = append(names, m.Name)
	}
	if want := []string{"B", "_", "a", "b", "c"}; !reflect.DeepEqual(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	// Another workspace has names of its own.
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "other"))
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, w.ID, "b", workspace.NewSecretValue("other"), "x", 0))
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, "b")); v.Reveal() != "two" {
		t.Error("one workspace's value is another's")
	}
	if err := db.DeleteSecret(s.ctx, workspace.Main, "b", "x"); err != nil {
		t.Fatal(err)
	}
	_, err := db.SecretValue(s.ctx, workspace.Main, "b")
	wantCode(t, "a deleted secret", err, workspace.NotFound)
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, w.ID, "b")); v.Reveal() != "other" {
		t.Error("deleting in one workspace deletes in another")
	}
}

func secretErrors(t *testing.T, s *suite) {
	db := s.open(t)
	v := workspace.NewSecretValue("v")
	for i := range 3 {
		must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, s.name(i), v, "x", 3))
	}
	_, err := db.CreateSecret(s.ctx, workspace.Main, "more", v, "x", 3)
	wantCode(t, "over the limit", err, workspace.Forbidden)
	if err == nil || !strings.Contains(err.Error(), "limit reached") {
		t.Errorf("got %v", err)
	}
	_, err = db.CreateSecret(s.ctx, workspace.Main, s.name(0), workspace.NewSecretValue("other"), "x", 3)
	wantCode(t, "a name that exists", err, workspace.Conflict)
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, s.name(0))); v.Reveal() != "v" {
		t.Error("a refused create changed the value")
	}
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "other"))
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, w.ID, "more", v, "x", 3))
	_, err = db.CreateSecret(s.ctx, "nothing", "a", v, "x", 0)
	wantCode(t, "create in no workspace", err, workspace.NotFound)
	_, err = db.UpdateSecret(s.ctx, workspace.Main, "more", v, "x")
	wantCode(t, "update", err, workspace.NotFound)
	_, err = db.UpdateSecret(s.ctx, "nothing", "more", v, "x")
	wantCode(t, "update in no workspace", err, workspace.NotFound)
	wantCode(t, "delete", db.DeleteSecret(s.ctx, workspace.Main, "more", "x"), workspace.NotFound)
	_, err = db.Secret(s.ctx, workspace.Main, "more")
	wantCode(t, "meta", err, workspace.NotFound)
	_, err = db.SecretValue(s.ctx, workspace.Main, "more")
	wantCode(t, "value", err, workspace.NotFound)
}

// A version is never used twice, and refused changes use none.
func versions(t *testing.T, s *suite) {
	db := s.open(t)
	v := workspace.NewSecretValue("v")
	for want := int64(1); want < 10; want += 3 {
		if m := must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "a", v, "x", 0)); m.Version != want {
			t.Errorf("created: got version %d, want %d", m.Version, want)
		}
		_, err := db.CreateSecret(s.ctx, workspace.Main, "a", v, "x", 0)
		wantCode(t, "again", err, workspace.Conflict)
		for i := int64(1); i < 3; i++ {
			if m := must[workspace.SecretMeta](t)(db.UpdateSecret(s.ctx, workspace.Main, "a", v, "x")); m.Version != want+i {
				t.Errorf("updated: got version %d, want %d", m.Version, want+i)
			}
		}
		if err := db.DeleteSecret(s.ctx, workspace.Main, "a", "x"); err != nil {
			t.Fatal(err)
		}
		_, err = db.UpdateSecret(s.ctx, workspace.Main, "a", v, "x")
		wantCode(t, "deleted", err, workspace.NotFound)
	}
}

type entry struct{ Workspace, Actor, Action, Subject string }

func (s *suite) entries(t *testing.T) []entry {
	t.Helper()
	db := s.SQL(t)
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(s.ctx, `SELECT workspace_id, actor, action, subject FROM audit ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.Workspace, &e.Actor, &e.Action, &e.Subject); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func audit(t *testing.T, s *suite) {
	db := s.open(t)
	v := workspace.NewSecretValue("v")
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "a", v, "t1", 0))
	must[workspace.SecretMeta](t)(db.UpdateSecret(s.ctx, workspace.Main, "a", v, "t2"))
	_, err := db.CreateSecret(s.ctx, workspace.Main, "a", v, "t3", 0)
	wantCode(t, "refused", err, workspace.Conflict)
	if err := db.DeleteSecret(s.ctx, workspace.Main, "a", "t4"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "refused", db.DeleteSecret(s.ctx, workspace.Main, "a", "t5"), workspace.NotFound)
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "w"))
	b := must[workspace.Workspace](t)(db.CreateBranch(s.ctx, w.ID, "b"))
	must[workspace.Token](t)(db.RefreshAdminToken(s.ctx, b.ID, workspace.SecretValue{}))
	want := []entry{
		{"main", "", "workspace.create", "main"},
		{"main", "t1", "secret.create", "a"},
		{"main", "t2", "secret.update", "a"},
		{"main", "t4", "secret.delete", "a"},
		{string(w.ID), "", "workspace.create", "w"},
		{string(b.ID), "", "branch.create", "b"},
		{string(b.ID), "", "token.refresh", workspace.AdminTokenName},
	}
	if got := s.entries(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// If the entry cannot be written, nothing changes.
func auditFailure(t *testing.T, s *suite) {
	db := s.open(t)
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "a", workspace.NewSecretValue("old"), "x", 0))
	before := s.entries(t)
	raw := s.SQL(t)
	defer func() { _ = raw.Close() }()
	if _, err := raw.ExecContext(s.ctx, `ALTER TABLE audit RENAME COLUMN actor TO gone`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateSecret(s.ctx, workspace.Main, "b", workspace.NewSecretValue("v"), "x", 0); err == nil {
		t.Error("created without an entry")
	}
	if _, err := db.UpdateSecret(s.ctx, workspace.Main, "a", workspace.NewSecretValue("new"), "x"); err == nil {
		t.Error("updated without an entry")
	}
	if err := db.DeleteSecret(s.ctx, workspace.Main, "a", "x"); err == nil {
		t.Error("deleted without an entry")
	}
	if _, err := raw.ExecContext(s.ctx, `ALTER TABLE audit RENAME COLUMN gone TO actor`); err != nil {
		t.Fatal(err)
	}
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, "a")); v.Reveal() != "old" {
		t.Error("the value changed without an entry")
	}
	if n := len(must[[]workspace.SecretMeta](t)(db.Secrets(s.ctx, workspace.Main))); n != 1 {
		t.Errorf("got %d secrets", n)
	}
	if got := s.entries(t); !reflect.DeepEqual(got, before) {
		t.Errorf("got %v, want %v", got, before)
	}
}

// A sealed value does not open in another row, nor in its own row under another version.
func movedSecrets(t *testing.T, s *suite) {
	db := s.open(t)
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "other"))
	set := func(name string) {
		must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, name, workspace.NewSecretValue("v of "+name), "x", 0))
	}
	refused := func(what string, ws workspace.ID, name string) {
		t.Helper()
		v, err := db.SecretValue(s.ctx, ws, name)
		if !errors.Is(err, seal.ErrSealed) || v.Reveal() != "" {
			t.Errorf("%s: got %v", what, err)
		}
		wantCode(t, what, err, workspace.Internal)
	}
	set("moved")
	s.exec(t, `UPDATE secrets SET workspace_id = '`+string(w.ID)+`' WHERE name = 'moved'`)
	refused("another workspace", w.ID, "moved")
	set("named")
	s.exec(t, `UPDATE secrets SET name = 'renamed' WHERE name = 'named'`)
	refused("another name", workspace.Main, "renamed")
	set("aged")
	s.exec(t, `UPDATE secrets SET version = version + 1 WHERE name = 'aged'`)
	refused("another version", workspace.Main, "aged")
	set("from")
	set("to")
	s.exec(t, `UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'from') WHERE name = 'to'`)
	refused("another secret's value", workspace.Main, "to")
	// An old value brought back, with the secret made again in between.
	set("again")
	s.exec(t, `UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'again') WHERE name = 'from'`) // keeps it
	if err := db.DeleteSecret(s.ctx, workspace.Main, "again", "x"); err != nil {
		t.Fatal(err)
	}
	set("again")
	s.exec(t, `UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'from') WHERE name = 'again'`)
	refused("a value from before the delete", workspace.Main, "again")
	// What was broken is mended by a new value.
	must[workspace.SecretMeta](t)(db.UpdateSecret(s.ctx, workspace.Main, "to", workspace.NewSecretValue("new"), "x"))
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, "to")); v.Reveal() != "new" {
		t.Error("a new value does not open")
	}
}

// A token row that was moved to another workspace lets nobody in there.
func movedTokens(t *testing.T, s *suite) {
	db := s.open(t)
	w := must[workspace.Workspace](t)(db.CreateWorkspace(s.ctx, "other"))
	text := must[workspace.Token](t)(db.AdminToken(s.ctx, w.ID)).Text.Reveal()
	s.exec(t, `UPDATE tokens SET name = 'x', workspace_id = 'main' WHERE workspace_id = '`+string(w.ID)+`'`)
	if c, err := db.CallerByToken(s.ctx, text); !errors.Is(err, seal.ErrSealed) || c.Workspace.ID != "" {
		t.Errorf("got %+v, %v", c, err)
	}
}

// Neither values nor tokens nor the key stand in the database in any form.
func nothingInTheClear(t *testing.T, s *suite) {
	db := s.open(t)
	const value, other = "correct-horse-battery-staple", "another-horse-battery-staple"
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "name_in_the_clear", workspace.NewSecretValue(value), "x", 0))
	must[workspace.SecretMeta](t)(db.UpdateSecret(s.ctx, workspace.Main, "name_in_the_clear", workspace.NewSecretValue(other), "x"))
	hidden := []string{value, other, s.key.Reveal()}
	for range 2 {
		w := must[workspace.Token](t)(db.RefreshAdminToken(s.ctx, workspace.Main, workspace.SecretValue{}))
		hidden = append(hidden, w.Text.Reveal(), strings.Split(w.Text.Reveal(), ".")[2])
	}
	check := func(when string) {
		t.Helper()
		raw := s.Bytes(t)
		if !bytes.Contains(raw, []byte("name_in_the_clear")) {
			t.Fatalf("%s: the name is not found either: the test is broken", when)
		}
		for _, text := range hidden {
			for how, form := range map[string]string{"text": text, "half": text[:len(text)/2], "base64": base64.StdEncoding.EncodeToString([]byte(text))[:16]} {
				if bytes.Contains(raw, []byte(form)) {
					t.Errorf("%s: a value, token or key is there as %s", when, how)
				}
			}
		}
	}
	check("open")
	if err := db.DeleteSecret(s.ctx, workspace.Main, "name_in_the_clear", "x"); err != nil {
		t.Fatal(err)
	}
	check("deleted")
}

func oddValues(t *testing.T, s *suite) {
	db := s.open(t)
	for i, text := range []string{"'", `\`, "\x00", "a\x00b", "\xff\xfe", "é😀", strings.Repeat("'", 8192), strings.Repeat("\x00", 100000), "?", "$1", ""} {
		must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, s.name(i), workspace.NewSecretValue(text), "o'brien \x00?", 0))
		if got := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, s.name(i))); got.Reveal() != text {
			t.Errorf("%.20q: came back changed", text)
		}
		if m := must[workspace.SecretMeta](t)(db.Secret(s.ctx, workspace.Main, s.name(i))); m.EditedBy != "o'brien \x00?" {
			t.Errorf("got %q", m.EditedBy)
		}
	}
}

// Many at once lose nothing, and readers see whole states only.
func concurrent(t *testing.T, s *suite) {
	db := s.open(t)
	const writers, rounds = 4, 10
	must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "shared", workspace.NewSecretValue("v"), "x", 0))
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range rounds {
				if _, err := db.UpdateSecret(s.ctx, workspace.Main, "shared", workspace.NewSecretValue(s.name(i)), "x"); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range rounds * 5 {
				v, err := db.SecretValue(s.ctx, workspace.Main, "shared")
				if err != nil || v.Reveal() != "v" && !strings.HasPrefix(v.Reveal(), "secret_") {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	made := make([]error, writers)
	for i := range writers {
		wg.Go(func() {
			_, made[i] = db.CreateSecret(s.ctx, workspace.Main, "once", workspace.NewSecretValue("v"), "x", 0)
		})
	}
	wg.Wait()
	if m := must[workspace.SecretMeta](t)(db.Secret(s.ctx, workspace.Main, "shared")); m.Version != writers*rounds+1 {
		t.Errorf("got version %d, want %d", m.Version, writers*rounds+1)
	}
	won := 0
	for _, err := range made {
		if err == nil {
			won++
		} else if workspace.CodeOf(err) != workspace.Conflict {
			t.Errorf("got %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d creates of one name succeeded", won, writers)
	}
}

func endedContext(t *testing.T, s *suite) {
	db := s.open(t)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := db.CreateSecret(ctx, workspace.Main, "a", workspace.NewSecretValue("v"), "x", 0)
	wantCode(t, "create", err, workspace.Canceled)
	_, err = db.SecretValue(ctx, workspace.Main, "a")
	wantCode(t, "value", err, workspace.Canceled)
	_, err = db.Secrets(ctx, workspace.Main)
	wantCode(t, "list", err, workspace.Canceled)
	_, err = db.Secret(s.ctx, workspace.Main, "a")
	wantCode(t, "after a cancelled create", err, workspace.NotFound)
}

func staysAfterReopening(t *testing.T, s *suite) {
	db := must[*store.DB](t)(s.tryOpen(s.key, ""))
	want := must[workspace.SecretMeta](t)(db.CreateSecret(s.ctx, workspace.Main, "a", workspace.NewSecretValue("v"), "x", 0))
	token := must[workspace.Token](t)(db.AdminToken(s.ctx, workspace.Main))
	b := must[workspace.Workspace](t)(db.CreateBranch(s.ctx, workspace.Main, "b"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = s.open(t)
	if got := must[workspace.SecretMeta](t)(db.Secret(s.ctx, workspace.Main, "a")); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if v := must[workspace.SecretValue](t)(db.SecretValue(s.ctx, workspace.Main, "a")); v.Reveal() != "v" {
		t.Error("the value changed")
	}
	if c := must[workspace.Caller](t)(db.CallerByToken(s.ctx, token.Text.Reveal())); c.Workspace.ID != workspace.Main {
		t.Errorf("got %+v", c)
	}
	if got := must[workspace.Workspace](t)(db.WorkspaceByName(s.ctx, "b")); got != b {
		t.Errorf("got %+v, want %+v", got, b)
	}
}
