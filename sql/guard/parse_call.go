package guard

import "penstock/sql/lexer"

// wordOperand reads an operand that begins with a word: a literal, a form of its own, a call or a name.
func (p *parser) wordOperand() id {
	t := p.cur()
	called := p.peek(1).kind == lexer.OpenRound
	switch t.word {
	case wNull, wTrue, wFalse, wInf, wNan:
		if !called && p.peek(1).kind != lexer.Dot {
			return p.leaf(kLiteral)
		}
	case wCase:
		return p.caseOf()
	case wInterval:
		if n := p.interval(); n != 0 {
			return n
		}
	case wDate, wTimestamp:
		if k := p.peek(1).kind; k == lexer.String {
			n := p.open(kTypeLit)
			p.nodes[n].op = t.word
			p.pos++
			p.add(n, p.leaf(kLiteral))
			return p.close(n)
		}
	case wExists:
		if called {
			switch p.peek(2).word {
			case wSelect, wWith, wFrom:
				n := p.open(kExists)
				p.pos++
				p.add(n, p.paren())
				return p.close(n)
			}
		}
	case wCast:
		if called {
			return p.cast()
		}
	case wExtract, wSubstring, wSubstr, wTrim, wOverlay, wPosition:
		if called {
			return p.spoken()
		}
	case wColumns:
		if called {
			return p.matcher(0)
		}
	case wIn, wLike, wIlike, wAnd, wOr, wMod:
		if called {
			return p.named()
		}
	case wSelect, wWith:
		p.fail(ruleSyntax, "A sub-query must stand in parentheses of its own.", "")
		return 0
	}
	isEnd := t.word == wEnd && p.cases == 0 // a column, where it can end nothing
	if reserved[t.word] && !columnWords[t.word] && !isEnd {
		p.unexpected("an expression")
		return 0
	}
	return p.named()
}

// jsonArray reads the [] behind a path of a JSON column: doc.items[].price.
func (p *parser) jsonArray(n id) {
	for p.at(lexer.OpenSquare) && p.peek(1).kind == lexer.CloseSquare && p.err == nil {
		part := p.open(kName)
		p.nodes[part].sym = lexer.OpenSquare
		p.pos += 2
		p.add(n, p.close(part))
	}
}

// named reads a.b.c, a.*, a.COLUMNS(…), or a call.
func (p *parser) named() id {
	n := p.open(kIdent)
	part := p.open(kName)
	p.nodes[part].name = p.label("a name")
	p.add(n, p.close(part))
	if p.at(lexer.OpenRound) {
		call := p.openAt(kCall, p.nodes[n].tok)
		p.nodes[call].name = p.nodes[part].name
		p.callArgs(call)
		return p.close(call)
	}
	for p.at(lexer.Dot) && p.err == nil {
		switch next := p.peek(1); {
		case next.kind == lexer.Asterisk:
			p.pos += 2
			p.nodes[n].kind = kStar
			p.transforms(n)
			return p.close(n)
		case next.word == wColumns && p.peek(2).kind == lexer.OpenRound:
			p.pos++
			return p.matcher(n)
		case next.kind == lexer.Word, next.kind == lexer.QuotedName:
			p.pos++
			p.add(n, p.nameLeaf("a name"))
			p.jsonArray(n)
		case next.kind == lexer.Caret, next.kind == lexer.Colon:
			p.jsonPath(n)
		default:
			return p.close(n) // x.1 is an element
		}
	}
	if p.at(lexer.OpenRound) && p.err == nil {
		p.fail(ruleSyntax, "A function has no dot in its name.", "")
	}
	return p.close(n)
}

// jsonPath reads .^name (a sub-object) and .:Type (a typed path) of a JSON column.
func (p *parser) jsonPath(n id) {
	p.pos++
	part := p.open(kName)
	p.nodes[part].sym = p.cur().kind
	p.pos++
	if p.nodes[part].sym == lexer.Colon && p.at(lexer.Word) {
		p.nodes[part].name = p.pos
		p.add(part, p.dataType())
	} else {
		p.nodes[part].name = p.label("a path")
	}
	p.add(n, p.close(part))
}

