package guard

import (
	"fmt"

	"penstock/sql/lexer"
)

// Levels of binding, from loose to tight, as in ClickHouse's table of operators.
const (
	bindAny = iota
	bindLambda
	bindTernary
	bindOr
	bindAnd
	bindNot
	bindIs
	bindBetween
	bindCompare
	bindConcat
	bindAdd
	bindMultiply
	bindMinus
	bindAccess
)

// exprAs reads an expression with an optional alias.
func (p *parser) exprAs() id { return p.alias(p.expr(), false) }

// alias wraps e when an alias follows; bare tells that it may stand without AS, as ClickHouse takes it in the list of a
// SELECT only. A second one, or an operator behind it, is not understood.
func (p *parser) alias(e id, bare bool) id {
	if p.is(wAs) {
		p.pos++
	} else if !bare || !p.isName() {
		return e
	}
	if k := p.nodes[e].kind; k == kStar || k == kMatcher { // ClickHouse would look for another reading: (SELECT * x, 1) is a tuple to it
		p.fail(ruleSyntax, "An alias cannot stand behind a star.", "Leave it out, or name the columns.")
	}
	n := p.wrap(kAlias, e)
	p.nodes[n].name = p.label("an alias")
	return p.close(n)
}

func (p *parser) expr() id { return p.binding(bindAny) }

// binding reads an operand and the operators behind it that bind tighter than level.
func (p *parser) binding(level int) id {
	if !p.enter() {
		return 0
	}
	defer p.leave()
	left := p.prefix()
	for p.err == nil {
		next := p.infix(left, level)
		if next == left {
			break
		}
		left = next
	}
	return left
}

// prefix reads NOT, a sign, or an operand.
func (p *parser) prefix() id {
	switch {
	case p.is(wNot):
		n := p.open(kUnary)
		p.nodes[n].op = wNot
		p.pos++
		p.add(n, p.binding(bindNot-1))
		return p.close(n)
	case p.at(lexer.Minus), p.at(lexer.Plus):
		n := p.open(kUnary)
		p.nodes[n].sym = p.cur().kind
		p.pos++
		p.add(n, p.binding(bindMinus-1))
		return p.close(n)
	}
	return p.operand()
}

// infix reads one operator behind left with its right side, and gives back the new node; left itself when none binds
// tighter than level.
func (p *parser) infix(left id, level int) id {
	t := p.cur()
	switch t.kind {
	case lexer.Word:
		return p.infixWord(left, level)
	case lexer.Dot:
		if level < bindAccess {
			return p.access(left)
		}
	case lexer.OpenSquare:
		if level < bindAccess {
			n := p.wrap(kSubscript, left)
			p.pos++
			p.add(n, p.exprAs())
			p.wantKind(lexer.CloseSquare)
			return p.close(n)
		}
	case lexer.DoubleColon:
		if level < bindAccess {
			n := p.wrap(kCast, left)
			p.nodes[n].sym = lexer.DoubleColon
			p.pos++
			p.add(n, p.dataType())
			return p.close(n)
		}
	case lexer.Question:
		if level < bindTernary {
			n := p.wrap(kTernary, left)
			p.pos++
			p.add(n, p.binding(bindTernary))
			p.wantKind(lexer.Colon)
			p.add(n, p.binding(bindTernary-1))
			return p.close(n)
		}
	case lexer.Arrow:
		if level < bindLambda {
			return p.lambda(left)
		}
	case lexer.Equals, lexer.NotEquals, lexer.Less, lexer.LessEquals, lexer.Greater, lexer.GreaterEquals, lexer.Spaceship:
		if level < bindCompare {
			return p.comparison(left)
		}
	case lexer.Concatenation:
		if level < bindConcat {
			return p.flat(left, wNone, lexer.Concatenation, bindConcat)
		}
	case lexer.Plus, lexer.Minus:
		if level < bindAdd {
			return p.binary(left, bindAdd)
		}
	case lexer.Asterisk, lexer.Slash, lexer.Percent:
		if level < bindMultiply {
			return p.binary(left, bindMultiply)
		}
	}
	return left
}

