package guard

import (
	"strings"

	"penstock/sql/lexer"
)

// printer writes a tree as SQL that says everything explicitly: AS before each alias, parentheses around each operator. That
// it parses to the same tree again proves that the tree holds the whole statement.
type printer struct {
	*tree
	b strings.Builder
}

func (t *tree) print(n id) string {
	p := printer{tree: t}
	p.node(n)
	return p.b.String()
}

func (p *printer) w(parts ...string) {
	for _, s := range parts {
		if p.b.Len() > 0 {
			p.b.WriteByte(' ')
		}
		p.b.WriteString(s)
	}
}

func (p *printer) tok(i int32) { p.w(p.text(i)) }

func (p *printer) raw(n id) {
	for i := p.nodes[n].tok; i < p.nodes[n].end; i++ {
		p.tok(i)
	}
}

// list writes the children of n from c on, with commas.
func (p *printer) list(c id) {
	for ; c != 0; c = p.nodes[c].next {
		p.node(c)
		if p.nodes[c].next != 0 {
			p.w(",")
		}
	}
}

func (p *printer) all(n id) {
	for c := p.nodes[n].first; c != 0; c = p.nodes[c].next {
		p.node(c)
	}
}

func (p *printer) not(n id) {
	if p.nodes[n].flag {
		p.w("NOT")
	}
}

func (p *printer) word(w word) {
	if w != wNone {
		p.w(wordTexts[w])
	}
}

func (p *printer) names(c id) {
	for first := true; c != 0 && (p.nodes[c].kind == kName); c = p.nodes[c].next {
		if p.nodes[c].sym == lexer.OpenSquare { // a.b[].c
			p.w("[]")
			continue
		}
		if !first {
			p.w(".")
		}
		first = false
		if s := p.nodes[c].sym; s != lexer.End {
			p.w(s.String())
		}
		p.tok(p.nodes[c].name)
		if p.nodes[c].first != 0 && p.nodes[p.nodes[c].first].end > p.nodes[p.nodes[c].first].tok+1 {
			x := p.nodes[p.nodes[c].first]
			for i := x.tok + 1; i < x.end; i++ {
				p.tok(i)
			}
		}
	}
}

func (p *printer) node(n id) {
	x := &p.nodes[n]
	switch x.kind {
	case kQuery:
		for c := x.first; c != 0; c = p.nodes[c].next {
			if p.nodes[c].kind == kQuery {
				p.w("(")
				p.node(c)
				p.w(")")
			} else {
				p.node(c)
			}
		}
	case kSetOp:
		p.word(x.op)
		p.word(x.mod)
	case kSelect:
		p.selectArm(n)
	case kWith:
		p.w("WITH")
		if x.flag {
			p.w("RECURSIVE")
		}
		p.list(x.first)
	case kCTE:
		p.tok(x.name)
		query := x.last
		if x.first != query {
			p.w("(")
			for c := x.first; c != query; c = p.nodes[c].next {
				if c != x.first {
					p.w(",")
				}
				p.node(c)
			}
			p.w(")")
		}
		p.w("AS")
		if x.flag {
			p.w("MATERIALIZED")
		}
		p.w("(")
		p.node(query)
		p.w(")")
	case kDistinctOn:
		p.w("DISTINCT ON (")
		p.list(x.first)
		p.w(")")
	case kTop:
		p.w("TOP (")
		p.node(x.first)
		p.w(")")
		if x.flag {
			p.w("WITH TIES")
		}
	case kProjection:
		p.list(x.first)
	case kFrom:
		p.w("FROM")
		p.joins(n)
	case kPrewhere, kWhere, kHaving, kQualify:
		p.w(map[kind]string{kPrewhere: "PREWHERE", kWhere: "WHERE", kHaving: "HAVING", kQualify: "QUALIFY"}[x.kind])
		p.node(x.first)
	case kGroupBy:
		p.groupBy(n)
	case kWindow:
		p.w("WINDOW")
		p.list(x.first)
	case kWindowDef:
		p.tok(x.name)
		p.w("AS")
		p.node(x.first)
	case kWindowSpec:
		p.w("(")
		if x.name != 0 {
			p.tok(x.name)
		}
		p.all(n)
		p.w(")")
	case kPartitionBy:
		p.w("PARTITION BY")
		p.list(x.first)
	case kFrame:
		p.word(x.op)
		if x.flag {
			p.w("BETWEEN")
		}
		p.bound(x.first)
		if x.flag {
			p.w("AND")
			p.bound(x.last)
		}
	case kOrderBy:
		p.w("ORDER BY")
		for c := x.first; c != 0; c = p.nodes[c].next {
			p.node(c)
			if next := p.nodes[c].next; next != 0 && p.nodes[next].kind != kInterpolate {
				p.w(",")
			}
		}
	case kOrderItem:
		p.orderItem(n)
	case kFill:
		p.w("WITH FILL")
		for c := x.first; c != 0; c = p.nodes[c].next {
			p.word(p.nodes[c].op)
			p.node(p.nodes[c].first)
		}
	case kInterpolate:
		p.w("INTERPOLATE")
		if x.flag {
			p.w("(")
			for c := x.first; c != 0; c = p.nodes[c].next {
				p.tok(p.nodes[c].name)
				if e := p.nodes[c].first; e != 0 {
					p.w("AS")
					p.node(e)
				}
				if p.nodes[c].next != 0 {
					p.w(",")
				}
			}
			p.w(")")
		}
	case kLimit, kLimitBy:
		p.limit(n)
	case kOffset:
		c := x.first
		if x.mod == wOffset {
			p.w("OFFSET")
			p.node(c)
			c = p.nodes[c].next
		}
		if x.op == wFetch {
			if c != x.first {
				p.w("ROWS")
			}
			p.w("FETCH FIRST")
			p.node(c)
			p.w("ROWS")
			if x.flag {
				p.w("WITH TIES")
			} else {
				p.w("ONLY")
			}
		}
	case kSettings:
		p.w("SETTINGS")
		p.list(x.first)
	case kSetting:
		p.tok(x.name)
		p.w("=")
		p.raw(x.first)
	case kFormat:
		p.w("FORMAT")
		p.tok(x.name)
	default:
		p.expression(n)
	}
}

