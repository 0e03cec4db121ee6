// Package engine says what it means to run a statement on ClickHouse, whoever runs it: a Query with its limits, a Result
// whose rows stream, and errors that carry a class.
package engine

import (
	"context"
	"io"
	"strconv"
)

// A Query is one statement to run. The deadline is the context's.
type Query struct {
	ID       string // ClickHouse's query id; unique among running queries
	SQL      []byte // read-only until Stream has returned
	Database string // the database that unqualified names mean
	Format   string // ClickHouse's name of the output format, e.g. "JSON", "CSVWithNames"; the SQL has no FORMAT clause
	Settings []Setting
	// ReadOnly demands that the statement cannot write. Every pipe and every statement of a caller has it.
	ReadOnly bool
}

// A Setting is a ClickHouse setting by name, its value as text.
type Setting struct{ Name, Value string }

// A Column is a column of a table: its name, and its type as ClickHouse writes it.
type Column struct{ Name, Type string }

// A Result is an answer whose rows are read as they come.
type Result struct {
	// Body gives the bytes of the format. Read returns io.EOF only after the engine said that the statement ended well;
	// a failure after the first rows is an *Error from Read. Close ends a query that still runs.
	Body        io.ReadCloser
	ContentType string
	// Summary may be called after Body gave io.EOF; before, its figures are those known so far.
	Summary func() Summary
}

// A Summary is what the engine says of the work that it did.
type Summary struct {
	ReadRows, ReadBytes, ResultRows uint64
}

// A Streamer runs statements. It is safe for concurrent use.
//
// Stream returns when the first bytes are there, or an *Error. When ctx ends, the query is killed in the engine, and
// Stream or the Body's Read gives an *Error of kind Timeout or Canceled. The caller closes Body, always.
type Streamer interface {
	Stream(ctx context.Context, q Query) (*Result, error)
}

// Kind is the class of an engine's error.
type Kind uint8

// The classes of errors.
const (
	Failed      Kind = iota + 1 // ClickHouse refused the statement or failed while running it: the statement's fault
	Timeout                     // past the deadline, or past a time limit of the engine
	Canceled                    // the caller went away
	Unavailable                 // no engine there, or it went away in the middle
)

// An Error is what came of a statement that did not end well. Message is the engine's own text: it may quote the
// statement and so a secret; it must pass the redactor before anybody sees it.
type Error struct {
	Kind    Kind
	Code    int    // ClickHouse's error code, 0 when there is none
	Message string // the engine's text; "" when there is none
	Cause   error  // what went wrong underneath, for operators; never holds the statement
}

// Error tells the class and the code only: an engine's text may quote a secret.
func (e *Error) Error() string {
	s := "engine: " + e.Kind.String()
	if e.Code != 0 {
		s += " (code " + strconv.Itoa(e.Code) + ")"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

func (k Kind) String() string {
	switch k {
	case Failed:
		return "statement failed"
	case Timeout:
		return "timeout"
	case Canceled:
		return "canceled"
	case Unavailable:
		return "unavailable"
	}
	return "unknown"
}
