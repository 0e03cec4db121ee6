package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"io"

	"github.com/jmoiron/sqlx"

	"penstock/branches/workspace"
)

var (
	workspaceReads  = []string{selectWorkspace, selectWorkspaceByName, selectWorkspaces}
	workspaceWrites = []string{insertWorkspace, selectWorkspaceForWrite}
)

const workspaceColumns = `w.id, w.name, w.parent, w.created_at`

type workspaceRow struct {
	ID        workspace.ID
	Name      string
	Parent    sql.NullString
	CreatedAt int64 `db:"created_at"`
}

func (r workspaceRow) workspace() workspace.Workspace {
	return workspace.Workspace{ID: r.ID, Name: r.Name, Parent: workspace.ID(r.Parent.String), CreatedAt: fromMicros(r.CreatedAt)}
}

// CreateWorkspace makes a workspace with its admin token. Conflict when a workspace or branch has the name; Invalid for a
// name that cannot be.
func (d *DB) CreateWorkspace(ctx context.Context, name string) (workspace.Workspace, error) {
	return d.createWorkspace(ctx, name, "")
}

// CreateBranch makes a branch of parent with its admin token. Conflict when a workspace or branch has the name; Invalid
// when parent is a branch itself, or for a name that cannot be; NotFound when there is no parent.
func (d *DB) CreateBranch(ctx context.Context, parent workspace.ID, name string) (workspace.Workspace, error) {
	if parent == "" {
		return workspace.Workspace{}, workspace.Errorf(workspace.NotFound, "Workspace not found")
	}
	return d.createWorkspace(ctx, name, parent)
}

// selectWorkspaceForWrite is selectWorkspace inside a transaction that writes.
const selectWorkspaceForWrite = selectWorkspace + ` LIMIT 1`

func (d *DB) createWorkspace(ctx context.Context, name string, parent workspace.ID) (workspace.Workspace, error) {
	if err := workspace.ValidateName(name); err != nil {
		return workspace.Workspace{}, err
	}
	id, err := d.newID()
	if err != nil {
		return workspace.Workspace{}, err
	}
	w := workspace.Workspace{ID: workspace.ID(id), Name: name, Parent: parent}
	err = d.write(ctx, func(t *tx) error {
		if parent != "" {
			var row workspaceRow
			if err := t.row(ctx, selectWorkspaceForWrite, parent).StructScan(&row); err != nil {
				return notFound(err, "Workspace not found")
			}
			if row.Parent.Valid {
				return workspace.Errorf(workspace.Invalid, "'%s' is a branch, and a branch has no branches: use its main workspace", row.Name)
			}
		}
		w.CreatedAt = t.at
		return t.createWorkspace(ctx, w, workspace.SecretValue{})
	})
	switch {
	case workspace.CodeOf(err) == workspace.Conflict:
		return workspace.Workspace{}, &workspace.Error{Code: workspace.Conflict, Message: "There is a workspace or branch called '" + name + "' already: choose another name", Cause: err}
	case err != nil:
		return workspace.Workspace{}, err
	}
	return w, nil
}

const insertWorkspace = `INSERT INTO workspaces (id, name, parent, created_at) VALUES (?, ?, ?, ?)`

// createWorkspace writes w with its admin token, whose text is generated when token is empty.
func (t *tx) createWorkspace(ctx context.Context, w workspace.Workspace, token workspace.SecretValue) error {
	action := "workspace.create"
	if w.IsBranch() {
		action = "branch.create"
	}
	if err := t.audit(ctx, w.ID, "", action, w.Name); err != nil {
		return err
	}
	if err := t.exec(ctx, insertWorkspace, w.ID, w.Name, sql.NullString{String: string(w.Parent), Valid: w.IsBranch()}, t.at.UnixMicro()); err != nil {
		return err
	}
	return t.createAdminToken(ctx, w.ID, token)
}

const selectWorkspaces = `SELECT ` + workspaceColumns + ` FROM workspaces w ORDER BY w.created_at, w.id`

// Workspaces lists all workspaces and branches, oldest first.
func (d *DB) Workspaces(ctx context.Context) ([]workspace.Workspace, error) {
	var all []workspace.Workspace
	err := d.rows(ctx, selectWorkspaces, func(rows *sqlx.Rows) error {
		var row workspaceRow
		if err := rows.StructScan(&row); err != nil {
			return err
		}
		all = append(all, row.workspace())
		return nil
	})
	return all, err
}

const selectWorkspace = `SELECT ` + workspaceColumns + ` FROM workspaces w WHERE w.id = ?`

// Workspace gives a workspace or branch by its id, or NotFound.
func (d *DB) Workspace(ctx context.Context, id workspace.ID) (workspace.Workspace, error) {
	var row workspaceRow
	if err := d.row(ctx, selectWorkspace, id).StructScan(&row); err != nil {
		return workspace.Workspace{}, notFound(err, "Workspace not found")
	}
	return row.workspace(), nil
}

const selectWorkspaceByName = `SELECT ` + workspaceColumns + ` FROM workspaces w WHERE w.name = ?`

// WorkspaceByName gives a workspace or branch by its name, or NotFound.
func (d *DB) WorkspaceByName(ctx context.Context, name string) (workspace.Workspace, error) {
	var row workspaceRow
	if err := d.row(ctx, selectWorkspaceByName, name).StructScan(&row); err != nil {
		return workspace.Workspace{}, notFound(err, "Workspace not found")
	}
	return row.workspace(), nil
}

// newID gives 16 hexadecimal digits.
func (d *DB) newID() (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(d.random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}
