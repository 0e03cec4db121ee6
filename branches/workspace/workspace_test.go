package workspace_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"penstock/branches/workspace"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name              string
		workspace, secret bool
	}{
		{"main", true, true}, {"_x", true, true}, {"a-b", true, false}, {"A9", true, true}, {"9a", false, false}, {"", false, false}, {"a b", false, false},
		{"é", false, false}, {"a\n", false, false}, {"a.b", false, false}, {strings.Repeat("a", 64), true, true}, {strings.Repeat("a", 65), false, true},
		{strings.Repeat("a", 128), false, true}, {strings.Repeat("a", 129), false, false}, {"a'", false, false}, {"a\x00", false, false},
	} {
		if err := workspace.ValidateName(tt.name); (err == nil) != tt.workspace || err != nil && workspace.CodeOf(err) != workspace.Invalid {
			t.Errorf("workspace %q: got %v", tt.name, err)
		}
		if err := workspace.ValidateSecretName(tt.name); (err == nil) != tt.secret || err != nil && workspace.CodeOf(err) != workspace.Invalid {
			t.Errorf("secret %q: got %v", tt.name, err)
		}
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fmt.Errorf("verb: %w", &workspace.Error{Code: workspace.Conflict, Message: "There", Cause: cause})
	if workspace.CodeOf(err) != workspace.Conflict || workspace.CodeOf(cause) != workspace.Internal || workspace.CodeOf(nil) != workspace.Internal {
		t.Error("CodeOf gives another code")
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}

func TestCaller(t *testing.T) {
	t.Parallel()
	admin := workspace.Caller{Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}
	reader := workspace.Caller{Scopes: []workspace.Scope{{Type: workspace.ScopePipesRead, Resource: "a"}}}
	for _, tt := range []struct {
		who          string
		c            workspace.Caller
		admin, readA bool
	}{{"admin", admin, true, true}, {"reader", reader, false, true}, {"nobody", workspace.Caller{}, false, false}} {
		if tt.c.IsAdmin() != tt.admin || tt.c.MayRead("a") != tt.readA || tt.c.MayRead("b") != tt.admin {
			t.Errorf("%s: wrong rights", tt.who)
		}
	}
	if (workspace.Caller{Scopes: []workspace.Scope{{Type: workspace.ScopePipesRead}}}).MayRead("a") {
		t.Error("a scope without a pipe reads every pipe")
	}
}
