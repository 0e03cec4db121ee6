package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"penstock/branches/workspace"
	"penstock/gateway/auth"
)

// tokens is a store that counts its look-ups; after is called once the answer is known.
type tokens struct {
	mu      sync.Mutex
	callers map[string]workspace.Caller
	asked   int
	after   func()
	err     error
}

func (s *tokens) CallerByToken(_ context.Context, token string) (workspace.Caller, error) {
	s.mu.Lock()
	s.asked++
	c, ok := s.callers[token]
	err := s.err
	s.mu.Unlock()
	if s.after != nil {
		s.after()
	}
	switch {
	case err != nil:
		return workspace.Caller{}, err
	case !ok:
		return workspace.Caller{}, workspace.Errorf(workspace.NotFound, "Token not found")
	}
	return c, nil
}

func caller(id workspace.ID) workspace.Caller {
	return workspace.Caller{Workspace: workspace.Workspace{ID: id}, TokenID: string(id) + "-token"}
}

func newStore() *tokens {
	return &tokens{callers: map[string]workspace.Caller{"token-of-main": caller("main"), "token-of-b": caller("b")}}
}

func TestCaller(t *testing.T) {
	t.Parallel()
	s := newStore()
	a := auth.New(s, 10)
	ctx := context.Background()
	for range 3 {
		for token, id := range map[string]workspace.ID{"token-of-main": "main", "token-of-b": "b"} {
			if c, err := a.Caller(ctx, token); err != nil || c.Workspace.ID != id {
				t.Errorf("%s: got %+v, %v", token, c, err)
			}
		}
	}
	if s.asked != 2 {
		t.Errorf("asked %d times, want 2", s.asked)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	a := auth.New(newStore(), 10)
	for _, tt := range []struct{ name, token, wants string }{
		{"missing", "", "The token is missing: send the token"},
		{"unknown", "token-of-nobody", "The token is not valid here: send the token"},
		{"too long", strings.Repeat("x", 5000), "The token is not valid here"},
		{"JSON Web Token", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "JSON Web Tokens are not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := a.Caller(context.Background(), tt.token)
			var e *workspace.Error
			if !errors.As(err, &e) || e.Code != workspace.Forbidden || !strings.HasPrefix(e.Message, tt.wants) || !strings.Contains(e.Message, "Authorization: Bearer") {
				t.Fatalf("got %v", err)
			}
			if tt.token != "" && strings.Contains(fmt.Sprintf("%+v", err), tt.token) {
				t.Error("the error holds the token")
			}
		})
	}
}

func TestRefusalsAreNotRemembered(t *testing.T) {
	t.Parallel()
	s := newStore()
	a := auth.New(s, 10)
	ctx := context.Background()
	if _, err := a.Caller(ctx, "new"); err == nil {
		t.Fatal("an unknown token is let in")
	}
	s.callers["new"] = caller("c")
	if _, err := a.Caller(ctx, "new"); err != nil {
		t.Error(err)
	}
	failure := errors.New("disk")
	s.err = failure
	if _, err := a.Caller(ctx, "token-of-b"); !errors.Is(err, failure) || workspace.CodeOf(err) != workspace.Internal {
		t.Errorf("a failure of the store: got %v", err)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, tt := range map[string]struct {
		drop  func(*auth.Auth)
		asked int
	}{
		"forget main":    {func(a *auth.Auth) { a.Forget("main") }, 3},
		"forget nothing": {func(a *auth.Auth) { a.Forget("x") }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore()
			a := auth.New(s, 10)
			for i := range 2 {
				for _, token := range []string{"token-of-main", "token-of-b"} {
					if _, err := a.Caller(ctx, token); err != nil {
						t.Fatal(err)
					}
				}
				if i == 0 {
					tt.drop(a)
				}
			}
			if s.asked != tt.asked {
				t.Errorf("asked %d times, want %d", s.asked, tt.asked)
			}
		})
	}
}

// A token that is taken away while it is being looked up is not remembered.
func TestForgetDuringLookUp(t *testing.T) {
	t.Parallel()
	s := newStore()
	a := auth.New(s, 10)
	s.after = func() {
		s.mu.Lock()
		delete(s.callers, "token-of-main")
		s.mu.Unlock()
		a.Forget("main")
	}
	ctx := context.Background()
	if _, err := a.Caller(ctx, "token-of-main"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Caller(ctx, "token-of-main"); workspace.CodeOf(err) != workspace.Forbidden {
		t.Errorf("a token that is gone is let in: %v", err)
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	s := newStore()
	a := auth.New(s, 1)
	for range 3 {
		for _, token := range []string{"token-of-main", "token-of-b"} {
			if _, err := a.Caller(context.Background(), token); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.asked != 6 {
		t.Errorf("asked %d times, want 6", s.asked)
	}
}

func BenchmarkCaller(b *testing.B) {
	a := auth.New(newStore(), 10)
	for b.Loop() {
		if _, err := a.Caller(context.Background(), "token-of-main"); err != nil {
			b.Fatal(err)
		}
	}
}
