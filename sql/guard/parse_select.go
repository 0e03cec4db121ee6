package guard

import (
	"fmt"

	"penstock/sql/lexer"
)

// query reads arms joined by UNION, INTERSECT and EXCEPT.
func (p *parser) query() id {
	q := p.open(kQuery)
	if p.enter() {
		p.add(q, p.arm())
		p.moreArms(q)
	}
	p.leave()
	return p.close(q)
}

// moreArms reads what follows the first arm of q.
func (p *parser) moreArms(q id) {
	for arms := 1; p.isSetOp() && p.err == nil; arms++ {
		if arms == maxArms {
			p.fail(ruleLimit, fmt.Sprintf("More than %d SELECTs are joined.", maxArms), "")
			return
		}
		op := p.open(kSetOp)
		p.nodes[op].op = p.cur().word
		p.pos++
		if p.is(wAll) || p.is(wDistinct) {
			p.nodes[op].mod = p.cur().word
			p.pos++
		}
		p.add(q, p.close(op))
		p.add(q, p.arm())
	}
}

func (p *parser) isSetOp() bool { return p.is(wUnion) || p.is(wIntersect) || p.is(wExcept) }

// arm reads one SELECT, or a query in parentheses.
func (p *parser) arm() id {
	if p.takeKind(lexer.OpenRound) {
		q := p.query()
		p.wantKind(lexer.CloseRound)
		return q
	}
	return p.selectArm()
}

func (p *parser) selectArm() id {
	s := p.open(kSelect)
	if p.is(wWith) {
		p.add(s, p.with())
	}
	if p.is(wInsert) {
		p.fail(ruleShape, "WITH … INSERT is an INSERT.", "Only SELECT is allowed here.")
		return s
	}
	fromFirst := p.is(wFrom)
	if fromFirst {
		p.add(s, p.from())
		if !p.is(wSelect) { // FROM t alone means SELECT * FROM t
			return p.close(s)
		}
	}
	p.want(wSelect)
	p.selectHead(s)
	p.add(s, p.projection())
	if p.is(wFrom) && !fromFirst {
		p.add(s, p.from())
	}
	p.clauses(s)
	return p.close(s)
}

// selectHead reads DISTINCT, ALL and TOP.
func (p *parser) selectHead(s id) {
	if p.is(wDistinct) {
		if p.peekIs(1, wOn) {
			n := p.open(kDistinctOn)
			p.pos += 2
			p.wantKind(lexer.OpenRound)
			p.exprs(n, lexer.CloseRound)
			p.wantKind(lexer.CloseRound)
			p.add(s, p.close(n))
		} else {
			p.pos++
			p.nodes[s].flag = true
		}
	} else {
		p.take(wAll)
	}
	if p.is(wTop) && (p.peek(1).kind == lexer.Number || p.peek(1).kind == lexer.OpenRound) {
		n := p.open(kTop)
		p.pos++
		if p.takeKind(lexer.OpenRound) {
			p.add(n, p.expr())
			p.wantKind(lexer.CloseRound)
		} else {
			p.add(n, p.leaf(kLiteral))
		}
		p.nodes[n].flag = p.take2(wWith, wTies)
		p.add(s, p.close(n))
	}
}

func (p *parser) projection() id {
	n := p.open(kProjection)
	for p.err == nil {
		p.add(n, p.alias(p.expr(), true))
		if !p.takeKind(lexer.Comma) || p.is(wFrom) { // ClickHouse takes a comma in front of FROM
			break
		}
	}
	return p.close(n)
}

