package guard

import (
	"sync"

	"penstock/sql/lexer"
)

// Guard judges statements under one Policy and remembers the shapes that it let through. It is safe to share.
type Guard struct {
	policy Policy
	shapes *shapes[Report]
	trees  sync.Pool // of *Query, for the memory of their tokens and nodes; no report refers to one
}

// New makes a Guard that remembers up to size shapes; 0 keeps none.
func New(p Policy, size int) *Guard {
	return &Guard{policy: p, shapes: newShapes[Report](size)}
}

// Check parses and judges a finished statement. The error is the first finding that refuses it, of type *Finding; the report
// is whole also then, unless the statement could not be read.
func (g *Guard) Check(st lexer.Statement) (Report, error) {
	look := g.shapes.look(st)
	defer look.end()
	if kept, ok := look.found(); ok {
		return moved(kept, st), nil
	}
	q, _ := g.trees.Get().(*Query)
	if q == nil {
		q = &Query{}
	}
	defer func() {
		*q = Query{tree: tree{toks: q.toks, nodes: q.nodes}, spans: q.spans[:0]} // nothing of the statement's text stays
		g.trees.Put(q)
	}()
	if err := q.parse(st); err != nil {
		return Report{}, err
	}
	r, steady := q.judge(&g.policy)
	err := r.Err()
	if steady && !q.valued && err == nil && q.plainSpans() {
		look.keep(r.anchored(st))
	}
	return r, err
}
