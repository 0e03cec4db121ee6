package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"penstock/branches/workspace"
	"penstock/sql/seal"
)

const (
	retryBusy = time.Second
	retryFull = time.Minute
)

// Every statement is prepared when the store opens, so that a wrong one is found then.
var (
	reads  = slices.Concat(workspaceReads, tokenReads, secretReads)
	writes = slices.Concat(keysetWrites, workspaceWrites, tokenWrites, secretWrites)
)

func (d *DB) prepare(ctx context.Context, db *sqlx.DB, query string) error {
	s, err := db.PreparexContext(ctx, query)
	if err != nil {
		return fmt.Errorf("prepare %q: %w", query, err)
	}
	d.stmts[query] = s
	return nil
}

// tx is a transaction that writes. Its methods stand with what they write.
type tx struct {
	*DB
	sql *sqlx.Tx
	at  time.Time // one time for all that the transaction writes
}

// write runs do in a transaction and commits it, or rolls it back when do fails.
func (d *DB) write(ctx context.Context, do func(*tx) error) error {
	sqltx, err := d.writer.BeginTxx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	if err := do(&tx{DB: d, sql: sqltx, at: d.now().UTC().Truncate(time.Microsecond)}); err != nil {
		if back := sqltx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			err = errors.Join(err, back)
		}
		return translate(err)
	}
	return translate(sqltx.Commit())
}

func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.sql.StmtxContext(ctx, t.stmts[query]).ExecContext(ctx, args...)
	return err
}

func (t *tx) row(ctx context.Context, query string, args ...any) *sqlx.Row {
	return t.sql.StmtxContext(ctx, t.stmts[query]).QueryRowxContext(ctx, args...)
}

func (d *DB) row(ctx context.Context, query string, args ...any) *sqlx.Row {
	return d.stmts[query].QueryRowxContext(ctx, args...)
}

// rows calls scan for each row.
func (d *DB) rows(ctx context.Context, query string, scan func(*sqlx.Rows) error, args ...any) (err error) {
	rows, err := d.stmts[query].QueryxContext(ctx, args...)
	if err != nil {
		return translate(err)
	}
	defer func() { err = translate(errors.Join(err, rows.Close())) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// notFound says what is missing in place of the driver's "no rows".
func notFound(err error, message string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return workspace.Errorf(workspace.NotFound, "%s", message)
	}
	return translate(err)
}

// fromMicros reads a time as the tables keep it.
func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

var keysetWrites = []string{selectKeysets, insertKeyset}

const (
	valuesKeyset = "values"
	tokensKeyset = "tokens"
)

const selectKeysets = `SELECT purpose, wrapped FROM keysets`

func (t *tx) keysets(ctx context.Context) (w seal.Wrapped, found bool, err error) {
	rows, err := t.sql.StmtxContext(ctx, t.stmts[selectKeysets]).QueryxContext(ctx)
	if err != nil {
		return w, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		found = true
		var purpose string
		var wrapped []byte
		if err := rows.Scan(&purpose, &wrapped); err != nil {
			return w, found, err
		}
		switch purpose {
		case valuesKeyset:
			w.Values = wrapped
		case tokensKeyset:
			w.Tokens = wrapped
		}
	}
	return w, found, rows.Err()
}

const insertKeyset = `INSERT INTO keysets (purpose, wrapped, created_at) VALUES (?, ?, ?)`

func (t *tx) createKeysets(ctx context.Context, w seal.Wrapped) error {
	if err := t.exec(ctx, insertKeyset, valuesKeyset, w.Values, t.at.UnixMicro()); err != nil {
		return err
	}
	return t.exec(ctx, insertKeyset, tokensKeyset, w.Tokens, t.at.UnixMicro())
}
