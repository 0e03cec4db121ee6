package pipes

import (
	"slices"

	"penstock/sql/guard"
	"penstock/sql/lexer"
	"penstock/templating"
)

// A source is a name that a node may read from.
type source struct {
	name string
	sure bool // else it may be a column's, and counts when a pipe or a table is called so
}

// findSources gives the names that a node reads from: those of its validation rendering, which is parsed, and those that its
// template can come to on other ways.
func (n node) findSources() []source {
	var out []source
	add := func(name string, sure bool) {
		if i := slices.IndexFunc(out, func(s source) bool { return s.name == name }); i >= 0 {
			out[i].sure = out[i].sure || sure
			return
		}
		out = append(out, source{name, sure})
	}
	var b lexer.Builder
	in := templating.Input{Mode: templating.Validate, Secret: func(string) (string, bool, error) { return "", true, nil }}
	if _, err := n.template.Render(&b, in); err == nil {
		if q, err := guard.Parse(b.Statement()); err == nil {
			for _, ref := range q.Tables() {
				name := ref.Name
				if ref.Database != "" {
					name = ref.Database + "." + name
				}
				add(name, !ref.Maybe)
			}
		}
	}
	for _, name := range n.template.Tables() {
		add(name, true)
	}
	for _, name := range n.template.Sources() {
		add(name, false)
	}
	return out
}

// Reads gives the other pipes and the tables that the pipe's nodes may read from, whatever parameters it is called with;
// both in the order of the nodes. A name that is computed in a template is known only for the validation rendering.
func (p *Pipe) Reads(scope Scope) (pipes []*Pipe, tables []string) {
	for i, n := range p.nodes {
		for _, s := range n.sources() {
			if slices.ContainsFunc(p.nodes[:i], func(m node) bool { return m.name == s.name }) {
				continue
			}
			if other, ok := scope.Pipe(s.name); ok && other.IsEndpoint() {
				if !slices.ContainsFunc(pipes, func(q *Pipe) bool { return q.Name == other.Name }) {
					pipes = append(pipes, other)
				}
			} else if (s.sure || scope.Table(s.name)) && !slices.Contains(tables, s.name) {
				tables = append(tables, s.name)
			}
		}
	}
	return pipes, tables
}

// Params are the request parameters of all nodes, and of the pipes that they read from, each once: a request's parameters
// reach them too. Those of the pipe itself come first, in the order of the file.
func (p *Pipe) Params(scope Scope) []templating.Param {
	var uses [][]templating.Param
	seen := map[string]bool{p.Name: true}
	for queue := []*Pipe{p}; len(queue) > 0; queue = queue[1:] {
		for _, n := range queue[0].nodes {
			uses = append(uses, n.template.Params())
		}
		others, _ := queue[0].Reads(scope)
		for _, other := range others {
			if !seen[other.Name] {
				seen[other.Name] = true
				queue = append(queue, other)
			}
		}
	}
	return templating.MergeParams(uses...)
}