// clauses reads what follows FROM, each clause at most once and in ClickHouse's order.
func (p *parser) clauses(s id) {
	if p.is(wPrewhere) {
		p.add(s, p.condition(kPrewhere))
	}
	if p.is(wWhere) {
		p.add(s, p.condition(kWhere))
	}
	if p.is(wGroup) {
		p.add(s, p.groupBy())
	}
	if p.is(wWith) { // WITH TOTALS needs no GROUP BY
		n := p.open(kGroupBy)
		p.groupMods(n)
		p.add(s, p.close(n))
	}
	if p.is(wHaving) {
		p.add(s, p.condition(kHaving))
	}
	if p.is(wWindow) {
		p.add(s, p.windowClause())
	}
	if p.is(wQualify) {
		p.add(s, p.condition(kQualify))
	}
	if p.is(wOrder) {
		p.add(s, p.orderBy(s))
	}
	p.limits(s)
	if p.is(wSettings) {
		p.add(s, p.settings())
	}
}

// condition reads a keyword and an expression.
func (p *parser) condition(k kind) id {
	n := p.open(k)
	p.pos++
	p.add(n, p.exprAs())
	return p.close(n)
}

func (p *parser) with() id {
	n := p.open(kWith)
	p.pos++
	p.nodes[n].flag = p.take(wRecursive)
	for p.err == nil {
		p.add(n, p.withElement())
		if !p.takeKind(lexer.Comma) || p.is(wSelect) || p.is(wFrom) {
			break
		}
	}
	return p.close(n)
}

// withElement reads name [(columns)] AS [MATERIALIZED] (query), or an expression with an alias.
func (p *parser) withElement() id {
	if p.isCTE() {
		n := p.open(kCTE)
		p.nodes[n].name = p.label("a name")
		if p.takeKind(lexer.OpenRound) {
			for p.err == nil {
				p.add(n, p.nameLeaf("the name of a column"))
				if !p.takeKind(lexer.Comma) {
					break
				}
			}
			p.wantKind(lexer.CloseRound)
		}
		p.want(wAs)
		p.nodes[n].flag = p.take(wMaterialized)
		p.wantKind(lexer.OpenRound)
		p.add(n, p.query())
		p.wantKind(lexer.CloseRound)
		return p.close(n)
	}
	return p.exprAs()
}

// isCTE looks ahead: name AS (, name AS MATERIALIZED, or name (…) AS (, where the parenthesis holds names only.
func (p *parser) isCTE() bool {
	if k := p.cur().kind; k != lexer.Word && k != lexer.QuotedName {
		return false
	}
	i := int32(1)
	if p.peek(i).kind == lexer.OpenRound {
		for i++; p.peek(i).kind == lexer.Word || p.peek(i).kind == lexer.QuotedName; i++ {
			if i++; p.peek(i).kind != lexer.Comma {
				break
			}
		}
		if p.peek(i).kind != lexer.CloseRound {
			return false
		}
		i++
	}
	if p.peek(i).word != wAs {
		return false
	}
	next := p.peek(i + 1)
	return next.kind == lexer.OpenRound || next.word == wMaterialized && p.peek(i+2).kind == lexer.OpenRound
}

func (p *parser) nameLeaf(what string) id {
	n := p.open(kName)
	p.nodes[n].name = p.label(what)
	return p.close(n)
}

func (p *parser) groupBy() id {
	n := p.open(kGroupBy)
	p.pos++
	p.want(wBy)
	switch {
	case p.is(wAll):
		p.pos++
		p.nodes[n].op = wAll
	case p.is(wGrouping) && p.peekIs(1, wSets):
		p.pos += 2
		p.nodes[n].op = wSets
		p.wantKind(lexer.OpenRound)
		for p.err == nil {
			p.add(n, p.groupingSet())
			if !p.takeKind(lexer.Comma) {
				break
			}
		}
		p.wantKind(lexer.CloseRound)
	case (p.is(wRollup) || p.is(wCube)) && p.peek(1).kind == lexer.OpenRound:
		p.nodes[n].op = p.cur().word
		p.pos += 2
		p.exprs(n, lexer.CloseRound)
		p.wantKind(lexer.CloseRound)
	default:
		p.exprList(n)
	}
	p.groupMods(n)
	return p.close(n)
}