func (p *printer) selectArm(n id) {
	x := &p.nodes[n]
	for _, k := range []kind{kWith} {
		if c := p.childOf(n, k); c != 0 {
			p.node(c)
		}
	}
	from := p.childOf(n, kFrom)
	projection := p.childOf(n, kProjection)
	if projection == 0 {
		p.node(from)
		return
	}
	if from != 0 && from < projection { // FROM t SELECT …
		p.node(from)
		from = 0
	}
	p.w("SELECT")
	if x.flag {
		p.w("DISTINCT")
	}
	for c := x.first; c != 0; c = p.nodes[c].next {
		switch p.nodes[c].kind {
		case kDistinctOn, kTop, kProjection:
			p.node(c)
		}
	}
	if from != 0 {
		p.node(from)
	}
	for c := x.first; c != 0; c = p.nodes[c].next {
		switch p.nodes[c].kind {
		case kWith, kDistinctOn, kTop, kProjection, kFrom:
		default:
			p.node(c)
		}
	}
}

func (p *printer) joins(n id) {
	for c := p.nodes[n].first; c != 0; c = p.nodes[c].next {
		x := &p.nodes[c]
		switch x.kind {
		case kJoin:
			if x.sym == lexer.Comma {
				p.w(",")
				continue
			}
			if x.flag {
				p.w("GLOBAL")
			}
			p.word(x.mod)
			p.word(x.op)
			p.w("JOIN")
		case kArrayJoin:
			if x.flag {
				p.w("LEFT")
			}
			p.w("ARRAY JOIN")
			p.list(x.first)
		default:
			p.element(c)
			if prev := p.before(n, c); prev != 0 && p.nodes[prev].kind == kJoin && p.nodes[prev].first != 0 {
				cond := p.nodes[prev].first
				if p.nodes[cond].kind == kOn {
					p.w("ON")
					p.node(p.nodes[cond].first)
				} else {
					p.w("USING (")
					p.list(p.nodes[cond].first)
					p.w(")")
				}
			}
		}
	}
}

func (p *printer) before(n, c id) id {
	prev := id(0)
	for at := p.nodes[n].first; at != c; at = p.nodes[at].next {
		prev = at
	}
	return prev
}

