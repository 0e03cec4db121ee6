package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"penstock/branches/workspace"
	"penstock/sql/seal"
)

var (
	secretReads  = []string{selectSecret, selectSecrets, selectSecretValue}
	secretWrites = []string{insertAudit, countSecrets, nextSecretVersion, insertSecret, updateSecret, deleteSecret}
)

func secretPlace(ws workspace.ID, name string, version int64) seal.Place {
	return seal.Place{Table: "secrets", Workspace: string(ws), Name: name, Version: version}
}

const insertAudit = `INSERT INTO audit (at, workspace_id, actor, action, subject) VALUES (?, ?, ?, ?, ?)`

// audit writes who does what, before it is done. The actor is the name of a token, "" for whoever runs penstock.
func (t *tx) audit(ctx context.Context, ws workspace.ID, actor, action, subject string) error {
	if err := t.exec(ctx, insertAudit, t.at.UnixMicro(), ws, actor, action, subject); err != nil {
		return fmt.Errorf("write the audit entry: %w", err)
	}
	return nil
}

const (
	countSecrets = `SELECT count(*), count(*) FILTER (WHERE name = ?) FROM secrets WHERE workspace_id = ?`

	nextSecretVersion = `INSERT INTO secret_versions (workspace_id, name, last) VALUES (?, ?, 1)
		ON CONFLICT (workspace_id, name) DO UPDATE SET last = last + 1 RETURNING last`

	insertSecret = `INSERT INTO secrets (workspace_id, name, version, sealed, created_at, updated_at, edited_by) VALUES (?, ?, ?, ?, ?, ?, ?)`
)

// CreateSecret makes a secret. Conflict when the name exists, Forbidden when the workspace has limit secrets (0 for no
// limit), NotFound when there is no such workspace. A name that was deleted goes on with its next version.
func (d *DB) CreateSecret(ctx context.Context, ws workspace.ID, name string, value workspace.SecretValue, editedBy string, limit int) (workspace.SecretMeta, error) {
	m := workspace.SecretMeta{Name: name, EditedBy: editedBy}
	err := d.write(ctx, func(t *tx) error {
		if err := t.audit(ctx, ws, editedBy, "secret.create", name); err != nil {
			return err
		}
		var all, same int
		if err := t.row(ctx, countSecrets, name, ws).Scan(&all, &same); err != nil {
			return err
		}
		switch {
		case same > 0:
			return workspace.Errorf(workspace.Conflict, "The secret '%s' exists already", name)
		case limit > 0 && all >= limit:
			return workspace.Errorf(workspace.Forbidden, "Secrets limit reached: a workspace has at most %d. Delete one that is not used", limit)
		}
		sealed, err := t.sealNext(ctx, ws, value, &m)
		if err != nil {
			return err
		}
		m.CreatedAt, m.UpdatedAt = t.at, t.at
		return t.exec(ctx, insertSecret, ws, name, m.Version, sealed, t.at.UnixMicro(), t.at.UnixMicro(), editedBy)
	})
	if err != nil {
		return workspace.SecretMeta{}, err
	}
	return m, nil
}

// sealNext takes the next version of m.Name and seals value for it.
func (t *tx) sealNext(ctx context.Context, ws workspace.ID, value workspace.SecretValue, m *workspace.SecretMeta) ([]byte, error) {
	if err := t.row(ctx, nextSecretVersion, ws, m.Name).Scan(&m.Version); err != nil {
		return nil, err
	}
	return t.sealer.Seal(secretPlace(ws, m.Name, m.Version), []byte(value.Reveal()))
}

const updateSecret = `UPDATE secrets SET version = ?, sealed = ?, updated_at = ?, edited_by = ?
	WHERE workspace_id = ? AND name = ? RETURNING created_at, updated_at`