// groupMods reads WITH ROLLUP, CUBE, TOTALS.
func (p *parser) groupMods(n id) {
	for p.is(wWith) && p.err == nil {
		switch w := p.peek(1).word; {
		case w == wTotals && !p.nodes[n].flag:
			p.nodes[n].flag = true
		case (w == wRollup || w == wCube) && p.nodes[n].op == wNone:
			p.nodes[n].op, p.nodes[n].mod = w, wWith
		default:
			p.pos++
			p.unexpected("ROLLUP, CUBE or TOTALS")
			return
		}
		p.pos += 2
	}
}

// groupingSet reads an expression or a parenthesised list of them; the empty list is one.
func (p *parser) groupingSet() id {
	if !p.at(lexer.OpenRound) {
		return p.exprAs()
	}
	n := p.open(kTuple)
	p.pos++
	p.exprs(n, lexer.CloseRound)
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}

func (p *parser) windowClause() id {
	n := p.open(kWindow)
	p.pos++
	for p.err == nil {
		d := p.open(kWindowDef)
		p.nodes[d].name = p.name("the name of a window")
		p.want(wAs)
		p.add(d, p.windowSpec())
		p.add(n, p.close(d))
		if !p.takeKind(lexer.Comma) {
			break
		}
	}
	return p.close(n)
}

// windowSpec reads ([name] [PARTITION BY …] [ORDER BY …] [frame]).
func (p *parser) windowSpec() id {
	n := p.open(kWindowSpec)
	p.wantKind(lexer.OpenRound)
	if p.isName() && !p.isFrame() {
		p.nodes[n].name = p.name("the name of a window")
	}
	if p.is(wPartition) {
		b := p.open(kPartitionBy)
		p.pos++
		p.want(wBy)
		p.exprList(b)
		p.add(n, p.close(b))
	}
	if p.is(wOrder) {
		p.add(n, p.orderBy(0))
	}
	if p.isFrame() {
		p.add(n, p.frame())
	}
	p.wantKind(lexer.CloseRound)
	return p.close(n)
}

func (p *parser) isFrame() bool {
	if !p.is(wRows) && !p.is(wRange) && !p.is(wGroups) {
		return false
	}
	k := p.peek(1).kind
	return k == lexer.Word || k == lexer.Number || k == lexer.OpenRound || k == lexer.String
}

func (p *parser) frame() id {
	n := p.open(kFrame)
	p.nodes[n].op = p.cur().word
	p.pos++
	if p.take(wBetween) {
		p.nodes[n].flag = true
		p.frameBound(n)
		p.want(wAnd)
	}
	p.frameBound(n)
	return p.close(n)
}

// frameBound reads CURRENT ROW, UNBOUNDED PRECEDING, or an expression with PRECEDING or FOLLOWING. A bound is a kOrderItem
// whose op tells which.
func (p *parser) frameBound(n id) {
	b := p.open(kOrderItem)
	switch {
	case p.take2(wCurrent, wRow):
		p.nodes[b].op = wCurrent
	case p.take(wUnbounded):
		p.nodes[b].op = wUnbounded
		p.bound(b)
	default:
		p.add(b, p.expr())
		p.bound(b)
	}
	p.add(n, p.close(b))
}

func (p *parser) bound(b id) {
	if !p.is(wPreceding) && !p.is(wFollowing) {
		p.unexpected("PRECEDING or FOLLOWING")
		return
	}
	p.nodes[b].mod = p.cur().word
	p.pos++
}

// exprs reads expressions with aliases up to a closing bracket, which it leaves; there may be none.
func (p *parser) exprs(n id, end lexer.Kind) {
	for !p.at(end) && p.err == nil {
		p.add(n, p.exprAs())
		if !p.takeKind(lexer.Comma) {
			return
		}
	}
}

// exprList reads one or more expressions with aliases.
func (p *parser) exprList(n id) {
	for p.err == nil {
		p.add(n, p.exprAs())
		if !p.takeKind(lexer.Comma) {
			return
		}
	}
}
