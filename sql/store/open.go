package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"penstock/branches/workspace"
	"penstock/sql/migrations"
	"penstock/sql/seal"
)

// ErrAdminToken says that Options.AdminToken is another one than the store has for the main workspace.
var ErrAdminToken = errors.New("the admin token given is not the one that the main workspace has: give that one or none, or set a new one by a refresh of the token")

var errNoKey = errors.New("no key was given")

// Options of Open. All may be zero.
type Options struct {
	Now    func() time.Time // time.Now when nil
	Rand   io.Reader        // of ids and token texts; crypto/rand when nil
	Logger *slog.Logger     // nothing is logged when nil
	// AdminToken is the text of the main workspace's admin token when the database is made; generated when it is
	// empty. For a database that exists it must be the present text, or empty.
	AdminToken workspace.SecretValue
}

// A DB is the store. It is safe for concurrent use. Close it when nothing uses it any more.
type DB struct {
	now    func() time.Time
	random io.Reader
	sealer *seal.Sealer
	writer *sqlx.DB // one connection: writes wait for each other here and not in the database
	reader *sqlx.DB
	stmts  map[string]*sqlx.Stmt
}

// Open opens the database that dsn names ("sqlite:PATH"), brings its schema to date, and unwraps its keysets with the key.
// An empty or absent database becomes one with fresh keysets, the workspace main and main's admin token.
//
// A key that does not fit gives an error that wraps seal.ErrKey and says how to mend it; an admin token that does not fit
// gives ErrAdminToken. In all errors the database is as it was, but for its schema.
func Open(ctx context.Context, dsn string, key seal.Key, opts Options) (*DB, error) {
	d := &DB{now: opts.Now, random: opts.Rand, stmts: map[string]*sqlx.Stmt{}}
	if d.now == nil {
		d.now = time.Now
	}
	if d.random == nil {
		d.random = rand.Reader
	}
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := d.open(ctx, dsn, key, opts.AdminToken, log); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, dsn string, key seal.Key, adminToken workspace.SecretValue, log *slog.Logger) error {
	path, err := sqlitePath(dsn)
	if err != nil {
		return err
	}
	if key.IsZero() {
		if found, err := hasKeysets(ctx, path); err != nil || found {
			return errors.Join(keyError(path), err)
		}
		return fmt.Errorf("%w: give one by PENSTOCK_KEY or --key-file, made with: openssl rand -base64 32", errNoKey)
	}
	if err := preparePath(path); err != nil {
		return err
	}
	if d.writer, err = connect(ctx, sqliteWriter(path), 1); err != nil {
		return err
	}
	from, to, err := migrations.Up(ctx, d.writer.DB, migrations.SQLite)
	if err != nil {
		return err
	}
	if from != to {
		log.LogAttrs(ctx, slog.LevelInfo, "store schema updated", slog.Int64("from", from), slog.Int64("to", to))
	}
	if d.reader, err = connect(ctx, sqliteReader(path), readers); err != nil {
		return err
	}
	for _, q := range writes {
		if err := d.prepare(ctx, d.writer, q); err != nil {
			return err
		}
	}
	for _, q := range reads {
		if err := d.prepare(ctx, d.reader, q); err != nil {
			return err
		}
	}
	return d.unlock(ctx, path, key, adminToken, log)
}

// unlock gets the sealer: from the keysets that are there, or for an empty database by making them and main.
func (d *DB) unlock(ctx context.Context, path string, key seal.Key, adminToken workspace.SecretValue, log *slog.Logger) error {
	made := false
	err := d.write(ctx, func(tx *tx) error {
		wrapped, found, err := tx.keysets(ctx)
		if err != nil {
			return err
		}
		if found {
			d.sealer, err = seal.Open(key, wrapped)
			if errors.Is(err, seal.ErrKey) {
				return keyError(path)
			}
			return err
		}
		made = true
		d.sealer, wrapped, err = seal.New(key)
		if err != nil {
			return err
		}
		if err := tx.createKeysets(ctx, wrapped); err != nil {
			return err
		}
		return tx.createWorkspace(ctx, workspace.Workspace{ID: workspace.Main, Name: string(workspace.Main)}, adminToken)
	})
	if err != nil {
		return err
	}
	if made {
		log.LogAttrs(ctx, slog.LevelInfo, "store created", slog.String("path", path))
		return nil
	}
	if adminToken.Reveal() == "" {
		return nil
	}
	have, err := d.AdminToken(ctx, workspace.Main)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(have.Text.Reveal()), []byte(adminToken.Reveal())) != 1 {
		return ErrAdminToken
	}
	return nil
}

// Initialized tells whether dsn names a database that has keysets, so that only the key that made them opens it. It
// changes nothing and needs no key: whoever would make a new key asks first.
func Initialized(ctx context.Context, dsn string) (bool, error) {
	path, err := sqlitePath(dsn)
	if err != nil {
		return false, fmt.Errorf("look at store: %w", err)
	}
	found, err := hasKeysets(ctx, path)
	if err != nil {
		return false, fmt.Errorf("look at store: %w", err)
	}
	return found, nil
}

// Ping tells whether the store answers.
func (d *DB) Ping(ctx context.Context) error {
	_, err := d.Workspace(ctx, workspace.Main)
	return err
}

// Close ends the connections. Methods that run meanwhile may fail.
func (d *DB) Close() error {
	var errs []error
	for _, s := range d.stmts {
		errs = append(errs, s.Close())
	}
	if d.reader != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

func keyError(path string) error {
	return fmt.Errorf("%w: %s is kept under another key, or no key was found. Give the key that it was made with, by PENSTOCK_KEY, by --key-file, or as the file `key` in the data folder (restore it from your backup). Without that key the data cannot be opened; to start anew, move the data folder away", seal.ErrKey, path)
}