// UpdateSecret gives a secret another value. NotFound when there is none.
func (d *DB) UpdateSecret(ctx context.Context, ws workspace.ID, name string, value workspace.SecretValue, editedBy string) (workspace.SecretMeta, error) {
	m := workspace.SecretMeta{Name: name, EditedBy: editedBy}
	err := d.write(ctx, func(t *tx) error {
		if err := t.audit(ctx, ws, editedBy, "secret.update", name); err != nil {
			return err
		}
		sealed, err := t.sealNext(ctx, ws, value, &m)
		if err != nil {
			return err
		}
		var created, updated int64
		row := t.row(ctx, updateSecret, m.Version, sealed, t.at.UnixMicro(), editedBy, ws, name)
		if err := row.Scan(&created, &updated); err != nil {
			return notFound(err, secretNotFound)
		}
		m.CreatedAt, m.UpdatedAt = fromMicros(created), fromMicros(updated)
		return nil
	})
	if err != nil {
		return workspace.SecretMeta{}, err
	}
	return m, nil
}

const secretNotFound = "Secret not found"

const deleteSecret = `DELETE FROM secrets WHERE workspace_id = ? AND name = ? RETURNING version`

// DeleteSecret ends a secret. NotFound when there is none.
func (d *DB) DeleteSecret(ctx context.Context, ws workspace.ID, name, editedBy string) error {
	return d.write(ctx, func(t *tx) error {
		if err := t.audit(ctx, ws, editedBy, "secret.delete", name); err != nil {
			return err
		}
		var version int64
		return notFound(t.row(ctx, deleteSecret, ws, name).Scan(&version), secretNotFound)
	})
}

const secretColumns = `name, created_at, updated_at, edited_by, version`

type secretRow struct {
	Name      string
	CreatedAt int64  `db:"created_at"`
	UpdatedAt int64  `db:"updated_at"`
	EditedBy  string `db:"edited_by"`
	Version   int64
}

func (r secretRow) meta() workspace.SecretMeta {
	return workspace.SecretMeta{Name: r.Name, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt), EditedBy: r.EditedBy, Version: r.Version}
}

const selectSecret = `SELECT ` + secretColumns + ` FROM secrets WHERE workspace_id = ? AND name = ?`

// Secret tells of a secret without its value. NotFound when there is none.
func (d *DB) Secret(ctx context.Context, ws workspace.ID, name string) (workspace.SecretMeta, error) {
	var row secretRow
	if err := d.row(ctx, selectSecret, ws, name).StructScan(&row); err != nil {
		return workspace.SecretMeta{}, notFound(err, secretNotFound)
	}
	return row.meta(), nil
}

const selectSecrets = `SELECT ` + secretColumns + ` FROM secrets WHERE workspace_id = ? ORDER BY name`

// Secrets tells of all secrets of a workspace, ordered by name byte by byte. None for a workspace that there is not.
func (d *DB) Secrets(ctx context.Context, ws workspace.ID) ([]workspace.SecretMeta, error) {
	var all []workspace.SecretMeta
	err := d.rows(ctx, selectSecrets, func(rows *sqlx.Rows) error {
		var row secretRow
		if err := rows.StructScan(&row); err != nil {
			return err
		}
		all = append(all, row.meta())
		return nil
	}, ws)
	return all, err
}

const selectSecretValue = `SELECT version, sealed FROM secrets WHERE workspace_id = ? AND name = ?`

// SecretValue opens a secret. NotFound when there is none. A row that was changed or moved is an internal error that wraps
// seal.ErrSealed.
func (d *DB) SecretValue(ctx context.Context, ws workspace.ID, name string) (workspace.SecretValue, error) {
	var version int64
	var sealed []byte
	if err := d.row(ctx, selectSecretValue, ws, name).Scan(&version, &sealed); err != nil {
		return workspace.SecretValue{}, notFound(err, secretNotFound)
	}
	plain, err := d.sealer.Open(secretPlace(ws, name, version), sealed)
	if err != nil {
		return workspace.SecretValue{}, fmt.Errorf("secret %s of workspace %s: %w", name, ws, err)
	}
	return workspace.NewSecretValue(string(plain)), nil
}
