package guard

import (
	"strings"
	"sync"

	"penstock/sql/lexer"
)

// Plans compose statements and remember, by their shape, where each names tables: most requests render statements of few
// shapes, which then need not be parsed again. A nil *Plans remembers nothing. It is safe to share.
type Plans struct {
	size   int
	once   sync.Once
	shapes *shapes[plan]
}

// NewPlans makes Plans that remember up to size shapes.
func NewPlans(size int) *Plans { return &Plans{size: size} }

// A plan is what composing needs to know of a statement.
type plan struct {
	tables []TableRef // those that may be replaced
	end    int        // see Query.End
}

// Compose parses st alone and gives it with each table that resolve knows replaced by the SQL that it gives: in FROM by (SQL)
// AS its alias or its own name, right of IN by (SQL). The places that the bytes come from, and their spans, go along. A line
// break ends each replacement, which may end in a line comment. Only unqualified names are asked for, and only where a
// sub-query may stand; the replacement must be a statement that Compose gave, or one that Parse took without a semicolon or
// FORMAT at its end. Where nothing is replaced, st itself comes back.
//
// An error of type *Finding says why st cannot be read, or why a name cannot be replaced: FINAL or SAMPLE stands behind it,
// which a sub-query has not, or it is a part of what one tag wrote.
func (p *Plans) Compose(st lexer.Statement, resolve func(TableRef) (replacement lexer.Statement, ok bool)) (lexer.Statement, error) {
	known, err := p.plan(st)
	if err != nil {
		return st, err
	}
	var b *lexer.Builder
	at := 0
	for _, t := range known.tables {
		with, ok := resolve(t)
		if !ok {
			continue
		}
		wrong := Finding{Rule: ruleTableName, Pos: st.Position(t.Start), Start: t.Start, End: t.End}
		if t.Final || t.Sample {
			wrong.Sentence, wrong.Remedy = "FINAL and SAMPLE stand behind a node, but only tables have them.", "Put them into the node."
			return st, &wrong
		}
		if st.CutsSpan(t.Start) || st.CutsSpan(t.End) {
			wrong.Sentence, wrong.Remedy = "One tag writes the name of a node together with something else.", "Print each name by a tag of its own."
			return st, &wrong
		}
		if b == nil {
			b = new(lexer.Builder)
		}
		b.Splice(st, at, t.Start)
		b.Generated(nil, 0, "(")
		b.Splice(with, 0, with.Len())
		b.Generated(nil, 0, "\n)")
		if t.Kind == InFrom && !t.HasAlias {
			b.Generated(nil, 0, " AS ")
			b.Splice(st, t.Start, t.End) // its own name, as it was written
		}
		at = t.End
	}
	if b == nil {
		return st, nil
	}
	b.Splice(st, at, known.end)
	return b.Statement(), nil
}

func (p *Plans) plan(st lexer.Statement) (plan, error) {
	var in *shapes[plan]
	if p != nil {
		p.once.Do(func() { p.shapes = newShapes[plan](p.size) })
		in = p.shapes
	}
	look := in.look(st)
	defer look.end()
	if kept, ok := look.found(); ok {
		return kept.moved(st), nil
	}
	q, err := Parse(st)
	if err != nil {
		return plan{}, err
	}
	out := plan{end: q.End()}
	for _, t := range q.tables {
		if t.Database == "" && !t.Maybe && (t.Kind == InFrom || t.Kind == RightOfIn) {
			out.tables = append(out.tables, t)
		}
	}
	if !q.valued && q.plainSpans() {
		if kept, ok := out.anchored(st); ok {
			look.keep(kept)
		}
	}
	return out, nil
}

// anchored is the plan with its places told in a way that holds for other values; ok is false when one lies within a span.
func (p plan) anchored(st lexer.Statement) (kept plan, ok bool) {
	spans, place := st.Spans(), placer(st, 2*len(p.tables))
	hold := func(off int) int {
		a := anchor(spans, off)
		ok = ok && place(a) == off
		return a
	}
	ok = true
	kept = plan{tables: append([]TableRef(nil), p.tables...), end: hold(p.end)}
	for i := range kept.tables {
		t := &kept.tables[i]
		t.Start, t.End, t.node = hold(t.Start), hold(t.End), 0
		// They are parts of the whole text, which has the values of secrets: it may not live as long as the plan.
		t.Database, t.Name, t.Alias = strings.Clone(t.Database), strings.Clone(t.Name), strings.Clone(t.Alias)
	}
	return kept, ok
}

// moved is a kept plan with the places of st.
func (p plan) moved(st lexer.Statement) plan {
	place := placer(st, 2*len(p.tables))
	out := plan{tables: append([]TableRef(nil), p.tables...), end: place(p.end)}
	for i := range out.tables {
		t := &out.tables[i]
		t.Start, t.End = place(t.Start), place(t.End)
	}
	return out
}

// End is the byte behind the last one that belongs to the query: a semicolon at the end of the statement does not, nor do
// the comments behind it.
func (q *Query) End() int {
	for i := len(q.toks) - 1; i > 0; i-- {
		if k := q.toks[i-1].kind; k != lexer.Semicolon {
			if q.toks[i].kind == lexer.End {
				return q.st.Len()
			}
			return int(q.toks[i].start)
		}
	}
	return 0
}
