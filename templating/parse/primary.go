package parse

// primary parses an atom with what follows it: calls, subscripts and attributes.
func (p *exprParser) primary() (Expr, *Error) {
	x, err := p.atom()
	entered := 0
	defer func() { p.depth -= entered }()
	for err == nil && p.tok.kind == tokOp {
		if p.tok.text != "(" && p.tok.text != "[" && p.tok.text != "." {
			break
		}
		if err := p.enter(p.tok.start); err != nil {
			return nil, err
		}
		entered++
		switch p.tok.text {
		case "(":
			x, err = p.call(x)
		case "[":
			x, err = p.subscript(x)
		case ".":
			p.advance()
			if p.tok.kind != tokName || isKeyword(p.tok.text) {
				return nil, p.unexpected()
			}
			x = &Attr{Pos: Pos(x.Offset()), X: x, Name: p.tok.text, At: p.tok.start}
			p.advance()
		}
	}
	return x, err
}

func (p *exprParser) call(fn Expr) (Expr, *Error) {
	c := &Call{Pos: Pos(fn.Offset()), Fn: fn}
	p.advance()
	for !p.is(")") {
		if err := p.noSpread(); err != nil {
			return nil, err
		}
		if p.is("**") {
			at := p.tok.start
			p.advance()
			if _, err := p.expr(); err != nil {
				return nil, err
			}
			return nil, unsupportedAt(at, "spreading a dictionary with ** is not supported; write the keywords")
		}
		x, err := p.expr()
		if err != nil {
			return nil, err
		}
		switch {
		case p.is("="):
			name, ok := x.(*Name)
			if !ok {
				return nil, syntaxAt(p.tok.start, "expression cannot contain assignment, perhaps you meant \"==\"?")
			}
			for _, k := range c.Keywords {
				if k.Name == name.Ident {
					return nil, syntaxAt(int(name.Pos), "keyword argument repeated: %s", name.Ident)
				}
			}
			p.advance()
			v, err := p.expr()
			if err != nil {
				return nil, err
			}
			c.Keywords = append(c.Keywords, &Keyword{Pos: name.Pos, Name: name.Ident, Value: v})
		case p.compFollows():
			if len(c.Args)+len(c.Keywords) > 0 {
				return nil, syntaxAt(p.tok.start, "Generator expression must be parenthesized")
			}
			if x, err = p.comprehension(GenComp, x.Offset(), x, nil); err != nil {
				return nil, err
			}
			c.Args = append(c.Args, x)
		case len(c.Keywords) > 0:
			return nil, syntaxAt(x.Offset(), "positional argument follows keyword argument")
		default:
			c.Args = append(c.Args, x)
		}
		if !p.accept(",") {
			break
		}
	}
	return c, p.expect(")")
}

