package guard

import "penstock/sql/lexer"

func (p *printer) expression(n id) {
	x := &p.nodes[n]
	switch x.kind {
	case kLiteral, kType:
		p.raw(n)
	case kIdent:
		p.names(x.first)
	case kName:
		p.tok(x.name)
	case kStar:
		if x.first != 0 && p.nodes[x.first].kind == kName {
			p.names(x.first)
			p.w(".")
		}
		p.w("*")
		p.transforms(x.first)
	case kMatcher:
		c := x.first
		if c != 0 && p.nodes[c].tok == x.tok {
			p.names(p.nodes[c].first)
			p.w(".")
			c = p.nodes[c].next
		}
		p.w("COLUMNS (")
		for first := true; c != 0 && p.nodes[c].kind != kTransform; c = p.nodes[c].next {
			if !first {
				p.w(",")
			}
			first = false
			p.node(c)
		}
		p.w(")")
		p.transforms(c)
	case kCall:
		p.call(n)
	case kBinary:
		p.w("(")
		for c := x.first; c != 0; c = p.nodes[c].next {
			p.node(c)
			if p.nodes[c].next != 0 {
				if x.op != wNone {
					p.word(x.op)
				} else {
					p.w(x.sym.String())
				}
			}
		}
		p.w(")")
	case kUnary:
		p.w("(")
		if x.op == wNot {
			p.w("NOT")
		} else {
			p.w(x.sym.String())
		}
		p.all(n)
		p.w(")")
	case kIs:
		p.w("(")
		p.node(x.first)
		p.w("IS")
		p.not(n)
		p.word(x.op)
		p.w(")")
	case kDistinctFrom:
		p.two(n, "IS", "DISTINCT FROM")
	case kBetween:
		p.w("(")
		p.node(x.first)
		p.not(n)
		p.w("BETWEEN")
		p.node(p.child(n, 1))
		p.w("AND")
		p.node(x.last)
		p.w(")")
	case kLike:
		p.w("(")
		p.node(x.first)
		p.not(n)
		p.word(x.op)
		p.node(p.child(n, 1))
		if e := p.child(n, 2); e != 0 {
			p.w("ESCAPE")
			p.node(e)
		}
		p.w(")")
	case kIn:
		if x.mod == wGlobal {
			p.two(n, "GLOBAL", "IN")
		} else {
			p.two(n, "", "IN")
		}
	case kQuantified:
		p.w("(")
		p.node(x.first)
		p.w(x.sym.String())
		p.word(x.op)
		p.node(x.last)
		p.w(")")
	case kTernary:
		p.w("(")
		p.node(x.first)
		p.w("?")
		p.node(p.child(n, 1))
		p.w(":")
		p.node(x.last)
		p.w(")")
	case kCase:
		p.caseOf(n)
	case kCast:
		if x.sym == lexer.DoubleColon {
			p.w("(")
			p.node(x.first)
			p.w("::")
			p.node(x.last)
			p.w(")")
		} else {
			p.w("CAST (")
			p.node(x.first)
			p.w("AS")
			p.node(x.last)
			p.w(")")
		}
	case kTypeLit:
		p.word(x.op)
		p.node(x.first)
	case kInterval:
		p.w("INTERVAL")
		p.node(x.first)
		if x.name != 0 {
			p.tok(x.name)
		}
	case kTuple:
		p.w("(")
		p.list(x.first)
		if x.first != 0 && x.first == x.last {
			p.w(",")
		}
		p.w(")")
	case kArray:
		p.w("[")
		p.list(x.first)
		p.w("]")
	case kSubscript:
		p.node(x.first)
		p.w("[")
		p.node(x.last)
		p.w("]")
	case kElementOf:
		if k := p.nodes[x.first].kind; k == kLiteral || k == kIdent {
			p.w("(")
			p.node(x.first)
			p.w(")")
		} else {
			p.node(x.first)
		}
		p.w(".")
		p.tok(x.name)
	case kLambda:
		p.w("(")
		p.node(x.first)
		p.w("->")
		p.node(x.last)
		p.w(")")
	case kSub:
		p.w("(")
		p.node(x.first)
		p.w(")")
	case kExists:
		p.w("EXISTS")
		p.node(x.first)
	case kAlias:
		p.w("(")
		p.node(x.first)
		p.w("AS")
		p.tok(x.name)
		p.w(")")
	case kZone:
		p.two(n, "AT", "TIME ZONE")
	default:
		panic("print: no form for this node")
	}
}

