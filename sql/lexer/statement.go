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

// A Span is where in a statement the text of a secret or of request parameters stands: the bytes [Start, End).
type Span struct {
	Start, End int
	Kind       SpanKind
	// Names are the parameters that the text was computed from, or the one secret. Read-only.
	Names []string
}

// mark says where the bytes of a statement from start on, up to the next mark, come from. It is small because a rendering
// writes one for each piece; texts are far shorter than 4 GB.
type mark struct {
	source *Source
	start  uint32
	// offset is in source.Text. With fromTag all bytes come from the tag there; otherwise they were copied, and the n-th
	// comes from offset+n.
	offset uint32
}

const fromTag = 1 << 31

type statement struct {
	sql     []byte
	spans   []Span
	marks   []mark
	secrets bool // one of the spans is a secret's
}

// A Statement is finished SQL with the spans of secrets and parameters in it. It is immutable and safe to share, but one
// that came from a Builder is valid until that Builder's next Reset; Clone keeps it longer. The zero Statement is empty.
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

// Spans are ordered by Start and do not overlap. Read-only.
func (st Statement) Spans() []Span {
	return st.get().spans
}

// HasSecrets tells whether the literal of a secret stands in the statement.
func (st Statement) HasSecrets() bool {
	return st.get().secrets
}

// Log is the SQL with [[SENSITIVE]] in place of each secret's literal: the only form that may be written down.
func (st Statement) Log() string {
	var b strings.Builder
	sql, at := st.Bytes(), 0
	for _, sp := range st.Spans() {
		if sp.Kind != Secret {
			continue
		}
		b.Write(sql[at:sp.Start])
		b.WriteString(Sensitive)
		at = sp.End
	}
	b.Write(sql[at:])
	return b.String()
}

// Position tells where the byte off of the SQL comes from: the place in the node's own text, not in the rendered one.
// For bytes that a tag wrote it is the place of the tag. A byte without origin has the zero Position.
func (st Statement) Position(off int) Position {
	marks := st.get().marks
	i := sort.Search(len(marks), func(i int) bool { return int(marks[i].start) > off }) - 1
	if i < 0 || marks[i].source == nil {
		return Position{}
	}
	m := marks[i]
	if m.offset&fromTag != 0 {
		return m.source.Position(int(m.offset &^ fromTag))
	}
	return m.source.Position(int(m.offset) + off - int(m.start))
}

// Clone is a copy that no Builder will overwrite.
func (st Statement) Clone() Statement {
	if st.p == nil {
		return st
	}
	s := st.get()
	c := &statement{
		sql:   append([]byte(nil), s.sql...),
		spans: append([]Span(nil), s.spans...),
		marks: append([]mark(nil), s.marks...),

		secrets: s.secrets,
	}
	return Statement{&c}
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
	s.sql, s.spans, s.marks = s.sql[:0], s.spans[:0], s.marks[:0]
}

// Len is the number of bytes written since Reset.
func (b *Builder) Len() int { return len(b.get().sql) }

// Statement is what was written since Reset. It is valid until the next Reset; nothing may be written in between.
func (b *Builder) Statement() Statement {
	b.get()
	return Statement{b.p}
}

// Text copies src.Text[from:to].
func (b *Builder) Text(src *Source, from, to int) {
	if from == to {
		return
	}
	s := b.get()
	s.marks = append(s.marks, mark{src, uint32(len(s.sql)), uint32(from)})
	s.sql = append(s.sql, src.Text[from:to]...)
}

// Generated writes text that is nobody's value: what the tag at byte at of src chose, or glue (src nil).
func (b *Builder) Generated(src *Source, at int, text string) {
	if text == "" {
		return
	}
	s := b.get()
	s.marks = append(s.marks, mark{src, uint32(len(s.sql)), uint32(at) | fromTag})
	s.sql = append(s.sql, text...)
}

// Param writes text computed from the request parameters names by the tag at byte at of src, and records its span.
// names is kept, not copied.
func (b *Builder) Param(src *Source, at int, text string, names []string) {
	if text == "" {
		return
	}
	b.get().value(Param, src, at, text, names)
}

// Secret writes the literal (quotes included) of the one secret in name for the tag at byte at of src, and records its
// span. name is kept, not copied.
func (b *Builder) Secret(src *Source, at int, literal string, name []string) {
	s := b.get()
	s.secrets = true
	s.value(Secret, src, at, literal, name)
}

func (s *statement) value(kind SpanKind, src *Source, at int, text string, names []string) {
	start := len(s.sql)
	s.marks = append(s.marks, mark{src, uint32(start), uint32(at) | fromTag})
	s.spans = append(s.spans, Span{Start: start, End: start + len(text), Kind: kind, Names: names})
	s.sql = append(s.sql, text...)
}

// Splice copies the bytes [from, to) of another statement with the spans that lie in them and the places that they come
// from. It panics when a span is cut: no caller has a reason to.
func (b *Builder) Splice(st Statement, from, to int) {
	if from == to {
		return
	}
	s, out := st.get(), b.get()
	shift := len(out.sql) - from
	first := max(0, sort.Search(len(s.marks), func(i int) bool { return int(s.marks[i].start) > from })-1)
	for _, m := range s.marks[first:] {
		start := int(m.start)
		if start >= to {
			break
		}
		if start < from {
			if m.offset&fromTag == 0 {
				m.offset += uint32(from - start)
			}
			start = from
		}
		m.start = uint32(start + shift)
		out.marks = append(out.marks, m)
	}
	for _, sp := range s.spans {
		if sp.End <= from || sp.Start >= to {
			continue
		}
		if sp.Start < from || sp.End > to {
			panic("lexer: Splice cuts a span")
		}
		sp.Start += shift
		sp.End += shift
		out.spans = append(out.spans, sp)
		out.secrets = out.secrets || sp.Kind == Secret
	}
	out.sql = append(out.sql, s.sql[from:to]...)
}