// binary reads the operator here and an operand that binds tighter.
func (p *parser) binary(left id, level int) id {
	n := p.wrap(kBinary, left)
	p.nodes[n].sym, p.nodes[n].op = p.cur().kind, p.cur().word
	if p.nodes[n].op != wNone {
		p.nodes[n].sym = lexer.End
	}
	p.pos++
	p.add(n, p.binding(level))
	return p.close(n)
}

// flat reads operands joined by the same operator into one node, as ClickHouse does for AND, OR and ||: such chains may be
// long.
func (p *parser) flat(left id, op word, sym lexer.Kind, level int) id {
	n := p.wrap(kBinary, left)
	p.nodes[n].op, p.nodes[n].sym = op, sym
	for p.err == nil && (op != wNone && p.is(op) || op == wNone && p.at(sym)) {
		p.pos++
		p.add(n, p.binding(level))
	}
	return p.close(n)
}

// comparison reads = and its like, also with ANY, ALL or SOME of a sub-query.
func (p *parser) comparison(left id) id {
	if w := p.peek(1).word; (w == wAny || w == wAll || w == wSome) && p.peek(2).kind == lexer.OpenRound {
		switch p.peek(3).word {
		case wSelect, wWith, wFrom:
			n := p.wrap(kQuantified, left)
			p.nodes[n].sym, p.nodes[n].op = p.cur().kind, w
			p.pos += 2
			p.add(n, p.paren())
			return p.close(n)
		}
	}
	return p.binary(left, bindCompare)
}

func (p *parser) infixWord(left id, level int) id {
	w := p.cur().word
	switch w {
	case wOr:
		if level < bindOr {
			return p.flat(left, wOr, lexer.End, bindOr)
		}
	case wAnd:
		if level < bindAnd {
			return p.flat(left, wAnd, lexer.End, bindAnd)
		}
	case wIs:
		if level < bindIs {
			return p.isTest(left)
		}
	case wBetween:
		if level < bindBetween {
			return p.between(left, false)
		}
	case wDiv, wMod:
		if level < bindMultiply {
			return p.binary(left, bindMultiply)
		}
	case wLike, wIlike, wRegexp:
		if level < bindCompare {
			return p.like(left, false)
		}
	case wIn:
		if level < bindCompare {
			return p.in(left, false, false)
		}
	case wGlobal:
		not := p.peekIs(1, wNot)
		if level < bindCompare && (p.peekIs(1, wIn) || not && p.peekIs(2, wIn)) {
			p.pos++
			if not {
				p.pos++
			}
			return p.in(left, not, true)
		}
	case wNot:
		if level >= bindCompare && !(p.peekIs(1, wBetween) && level < bindBetween) {
			return left
		}
		switch p.peek(1).word {
		case wBetween:
			p.pos++
			return p.between(left, true)
		case wLike, wIlike:
			p.pos++
			return p.like(left, true)
		case wIn:
			p.pos++
			return p.in(left, true, false)
		}
	case wAt:
		if level < bindAccess && p.peekIs(1, wTime) && p.peekIs(2, wZone) {
			n := p.wrap(kZone, left)
			p.pos += 3
			p.add(n, p.binding(bindAccess))
			return p.close(n)
		}
	}
	return left
}

// isTest reads IS [NOT] NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM x.
func (p *parser) isTest(left id) id {
	p.pos++
	not := p.take(wNot)
	switch w := p.cur().word; w {
	case wNull, wTrue, wFalse, wUnknown:
		n := p.wrap(kIs, left)
		p.nodes[n].op, p.nodes[n].flag = w, not
		p.pos++
		return p.close(n)
	case wDistinct:
		n := p.wrap(kDistinctFrom, left)
		p.nodes[n].flag = not
		p.pos++
		p.want(wFrom)
		p.add(n, p.binding(bindIs))
		return p.close(n)
	}
	p.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
	return left
}

func (p *parser) between(left id, not bool) id {
	n := p.wrap(kBetween, left)
	p.nodes[n].flag = not
	p.pos++
	p.add(n, p.binding(bindBetween))
	p.want(wAnd)
	p.add(n, p.binding(bindBetween))
	return p.close(n)
}

func (p *parser) like(left id, not bool) id {
	n := p.wrap(kLike, left)
	p.nodes[n].op, p.nodes[n].flag = p.cur().word, not
	p.pos++
	p.add(n, p.binding(bindCompare))
	if p.take(wEscape) {
		if !p.at(lexer.String) {
			p.unexpected("a string")
			return n
		}
		p.add(n, p.leaf(kLiteral))
	}
	return p.close(n)
}

