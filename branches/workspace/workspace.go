// Package workspace is the vocabulary of penstock: workspaces and branches, secrets, tokens, the caller of a request, and
// the one type of error. It holds no behaviour beyond what the words themselves demand, and imports nothing of ours.
package workspace

import (
	"regexp"
	"time"
)

// ID names a workspace for ever: main's is "main", every other one's is 16 lower-case hexadecimal digits.
type ID string

// Main is the id, and the name, of the first workspace.
const Main ID = "main"

// Database is the workspace's own ClickHouse database. It is never renamed.
func (id ID) Database() string { return "ws_" + string(id) }

// A Workspace is what a token belongs to. One with a Parent is a branch.
type Workspace struct {
	ID        ID
	Name      string
	Parent    ID // "" for a workspace that is no branch
	CreatedAt time.Time
}

// IsBranch tells whether w is a branch.
func (w Workspace) IsBranch() bool { return w.Parent != "" }

var (
	namePattern       = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
	secretNamePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
)

// ValidateName judges the name of a workspace or branch.
func ValidateName(name string) error {
	if !namePattern.MatchString(name) {
		return Errorf(Invalid, "The name of a workspace or branch starts with a letter or underscore, and has at most 64 letters, digits, underscores and hyphens")
	}
	return nil
}

// ValidateSecretName judges the name of a secret.
func ValidateSecretName(name string) error {
	switch {
	case name == "":
		return Errorf(Invalid, "The parameter 'name' is missing: send it in the form or in the JSON body")
	case !secretNamePattern.MatchString(name):
		return Errorf(Invalid, "The name of a secret starts with a letter or underscore, and has at most 128 letters, digits and underscores")
	}
	return nil
}

// SecretMeta is what may be told of a secret. It never holds the value.
type SecretMeta struct {
	Name                 string
	CreatedAt, UpdatedAt time.Time
	EditedBy             string // name of the token that made the last change
	Version              int64  // from 1, one more with each change; a name that is made again goes on where it ended
}

// Token is what is known of a static token. Its text is a SecretValue: nothing prints it by accident.
type Token struct {
	ID        string
	Workspace ID
	Name      string
	Text      SecretValue
	Scopes    []Scope
	CreatedAt time.Time
}

// Scope is one thing that a token may do, e.g. {Type: "PIPES:READ", Resource: "top_pages"}.
type Scope struct {
	Type     string `json:"type"`
	Resource string `json:"resource,omitempty"`
	Filter   string `json:"filter,omitempty"`
}

// The types of scopes.
const (
	ScopeAdmin     = "ADMIN"
	ScopePipesRead = "PIPES:READ"
)

// AdminTokenName is the name of the token that every workspace has from its first moment.
const AdminTokenName = "admin token"

// A Caller is who sent a request: a workspace and what the token may do there. It holds no token. It is immutable.
type Caller struct {
	Workspace Workspace
	TokenID   string
	TokenName string
	Scopes    []Scope
}

// IsAdmin tells whether the caller may do everything in the workspace.
func (c Caller) IsAdmin() bool { return c.has(ScopeAdmin, "") }

// MayRead tells whether the caller may call the pipe's endpoint.
func (c Caller) MayRead(pipe string) bool { return c.IsAdmin() || c.has(ScopePipesRead, pipe) }

func (c Caller) has(kind, resource string) bool {
	for _, s := range c.Scopes {
		if s.Type == kind && (resource == "" || s.Resource == resource) {
			return true
		}
	}
	return false
}
