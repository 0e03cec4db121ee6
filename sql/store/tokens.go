package store

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"

	"penstock/branches/workspace"
	"penstock/sql/seal"
)

// MinTokenLength is the fewest characters that a token given by a user may have.
const MinTokenLength = 16

const maxTokenLength = 4096

var (
	tokenReads  = []string{selectTokenByName, selectCaller}
	tokenWrites = []string{insertToken, selectTokenPlace, updateToken}
)

func tokenPlace(id string, ws workspace.ID, version int64) seal.Place {
	return seal.Place{Table: "tokens", Workspace: string(ws), Name: id, Version: version}
}

const insertToken = `INSERT INTO tokens (id, workspace_id, name, version, hmac, sealed, scopes, created_at) VALUES (?, ?, ?, 1, ?, ?, ?, ?)`

func (t *tx) createAdminToken(ctx context.Context, ws workspace.ID, text workspace.SecretValue) error {
	id, err := t.newID()
	if err != nil {
		return err
	}
	sum, sealed, err := t.sealToken(tokenPlace(id, ws, 1), text)
	if err != nil {
		return err
	}
	scopes, err := json.Marshal([]workspace.Scope{{Type: workspace.ScopeAdmin}})
	if err != nil {
		return err
	}
	return t.exec(ctx, insertToken, id, ws, workspace.AdminTokenName, sum, sealed, string(scopes), t.at.UnixMicro())
}

// sealToken gives what is stored of a token's text. The text is generated when it is empty.
func (d *DB) sealToken(at seal.Place, text workspace.SecretValue) (sum, sealed []byte, err error) {
	if text.Reveal() == "" {
		if text, err = d.newTokenText(at.Workspace, at.Name); err != nil {
			return nil, nil, err
		}
	} else if err := validateTokenText(text.Reveal()); err != nil {
		return nil, nil, err
	}
	plain := []byte(text.Reveal())
	if sum, err = d.sealer.HMAC(plain); err != nil {
		return nil, nil, err
	}
	sealed, err = d.sealer.Seal(at, plain)
	return sum, sealed, err
}

func validateTokenText(text string) error {
	n := 0
	for _, r := range text {
		if r <= ' ' || r > unicode.MaxASCII-1 {
			return workspace.Errorf(workspace.Invalid, "A token has printable ASCII characters only, and no white space: generate one, for example with `openssl rand -hex 32`")
		}
		n++
	}
	if n < MinTokenLength || n > maxTokenLength {
		return workspace.Errorf(workspace.Invalid, "A token has %d to %d characters: generate one, for example with `openssl rand -hex 32`", MinTokenLength, maxTokenLength)
	}
	return nil
}

// newTokenText makes p.<who>.<32 random bytes>: some clients decode the middle.
func (d *DB) newTokenText(ws, id string) (workspace.SecretValue, error) {
	who, err := json.Marshal(struct {
		Workspace string `json:"u"`
		ID        string `json:"id"`
		Host      string `json:"host"`
	}{ws, id, "penstock"})
	if err != nil {
		return workspace.SecretValue{}, err
	}
	var random [32]byte
	if _, err := io.ReadFull(d.random, random[:]); err != nil {
		return workspace.SecretValue{}, err
	}
	enc := base64.RawURLEncoding
	return workspace.NewSecretValue("p." + enc.EncodeToString(who) + "." + enc.EncodeToString(random[:])), nil
}

const selectTokenByName = `SELECT id, version, sealed, scopes, created_at FROM tokens WHERE workspace_id = ? AND name = ?`

