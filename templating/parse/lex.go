package parse

import "strings"

// An ItemKind says what a piece of source is.
type ItemKind uint8

// The kinds of items.
const (
	ItemText     ItemKind = iota // copied as it is
	ItemEscape                   // {{! {%! {#! : prints its braces
	ItemComment                  // {# … #}
	ItemPrint                    // {{ … }}
	ItemBlock                    // {% … %}
	ItemUnclosed                 // a tag that never ends, up to the end of the source
)

// An Item is the piece [Start, End) of the source.
type Item struct {
	Kind       ItemKind
	Start, End int
}

// A Lexer cuts a source into items. The items in order are the source.
type Lexer struct {
	src string
	pos int
}

// NewLexer begins at the first byte of src.
func NewLexer(src string) *Lexer { return &Lexer{src: src} }

// Next gives the next item; ok is false at the end.
func (l *Lexer) Next() (it Item, ok bool) {
	if l.pos == len(l.src) {
		return Item{}, false
	}
	open := nextTag(l.src, l.pos)
	if open > l.pos {
		it = Item{ItemText, l.pos, open}
		l.pos = open
		return it, true
	}
	it = l.tag()
	l.pos = it.End
	return it, true
}

// nextTag is the first byte from on where a tag opens. Of more than two opening braces the last two are the tag.
func nextTag(src string, from int) int {
	for {
		i := strings.IndexByte(src[from:], '{')
		if i < 0 || from+i+1 == len(src) {
			return len(src)
		}
		from += i
		switch src[from+1] {
		case '%', '#':
			return from
		case '{':
			if from+2 == len(src) || src[from+2] != '{' {
				return from
			}
		}
		from++
	}
}

// tag cuts the tag that opens at l.pos.
func (l *Lexer) tag() Item {
	rest := l.src[l.pos+2:]
	if strings.HasPrefix(rest, "!") {
		return Item{ItemEscape, l.pos, l.pos + 3}
	}
	kind, closer := ItemPrint, "}}"
	switch l.src[l.pos+1] {
	case '%':
		kind, closer = ItemBlock, "%}"
	case '#':
		kind, closer = ItemComment, "#}"
	}
	end := strings.Index(rest, closer)
	if end < 0 {
		return Item{ItemUnclosed, l.pos, len(l.src)}
	}
	return Item{kind, l.pos, l.pos + 2 + end + 2}
}
