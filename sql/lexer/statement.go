package lexer

import (
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"unicode/utf8"
)

// Sensitive stands in the Log form where the literal of a secret stands in the SQL.
const Sensitive = "[[SENSITIVE]]"

// A Source is the text of one node as it was written, and where it was written. It is immutable and safe to share.
type Source struct {
	Pipe string // the pipe's name; "" for a statement that was sent, not deployed
	Node string // the node's name; "" likewise
	File string // path of the file as the user knows it; "" when there is none
	Text string
	// Line and Column (both from 1, columns in characters) are the place of Text's first byte in File. Zero means 1.
	Line, Column int

	digest *[32]byte // of Text, once it is kept
}

// A Position is a place in a Source as people name it: lines and columns from 1, columns in characters.
type Position struct {
	Pipe, Node, File string
	Line, Column     int
}

// String gives pipe/node:line:column, leaving out what is empty.
func (p Position) String() string {
	var b strings.Builder
	b.WriteString(p.Pipe)
	if p.Node != "" {
		if p.Pipe != "" {
			b.WriteByte('/')
		}
		b.WriteString(p.Node)
	}
	if b.Len() > 0 {
		b.WriteByte(':')
	}
	fmt.Fprintf(&b, "%d:%d", p.Line, p.Column)
	return b.String()
}

// Position tells the place of byte off of s.Text. An offset beyond the text is taken as its end.
func (s *Source) Position(off int) Position {
	off = max(0, min(off, len(s.Text)))
	p := Position{Pipe: s.Pipe, Node: s.Node, File: s.File, Line: max(s.Line, 1), Column: max(s.Column, 1)}
	before := s.Text[:off]
	if n := strings.Count(before, "\n"); n > 0 {
		p.Line += n
		p.Column = 1
		before = before[strings.LastIndexByte(before, '\n')+1:]
	}
	p.Column += utf8.RuneCountInString(before)
	return p
}

// SpanKind says whose value a span is.
type SpanKind uint8

// The kinds of spans.
const (
	Param  SpanKind = iota + 1 // text computed from request parameters
	Secret                     // the literal of one secret
)

// Names are the request parameters that a text was computed from, or the one secret that a literal is of. They are shared
// and never changed.
type Names []string

// A Span is where in a statement the text of a secret or of request parameters stands: the bytes [Start, End).
type Span struct {
	Start, End int
	Kind       SpanKind
	// Names are the parameters that the text was computed from, or the one secret. Read-only.
	Names Names
}

// A piece is the bytes of a statement from start on, up to the next piece, and where they come from. It is small because a
// rendering writes hundreds; texts are far shorter than 1 GB.
type piece struct {
	source *Source
	names  *Names // whose value it is; nil for what is nobody's, which makes it no span
	start  uint32
	origin uint32 // the offset in source.Text, and flags
}

const (
	fromTag  = 1 << 31 // all bytes come from the tag at the offset; otherwise they were copied, and the n-th comes from offset+n
	ofSecret = 1 << 30 // it is the literal of a secret
	offset   = ofSecret - 1
)

func (p *piece) kind() SpanKind {
	switch {
	case p.names == nil:
		return 0
	case p.origin&ofSecret != 0:
		return Secret
	}
	return Param
}

type statement struct {
	sql     []byte
	pieces  []piece
	secrets bool // one of the pieces is a secret's
}

// end is the byte behind the piece at i.
func (s *statement) end(i int) int {
	if i+1 < len(s.pieces) {
		return int(s.pieces[i+1].start)
	}
	return len(s.sql)
}

// at is the index of the piece that holds the byte off; -1 when there is none.
func (s *statement) at(off int) int {
	return sort.Search(len(s.pieces), func(i int) bool { return int(s.pieces[i].start) > off }) - 1
}

// A Statement is finished SQL with the spans of secrets and parameters in it. It is immutable and safe to share, but one
// that came from a Builder is valid until that Builder's next Reset. The zero Statement is empty.
//
// Its content is two pointers away: fmt follows one when a Statement sits in an unexported field of another struct and the
// verb does not fit, and would print what it finds there.
type Statement struct{ p **statement }

// empty is what the zero Statement holds. It is never written.
var empty statement

func (st Statement) get() *statement {
	if st.p == nil {
		return &empty
	}
	return *st.p
}

