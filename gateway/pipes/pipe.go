// Package pipes turns files into pipes that can be served. A Pipe is compiled once and shared; composing it for a request
// renders its nodes, parses each alone, and splices them into one statement. A Registry knows which pipes each workspace
// serves.
package pipes

import (
	"errors"
	"fmt"
	"sync"

	"penstock/branches/workspace"
	"penstock/sql/guard"
	"penstock/sql/lexer"
	"penstock/templating"
	"penstock/templating/datafile"
)

// MaxDepth bounds how deep nodes and pipes may read from one another.
const MaxDepth = 64

// A Pipe is a compiled pipe: immutable, safe to share.
type Pipe struct {
	Name        string
	File        string
	Description string
	// endpoint is the index of the node that is served; -1 when the pipe serves none.
	endpoint int
	nodes    []node
}

type node struct {
	name     string
	template *templating.Template
	plans    *guard.Plans    // of what the template renders
	sources  func() []source // what it may read from; found when first asked for
}

// keptPlans is how many shapes of a node's statement are known at once: one for each way through its conditions that is in
// use.
const keptPlans = 64

// Compile compiles every node of a parsed file. The error joins the problems of all nodes, each a *templating.Error.
func Compile(f *datafile.Pipe) (*Pipe, error) {
	p := &Pipe{Name: f.Name, File: f.File, Description: f.Description, endpoint: -1}
	var problems []error
	end := f.Endpoint()
	for i := range f.Nodes {
		n := &f.Nodes[i]
		if n == end {
			p.endpoint = i
		}
		src := &lexer.Source{Pipe: f.Name, Node: n.Name, File: f.File, Text: n.SQL, Line: n.Line, Column: n.Column}
		src.Keep()
		t, err := templating.Compile(src)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		compiled := node{name: n.Name, template: t, plans: guard.NewPlans(keptPlans)}
		compiled.sources = sync.OnceValue(compiled.findSources)
		p.nodes = append(p.nodes, compiled)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	return p, nil
}

// IsEndpoint tells whether the pipe can be called.
func (p *Pipe) IsEndpoint() bool { return p.endpoint >= 0 }

// Secrets are the uses of secrets in all nodes, in the order of the file.
func (p *Pipe) Secrets() []templating.SecretUse {
	var uses []templating.SecretUse
	for _, n := range p.nodes {
		uses = append(uses, n.template.Secrets()...)
	}
	return uses
}

// Notes are what works in the templates of all nodes but is likely not meant, in the order of the file.
func (p *Pipe) Notes() []templating.Note {
	var notes []templating.Note
	for _, n := range p.nodes {
		notes = append(notes, n.template.Notes()...)
	}
	return notes
}

// Mistakes are the calls in the templates of all nodes that no request avoids, in the order of the file.
func (p *Pipe) Mistakes() templating.Errors {
	var errs templating.Errors
	for _, n := range p.nodes {
		errs = append(errs, n.template.Mistakes()...)
	}
	return errs
}

// NodeNames are the names of the nodes, in the order of the file.
func (p *Pipe) NodeNames() []string {
	names := make([]string, len(p.nodes))
	for i, n := range p.nodes {
		names[i] = n.name
	}
	return names
}

// Served is the name of the node that the pipe is about: its endpoint, or the last node where it serves none.
func (p *Pipe) Served() string {
	switch {
	case p.endpoint >= 0:
		return p.nodes[p.endpoint].name
	case len(p.nodes) > 0:
		return p.nodes[len(p.nodes)-1].name
	}
	return ""
}

// A Scope says what a name in FROM means when it is no node of the pipe at hand: another pipe, or none, and then it is a
// table of the workspace's database.
type Scope interface {
	Pipe(name string) (*Pipe, bool)
	// Table tells whether a data source has the name.
	Table(name string) bool
}

// Node gives the composed statement of one node: "" for the endpoint. Errors are *workspace.Error for what the user can
// mend, with the cause being a *templating.Error or a *guard.Finding.
func (p *Pipe) Node(name string, in templating.Input, scope Scope) (lexer.Statement, error) {
	c := composer{in: in, scope: scope}
	return c.named(p, name)
}

// ComposeText gives the composed statement of a text that is no pipe's: src is a template when it begins with '%' and
// template is set. names are pipes that a name of the text stands for before the scope is asked ("_" for the endpoint).
func ComposeText(src *lexer.Source, template bool, names map[string]*Pipe, in templating.Input, scope Scope) (lexer.Statement, error) {
	c := composer{in: in, scope: scope}
	var st lexer.Statement
	if template {
		t, err := templating.Compile(src)
		if err != nil {
			return st, TemplateError(err)
		}
		if st, err = c.render(t); err != nil {
			return st, err
		}
	} else {
		b := new(lexer.Builder)
		b.Text(src, 0, len(src.Text))
		st = b.Statement()
	}
	return c.compose(nil, st, func(name string) (lexer.Statement, bool, error) {
		if p, ok := names[name]; ok {
			s, err := c.named(p, "")
			return s, true, err
		}
		return c.other(name)
	})
}

// A composer composes one statement for one request.
type composer struct {
	in    templating.Input
	scope Scope
	depth int
	// done keeps what was composed already: a node that is read twice is rendered once.
	done map[nodeKey]lexer.Statement
}

type nodeKey struct {
	pipe *Pipe
	node int
}

func (c *composer) named(p *Pipe, name string) (lexer.Statement, error) {
	at := p.endpoint
	if name != "" {
		at = -1
		for i := range p.nodes {
			if p.nodes[i].name == name {
				at = i
			}
		}
		if at < 0 {
			return lexer.Statement{}, workspace.Errorf(workspace.NotFound, "The pipe '%s' has no node '%s'", p.Name, name)
		}
	}
	if at < 0 {
		return lexer.Statement{}, workspace.Errorf(workspace.NotFound, "The pipe '%s' does not exist", p.Name)
	}
	return c.node(p, at)
}

func (c *composer) node(p *Pipe, at int) (lexer.Statement, error) {
	key := nodeKey{p, at}
	if st, ok := c.done[key]; ok {
		return st, nil
	}
	n := &p.nodes[at]
	if c.depth++; c.depth > MaxDepth {
		return lexer.Statement{}, workspace.Errorf(workspace.Invalid,
			"The pipe '%s' reads from pipes and nodes more than %d deep: does a pipe read from itself?", p.Name, MaxDepth)
	}
	defer func() { c.depth-- }()
	st, err := c.render(n.template)
	if err != nil {
		return st, err
	}
	st, err = c.compose(n.plans, st, func(name string) (lexer.Statement, bool, error) {
		for i := at - 1; i >= 0; i-- {
			if p.nodes[i].name == name {
				s, err := c.node(p, i)
				return s, true, err
			}
		}
		return c.other(name)
	})
	if err != nil {
		return st, err
	}
	if c.done == nil {
		c.done = make(map[nodeKey]lexer.Statement)
	}
	c.done[key] = st
	return st, nil
}

func (c *composer) other(name string) (lexer.Statement, bool, error) {
	if c.scope == nil {
		return lexer.Statement{}, false, nil
	}
	p, ok := c.scope.Pipe(name)
	if !ok || !p.IsEndpoint() {
		return lexer.Statement{}, false, nil
	}
	st, err := c.named(p, "")
	return st, true, err
}

func (c *composer) render(t *templating.Template) (lexer.Statement, error) {
	b := new(lexer.Builder)
	if _, err := t.Render(b, c.in); err != nil {
		return lexer.Statement{}, TemplateError(err)
	}
	return b.Statement(), nil
}

// compose parses st alone and replaces each table reference that resolve knows.
func (c *composer) compose(plans *guard.Plans, st lexer.Statement, resolve func(string) (lexer.Statement, bool, error)) (lexer.Statement, error) {
	var failed error
	size := st.Len()
	whole, err := plans.Compose(st, func(ref guard.TableRef) (lexer.Statement, bool) {
		if failed != nil {
			return lexer.Statement{}, false
		}
		s, ok, err := resolve(ref.Name)
		if err != nil {
			failed = err
		}
		// The product of references and nodes can be large before anything of it is: it is bounded while it grows.
		if size += s.Len(); failed == nil && size > guard.MaxBytes {
			failed = workspace.Errorf(workspace.Invalid, "The statement is longer than %d bytes once its nodes and pipes are put in: make it read them less often", guard.MaxBytes)
		}
		return s, ok && failed == nil
	})
	if failed != nil {
		return st, failed
	}
	if err != nil {
		return st, GuardError(err)
	}
	return whole, nil
}

// TemplateError is the user's error for what templating says.
func TemplateError(err error) error {
	var te *templating.Error
	if !errors.As(err, &te) {
		return fmt.Errorf("render template: %w", err)
	}
	return &workspace.Error{Code: workspace.Invalid, Message: te.Error(), Cause: te}
}

// GuardError is the user's error for what the guard says.
func GuardError(err error) error {
	var f *guard.Finding
	if !errors.As(err, &f) {
		return fmt.Errorf("judge statement: %w", err)
	}
	message := f.Error()
	if f.Pos.Line > 0 {
		message += " (at " + f.Pos.String() + ")"
	}
	return &workspace.Error{Code: workspace.Invalid, Message: message, Cause: f}
}
