package branches_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"penstock/branches"
	"penstock/branches/workspace"
)

// secrets is a store in memory: workspace, then name.
type secrets map[workspace.ID]map[string]string

var errStore = errors.New("disk")

func (s secrets) find(ws workspace.ID, name string) (string, error) {
	if name == "failing" {
		return "", errStore
	}
	v, ok := s[ws][name]
	if !ok {
		return "", workspace.Errorf(workspace.NotFound, "Secret not found")
	}
	return v, nil
}

func (s secrets) Secret(_ context.Context, ws workspace.ID, name string) (workspace.SecretMeta, error) {
	_, err := s.find(ws, name)
	return workspace.SecretMeta{Name: name}, err
}

func (s secrets) SecretValue(_ context.Context, ws workspace.ID, name string) (workspace.SecretValue, error) {
	v, err := s.find(ws, name)
	return workspace.NewSecretValue(v), err
}

func (s secrets) Secrets(_ context.Context, ws workspace.ID) ([]workspace.SecretMeta, error) {
	var all []workspace.SecretMeta
	for name := range s[ws] {
		all = append(all, workspace.SecretMeta{Name: name})
	}
	return all, nil
}

func TestViews(t *testing.T) {
	t.Parallel()
	s := secrets{"main": {"a": "of main"}, "other": {"a": "of other"}, "branch": {"a": "of the branch itself", "b": "unseen"}}
	r := branches.New(s)
	ctx := context.Background()
	for _, tt := range []struct {
		w    workspace.Workspace
		want string
	}{
		{workspace.Workspace{ID: "main"}, "of main"},
		{workspace.Workspace{ID: "other"}, "of other"},
		{workspace.Workspace{ID: "branch", Parent: "main"}, "of main"},
	} {
		v := r.For(tt.w)
		if got, found, err := v.Secret(ctx, "a"); err != nil || !found || got.Reveal() != tt.want {
			t.Errorf("%s: got found %t, %v", tt.w.ID, found, err)
		}
		if got, found, err := r.Secret(ctx, tt.w, "a"); err != nil || !found || got.Reveal() != tt.want {
			t.Errorf("%s: got found %t, %v", tt.w.ID, found, err)
		}
		if _, found, err := v.Secret(ctx, "b"); found || err != nil {
			t.Errorf("%s: an absent secret: found %t, %v", tt.w.ID, found, err)
		}
		if _, err := v.Meta(ctx, "b"); workspace.CodeOf(err) != workspace.NotFound {
			t.Errorf("%s: got %v", tt.w.ID, err)
		}
		if all, err := v.List(ctx); err != nil || len(all) != 1 {
			t.Errorf("%s: got %v, %v", tt.w.ID, all, err)
		}
		if _, found, err := v.Secret(ctx, "failing"); found || !errors.Is(err, errStore) {
			t.Errorf("%s: a failing store: found %t, %v", tt.w.ID, found, err)
		}
	}
	// At once when it changes.
	branch := r.For(workspace.Workspace{ID: "branch", Parent: "main"})
	s["main"]["a"] = "new"
	if got, _, err := branch.Secret(ctx, "a"); err != nil || got.Reveal() != "new" {
		t.Errorf("got another value than the present one, %v", err)
	}
}

// A View is read-only because it has nothing else. A new method belongs here only if it reads.
func TestViewOnlyReads(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[branches.View]()
	var got []string
	for i := range typ.NumMethod() {
		got = append(got, typ.Method(i).Name)
	}
	if want := []string{"List", "Meta", "Secret"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