// SQL is the text to run. It holds the values of secrets: it goes to the engine, the guard and nowhere else.
func (st Statement) SQL() string {
	return string(st.get().sql)
}

// Bytes is SQL without a copy: read-only, and valid as long as the Statement.
func (st Statement) Bytes() []byte {
	return st.get().sql
}

// Len is the number of bytes of the SQL.
func (st Statement) Len() int { return len(st.Bytes()) }

// Spans are ordered by Start and do not overlap.
func (st Statement) Spans() []Span { return st.AppendSpans(nil) }

// SpanEnd is the byte behind the n-th span, from 0.
func (st Statement) SpanEnd(n int) int {
	s := st.get()
	for i := range s.pieces {
		if s.pieces[i].names == nil {
			continue
		}
		if n == 0 {
			return s.end(i)
		}
		n--
	}
	return len(s.sql)
}

// AppendSpans appends the spans to dst.
func (st Statement) AppendSpans(dst []Span) []Span {
	s := st.get()
	for i := range s.pieces {
		if p := &s.pieces[i]; p.names != nil {
			dst = append(dst, Span{Start: int(p.start), End: s.end(i), Kind: p.kind(), Names: *p.names})
		}
	}
	return dst
}

// CutsSpan tells whether a cut before the byte off goes through a span.
func (st Statement) CutsSpan(off int) bool {
	s := st.get()
	i := s.at(off)
	return i >= 0 && s.pieces[i].names != nil && int(s.pieces[i].start) < off && off < s.end(i)
}

// SameSource tells whether the bytes at two offsets come from the same Source.
func (st Statement) SameSource(a, b int) bool {
	s := st.get()
	i, j := s.at(a), s.at(b)
	return i == j || i >= 0 && j >= 0 && s.pieces[i].source == s.pieces[j].source
}

// HasSecrets tells whether the literal of a secret stands in the statement.
func (st Statement) HasSecrets() bool {
	return st.get().secrets
}

// Log is the SQL with [[SENSITIVE]] in place of each secret's literal: the only form that may be written down.
func (st Statement) Log() string {
	s := st.get()
	if !s.secrets {
		return string(s.sql)
	}
	var b strings.Builder
	for i := range s.pieces {
		p := &s.pieces[i]
		if p.kind() == Secret {
			b.WriteString(Sensitive)
			continue
		}
		b.Write(s.sql[p.start:s.end(i)])
	}
	return b.String()
}

// Position tells where the byte off of the SQL comes from: the place in the node's own text, not in the rendered one.
// For bytes that a tag wrote it is the place of the tag. A byte without origin has the zero Position.
func (st Statement) Position(off int) Position {
	s := st.get()
	i := s.at(off)
	if i < 0 || s.pieces[i].source == nil {
		return Position{}
	}
	p := &s.pieces[i]
	if p.origin&fromTag != 0 {
		return p.source.Position(int(p.origin & offset))
	}
	return p.source.Position(int(p.origin) + off - int(p.start))
}

// Format prints the Log form whatever the verb.
func (st Statement) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(st.Log())) }

// String is the Log form.
func (st Statement) String() string { return st.Log() }

// MarshalText gives the Log form, so that no encoder shows more.
func (st Statement) MarshalText() ([]byte, error) { return []byte(st.Log()), nil }

// LogValue is the Log form.
func (st Statement) LogValue() slog.Value { return slog.StringValue(st.Log()) }

// A Builder makes Statements. The zero Builder is ready; Reset makes it ready again and keeps its memory. It is for one
// goroutine at a time.
type Builder struct{ p **statement } // made at the first use; two pointers away for the same reason as a Statement's

func (b *Builder) get() *statement {
	if b.p == nil {
		s := new(statement)
		b.p = &s
	}
	return *b.p
}

// Reset empties the builder. Statements that it gave are no longer valid.
func (b *Builder) Reset() {
	s := b.get()
	if s.secrets {
		clear(s.sql) // no secret stays behind in a pooled buffer
	}
	s.secrets = false
	s.sql, s.pieces = s.sql[:0], s.pieces[:0]
}

// Len is the number of bytes written since Reset.
func (b *Builder) Len() int { return len(b.get().sql) }

// Statement is what was written since Reset. It is valid until the next Reset; nothing may be written in between.
func (b *Builder) Statement() Statement {
	b.get()
	return Statement{b.p}
}

// Text copies src.Text[from:to].
func (b *Builder) Text(src *Source, from, to int) { b.Writer().Text(src, from, to) }

