package datafile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// An Error is one thing that is wrong with a file. Line and Column begin with 1; columns count characters.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error gives file:line:column: message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// problems collects what is wrong with a file.
type problems struct {
	file string
	all  []*Error
}

func (p *problems) add(at position, format string, args ...any) {
	p.all = append(p.all, &Error{File: p.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)})
}

// err joins the problems in the order of the file; nil when there are none.
func (p *problems) err() error {
	slices.SortStableFunc(p.all, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(p.all))
	for i, e := range p.all {
		errs[i] = e
	}
	return errors.Join(errs...)
}