func (p *printer) element(n id) {
	x := &p.nodes[n]
	switch c := x.first; p.nodes[c].kind {
	case kTableSub:
		p.w("(")
		p.node(p.nodes[c].first)
		p.w(")")
	case kTableJoin:
		p.w("(")
		p.joins(c)
		p.w(")")
	case kTable:
		p.names(p.nodes[c].first)
	case kTableFunc:
		if p.nodes[c].flag { // (VALUES row, row)
			p.w("(")
			p.w("VALUES")
			for a := p.nodes[p.childOf(c, kParams)].first; a != 0; a = p.nodes[a].next {
				if p.nodes[a].kind != kTuple {
					p.w("(")
					p.node(a)
					p.w(")")
				} else {
					p.node(a)
				}
				if p.nodes[a].next != 0 {
					p.w(",")
				}
			}
			p.w(")")
			break
		}
		p.names(p.nodes[c].first)
		p.w("(")
		for a := p.nodes[p.childOf(c, kParams)].first; a != 0; a = p.nodes[a].next {
			if p.nodes[a].kind == kSub && p.nodes[a].flag { // view(SELECT …)
				p.node(p.nodes[a].first)
			} else if p.nodes[a].kind == kBinary && p.nodes[a].sym == lexer.Equals { // name = value takes no parentheses
				p.node(p.nodes[a].first)
				p.w("=")
				p.node(p.nodes[a].last)
			} else {
				p.node(a)
			}
			if p.nodes[a].next != 0 {
				p.w(",")
			}
		}
		p.w(")")
	}
	if x.name != 0 {
		p.w("AS")
		p.tok(x.name)
		if c := p.childOf(n, kName); c != 0 {
			p.w("(")
			for first := true; c != 0 && p.nodes[c].kind == kName; c = p.nodes[c].next {
				if !first {
					p.w(",")
				}
				first = false
				p.node(c)
			}
			p.w(")")
		}
	}
	if x.flag {
		p.w("FINAL")
	}
	if s := p.childOf(n, kSample); s != 0 {
		p.w("SAMPLE")
		p.raw(p.nodes[s].first) // a number or a fraction, which takes no parentheses
		if o := p.child(s, 1); o != 0 {
			p.w("OFFSET")
			p.raw(o)
		}
	}
}

func (p *printer) groupBy(n id) {
	x := &p.nodes[n]
	if x.first != 0 || x.op != wNone && x.mod != wWith {
		p.w("GROUP BY")
	}
	switch {
	case x.op == wAll:
		p.w("ALL")
	case x.op == wSets:
		p.w("GROUPING SETS (")
		for c := x.first; c != 0; c = p.nodes[c].next {
			if p.nodes[c].kind == kTuple { // here (x) is a list of one
				p.w("(")
				p.list(p.nodes[c].first)
				p.w(")")
			} else {
				p.node(c)
			}
			if p.nodes[c].next != 0 {
				p.w(",")
			}
		}
		p.w(")")
	case x.op != wNone && x.mod != wWith:
		p.word(x.op)
		p.w("(")
		p.list(x.first)
		p.w(")")
	default:
		p.list(x.first)
		if x.op != wNone {
			p.w("WITH")
			p.word(x.op)
		}
	}
	if x.flag {
		p.w("WITH TOTALS")
	}
}

func (p *printer) bound(n id) {
	x := &p.nodes[n]
	switch {
	case x.op == wCurrent:
		p.w("CURRENT ROW")
	case x.op == wUnbounded:
		p.w("UNBOUNDED")
		p.word(x.mod)
	default:
		p.node(x.first)
		p.word(x.mod)
	}
}

func (p *printer) orderItem(n id) {
	x := &p.nodes[n]
	fill := p.childOf(n, kFill)
	if x.op == wAll {
		p.w("ALL")
	} else {
		p.node(x.first)
	}
	p.word(x.mod)
	if x.flag {
		p.w("NULLS FIRST")
	}
	if x.sym == lexer.Minus {
		p.w("NULLS LAST")
	}
	if x.name != 0 {
		p.w("COLLATE")
		p.tok(x.name)
	}
	if fill != 0 {
		p.node(fill)
	}
}

func (p *printer) limit(n id) {
	x := &p.nodes[n]
	p.w("LIMIT")
	p.node(x.first)
	second := p.child(n, 1)
	if second != 0 && !(x.kind == kLimitBy && second == x.last) {
		if x.mod == wOffset {
			p.w("OFFSET")
		} else {
			p.w(",")
		}
		p.node(second)
	}
	if x.kind == kLimitBy {
		p.w("BY")
		if p.nodes[x.last].op == wAll {
			p.w("ALL")
		} else {
			p.list(p.nodes[x.last].first)
		}
	} else if x.flag {
		p.w("WITH TIES")
	}
}
