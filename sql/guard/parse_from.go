package guard

import "penstock/sql/lexer"

func (p *parser) from() id {
	n := p.open(kFrom)
	p.pos++
	p.joins(n)
	return p.close(n)
}

// joins reads elements with the joins between them. FROM's children are in the order of the text: element, join, element,
// …; an ARRAY JOIN stands without an element behind it.
func (p *parser) joins(n id) {
	if !p.enter() {
		return
	}
	defer p.leave()
	if p.is(wArray) || (p.is(wLeft) || p.is(wInner)) && p.peekIs(1, wArray) { // FROM-less ARRAY JOIN is none of ours
		p.unexpected("a table")
		return
	}
	p.add(n, p.element())
	for p.err == nil {
		if p.is(wArray) || (p.is(wLeft) || p.is(wInner)) && p.peekIs(1, wArray) {
			p.add(n, p.arrayJoin())
			continue
		}
		if p.at(lexer.Comma) {
			j := p.leaf(kJoin)
			p.nodes[j].sym = lexer.Comma
			p.add(n, j)
			p.add(n, p.element())
			continue
		}
		if !p.isJoin() {
			return
		}
		j, bare := p.join()
		p.add(n, j)
		p.add(n, p.element())
		if !bare {
			p.joinCondition(j)
		}
	}
}

func (p *parser) isJoin() bool {
	switch p.cur().word {
	case wGlobal, wAny, wAll, wAsof, wSemi, wAnti, wOnly, wInner, wLeft, wRight, wFull, wCross, wPaste, wNatural, wJoin:
		return true
	}
	return false
}

// join reads the words up to JOIN; bare tells that no condition follows.
func (p *parser) join() (j id, bare bool) {
	j = p.open(kJoin)
	seen := 0
	for p.err == nil && !p.is(wJoin) {
		switch w := p.cur().word; w {
		case wCross, wPaste, wNatural:
			bare = true
			p.nodes[j].op = w
		case wInner, wLeft, wRight, wFull:
			p.nodes[j].op = w
		case wAny, wAll, wAsof, wSemi, wAnti, wOnly:
			p.nodes[j].mod = w
		case wGlobal:
			if seen > 0 {
				p.unexpected("JOIN")
			}
			p.nodes[j].flag = true
		case wOuter:
			if o := p.nodes[j].op; o != wLeft && o != wRight && o != wFull {
				p.unexpected("JOIN")
			}
		default:
			p.unexpected("JOIN")
		}
		p.pos++
		p.stay()
		if seen++; seen > 4 {
			p.unexpected("JOIN")
		}
	}
	p.want(wJoin)
	if p.is(wLateral) {
		p.unexpected("a table")
	}
	return p.close(j), bare
}

// joinCondition reads ON or USING and puts it below the join.
func (p *parser) joinCondition(j id) {
	switch {
	case p.is(wOn):
		n := p.open(kOn)
		p.pos++
		p.add(n, p.exprAs())
		p.add(j, p.close(n))
	case p.is(wUsing):
		n := p.open(kUsing)
		p.pos++
		if p.takeKind(lexer.OpenRound) {
			p.exprList(n)
			p.wantKind(lexer.CloseRound)
		} else {
			for p.err == nil { // the next join may follow at once
				p.add(n, p.expr())
				if !p.takeKind(lexer.Comma) {
					break
				}
			}
		}
		p.add(j, p.close(n))
	default:
		p.unexpected("ON or USING")
	}
}

func (p *parser) arrayJoin() id {
	n := p.open(kArrayJoin)
	p.nodes[n].flag = p.take(wLeft)
	p.take(wInner)
	p.want(wArray)
	p.want(wJoin)
	p.exprList(n)
	return p.close(n)
}

// element reads a table, table function, sub-query or parenthesised join, with [AS alias [(columns)]] [FINAL] [SAMPLE …].
func (p *parser) element() id {
	n := p.open(kElement)
	if !p.enter() {
		return n
	}
	defer p.leave()
	switch {
	case p.at(lexer.OpenRound):
		p.add(n, p.tableParen())
	case p.isName(), p.isTableWord(), p.at(lexer.Word) && p.peek(1).kind == lexer.OpenRound && p.is(wFormat):
		p.add(n, p.tableName())
	case p.at(lexer.String), p.at(lexer.Heredoc):
		p.fail(ruleTableName, "A string stands in place of a table's name.", "Write the name without quotes or in backquotes.")
	default:
		p.unexpected("a table")
	}
	if p.is(wAs) {
		p.pos++
		p.nodes[n].name = p.label("an alias")
	} else if p.isName() {
		p.nodes[n].name = p.name("an alias")
	}
	if p.nodes[n].name != 0 && p.at(lexer.OpenRound) {
		p.pos++
		for p.err == nil {
			p.add(n, p.nameLeaf("the name of a column"))
			if !p.takeKind(lexer.Comma) {
				break
			}
		}
		p.wantKind(lexer.CloseRound)
	}
	p.nodes[n].flag = p.take(wFinal)
	if p.is(wSample) {
		s := p.open(kSample)
		p.pos++
		p.ratio(s)
		if p.take(wOffset) {
			p.ratio(s)
		}
		p.add(n, p.close(s))
	}
	return p.close(n)
}

