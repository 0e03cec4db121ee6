// Package branches says which secrets a workspace sees. A workspace sees its own; a branch sees those of its main
// workspace, at once when they change, and has none of its own. What it sees is a View, which has no method that writes.
package branches

import (
	"context"

	"penstock/branches/workspace"
)

// store is what the views read: see store.DB.
type store interface {
	Secret(ctx context.Context, ws workspace.ID, name string) (workspace.SecretMeta, error)
	Secrets(ctx context.Context, ws workspace.ID) ([]workspace.SecretMeta, error)
	SecretValue(ctx context.Context, ws workspace.ID, name string) (workspace.SecretValue, error)
}

// A Resolver makes Views. It is immutable and safe for concurrent use.
type Resolver struct{ store store }

// New makes a Resolver over a store. Nothing is kept: every question is asked of the store.
func New(s store) *Resolver { return &Resolver{s} }

// For gives what w sees.
func (r *Resolver) For(w workspace.Workspace) View {
	if w.IsBranch() {
		return View{r.store, w.Parent}
	}
	return View{r.store, w.ID}
}

// Secret is For(w).Secret: the present value of a secret that w sees, and whether there is one.
func (r *Resolver) Secret(ctx context.Context, w workspace.Workspace, name string) (value workspace.SecretValue, found bool, err error) {
	return r.For(w).Secret(ctx, name)
}

// A View is what one workspace sees, to read only. It is immutable and safe for concurrent use.
type View struct {
	store store
	owner workspace.ID
}

// Secret gives the present value of a secret, and whether there is one. An absent secret is no error.
func (v View) Secret(ctx context.Context, name string) (value workspace.SecretValue, found bool, err error) {
	value, err = v.store.SecretValue(ctx, v.owner, name)
	if workspace.CodeOf(err) == workspace.NotFound {
		return workspace.SecretValue{}, false, nil
	}
	return value, err == nil, err
}

// Meta tells of a secret without its value; NotFound when there is none.
func (v View) Meta(ctx context.Context, name string) (workspace.SecretMeta, error) {
	return v.store.Secret(ctx, v.owner, name)
}

// List tells of all secrets, ordered by name.
func (v View) List(ctx context.Context) ([]workspace.SecretMeta, error) {
	return v.store.Secrets(ctx, v.owner)
}