func (p *parser) in(left id, not, global bool) id {
	n := p.wrap(kIn, left)
	p.nodes[n].flag = not
	if global {
		p.nodes[n].mod = wGlobal
	}
	p.want(wIn)
	p.add(n, p.binding(bindCompare))
	return p.close(n)
}

// access reads what a dot leads to: an element by number or name. Names behind names belong to the identifier and were
// read with it.
func (p *parser) access(left id) id {
	n := p.wrap(kElementOf, left)
	p.pos++
	switch {
	case p.at(lexer.Number), p.at(lexer.Word), p.at(lexer.QuotedName):
		p.nodes[n].name = p.pos
		p.pos++
	default:
		p.unexpected("an element")
	}
	return p.close(n)
}

// lambda reads the body behind x -> or (x, y) ->.
func (p *parser) lambda(left id) id {
	if !p.isParameters(left) {
		p.fail(ruleSyntax, "Only names may stand on the left of ->.", "Write x -> … or (x, y) -> ….")
		return left
	}
	if p.count(left) > maxParams && p.nodes[left].kind == kTuple {
		p.fail(ruleLimit, fmt.Sprintf("A lambda has more than %d parameters.", maxParams), "")
		return left
	}
	n := p.wrap(kLambda, left)
	p.pos++
	p.add(n, p.binding(bindAny))
	return p.close(n)
}

func (p *parser) isParameters(n id) bool {
	switch x := &p.nodes[n]; x.kind {
	case kIdent:
		return x.first == x.last
	case kTuple:
		for c := x.first; c != 0; c = p.nodes[c].next {
			if p.nodes[c].kind != kIdent || p.nodes[c].first != p.nodes[c].last {
				return false
			}
		}
		return true
	}
	return false
}

// operand reads a literal, name, call, or something in brackets.
func (p *parser) operand() id {
	t := p.cur()
	switch t.kind {
	case lexer.Number, lexer.String, lexer.Heredoc:
		return p.leaf(kLiteral)
	case lexer.OpenRound:
		return p.paren()
	case lexer.OpenSquare:
		n := p.open(kArray)
		p.pos++
		p.exprs(n, lexer.CloseSquare)
		p.wantKind(lexer.CloseSquare)
		return p.close(n)
	case lexer.Asterisk:
		n := p.leaf(kStar)
		p.transforms(n)
		return p.close(n)
	case lexer.QuotedName:
		return p.named()
	case lexer.Word:
		return p.wordOperand()
	}
	p.unexpected("an expression")
	return 0
}

// paren reads (query), a tuple, or one expression in parentheses, which leaves no node of its own.
func (p *parser) paren() id {
	start := p.pos
	p.pos++
	switch {
	case p.is(wSelect), p.is(wWith), p.is(wFrom):
		n := p.openAt(kSub, start)
		p.add(n, p.query())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	case p.is(wExplain):
		p.fail(ruleShape, "EXPLAIN is not allowed.", "It would print the statement, with the secrets in it.")
		return 0
	}
	if p.at(lexer.CloseRound) {
		n := p.openAt(kTuple, start)
		p.pos++
		return p.close(n)
	}
	e := p.exprAs()
	if p.isSetOp() && p.err == nil && p.nodes[e].kind == kSub {
		return p.unionOf(e, start)
	}
	if p.takeKind(lexer.CloseRound) {
		return e
	}
	n := p.openAt(kTuple, start)
	p.add(n, e)
	for p.err == nil && p.takeKind(lexer.Comma) {
		if p.at(lexer.CloseRound) { // (x,) is a tuple of one
			break
		}
		p.add(n, p.exprAs())
	}
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}

// unionOf reads on behind a parenthesised query that turns out to be the first arm of a union: ((SELECT 1) UNION …).
func (p *parser) unionOf(first id, start int32) id {
	n := p.openAt(kSub, start)
	q := p.openAt(kQuery, start+1)
	arm := p.nodes[first].first
	p.add(q, arm)
	p.moreArms(q)
	p.add(n, p.close(q))
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}