func (p *exprParser) subscript(x Expr) (Expr, *Error) {
	pos := Pos(x.Offset())
	p.advance()
	var part [3]Expr
	n, colons := 0, 0
	for !p.is("]") {
		if p.is(":") {
			if colons++; colons > 2 {
				return nil, p.unexpected()
			}
			n = colons
			p.advance()
			continue
		}
		if n != colons || part[n] != nil {
			return nil, p.unexpected()
		}
		e, err := p.exprList()
		if err != nil {
			return nil, err
		}
		part[n] = e
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	if colons > 0 {
		return &Slice{Pos: pos, X: x, Lo: part[0], Hi: part[1], Step: part[2]}, nil
	}
	if part[0] == nil {
		return nil, syntaxAt(p.prev-1, "invalid syntax: an index is missing")
	}
	return &Index{Pos: pos, X: x, I: part[0]}, nil
}

func (p *exprParser) atom() (Expr, *Error) {
	t := p.tok
	switch t.kind {
	case tokName:
		return p.name(t)
	case tokNumber:
		p.advance()
		c, err := numberValue(t)
		if err != nil {
			return nil, err
		}
		return c, nil
	case tokString:
		var toks []token
		for p.tok.kind == tokString {
			toks = append(toks, p.tok)
			p.advance()
		}
		if p.failed != nil {
			return nil, p.failed
		}
		return p.stringValue(toks)
	case tokOp:
		switch t.text {
		case "(":
			return p.paren()
		case "[":
			p.advance()
			return p.display(t.start, "]", List, ListComp)
		case "{":
			return p.braces()
		case "...":
			return nil, unsupportedAt(t.start, "... is not supported")
		}
	}
	return nil, p.unexpected()
}

func (p *exprParser) name(t token) (Expr, *Error) {
	switch t.text {
	case "None", "True", "False":
		p.advance()
		kind := map[string]ConstKind{"None": None, "True": True, "False": False}[t.text]
		return &Const{Pos: Pos(t.start), Kind: kind, Raw: t.text}, nil
	case "lambda", "yield", "await":
		return nil, p.leftOut()
	}
	if isKeyword(t.text) {
		return nil, p.unexpected()
	}
	p.advance()
	return &Name{Pos: Pos(t.start), Ident: t.text}, nil
}

// paren parses (x), (x, y), () and (x for …).
func (p *exprParser) paren() (Expr, *Error) {
	start := p.tok.start
	p.advance()
	if p.accept(")") {
		return &Seq{Pos: Pos(start), Kind: Tuple}, nil
	}
	x, err := p.expr()
	if err != nil {
		return nil, err
	}
	if p.compFollows() {
		if x, err = p.comprehension(GenComp, start, x, nil); err != nil {
			return nil, err
		}
		return x, p.expect(")")
	}
	if !p.is(",") {
		return x, p.expect(")")
	}
	s := &Seq{Pos: Pos(start), Kind: Tuple, Items: []Expr{x}}
	for p.accept(",") && !p.is(")") {
		if x, err = p.expr(); err != nil {
			return nil, err
		}
		s.Items = append(s.Items, x)
	}
	return s, p.expect(")")
}

// display parses the rest of [a, b] or {a, b} after its bracket, or of the comprehension that it turns out to be.
func (p *exprParser) display(start int, end string, kind SeqKind, comp CompKind) (Expr, *Error) {
	s := &Seq{Pos: Pos(start), Kind: kind}
	for !p.is(end) {
		if err := p.noSpread(); err != nil {
			return nil, err
		}
		x, err := p.expr()
		if err != nil {
			return nil, err
		}
		if len(s.Items) == 0 && p.compFollows() {
			c, err := p.comprehension(comp, start, x, nil)
			if err != nil {
				return nil, err
			}
			return c, p.expect(end)
		}
		s.Items = append(s.Items, x)
		if !p.accept(",") {
			break
		}
	}
	return s, p.expect(end)
}

// braces parses a dict or a set.
func (p *exprParser) braces() (Expr, *Error) {
	start := p.tok.start
	p.advance()
	d := &Dict{Pos: Pos(start)}
	if p.accept("}") {
		return d, nil
	}
	for !p.is("}") {
		if p.is("**") {
			return nil, unsupportedAt(p.tok.start, "spreading a dictionary with ** is not supported")
		}
		k, err := p.expr()
		if err != nil {
			return nil, err
		}
		if len(d.Keys) == 0 && !p.is(":") {
			return p.set(start, k)
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		v, err := p.expr()
		if err != nil {
			return nil, err
		}
		if len(d.Keys) == 0 && p.compFollows() {
			c, err := p.comprehension(DictComp, start, k, v)
			if err != nil {
				return nil, err
			}
			return c, p.expect("}")
		}
		d.Keys, d.Values = append(d.Keys, k), append(d.Values, v)
		if !p.accept(",") {
			break
		}
	}
	return d, p.expect("}")
}

// set parses the rest of {a, b} or {a for …} after its first element.
func (p *exprParser) set(start int, first Expr) (Expr, *Error) {
	if p.compFollows() {
		c, err := p.comprehension(SetComp, start, first, nil)
		if err != nil {
			return nil, err
		}
		return c, p.expect("}")
	}
	if !p.is(",") {
		return &Seq{Pos: Pos(start), Kind: Set, Items: []Expr{first}}, p.expect("}")
	}
	p.advance()
	x, err := p.display(start, "}", Set, SetComp)
	if err != nil {
		return nil, err
	}
	s, ok := x.(*Seq)
	if !ok {
		return nil, syntaxAt(start, "did you forget parentheses around the comprehension target?")
	}
	s.Items = append([]Expr{first}, s.Items...)
	return s, nil
}

func (p *exprParser) compFollows() bool { return p.word("for") || p.word("async") }

// comprehension parses the for and if clauses after the element.
func (p *exprParser) comprehension(kind CompKind, start int, elem, value Expr) (Expr, *Error) {
	c := &Comp{Pos: Pos(start), Kind: kind, Elem: elem, Value: value}
	for p.compFollows() {
		if p.word("async") {
			return nil, unsupportedAt(p.tok.start, "async is not supported")
		}
		p.advance()
		target, err := p.target()
		if err != nil {
			return nil, err
		}
		if !p.word("in") {
			return nil, p.unexpected()
		}
		p.advance()
		f := CompFor{Target: target}
		if f.Iter, err = p.or(); err != nil {
			return nil, err
		}
		for p.word("if") {
			p.advance()
			cond, err := p.or()
			if err != nil {
				return nil, err
			}
			f.Ifs = append(f.Ifs, cond)
		}
		c.Fors = append(c.Fors, f)
	}
	return c, nil
}

// target parses what a for assigns to: names, in brackets or not.
func (p *exprParser) target() (Expr, *Error) {
	start := p.tok.start
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	if p.is(",") {
		s := &Seq{Pos: Pos(start), Kind: Tuple, Items: []Expr{x}}
		for p.accept(",") && !p.word("in") {
			if err := p.noSpread(); err != nil {
				return nil, err
			}
			if x, err = p.primary(); err != nil {
				return nil, err
			}
			s.Items = append(s.Items, x)
		}
		x = s
	}
	return x, checkTarget(x)
}

// checkTarget demands that x is a name or a tuple or list of such.
func checkTarget(x Expr) *Error {
	switch x := x.(type) {
	case *Name:
		return nil
	case *Seq:
		if x.Kind == Set {
			break
		}
		for _, i := range x.Items {
			if err := checkTarget(i); err != nil {
				return err
			}
		}
		return nil
	case *Index, *Slice, *Attr:
		return unsupportedAt(x.Offset(), "only names can be assigned; values do not change")
	}
	return syntaxAt(x.Offset(), "cannot assign to this expression")
}
