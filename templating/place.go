package templating

import (
	"strings"
	"unicode/utf8"

	"penstock/sql/lexer"
)

// A placer tells the places of many bytes of a source that are asked for in their order: each goes on from the one
// before, so that all of them together cost one pass.
type placer struct {
	src  *lexer.Source
	off  int
	last lexer.Position
}

func (p *placer) at(off int) lexer.Position {
	if p.last.Line == 0 || off < p.off || off > len(p.src.Text) {
		p.off, p.last = off, p.src.Position(off)
		return p.last
	}
	between := p.src.Text[p.off:off]
	if n := strings.Count(between, "\n"); n > 0 {
		p.last.Line += n
		p.last.Column = 1
		between = between[strings.LastIndexByte(between, '\n')+1:]
	}
	p.last.Column += utf8.RuneCountInString(between)
	p.off = off
	return p.last
}
