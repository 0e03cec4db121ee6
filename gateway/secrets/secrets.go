// Package secrets holds the use cases of secrets: create, update, get, list, delete, with their rules. Every method takes
// the caller and judges it first. What a branch sees is its main workspace's, through a branches.View; writes go to the
// store, for main workspaces only. No method gives a value back.
package secrets

import (
	"context"

	"penstock/branches"
	"penstock/branches/workspace"
)

// store is what writes: see store.DB. Each change writes its audit entry first.
type store interface {
	CreateSecret(ctx context.Context, ws workspace.ID, name string, value workspace.SecretValue, editedBy string, limit int) (workspace.SecretMeta, error)
	UpdateSecret(ctx context.Context, ws workspace.ID, name string, value workspace.SecretValue, editedBy string) (workspace.SecretMeta, error)
	DeleteSecret(ctx context.Context, ws workspace.ID, name, editedBy string) error
}

// Limits of each workspace. Zero is no limit.
type Limits struct {
	Count int // of secrets
	Bytes int // of one value
}

// A Service runs the use cases. It is safe for concurrent use.
type Service struct {
	store  store
	views  *branches.Resolver
	limits Limits
}

// New makes a Service that writes to s and reads through views.
func New(s store, views *branches.Resolver, l Limits) *Service {
	return &Service{store: s, views: views, limits: l}
}

// Create makes a secret. Forbidden for a caller who is no admin, for a branch, and when the workspace has as many as it
// may; Invalid for a name or value that cannot be, and when the name exists.
func (s *Service) Create(ctx context.Context, c workspace.Caller, name string, value workspace.SecretValue) (workspace.SecretMeta, error) {
	if err := mayWrite(c); err != nil {
		return workspace.SecretMeta{}, err
	}
	if err := workspace.ValidateSecretName(name); err != nil {
		return workspace.SecretMeta{}, err
	}
	if err := s.validateValue(value); err != nil {
		return workspace.SecretMeta{}, err
	}
	m, err := s.store.CreateSecret(ctx, c.Workspace.ID, name, value, c.TokenName, s.limits.Count)
	if workspace.CodeOf(err) == workspace.Conflict {
		return workspace.SecretMeta{}, &workspace.Error{Code: workspace.Invalid, Message: "The secret '" + name + "' already exists: use PUT to change its value", Cause: err}
	}
	return m, err
}

// Update gives a secret another value. Forbidden for a caller who is no admin and for a branch; Invalid for a value that
// cannot be; NotFound when there is no such secret.
func (s *Service) Update(ctx context.Context, c workspace.Caller, name string, value workspace.SecretValue) (workspace.SecretMeta, error) {
	if err := mayWrite(c); err != nil {
		return workspace.SecretMeta{}, err
	}
	if err := s.validateValue(value); err != nil {
		return workspace.SecretMeta{}, err
	}
	return s.store.UpdateSecret(ctx, c.Workspace.ID, name, value, c.TokenName)
}

// Get tells of a secret that the caller's workspace sees. Forbidden for a caller who is no admin; NotFound when there is
// none.
func (s *Service) Get(ctx context.Context, c workspace.Caller, name string) (workspace.SecretMeta, error) {
	if err := mayRead(c); err != nil {
		return workspace.SecretMeta{}, err
	}
	return s.views.For(c.Workspace).Meta(ctx, name)
}

// List tells of all secrets that the caller's workspace sees, ordered by name. Forbidden for a caller who is no admin.
func (s *Service) List(ctx context.Context, c workspace.Caller) ([]workspace.SecretMeta, error) {
	if err := mayRead(c); err != nil {
		return nil, err
	}
	return s.views.For(c.Workspace).List(ctx)
}

// Delete ends a secret. Forbidden for a caller who is no admin and for a branch; NotFound when there is
// no such secret.
func (s *Service) Delete(ctx context.Context, c workspace.Caller, name string) error {
	if err := mayWrite(c); err != nil {
		return err
	}
	return s.store.DeleteSecret(ctx, c.Workspace.ID, name, c.TokenName)
}

func mayRead(c workspace.Caller) error {
	if !c.IsAdmin() {
		return workspace.Errorf(workspace.Forbidden, "The token may not manage secrets: use a token with the scope ADMIN, like the workspace's '%s'", workspace.AdminTokenName)
	}
	return nil
}

func mayWrite(c workspace.Caller) error {
	if err := mayRead(c); err != nil {
		return err
	}
	if c.Workspace.IsBranch() {
		return workspace.Errorf(workspace.Forbidden, "A branch reads the secrets of its main workspace and cannot change them: use a token of the main workspace")
	}
	return nil
}

func (s *Service) validateValue(value workspace.SecretValue) error {
	n := len(value.Reveal())
	switch {
	case n == 0:
		return workspace.Errorf(workspace.Invalid, "The parameter 'value' is missing or empty: an empty value is nearly always an unset variable, so it is refused")
	case s.limits.Bytes > 0 && n > s.limits.Bytes:
		return workspace.Errorf(workspace.Invalid, "The value has %d bytes and the limit is %d: send a shorter one", n, s.limits.Bytes)
	}
	return nil
}
