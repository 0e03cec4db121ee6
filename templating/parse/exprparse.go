package parse

import "strings"

// maxDepth bounds how deep expressions nest, chains of operators included, so that neither parsing nor evaluating them
// can exhaust the stack.
const maxDepth = 1000

// exprParser parses one expression or list of expressions by recursive descent.
type exprParser struct {
	sc     scanner
	tok    token
	prev   int // where the token before tok ended
	depth  int
	failed *Error // a lexical error met while advancing
}

func newExprParser(src string, from, to int) *exprParser {
	p := &exprParser{sc: scanner{src: src, pos: from, end: to}}
	p.advance()
	return p
}

func (p *exprParser) advance() {
	if p.failed != nil {
		return
	}
	p.prev = p.tok.end()
	tok, err := p.sc.next()
	if err != nil {
		p.failed = err
		tok = token{tokEnd, "", p.sc.pos}
	}
	p.tok = tok
}

// inner parses a part of the source as an expression of its own.
func (p *exprParser) inner(from, to int) (Expr, *Error) {
	if strings.TrimSpace(p.sc.src[from:to]) == "" {
		return nil, syntaxAt(from, "f-string: empty expression not allowed")
	}
	q := newExprParser(p.sc.src, from, to)
	q.depth = p.depth
	if err := q.enter(from); err != nil {
		return nil, err
	}
	x, err := q.exprList()
	if err != nil {
		return nil, err
	}
	if at := q.tok.start; q.accept("=") && q.tok.kind == tokEnd {
		return nil, unsupportedAt(at, "= at the end of an expression in an f-string is not supported; write its text before the braces")
	}
	return x, q.finish()
}

// finish demands that nothing is left.
func (p *exprParser) finish() *Error {
	if p.failed != nil {
		return p.failed
	}
	if p.tok.kind != tokEnd {
		return p.unexpected()
	}
	return nil
}

func (p *exprParser) unexpected() *Error {
	if p.failed != nil {
		return p.failed
	}
	switch p.tok.kind {
	case tokEnd:
		return syntaxAt(p.tok.start, "invalid syntax: the tag ends where an expression was expected")
	case tokNewline:
		return syntaxAt(p.tok.start, "invalid syntax: the line ends here; brackets around the expression let it go on")
	}
	return syntaxAt(p.tok.start, "invalid syntax at %q", p.tok.text)
}

func (p *exprParser) is(op string) bool  { return p.tok.kind == tokOp && p.tok.text == op }
func (p *exprParser) word(w string) bool { return p.tok.kind == tokName && p.tok.text == w }
func (p *exprParser) enter(pos int) *Error {
	if p.depth++; p.depth > maxDepth {
		return &Error{Kind: TooLarge, Message: "Template Syntax Error: the expression is nested too deep", Pos: pos}
	}
	return nil
}
func (p *exprParser) leave() { p.depth-- }

func (p *exprParser) accept(op string) bool {
	if p.is(op) {
		p.advance()
		return true
	}
	return false
}

func (p *exprParser) expect(op string) *Error {
	if !p.accept(op) {
		return p.unexpected()
	}
	return nil
}

