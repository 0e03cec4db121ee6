package guard

import (
	"strconv"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"penstock/sql/lexer"
)

// Guard judges statements under one Policy and remembers the shapes that it let through. It is safe to share.
type Guard struct {
	policy Policy
	shapes *lru.Cache[string, Report] // nil keeps nothing
	trees  sync.Pool                  // of *Query, for the memory of their tokens and nodes; no report refers to one
}

// New makes a Guard that remembers up to size shapes; 0 keeps none.
func New(p Policy, size int) *Guard {
	g := &Guard{policy: p}
	if size > 0 {
		g.shapes, _ = lru.New[string, Report](size) // fails for a negative size only
	}
	return g
}

// Check parses and judges a finished statement. The error is the first finding that refuses it, of type *Finding; the report
// is whole also then, unless the statement could not be read.
func (g *Guard) Check(st lexer.Statement) (Report, error) {
	key, ok := "", false
	if g.shapes != nil {
		key, ok = shape(st)
	}
	if ok {
		if kept, found := g.shapes.Get(key); found {
			return moved(kept, st), nil
		}
	}
	q, _ := g.trees.Get().(*Query)
	if q == nil {
		q = &Query{}
	}
	defer func() {
		*q = Query{tree: tree{toks: q.toks, nodes: q.nodes}} // nothing of the statement's text stays
		g.trees.Put(q)
	}()
	if err := q.parse(st); err != nil {
		return Report{}, err
	}
	r, steady := q.judge(&g.policy)
	err := r.Err()
	if ok && steady && err == nil && q.plainSpans() {
		g.shapes.Add(key, r.anchored(st))
	}
	return r, err
}

// shape is the text of the statement with the literals of its spans left out, by kind. Statements of one shape get one
// verdict, because a literal that is a whole token changes nothing around it, and because what depends on the value of a
// literal is not kept. ok is false for a statement that has no such shape: where something else than a literal stands in a
// span, or where a dollar sign could open a heredoc that a literal closes.
func shape(st lexer.Statement) (key string, ok bool) {
	sql, at := st.Bytes(), 0
	if len(sql) > MaxBytes {
		return "", false
	}
	b := make([]byte, 0, len(sql)+8*len(st.Spans()))
	for _, sp := range st.Spans() {
		kind := literalKind(sql[sp.Start:sp.End])
		if kind == 0 {
			return "", false
		}
		b = append(b, sql[at:sp.Start]...)
		b = append(b, 0, byte(sp.Kind), kind)
		for _, name := range sp.Names {
			b = append(append(b, name...), 0)
		}
		b = append(b, 0)
		at = sp.End
	}
	b = append(b, sql[at:]...)
	for _, c := range b {
		if c == '$' {
			return "", false
		}
	}
	p := st.Position(0)
	b = append(append(append(append(b, 0), p.Pipe...), 0), p.Node...)
	return string(b), true
}

// literalKind tells a whole quoted string or a plain number, 0 for anything else.
func literalKind(s []byte) byte {
	if len(s) >= 2 && s[0] == '\'' {
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '\'':
				if i == len(s)-1 {
					return 's'
				}
				if s[i+1] != '\'' {
					return 0
				}
				i++
			}
		}
		return 0
	}
	dot := false
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && !dot && i > 0 && i < len(s)-1:
			dot = true
		default:
			return 0
		}
	}
	if len(s) == 0 || len(s) > 300 {
		return 0
	}
	return 'n'
}

// plainSpans tells whether every span is one whole token of a string or a number: only then do other values leave the tokens
// around it as they are.
func (q *Query) plainSpans() bool {
	i := 0
	for _, sp := range q.st.Spans() {
		for int(q.toks[i].end) <= sp.Start && q.toks[i].kind != lexer.End {
			i++
		}
		t := &q.toks[i]
		if int(t.start) != sp.Start || int(t.end) != sp.End || t.kind != lexer.String && t.kind != lexer.Number {
			return false
		}
		if i > 0 && q.toks[i-1].kind == lexer.Dot { // behind a dot a number is read in another way
			return false
		}
	}
	return true
}

// anchored is the report with its places told in a way that holds for other values: Start counts the spans that lie before
// it, End the bytes behind the last of them.
func (r Report) anchored(st lexer.Statement) Report {
	out := Report{Findings: append([]Finding(nil), r.Findings...), Uses: append([]Use(nil), r.Uses...)}
	spans := st.Spans()
	for i := range out.Findings {
		f := &out.Findings[i]
		f.Start, f.End = anchor(spans, f.Start), anchor(spans, f.End)
	}
	for i := range out.Uses {
		u := &out.Uses[i]
		u.Start, u.End = anchor(spans, u.Start), anchor(spans, u.End)
	}
	return out
}

// anchor packs the number of spans that end at or before off, and the bytes from there. A place inside a span is taken as
// its beginning.
func anchor(spans []lexer.Span, off int) int {
	n, from := 0, 0
	for n < len(spans) && spans[n].End <= off {
		from = spans[n].End
		n++
	}
	if n < len(spans) && spans[n].Start < off {
		off = spans[n].Start
	}
	return n<<32 | (off - from)
}

// moved is a kept report with the places of st.
func moved(kept Report, st lexer.Statement) Report {
	if len(kept.Findings) == 0 && len(kept.Uses) == 0 {
		return Report{}
	}
	spans := st.Spans()
	place := func(a int) int {
		if n := a >> 32; n > 0 {
			return spans[n-1].End + a&0xffffffff
		}
		return a
	}
	out := Report{Findings: append([]Finding(nil), kept.Findings...), Uses: append([]Use(nil), kept.Uses...)}
	for i := range out.Findings {
		f := &out.Findings[i]
		f.Start, f.End = place(f.Start), place(f.End)
		f.Pos = st.Position(f.Start)
	}
	for i := range out.Uses {
		u := &out.Uses[i]
		u.Start, u.End = place(u.Start), place(u.End)
		u.Pos = st.Position(u.Start)
	}
	return out
}

// String lists the uses and findings, one a line, as `check` prints them.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Pos.String() + ": " + f.Severity.String() + ": " + f.Rule + ": " + f.Error() + "\n")
	}
	for _, u := range r.Uses {
		b.WriteString(u.Pos.String() + ": " + u.Verdict.String() + ": " + strconv.Quote(u.Secret) + "\n")
	}
	return b.String()
}