// callArgs reads (arguments), the second list of a parametric function, and what may follow a call.
func (p *parser) callArgs(call id) {
	p.pos++
	p.args(call)
	if p.at(lexer.OpenRound) && p.err == nil { // f(params)(arguments)
		params := p.openAt(kParams, p.nodes[call].tok+1)
		p.nodes[params].first, p.nodes[params].last = p.nodes[call].first, p.nodes[call].last
		for c := p.nodes[params].first; c != 0; c = p.nodes[c].next {
			p.nodes[c].up = params
		}
		p.nodes[params].height, p.nodes[params].flag = p.nodes[call].height, p.nodes[call].flag
		p.nodes[call].first, p.nodes[call].last, p.nodes[call].flag = 0, 0, false
		p.close(params)
		p.add(call, params)
		p.pos++
		p.args(call)
	}
	for p.err == nil {
		switch {
		case p.is(wFilter) && p.peek(1).kind == lexer.OpenRound && p.peekIs(2, wWhere):
			f := p.open(kFilter)
			p.pos += 3
			p.add(f, p.exprAs())
			p.wantKind(lexer.CloseRound)
			p.add(call, p.close(f))
		case (p.is(wIgnore) || p.is(wRespect)) && p.peekIs(1, wNulls):
			p.nodes[call].mod = p.cur().word
			p.pos += 2
		case p.is(wOver):
			o := p.open(kOver)
			p.pos++
			if p.at(lexer.OpenRound) {
				p.add(o, p.windowSpec())
			} else {
				p.nodes[o].name = p.name("a window")
			}
			p.add(call, p.close(o))
			return
		default:
			return
		}
	}
}

// args reads [DISTINCT|ALL] expressions up to the closing parenthesis, which it takes.
func (p *parser) args(n id) {
	if next := p.peek(1).kind; p.is(wDistinct) && next != lexer.CloseRound && next != lexer.Comma {
		p.pos++
		p.nodes[n].flag = true
	} else if p.is(wAll) && next != lexer.CloseRound && next != lexer.Comma && next != lexer.OpenRound {
		p.pos++
	}
	p.exprs(n, lexer.CloseRound)
	p.wantKind(lexer.CloseRound)
}

func (p *parser) caseOf() id {
	n := p.open(kCase)
	p.cases++
	defer func() { p.cases-- }()
	p.pos++
	if !p.is(wWhen) {
		p.nodes[n].flag = true // CASE x WHEN …
		p.add(n, p.expr())
	}
	for p.err == nil && p.take(wWhen) {
		p.add(n, p.expr())
		p.want(wThen)
		p.add(n, p.expr())
	}
	if p.nodes[n].first == 0 || p.nodes[n].flag && p.nodes[n].first == p.nodes[n].last {
		p.unexpected("WHEN")
	}
	if p.take(wElse) {
		p.nodes[n].op = wElse
		p.add(n, p.expr())
	}
	p.want(wEnd)
	return p.close(n)
}

// interval reads INTERVAL x UNIT or INTERVAL '1 DAY'; 0 when the word is a name here.
func (p *parser) interval() id {
	switch next := p.peek(1); {
	case next.kind == lexer.Number, next.kind == lexer.String, next.kind == lexer.OpenRound, next.kind == lexer.Minus,
		next.kind == lexer.QuotedName, next.kind == lexer.Word && !reserved[next.word]:
	default:
		if next.word != wNone && (next.word == wNot || p.peek(2).kind == lexer.OpenRound) && p.unitFollows() {
			p.fail(ruleSyntax, "INTERVAL could be a name here or begin an interval.", "Quote the name, or put the value of the interval in parentheses.")
		}
		return 0
	}
	n := p.open(kInterval)
	p.pos++
	text := p.at(lexer.String)
	p.add(n, p.expr())
	if p.err == nil && p.at(lexer.Word) && isUnit(p.text(p.pos)) {
		p.nodes[n].name = p.pos
		p.pos++
	} else if !text {
		p.unexpected("a unit of time")
	}
	return p.close(n)
}

