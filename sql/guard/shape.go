package guard

import (
	"slices"
	"sync"
	"unsafe"

	lru "github.com/hashicorp/golang-lru/v2"

	"penstock/sql/lexer"
)

// shapes keeps what is known of statements by their shape: the text with the values of the literals in its spans left out.
// Only what would be the same for every value is kept, and no key holds the value of a secret. A nil *shapes keeps nothing.
type shapes[T any] struct {
	kept *lru.Cache[string, T]
	keys sync.Pool // of *[]byte
}

func newShapes[T any](size int) *shapes[T] {
	if size <= 0 {
		return nil
	}
	s := &shapes[T]{}
	s.kept, _ = lru.New[string, T](size) // fails for a negative size only
	return s
}

// maxKey bounds the memory of a key. Statements of kept sources have small ones, however long they are.
const maxKey = 16 << 10

// look begins to look for a statement. The caller calls end.
func (s *shapes[T]) look(st lexer.Statement) look[T] {
	l := look[T]{}
	if s == nil || st.Len() > MaxBytes {
		return l
	}
	l.key, _ = s.keys.Get().(*[]byte)
	if l.key == nil {
		l.key = new([]byte)
	}
	l.in = s
	*l.key, l.ok = st.AppendShape((*l.key)[:0])
	l.ok = l.ok && len(*l.key) <= maxKey
	return l
}

// A look is one statement that is looked for in shapes.
type look[T any] struct {
	in  *shapes[T]
	key *[]byte
	ok  bool // the statement has a shape that can be kept
}

func (l *look[T]) found() (kept T, ok bool) {
	if !l.ok {
		return kept, false
	}
	return l.in.kept.Get(unsafe.String(unsafe.SliceData(*l.key), len(*l.key))) // only looked up
}

func (l *look[T]) keep(what T) {
	if l.ok {
		l.in.kept.Add(string(*l.key), what)
	}
}

func (l *look[T]) end() {
	if l.key != nil && cap(*l.key) <= 2*maxKey {
		l.in.keys.Put(l.key)
	}
}

// plainSpans tells whether other values in the literals of the spans leave all tokens as they are: see
// lexer.Statement.AppendShape for the rule.
func (q *Query) plainSpans() bool {
	i := 0
	plain := q.st.EachLiteral(func(start, end int) bool {
		for int(q.toks[i].end) <= start && q.toks[i].kind != lexer.End {
			i++
		}
		t := &q.toks[i]
		if int(t.start) != start || int(t.end) != end || t.kind != lexer.String && t.kind != lexer.Number {
			return false
		}
		return i == 0 || q.toks[i-1].kind != lexer.Dot // behind a dot a number is read in another way
	})
	if !plain {
		return false
	}
	for i := range q.toks {
		if t := &q.toks[i]; t.kind != lexer.End && q.sql[t.start] == '$' {
			return false
		}
	}
	return true
}

// anchored is the report with its places told in a way that holds for other values: Start counts the spans that lie before
// it, End the bytes behind the last of them.
func (r Report) anchored(st lexer.Statement) Report {
	out := r
	out.Findings, out.Uses = slices.Clone(r.Findings), slices.Clone(r.Uses)
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
		return kept
	}
	place := placer(st, len(kept.Findings)+len(kept.Uses))
	out := kept
	out.Findings, out.Uses = slices.Clone(kept.Findings), slices.Clone(kept.Uses)
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

// placer gives a function that tells the byte that an anchor means; n is about how often it will be called.
func placer(st lexer.Statement, n int) func(anchor int) int {
	end := st.SpanEnd
	if n > 8 {
		spans := st.Spans()
		end = func(n int) int { return spans[n].End }
	}
	return func(anchor int) int {
		if n := anchor >> 32; n > 0 {
			return end(n-1) + anchor&0xffffffff
		}
		return anchor
	}
}