// Generated writes text that is nobody's value: what the tag at byte at of src chose, or glue (src nil).
func (b *Builder) Generated(src *Source, at int, text string) {
	w := b.Writer()
	w.Close(src, at, nil, append(w.Open(), text...))
}

// Param writes text computed from the request parameters names by the tag at byte at of src, and records its span.
// names is kept, not copied.
func (b *Builder) Param(src *Source, at int, text string, names []string) {
	w := b.Writer()
	w.Close(src, at, (*Names)(&names), append(w.Open(), text...))
}

// Secret writes the literal (quotes included) of the one secret in name for the tag at byte at of src, and records its
// span. name is kept, not copied.
func (b *Builder) Secret(src *Source, at int, literal string, name []string) {
	w := b.Writer()
	w.CloseSecret(src, at, (*Names)(&name), append(w.Open(), literal...))
}

// Writer gives the quick way to write into b.
func (b *Builder) Writer() Writer { return Writer{b.get()} }

// A Writer writes into a Builder what a template makes, in place: what Open gave is appended to and handed to Close. It is
// valid until the Builder is reset, and nothing to hold on to: fmt may print what it points to.
type Writer struct{ s *statement }

// Len is the number of bytes written since the Builder's Reset.
func (w Writer) Len() int { return len(w.s.sql) }

// Text copies src.Text[from:to].
func (w Writer) Text(src *Source, from, to int) {
	if from < to {
		w.Copy(src, from, src.Text[from:to])
	}
}

// Copy is Text for a text that is known to stand at the byte from of src, and is not empty.
func (w Writer) Copy(src *Source, from int, text string) {
	s := w.s
	s.pieces = append(s.pieces, piece{source: src, start: uint32(len(s.sql)), origin: uint32(from)})
	s.sql = append(s.sql, text...)
}

// Open gives the bytes written so far, to append to. What is appended counts once Close or CloseSecret has it; nothing else
// may be written in between.
func (w Writer) Open() []byte { return w.s.sql }

// Close takes what was appended to what Open gave, as text that the tag at byte at of src computed from the request
// parameters names (kept, not copied), or chose by itself when names is nil.
func (w Writer) Close(src *Source, at int, names *Names, sql []byte) {
	s := w.s
	if len(sql) == len(s.sql) {
		return
	}
	s.pieces = append(s.pieces, piece{source: src, names: names, start: uint32(len(s.sql)), origin: uint32(at) | fromTag})
	s.sql = sql
}

// CopyClose is Copy of n bytes (maybe none) that stand at the byte from of src, and Close of what follows them, which is not
// empty: what was appended to what Open gave begins with these n bytes.
func (w Writer) CopyClose(src *Source, from, n, at int, names *Names, sql []byte) {
	s := w.s
	start := uint32(len(s.sql))
	s.pieces = append(s.pieces, piece{source: src, start: start, origin: uint32(from)},
		piece{source: src, names: names, start: start + uint32(n), origin: uint32(at) | fromTag})
	s.sql = sql
}

// CloseSecret takes what was appended as the literal (quotes included) of the one secret in name (kept, not copied).
func (w Writer) CloseSecret(src *Source, at int, name *Names, sql []byte) {
	s := w.s
	s.secrets = true
	s.pieces = append(s.pieces, piece{source: src, names: name, start: uint32(len(s.sql)), origin: uint32(at) | fromTag | ofSecret})
	s.sql = sql
}

// Splice copies the bytes [from, to) of another statement with the spans that lie in them and the places that they come
// from. It panics when a span is cut: no caller has a reason to.
func (b *Builder) Splice(st Statement, from, to int) {
	if from == to {
		return
	}
	s, out := st.get(), b.get()
	shift := len(out.sql) - from
	for i := max(0, s.at(from)); i < len(s.pieces); i++ {
		p := s.pieces[i]
		start, end := int(p.start), s.end(i)
		if start >= to {
			break
		}
		if p.names != nil && (start < from || end > to) {
			panic("lexer: Splice cuts a span")
		}
		if start < from {
			if p.origin&fromTag == 0 {
				p.origin += uint32(from - start)
			}
			start = from
		}
		p.start = uint32(start + shift)
		out.pieces = append(out.pieces, p)
		out.secrets = out.secrets || p.kind() == Secret
	}
	out.sql = append(out.sql, s.sql[from:to]...)
}