// AdminToken gives the admin token of a workspace or branch, its text included. NotFound when there is no such workspace.
func (d *DB) AdminToken(ctx context.Context, ws workspace.ID) (workspace.Token, error) {
	t := workspace.Token{Workspace: ws, Name: workspace.AdminTokenName}
	var version, created int64
	var sealed, scopes []byte
	if err := d.row(ctx, selectTokenByName, ws, t.Name).Scan(&t.ID, &version, &sealed, &scopes, &created); err != nil {
		return workspace.Token{}, notFound(err, "Workspace not found")
	}
	plain, err := d.sealer.Open(tokenPlace(t.ID, ws, version), sealed)
	if err != nil {
		return workspace.Token{}, fmt.Errorf("token %s of workspace %s: %w", t.ID, ws, err)
	}
	if err := json.Unmarshal(scopes, &t.Scopes); err != nil {
		return workspace.Token{}, fmt.Errorf("scopes of token %s: %w", t.ID, err)
	}
	t.Text, t.CreatedAt = workspace.NewSecretValue(string(plain)), fromMicros(created)
	return t, nil
}

const (
	selectTokenPlace = `SELECT id, version FROM tokens WHERE workspace_id = ? AND name = ?`
	updateToken      = `UPDATE tokens SET version = ?, hmac = ?, sealed = ? WHERE id = ?`
)

// RefreshAdminToken gives the admin token of a workspace another text: the one given, or one that it makes when text is
// empty. The old text is nobody's from then on. NotFound when there is no such workspace; Invalid for a text
// that cannot be; Conflict when another token has it.
func (d *DB) RefreshAdminToken(ctx context.Context, ws workspace.ID, text workspace.SecretValue) (workspace.Token, error) {
	err := d.write(ctx, func(t *tx) error {
		var id string
		var version int64
		if err := t.row(ctx, selectTokenPlace, ws, workspace.AdminTokenName).Scan(&id, &version); err != nil {
			return notFound(err, "Workspace not found")
		}
		version++
		sum, sealed, err := t.sealToken(tokenPlace(id, ws, version), text)
		if err != nil {
			return err
		}
		if err := t.audit(ctx, ws, "", "token.refresh", workspace.AdminTokenName); err != nil {
			return err
		}
		return t.exec(ctx, updateToken, version, sum, sealed, id)
	})
	switch {
	case workspace.CodeOf(err) == workspace.Conflict:
		return workspace.Token{}, &workspace.Error{Code: workspace.Conflict, Message: "Another token has this text: choose another one", Cause: err}
	case err != nil:
		return workspace.Token{}, err
	}
	return d.AdminToken(ctx, ws)
}

const selectCaller = `SELECT ` + workspaceColumns + `, t.id, t.name, t.version, t.sealed, t.scopes
	FROM tokens t JOIN workspaces w ON w.id = t.workspace_id WHERE t.hmac = ?`

// CallerByToken tells whose token it is. NotFound when it is nobody's. The token is found by its HMAC and compared, in
// constant time, with the sealed text: a row that was moved to another workspace lets nobody in.
func (d *DB) CallerByToken(ctx context.Context, token string) (workspace.Caller, error) {
	sum, err := d.sealer.HMAC([]byte(token))
	if err != nil {
		return workspace.Caller{}, err
	}
	var c workspace.Caller
	var w workspaceRow
	var version int64
	var sealed, scopes []byte
	err = d.row(ctx, selectCaller, sum).Scan(&w.ID, &w.Name, &w.Parent, &w.CreatedAt, &c.TokenID, &c.TokenName, &version, &sealed, &scopes)
	if err != nil {
		return workspace.Caller{}, notFound(err, "Token not found")
	}
	plain, err := d.sealer.Open(tokenPlace(c.TokenID, w.ID, version), sealed)
	if err != nil && !errors.Is(err, seal.ErrSealed) {
		return workspace.Caller{}, err
	}
	if err != nil || subtle.ConstantTimeCompare(plain, []byte(token)) != 1 {
		return workspace.Caller{}, fmt.Errorf("token %s of workspace %s: %w", c.TokenID, w.ID, seal.ErrSealed)
	}
	if err := json.Unmarshal(scopes, &c.Scopes); err != nil {
		return workspace.Caller{}, fmt.Errorf("scopes of token %s: %w", c.TokenID, err)
	}
	c.Workspace = w.workspace()
	return c, nil
}