// isTableWord tells a reserved word that is a table's name all the same, since a table must stand here: WITH final AS (…)
// SELECT … FROM final. As the name of a table function it is not read.
func (p *parser) isTableWord() bool {
	return p.at(lexer.Word) && columnWords[p.cur().word] && !p.is(wArray) && p.peek(1).kind != lexer.OpenRound
}

// ratio reads a number or a fraction of two, which is all that SAMPLE takes.
func (p *parser) ratio(s id) {
	if !p.at(lexer.Number) {
		p.unexpected("a number")
		return
	}
	r := p.leaf(kLiteral)
	if p.at(lexer.Slash) && p.peek(1).kind == lexer.Number {
		r = p.binary(r, bindMultiply)
	}
	p.add(s, r)
}

// tableParen reads (query), (VALUES rows) or (join).
func (p *parser) tableParen() id {
	if p.opensQuery() {
		n := p.open(kTableSub)
		p.pos++
		p.add(n, p.query())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	}
	if p.opensRows() {
		return p.rows()
	}
	n := p.open(kTableJoin)
	p.pos++
	if p.is(wExplain) {
		p.fail(ruleShape, "EXPLAIN is not allowed.", "It would print the statement, with the secrets in it.")
	}
	p.joins(n)
	p.wantKind(lexer.CloseRound)
	if p.err == nil && p.nodes[n].first == p.nodes[n].last {
		p.fail(ruleSyntax, "A table stands alone in parentheses.", "Leave them out.")
	}
	return p.close(n)
}

// opensQuery tells whether the parenthesis here holds a query: looking through further parentheses it finds its first
// word. ((a JOIN b) JOIN c) begins with none of them.
func (p *parser) opensQuery() bool {
	i := int32(1)
	for p.peek(i).kind == lexer.OpenRound {
		i++
	}
	switch p.peek(i).word {
	case wSelect, wWith, wFrom:
		return i == 1 || p.wholeQuery(i)
	}
	return false
}

// wholeQuery tells whether the i parentheses from here on open arms of a query rather than elements of a join: a query
// in parentheses is followed by a closing one or by a word that joins arms.
func (p *parser) wholeQuery(i int32) bool {
	depth, at := 0, p.pos+i-1
	for ; at < int32(len(p.toks)); at++ {
		switch p.toks[at].kind {
		case lexer.OpenRound:
			depth++
		case lexer.CloseRound:
			if depth--; depth == 0 {
				next := &p.toks[min(at+1, int32(len(p.toks)-1))]
				return next.kind == lexer.CloseRound || next.word == wUnion || next.word == wIntersect || next.word == wExcept
			}
		}
	}
	return false
}

// opensRows tells whether the parenthesis here holds rows, (VALUES (1, 'a'), (2, 'b')), and no join of the table function
// values with something.
func (p *parser) opensRows() bool {
	if p.peek(1).word != wValues || p.peek(2).kind != lexer.OpenRound {
		return false
	}
	depth := 0
	for i := int32(2); ; i++ {
		switch p.peek(i).kind {
		case lexer.OpenRound:
			depth++
		case lexer.CloseRound:
			if depth--; depth == 0 {
				next := p.peek(i + 1)
				return next.kind == lexer.CloseRound || next.kind == lexer.Comma && p.peek(i+2).kind == lexer.OpenRound
			}
		case lexer.End:
			return false
		}
	}
}

// rows reads (VALUES row, row, …): the table function values by another form. Its strings are data.
func (p *parser) rows() id {
	n := p.open(kTableFunc)
	p.nodes[n].flag = true
	p.pos++
	name := p.leaf(kName)
	p.nodes[name].name = p.nodes[name].tok
	p.nodes[n].name = p.nodes[name].tok
	p.add(n, name)
	args := p.open(kParams)
	for p.err == nil {
		p.add(args, p.expr())
		if !p.takeKind(lexer.Comma) {
			break
		}
	}
	p.add(n, p.close(args))
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}

// tableName reads [database.]table, or a table function or parameterized view with its arguments.
func (p *parser) tableName() id {
	n := p.open(kTable)
	first := p.open(kName)
	p.nodes[first].name = p.label("a table")
	p.add(n, p.close(first))
	for p.takeKind(lexer.Dot) && p.err == nil {
		p.add(n, p.nameLeaf("a name"))
	}
	if p.nodes[n].first != 0 && p.at(lexer.OpenRound) {
		p.nodes[n].kind = kTableFunc
		p.nodes[n].name = p.nodes[p.nodes[n].last].name
		p.tableArgs(n)
	}
	return p.close(n)
}

// tableArgs reads the arguments of a table function: expressions, name = value, a query for view(), and SETTINGS.
func (p *parser) tableArgs(n id) {
	args := p.open(kParams)
	p.wantKind(lexer.OpenRound)
	for !p.at(lexer.CloseRound) && p.err == nil {
		switch {
		case p.is(wSettings):
			p.add(args, p.settings())
		case p.is(wSelect), p.is(wWith), p.is(wFrom):
			s := p.open(kSub)
			p.nodes[s].flag = true // without parentheses of its own
			p.add(s, p.query())
			p.add(args, p.close(s))
		case p.is(wExplain):
			p.fail(ruleShape, "EXPLAIN is not allowed.", "It would print the statement, with the secrets in it.")
		default:
			p.add(args, p.expr())
		}
		if !p.takeKind(lexer.Comma) {
			break
		}
	}
	p.wantKind(lexer.CloseRound)
	p.add(n, p.close(args))
}