// two writes left, words and right; NOT stands between the words.
func (p *printer) two(n id, before, after string) {
	x := &p.nodes[n]
	p.w("(")
	p.node(x.first)
	if before != "" {
		p.w(before)
	}
	if x.kind != kZone {
		p.not(n)
	}
	p.w(after)
	p.node(x.last)
	p.w(")")
}

func (p *printer) caseOf(n id) {
	x := &p.nodes[n]
	p.w("CASE")
	c := x.first
	if x.flag {
		p.node(c)
		c = p.nodes[c].next
	}
	for ; c != 0; c = p.nodes[c].next {
		if c == x.last && x.op == wElse {
			p.w("ELSE")
			p.node(c)
			break
		}
		p.w("WHEN")
		p.node(c)
		c = p.nodes[c].next
		p.w("THEN")
		p.node(c)
	}
	p.w("END")
}

func (p *printer) transforms(c id) {
	for ; c != 0; c = p.nodes[c].next {
		x := &p.nodes[c]
		if x.kind != kTransform {
			continue
		}
		p.word(x.op)
		if x.flag {
			p.w("STRICT")
		}
		p.w("(")
		for i := x.first; i != 0; i = p.nodes[i].next {
			if x.op == wReplace {
				p.node(p.nodes[i].first)
				p.w("AS")
				p.tok(p.nodes[i].name)
			} else {
				p.node(i)
			}
			if p.nodes[i].next != 0 {
				p.w(",")
			}
		}
		p.w(")")
	}
}

func (p *printer) call(n id) {
	x := &p.nodes[n]
	p.tok(x.name)
	c := x.first
	if x.op == wApply {
		if c != 0 {
			p.w("(")
			p.list(c)
			p.w(")")
		}
		return
	}
	if c != 0 && p.nodes[c].kind == kParams {
		p.w("(")
		if p.nodes[c].flag {
			p.w("DISTINCT")
		}
		p.list(p.nodes[c].first)
		p.w(")")
		c = p.nodes[c].next
	}
	p.w("(")
	if x.flag {
		p.w("DISTINCT")
	}
	seps := map[word][]string{wExtract: {"FROM"}, wTrim: {"FROM"}, wPosition: {"IN"}, wSubstring: {"FROM", "FOR"},
		wSubstr: {"FROM", "FOR"}, wOverlay: {"PLACING", "FROM", "FOR"}}[x.op]
	if x.op == wTrim {
		p.word(x.mod)
	}
	i := 0
	for ; c != 0 && p.nodes[c].kind != kFilter && p.nodes[c].kind != kOver; c = p.nodes[c].next {
		if i > 0 {
			if i <= len(seps) {
				p.w(seps[i-1])
			} else {
				p.w(",")
			}
		}
		i++
		p.node(c)
	}
	p.w(")")
	if x.op != wTrim {
		if x.mod != wNone {
			p.word(x.mod)
			p.w("NULLS")
		}
	}
	for ; c != 0; c = p.nodes[c].next {
		if p.nodes[c].kind == kFilter {
			p.w("FILTER ( WHERE")
			p.node(p.nodes[c].first)
			p.w(")")
			continue
		}
		p.w("OVER")
		if w := p.nodes[c].first; w != 0 {
			p.node(w)
		} else {
			p.tok(p.nodes[c].name)
		}
	}
}
