// Package auth tells who sent a request: it turns the text of a token into a workspace.Caller. Callers are cached under a
// sum of the token, never under its text.
package auth

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"penstock/branches/workspace"
)

// store is where tokens are looked up: see store.DB. NotFound says that the token is nobody's.
type store interface {
	CallerByToken(ctx context.Context, token string) (workspace.Caller, error)
}

// maxToken is the longest text that is looked up.
const maxToken = 4096

const howTo = "send the token of a workspace or branch as the header 'Authorization: Bearer TOKEN' or as the parameter 'token'"

// An Auth knows callers by their tokens. It is safe for concurrent use.
type Auth struct {
	store store

	mu      sync.Mutex // guards changes of callers against the generation
	callers *lru.Cache[[sha256.Size]byte, workspace.Caller]
	// generation counts the calls of Forget: what was looked up before one of them is not remembered after it.
	generation uint64
}

// New makes an Auth that remembers up to size callers.
func New(s store, size int) *Auth {
	callers, err := lru.New[[sha256.Size]byte, workspace.Caller](max(1, size))
	if err != nil {
		panic("auth: " + err.Error()) // only for a size below one
	}
	return &Auth{store: s, callers: callers}
}

// Caller tells whose token it is. A token that is missing, unknown or of a kind that is not known gives Forbidden, with a
// sentence that says what to do; a store that fails gives the store's error.
func (a *Auth) Caller(ctx context.Context, token string) (workspace.Caller, error) {
	switch {
	case token == "":
		return workspace.Caller{}, workspace.Errorf(workspace.Forbidden, "The token is missing: %s", howTo)
	case len(token) > maxToken:
		return workspace.Caller{}, invalid()
	}
	sum := sha256.Sum256([]byte(token))
	if c, ok := a.callers.Get(sum); ok {
		return c, nil
	}
	a.mu.Lock()
	before := a.generation
	a.mu.Unlock()
	c, err := a.store.CallerByToken(ctx, token)
	switch {
	case workspace.CodeOf(err) == workspace.NotFound && isJWT(token):
		return workspace.Caller{}, workspace.Errorf(workspace.Forbidden, "JSON Web Tokens are not supported: %s", howTo)
	case workspace.CodeOf(err) == workspace.NotFound:
		return workspace.Caller{}, invalid()
	case err != nil:
		return workspace.Caller{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.generation == before {
		a.callers.Add(sum, c)
	}
	return c, nil
}

// Forget drops what is remembered of a workspace's tokens: call it when one of them has changed.
func (a *Auth) Forget(ws workspace.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation++
	for _, sum := range a.callers.Keys() {
		if c, ok := a.callers.Peek(sum); ok && c.Workspace.ID == ws {
			a.callers.Remove(sum)
		}
	}
}

func invalid() error {
	return workspace.Errorf(workspace.Forbidden, "The token is not valid here: %s", howTo)
}

// isJWT tells a JSON Web Token by its looks: three parts, the first one the base64 of a JSON object.
func isJWT(token string) bool {
	return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2
}