// exprList parses a, b, c without brackets: a tuple when there is a comma.
func (p *exprParser) exprList() (Expr, *Error) {
	start := p.tok.start
	if err := p.noRest(); err != nil {
		return nil, err
	}
	x, err := p.expr()
	if err != nil || !p.is(",") {
		return x, err
	}
	items := []Expr{x}
	for p.accept(",") {
		if p.tok.kind == tokEnd || p.is("=") || p.is(")") || p.is("]") || p.word("in") {
			break
		}
		if err := p.noSpread(); err != nil {
			return nil, err
		}
		if x, err = p.expr(); err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	return &Seq{Pos: Pos(start), Kind: Tuple, Items: items}, nil
}

// expr parses one expression: a ternary or less.
func (p *exprParser) expr() (Expr, *Error) {
	if err := p.enter(p.tok.start); err != nil {
		return nil, err
	}
	defer p.leave()
	switch {
	case p.word("lambda"), p.word("await"), p.word("yield"):
		return nil, p.leftOut()
	}
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.is(":=") && len(p.sc.brackets) > 0 {
		return nil, unsupportedAt(p.tok.start, "assignment inside an expression is not supported; use {%% set %%}")
	}
	if !p.word("if") {
		return x, nil
	}
	p.advance()
	cond, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.word("else") {
		if p.failed == nil {
			return nil, syntaxAt(p.tok.start, "expected 'else' after 'if' expression")
		}
		return nil, p.failed
	}
	p.advance()
	els, err := p.expr()
	if err != nil {
		return nil, err
	}
	return &Cond{Pos: Pos(x.Offset()), If: cond, Then: x, Else: els}, nil
}

// noRest refuses *x at the beginning of a list without brackets, which is one only when a comma follows.
func (p *exprParser) noRest() *Error {
	star := p.tok
	err := p.noSpread()
	if err != nil && err.Kind == Unsupported && !p.is(",") {
		return syntaxAt(star.start, "invalid syntax at %q", star.text)
	}
	return err
}

// noSpread refuses *x where Python would take it.
func (p *exprParser) noSpread() *Error {
	if !p.is("*") {
		return nil
	}
	star := p.tok
	p.advance()
	if _, err := p.expr(); err != nil {
		return err
	}
	return unsupportedAt(star.start, "* before a list or a name, for the rest of a list, is not supported; take its items by index")
}

// leftOut refuses lambda, await and yield: as not supported where Python would take them, else as no syntax at all.
func (p *exprParser) leftOut() *Error {
	t := p.tok
	p.advance()
	ends := p.tok.kind == tokEnd || p.is(",") || p.is(")") || p.is("]") || p.is("}") || p.is("=")
	if p.failed != nil || ends && (t.text != "yield" || len(p.sc.brackets) > 0) {
		return syntaxAt(t.start, "invalid syntax at %q", t.text)
	}
	return unsupportedAt(t.start, "%s is not supported", t.text)
}

func (p *exprParser) or() (Expr, *Error)  { return p.boolean("or", p.and) }
func (p *exprParser) and() (Expr, *Error) { return p.boolean("and", p.not) }

func (p *exprParser) boolean(op string, operand func() (Expr, *Error)) (Expr, *Error) {
	x, err := operand()
	if err != nil || !p.word(op) {
		return x, err
	}
	xs := []Expr{x}
	for p.word(op) {
		p.advance()
		if x, err = operand(); err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return &Bool{Pos: Pos(xs[0].Offset()), Op: op, Xs: xs}, nil
}

func (p *exprParser) not() (Expr, *Error) {
	if !p.word("not") {
		return p.comparison()
	}
	start := p.tok.start
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	p.advance()
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	return &Unary{Pos: Pos(start), Op: "not", X: x}, nil
}

// comparator reads a comparison operator, if one stands here.
func (p *exprParser) comparator() string {
	switch {
	case p.tok.kind == tokOp:
		switch p.tok.text {
		case "<", ">", "==", ">=", "<=", "!=":
			op := p.tok.text
			p.advance()
			return op
		}
	case p.word("in"):
		p.advance()
		return "in"
	case p.word("is"):
		p.advance()
		if p.word("not") {
			p.advance()
			return "is not"
		}
		return "is"
	case p.word("not"):
		// Only "not in" can stand after an operand.
		p.advance()
		if p.word("in") {
			p.advance()
			return "not in"
		}
		if p.failed == nil {
			p.failed = p.unexpected()
		}
	}
	return ""
}

func (p *exprParser) comparison() (Expr, *Error) {
	x, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	c := &Compare{Pos: Pos(x.Offset()), X: x}
	for {
		at := p.tok.start
		op := p.comparator()
		if op == "" {
			if p.failed != nil {
				return nil, p.failed
			}
			break
		}
		if len(c.Ops) == 0 {
			c.At = at
		}
		y, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		c.Ops, c.Ys = append(c.Ops, op), append(c.Ys, y)
	}
	if len(c.Ops) == 0 {
		return x, nil
	}
	return c, nil
}

// levels are the left-associative operators from the loosest to the tightest.
var levels = [][]string{{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%", "@"}}

func (p *exprParser) binary(level int) (Expr, *Error) {
	if level == len(levels) {
		return p.unary()
	}
	x, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	entered := 0
	defer func() { p.depth -= entered }()
	for p.tok.kind == tokOp && contains(levels[level], p.tok.text) {
		// A chain leans to the left, so each operator makes the tree one deeper.
		if err := p.enter(p.tok.start); err != nil {
			return nil, err
		}
		entered++
		op, at := p.tok.text, p.tok.start
		p.advance()
		y, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		if name := leftOutOps[op]; name != "" {
			return nil, unsupportedAt(at, "Invalid BinOp: %s()", name)
		}
		x = &Binary{Pos: Pos(x.Offset()), Op: op, X: x, Y: y, At: at}
	}
	return x, nil
}

// leftOutOps are operators of Python that templates have no use for, by the names that the reference refuses them with.
var leftOutOps = map[string]string{"@": "MatMult", "|": "BitOr", "^": "BitXor", "&": "BitAnd", "<<": "LShift", ">>": "RShift"}

func contains(ops []string, op string) bool {
	for _, o := range ops {
		if o == op {
			return true
		}
	}
	return false
}

func (p *exprParser) unary() (Expr, *Error) {
	if !p.is("-") && !p.is("+") && !p.is("~") {
		return p.power()
	}
	op, start := p.tok.text, p.tok.start
	if op == "~" {
		return nil, unsupportedAt(start, "Invalid UnaryOp: Invert()")
	}
	if err := p.enter(start); err != nil {
		return nil, err
	}
	defer p.leave()
	p.advance()
	x, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &Unary{Pos: Pos(start), Op: op, X: x}, nil
}

func (p *exprParser) power() (Expr, *Error) {
	x, err := p.primary()
	if err != nil || !p.is("**") {
		return x, err
	}
	at := p.tok.start
	if err := p.enter(at); err != nil {
		return nil, err
	}
	defer p.leave()
	p.advance()
	y, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &Binary{Pos: Pos(x.Offset()), Op: "**", X: x, Y: y, At: at}, nil
}
