package guard

import "penstock/sql/lexer"

// orderBy reads ORDER BY; s is the SELECT that an INTERPOLATE belongs to, 0 in a window.
func (p *parser) orderBy(s id) id {
	n := p.open(kOrderBy)
	p.pos++
	p.want(wBy)
	if p.is(wAll) {
		item := p.open(kOrderItem)
		p.pos++
		p.nodes[item].op = wAll
		p.orderMods(item)
		p.add(n, p.close(item))
	} else {
		for p.err == nil {
			item := p.open(kOrderItem)
			p.add(item, p.exprAs())
			p.orderMods(item)
			p.add(n, p.close(item))
			if !p.takeKind(lexer.Comma) {
				break
			}
		}
	}
	p.close(n)
	if s != 0 && p.is(wInterpolate) {
		p.add(n, p.interpolate())
		p.close(n)
	}
	return n
}

// orderMods reads [ASC|DESC] [NULLS FIRST|LAST] [COLLATE '…'] [WITH FILL …]. The direction goes to mod, NULLS FIRST to
// flag, NULLS LAST to sym.
func (p *parser) orderMods(item id) {
	switch {
	case p.take(wAsc), p.take(wAscending):
		p.nodes[item].mod = wAsc
	case p.take(wDesc), p.take(wDescending):
		p.nodes[item].mod = wDesc
	}
	if p.take(wNulls) {
		switch {
		case p.take(wFirst):
			p.nodes[item].flag = true
		case p.take(wLast):
			p.nodes[item].sym = lexer.Minus
		default:
			p.unexpected("FIRST or LAST")
		}
	}
	if p.take(wCollate) {
		if !p.at(lexer.String) {
			p.unexpected("the name of a collation in quotes")
			return
		}
		p.nodes[item].name = p.pos
		p.pos++
	}
	if p.take2(wWith, wFill) {
		f := p.openAt(kFill, p.pos-2)
		for _, w := range []word{wFrom, wTo, wStep, wStaleness} {
			if p.is(w) {
				part := p.open(kOrderItem)
				p.pos++
				p.nodes[part].op = w
				p.add(part, p.expr())
				p.add(f, p.close(part))
			}
		}
		p.add(item, p.close(f))
	}
}

// interpolate reads INTERPOLATE [(name [AS expression], …)].
func (p *parser) interpolate() id {
	n := p.open(kInterpolate)
	p.pos++
	if p.takeKind(lexer.OpenRound) {
		p.nodes[n].flag = true
		for !p.at(lexer.CloseRound) && p.err == nil {
			part := p.open(kOrderItem)
			p.nodes[part].name = p.label("the name of a column")
			if p.take(wAs) {
				p.add(part, p.expr())
			}
			p.add(n, p.close(part))
			if !p.takeKind(lexer.Comma) {
				break
			}
		}
		p.wantKind(lexer.CloseRound)
	}
	return p.close(n)
}

// limits reads LIMIT … BY, LIMIT, OFFSET and FETCH.
func (p *parser) limits(s id) {
	for i := 0; i < 2 && p.is(wLimit) && p.err == nil; i++ {
		n := p.limit()
		p.add(s, n)
		if p.nodes[n].kind == kLimit {
			return
		}
	}
	if p.is(wOffset) || p.is(wFetch) {
		p.add(s, p.offset())
	}
}

// limit reads LIMIT n, LIMIT m, n, LIMIT n OFFSET m, each with BY or WITH TIES. flag tells WITH TIES, mod = wOffset the
// form with OFFSET.
func (p *parser) limit() id {
	n := p.open(kLimit)
	p.pos++
	p.add(n, p.expr())
	if p.takeKind(lexer.Comma) {
		p.add(n, p.expr())
	} else if p.take(wOffset) {
		p.nodes[n].mod = wOffset
		p.add(n, p.expr())
	}
	if p.take(wBy) {
		p.nodes[n].kind = kLimitBy
		by := p.open(kTuple)
		if p.take(wAll) {
			p.nodes[by].op = wAll
		} else {
			p.exprList(by)
		}
		p.add(n, p.close(by))
		return p.close(n)
	}
	p.nodes[n].flag = p.take2(wWith, wTies)
	return p.close(n)
}

// offset reads OFFSET n [ROW|ROWS] [FETCH FIRST|NEXT n ROW|ROWS ONLY|WITH TIES], or FETCH alone.
func (p *parser) offset() id {
	n := p.open(kOffset)
	if p.take(wOffset) {
		p.nodes[n].mod = wOffset
		p.add(n, p.expr())
		if !p.take(wRows) {
			p.take(wRow)
		}
	}
	if p.take(wFetch) {
		p.nodes[n].op = wFetch
		if !p.take(wFirst) {
			p.want(wNext)
		}
		p.add(n, p.expr())
		if !p.take(wRows) {
			p.want(wRow)
		}
		if p.take2(wWith, wTies) {
			p.nodes[n].flag = true
		} else {
			p.want(wOnly)
		}
	}
	return p.close(n)
}

// settings reads SETTINGS name = value, ….
func (p *parser) settings() id {
	n := p.open(kSettings)
	p.pos++
	for p.err == nil {
		p.add(n, p.setting())
		if !p.takeKind(lexer.Comma) {
			break
		}
	}
	return p.close(n)
}

// setting reads name = plain literal.
func (p *parser) setting() id {
	n := p.open(kSetting)
	p.nodes[n].name = p.label("the name of a setting")
	if p.at(lexer.Dot) {
		p.fail(ruleSetting, "Settings with a dot in their name are not allowed.", "")
		return n
	}
	p.wantKind(lexer.Equals)
	v := p.open(kLiteral)
	if (p.at(lexer.Minus) || p.at(lexer.Plus)) && p.peek(1).kind == lexer.Number {
		p.pos++
	}
	switch t := p.cur(); {
	case t.kind == lexer.Number, t.kind == lexer.String, t.word == wTrue, t.word == wFalse:
		p.pos++
	case t.kind == lexer.OpenCurly && p.peek(1).kind == lexer.Word:
		p.unexpected("a plain value")
	default:
		p.fail(ruleSetting, "The value of a setting must be a plain number, string, true or false.", "")
	}
	p.add(n, p.close(v))
	return p.close(n)
}