// unitFollows tells whether a unit of time stands before the end of the expression that begins here. ClickHouse takes
// INTERVAL in(x, t) DAY for an interval of what the function in gives, although INTERVAL IN (x, t) is read as well; what it
// would read is not guessed.
func (p *parser) unitFollows() bool {
	const most = 1000 // tokens; what is longer is not understood either
	depth := 0
	for i := int32(1); i < most; i++ {
		switch t := p.peek(i); t.kind {
		case lexer.OpenRound, lexer.OpenSquare, lexer.OpenCurly:
			depth++
		case lexer.CloseRound, lexer.CloseSquare, lexer.CloseCurly:
			if depth--; depth < 0 {
				return false
			}
		case lexer.Comma, lexer.Semicolon:
			if depth == 0 {
				return false
			}
		case lexer.End:
			return false
		case lexer.Word:
			switch t.word {
			case wCase:
				depth++
				continue
			case wEnd:
				if depth--; depth < 0 {
					return false
				}
				continue
			}
			if depth > 0 {
				continue
			}
			switch t.word {
			case wAs, wFrom, wWhere, wGroup, wHaving, wOrder, wLimit, wThen, wWhen, wElse, wSettings:
				return false // no expression has one of these
			}
			if isUnit(p.text(p.pos + i)) {
				return true
			}
		}
	}
	return true
}

// cast reads CAST(x AS T) or CAST(x, 'T').
func (p *parser) cast() id {
	n := p.open(kCast)
	name := p.pos
	p.pos += 2
	e := p.expr()
	if p.is(wAs) {
		p.add(n, e)
		p.pos++
		p.add(n, p.dataType())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	}
	p.nodes[n].kind, p.nodes[n].name = kCall, name
	p.add(n, e)
	if p.takeKind(lexer.Comma) {
		p.exprList(n)
	}
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}

// spoken reads the calls whose arguments may be joined by words: EXTRACT(unit FROM x), substring(x FROM a FOR b),
// trim(BOTH y FROM x), overlay(x PLACING y FROM a FOR b), position(x IN y). op of the call tells that they are, so that
// printing writes the words again; mod is the word that comes first in trim.
func (p *parser) spoken() id {
	n := p.open(kCall)
	w := p.cur().word
	p.nodes[n].name = p.pos
	switch {
	case w == wExtract && p.peekIs(3, wFrom):
		p.pos += 2
		p.nodes[n].op = w
		unit := p.open(kIdent)
		p.add(unit, p.nameLeaf("a unit of time"))
		p.add(n, p.close(unit))
		p.pos++
		p.add(n, p.expr())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	case w == wTrim && (p.peekIs(2, wBoth) || p.peekIs(2, wLeading) || p.peekIs(2, wTrailing)):
		p.pos += 2
		p.nodes[n].op, p.nodes[n].mod = w, p.cur().word
		p.pos++
		p.add(n, p.expr())
		p.want(wFrom)
		p.add(n, p.expr())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	}
	p.pos++
	p.pos++
	if p.at(lexer.CloseRound) || p.is(wDistinct) {
		p.pos--
		p.callArgs(n)
		return p.close(n)
	}
	if w == wPosition && p.is(wNot) { // ClickHouse ends position(NOT x IN y) at the IN, and we would read on
		p.unexpected("an expression")
	}
	first := p.binding0(w == wPosition)
	if w == wPosition && p.is(wIn) {
		p.nodes[n].op = w
		p.add(n, first)
		p.pos++
		p.add(n, p.expr())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	}
	if p.is(wPlacing) && w == wOverlay || p.is(wFrom) && (w == wSubstring || w == wSubstr) {
		p.nodes[n].op = w
		p.add(n, first)
		for _, sep := range []word{wPlacing, wFrom, wFor} {
			if p.take(sep) {
				p.add(n, p.expr())
			}
		}
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	}
	p.add(n, p.alias(first, true))
	if p.takeKind(lexer.Comma) {
		p.exprs(n, lexer.CloseRound)
	}
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}

