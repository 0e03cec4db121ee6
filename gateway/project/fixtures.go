package project

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"penstock/sql/engine"
	"penstock/templating/datafile"
)

// maxLine bounds one row of a fixture.
const maxLine = 64 << 20

// fill loads fixtures into tables that are empty. A row that does not fit leaves its table empty.
func (p *Project) fill(ctx context.Context) []Problem {
	byName := make(map[string]loadedDatasource, len(p.sources.datasources))
	for _, d := range p.sources.datasources {
		byName[d.file.name] = d
	}
	var problems []Problem
	for _, path := range slices.Sorted(maps.Keys(p.sources.fixtures)) {
		f := p.sources.fixtures[path]
		d, ok := byName[f.name]
		if !ok {
			if last, known := p.filled[path]; !known || !last.same(f) {
				p.filled[path] = f
				w := p.problem(f, "fixture", fmt.Errorf("there is no data source '%s' that these rows belong to: name the file after one", f.name))
				w.Warning = true
				problems = append(problems, w)
			}
			continue
		}
		created, ok := p.created[p.cfg.Workspace.ID.Database()][d.file.path]
		if last, known := p.filled[path]; !ok || known && last.same(f) && created.same(p.filledTable[path]) {
			continue
		}
		p.filled[path], p.filledTable[path] = f, created
		if err := p.load(ctx, f, d.def); err != nil {
			problem := p.problem(f, "fixture", err)
			if p.retry {
				delete(p.filled, path)
			}
			var row *rowError
			if errors.As(err, &row) {
				problem.Line = row.line
			}
			problems = append(problems, problem)
		}
	}
	return problems
}

// load takes the rows into a table beside and exchanges the two: whatever ends penstock on the way, the table has all of
// the fixture or nothing.
func (p *Project) load(ctx context.Context, f file, d *datafile.Datasource) error {
	ctx, cancel := context.WithTimeout(ctx, fixtureTimeout)
	defer cancel()
	database := p.cfg.Workspace.ID.Database()
	empty, err := p.cfg.Tables.IsEmpty(ctx, database, d.Name)
	if err != nil || !empty {
		return err
	}
	in, err := os.Open(f.in(p.cfg.Dir))
	if err != nil {
		return fmt.Errorf("open fixture: %w", err)
	}
	defer in.Close()
	beside := "_penstock_fixture_of_" + d.Name
	if err := p.drop(ctx, database, beside); err != nil {
		return err
	}
	if err := p.cfg.Tables.Exec(ctx, database, d.CreateTableSQL(database, beside)); err != nil {
		return err
	}
	if strings.HasSuffix(f.path, ".csv") {
		err = p.cfg.Tables.InsertRaw(ctx, database, beside, nil, "CSVWithNames", in)
		err = atRow(err, func(row int) int { return row + 1 }) // the header is line 1
	} else {
		rows := newRows(in, d)
		err = p.cfg.Tables.InsertRaw(ctx, database, beside, nil, "JSONEachRow", rows)
		if rows.err != nil {
			err = rows.err
		}
		err = atRow(err, rows.line)
	}
	if err == nil {
		err = p.cfg.Tables.Exec(ctx, database, "EXCHANGE TABLES "+qualified(database, d.Name)+" AND "+qualified(database, beside))
	}
	return errors.Join(err, p.drop(ctx, database, beside))
}

// A rowError says which line of a fixture does not fit.
type rowError struct {
	line  int
	cause error
}

func (e *rowError) Error() string { return sentence(e.cause) }
func (e *rowError) Unwrap() error { return e.cause }

var atRowPattern = regexp.MustCompile(`\(at row (\d+)\)`)

// atRow finds the row in what ClickHouse says of an insert.
func atRow(err error, line func(row int) int) error {
	var e *engine.Error
	var already *rowError
	if err == nil || errors.As(err, &already) || !errors.As(err, &e) {
		return err
	}
	m := atRowPattern.FindStringSubmatch(e.Message)
	if m == nil {
		return err
	}
	row, _ := strconv.Atoi(m[1]) // digits only
	return &rowError{line: line(row), cause: err}
}

// rows turns the lines of an NDJSON fixture into rows that have the columns' names, by the columns' JSON paths.
type rows struct {
	in      *bufio.Scanner
	columns []rowColumn
	buf     bytes.Buffer
	at      int   // line of the file
	lines   []int // line of the n-th row
	err     error
}

type rowColumn struct {
	key  []byte // the column's name as JSON
	path []string
}

func newRows(in io.Reader, d *datafile.Datasource) *rows {
	r := &rows{in: bufio.NewScanner(in)}
	r.in.Buffer(make([]byte, 64<<10), maxLine)
	for _, c := range d.Columns {
		key, _ := json.Marshal(c.Name) // a string always can
		r.columns = append(r.columns, rowColumn{key: key, path: splitPath(c.JSONPath, c.Name)})
	}
	return r
}

// splitPath takes $.a.b[:].c apart: a, b, [:], c.
func splitPath(path, name string) []string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
	if path == "" {
		return []string{name}
	}
	var parts []string
	for _, part := range strings.Split(path, ".") {
		part, list := strings.CutSuffix(part, "[:]")
		if part != "" {
			parts = append(parts, part)
		}
		if list {
			parts = append(parts, "[:]")
		}
	}
	return parts
}

func (r *rows) line(row int) int {
	if row < 1 || row > len(r.lines) {
		return 1
	}
	return r.lines[row-1]
}

// Read gives the rows as they are asked for.
func (r *rows) Read(b []byte) (int, error) {
	for r.buf.Len() == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if !r.in.Scan() {
			if err := r.in.Err(); err != nil {
				r.err = &rowError{line: r.at + 1, cause: fmt.Errorf("the line cannot be read: %w", err)}
				return 0, r.err
			}
			return 0, io.EOF
		}
		r.at++
		line := bytes.TrimSpace(r.in.Bytes())
		if r.at == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(line) == 0 {
			continue
		}
		if err := r.row(line); err != nil {
			r.err = &rowError{line: r.at, cause: err}
			return 0, r.err
		}
		r.lines = append(r.lines, r.at)
	}
	return r.buf.Read(b)
}

func (r *rows) row(line []byte) error {
	if !json.Valid(line) || line[0] != '{' {
		return errors.New("the line is not one JSON object")
	}
	sep := byte('{')
	for _, c := range r.columns {
		value, ok := dig(line, c.path)
		if !ok {
			continue
		}
		r.buf.WriteByte(sep)
		r.buf.Write(c.key)
		r.buf.WriteByte(':')
		r.buf.Write(value)
		sep = ','
	}
	if sep == '{' {
		r.buf.WriteByte(sep)
	}
	r.buf.WriteString("}\n")
	return nil
}

// dig finds what a path means in a valid JSON value. A list's path gives the list of what it finds in each element.
func dig(value json.RawMessage, path []string) (json.RawMessage, bool) {
	if len(path) == 0 {
		return value, true
	}
	if path[0] == "[:]" {
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil {
			return value, len(path) == 1 // not a list: ClickHouse says what is wrong with it
		}
		out := make([]json.RawMessage, 0, len(list))
		for _, e := range list {
			if v, ok := dig(e, path[1:]); ok {
				out = append(out, v)
			}
		}
		b, err := json.Marshal(out)
		return b, err == nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) != nil {
		return nil, false
	}
	v, ok := object[path[0]]
	if !ok {
		return nil, false
	}
	return dig(v, path[1:])
}
