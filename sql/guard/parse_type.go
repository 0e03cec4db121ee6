package guard

import (
	"strings"

	"penstock/sql/lexer"
)

// dataType reads a data type: words with arguments in parentheses, which are types, literals, name = value pairs and named
// elements. Nothing in it is evaluated, so its node keeps only the tokens.
func (p *parser) dataType() id {
	n := p.open(kType)
	if !p.enter() {
		return n
	}
	defer p.leave()
	p.typeWords()
	if p.takeKind(lexer.OpenRound) {
		for !p.at(lexer.CloseRound) && p.err == nil {
			p.typeArg()
			if !p.takeKind(lexer.Comma) {
				break
			}
		}
		p.wantKind(lexer.CloseRound)
	}
	return p.close(n)
}

// typeWords takes the name, which may have several words for the types of the SQL standard.
func (p *parser) typeWords() {
	if !p.at(lexer.Word) && !p.at(lexer.QuotedName) {
		p.unexpected("a data type")
		return
	}
	first := strings.ToUpper(p.text(p.pos))
	p.pos++
	for p.err == nil && p.at(lexer.Word) && continuesType(first, strings.ToUpper(p.text(p.pos))) {
		p.pos++
	}
}

func continuesType(first, next string) bool {
	switch next {
	case "PRECISION":
		return first == "DOUBLE"
	case "UNSIGNED", "SIGNED":
		return strings.HasSuffix(first, "INT") || first == "INTEGER" || first == "BYTE"
	case "VARYING", "LARGE", "OBJECT":
		switch first {
		case "CHAR", "CHARACTER", "NATIONAL", "BINARY", "NCHAR":
			return true
		}
	case "CHAR", "CHARACTER":
		return first == "NATIONAL"
	}
	return false
}

func (p *parser) typeArg() {
	if !p.enter() {
		return
	}
	defer p.leave()
	switch {
	case p.at(lexer.Minus), p.at(lexer.Number), p.at(lexer.String):
		p.takeKind(lexer.Minus)
		text := p.at(lexer.String)
		p.pos++
		if text && p.takeKind(lexer.Equals) { // 'name' = 1 in an Enum
			p.takeKind(lexer.Minus)
			p.wantKind(lexer.Number)
		}
		return
	case !p.at(lexer.Word) && !p.at(lexer.QuotedName):
		p.unexpected("a data type")
		return
	}
	// SKIP path, SKIP REGEXP '…', name = 3, a.b Type, name Type, or a type.
	if strings.EqualFold(p.text(p.pos), "SKIP") {
		p.pos++
		if p.take(wRegexp) {
			p.wantKind(lexer.String)
			return
		}
		p.dottedName()
		return
	}
	next := p.peek(1)
	switch {
	case next.kind == lexer.Equals:
		p.pos += 2
		if !p.takeKind(lexer.Number) {
			p.wantKind(lexer.String)
		}
	case next.kind == lexer.Dot, (next.kind == lexer.Word || next.kind == lexer.QuotedName) &&
		!continuesType(strings.ToUpper(p.text(p.pos)), strings.ToUpper(p.text(p.pos+1))):
		p.dottedName()
		p.dataType()
	default:
		p.dataType()
	}
}

func (p *parser) dottedName() {
	for p.err == nil {
		p.label("a name")
		if !p.takeKind(lexer.Dot) {
			return
		}
	}
}

// isUnit tells whether s is a unit of an INTERVAL.
func isUnit(s string) bool {
	u := strings.TrimPrefix(strings.ToUpper(s), "SQL_TSI_")
	switch u {
	case "NS", "US", "MS", "S", "SS", "MI", "N", "HH", "H", "D", "DD", "WK", "WW", "M", "MM", "Q", "QQ", "Y", "YY", "YYYY":
		return true
	}
	switch strings.TrimSuffix(u, "S") {
	case "NANOSECOND", "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR":
		return true
	}
	return false
}