// binding0 reads an expression; with stopAtIn one in which a bare IN ends it, for position(x IN y).
func (p *parser) binding0(stopAtIn bool) id {
	if stopAtIn {
		return p.binding(bindCompare)
	}
	return p.expr()
}

// matcher reads COLUMNS('regexp') or COLUMNS(a, b) behind an optional qualifier, with the transformers.
func (p *parser) matcher(qualifier id) id {
	n := p.open(kMatcher)
	if qualifier != 0 {
		n = p.wrap(kMatcher, qualifier)
	}
	p.pos += 2
	p.exprs(n, lexer.CloseRound)
	p.wantKind(lexer.CloseRound)
	p.transforms(n)
	return p.close(n)
}

// transforms reads EXCEPT, REPLACE and APPLY behind a star or COLUMNS.
func (p *parser) transforms(n id) {
	for p.err == nil {
		switch {
		case p.is(wExcept) && p.isExceptColumns():
			t := p.open(kTransform)
			p.nodes[t].op = wExcept
			p.pos++
			p.nodes[t].flag = p.take(wStrict)
			p.listOrOne(t, p.exceptItem)
			p.add(n, p.close(t))
		case p.is(wReplace):
			t := p.open(kTransform)
			p.nodes[t].op = wReplace
			p.pos++
			p.nodes[t].flag = p.take(wStrict)
			p.listOrOne(t, p.replaceItem)
			p.add(n, p.close(t))
		case p.is(wApply):
			p.add(n, p.apply())
		default:
			return
		}
	}
}

// isExceptColumns tells EXCEPT of columns from the one that joins two SELECTs.
func (p *parser) isExceptColumns() bool {
	next := p.peek(1)
	switch next.kind {
	case lexer.OpenRound:
		after := p.peek(2)
		return after.kind != lexer.OpenRound && after.word != wSelect && after.word != wWith && after.word != wFrom
	case lexer.String, lexer.QuotedName:
		return true
	case lexer.Word: // whatever it is: behind a star ClickHouse takes even SELECT for a column here
		return true
	}
	return false
}

func (p *parser) listOrOne(t id, item func() id) {
	if !p.takeKind(lexer.OpenRound) {
		p.add(t, item())
		return
	}
	for p.err == nil {
		p.add(t, item())
		if !p.takeKind(lexer.Comma) {
			break
		}
	}
	p.wantKind(lexer.CloseRound)
}

func (p *parser) exceptItem() id {
	if p.at(lexer.String) {
		return p.leaf(kLiteral)
	}
	n := p.open(kIdent)
	p.add(n, p.nameLeaf("a column"))
	for p.err == nil && p.takeKind(lexer.Dot) {
		p.add(n, p.nameLeaf("a column"))
	}
	return p.close(n)
}

func (p *parser) replaceItem() id {
	e := p.expr()
	if !p.is(wAs) {
		p.unexpected("AS")
		return e
	}
	n := p.wrap(kAlias, e)
	p.pos++
	p.nodes[n].name = p.label("a column")
	return p.close(n)
}

// apply reads APPLY f, APPLY(f), APPLY(f(params)), APPLY(x -> …) or APPLY x -> …. A function's name becomes a call without arguments, so
// that it is judged as one.
func (p *parser) apply() id {
	t := p.open(kTransform)
	p.nodes[t].op = wApply
	p.pos++
	bracket := p.takeKind(lexer.OpenRound)
	if bracket && p.at(lexer.OpenRound) || p.peek(1).kind == lexer.Arrow {
		p.add(t, p.expr())
	} else {
		call := p.open(kCall)
		p.nodes[call].name = p.label("a function")
		p.nodes[call].op = wApply
		if p.takeKind(lexer.OpenRound) {
			p.exprs(call, lexer.CloseRound)
			p.wantKind(lexer.CloseRound)
		}
		p.add(t, p.close(call))
	}
	if bracket {
		p.wantKind(lexer.CloseRound)
	}
	return p.close(t)
}
