package chengine

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/ClickHouse/clickhouse-go/v2"

	"penstock/sql/engine"
)

func (c *Client) tlsConfig() *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	c.transport.TLSClientConfig = cfg.Clone()
	return cfg
}

// in names the database of a typed statement.
func in(ctx context.Context, database string) context.Context {
	if database == "" {
		return ctx
	}
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"database": database}))
}

// Exec runs a statement that has no rows, e.g. DDL, as it stands: nothing is bound into it. Like all typed work it gives
// *engine.Error.
func (c *Client) Exec(ctx context.Context, database, sql string) error {
	if err := c.typed.Exec(in(ctx, database), sql); err != nil {
		return translate(ctx, err)
	}
	return nil
}

// Ping asks for a row, with the credentials.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.typed.Ping(ctx); err != nil {
		return translate(ctx, err)
	}
	return nil
}

// Version is ClickHouse's version.
func (c *Client) Version(ctx context.Context) (string, error) {
	var v string
	err := c.one(ctx, "", "SELECT version()", &v)
	return v, err
}

// unknownTable is ClickHouse's code for a table that is not there.
const unknownTable = 60

// Columns describes a table. One that is not there has no columns, and that is no error.
func (c *Client) Columns(ctx context.Context, database, table string) ([]engine.Column, error) {
	cols, err := c.describe(ctx, database, "DESCRIBE TABLE "+engine.Quote(table, '`'))
	var e *engine.Error
	if errors.As(err, &e) && e.Code == unknownTable {
		return nil, nil
	}
	return cols, err
}

// ResultColumns describes what a SELECT would give, without running it.
func (c *Client) ResultColumns(ctx context.Context, database, sql string) ([]engine.Column, error) {
	return c.describe(ctx, database, "DESCRIBE TABLE (\n"+sql+"\n)")
}

func (c *Client) describe(ctx context.Context, database, sql string) ([]engine.Column, error) {
	rows, err := c.typed.Query(in(ctx, database), sql)
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer rows.Close()
	var out []engine.Column
	for rows.Next() {
		var col engine.Column
		var kind, expression, comment, codec, ttl string
		if err := rows.Scan(&col.Name, &col.Type, &kind, &expression, &comment, &codec, &ttl); err != nil {
			return nil, translate(ctx, err)
		}
		out = append(out, col)
	}
	if err := rows.Err(); err != nil {
		return nil, translate(ctx, err)
	}
	return out, nil
}

// Tables lists the tables and views of a database by name. An unknown database is an *engine.Error with code 81.
func (c *Client) Tables(ctx context.Context, database string) ([]string, error) {
	rows, err := c.typed.Query(ctx, "SHOW TABLES FROM "+engine.Quote(database, '`'))
	if err != nil {
		return nil, translate(ctx, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, translate(ctx, err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		return nil, translate(ctx, err)
	}
	return out, nil
}

// CountRows counts a table's rows.
func (c *Client) CountRows(ctx context.Context, database, table string) (uint64, error) {
	var n uint64
	err := c.one(ctx, database, "SELECT count() FROM "+engine.Quote(table, '`'), &n)
	return n, err
}

// IsEmpty tells whether a table has no row, without counting.
func (c *Client) IsEmpty(ctx context.Context, database, table string) (bool, error) {
	var n uint64
	err := c.one(ctx, database, "SELECT count() FROM (SELECT 1 FROM "+engine.Quote(table, '`')+" LIMIT 1)", &n)
	return n == 0, err
}

// CreateDatabase makes a database when it is not there.
func (c *Client) CreateDatabase(ctx context.Context, name string) error {
	return c.Exec(ctx, "", "CREATE DATABASE IF NOT EXISTS "+engine.Quote(name, '`'))
}

// DropDatabase removes a database with all that is in it, when it is there.
func (c *Client) DropDatabase(ctx context.Context, name string) error {
	return c.Exec(ctx, "", "DROP DATABASE IF EXISTS "+engine.Quote(name, '`')+" SYNC")
}

func (c *Client) one(ctx context.Context, database, sql string, dest any) error {
	if err := c.typed.QueryRow(in(ctx, database), sql).Scan(dest); err != nil {
		return translate(ctx, err)
	}
	return nil
}

var _ engine.Streamer = (*Client)(nil)
