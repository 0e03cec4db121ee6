package parse

import "strings"

// condition parses src[from:to] as the expression of a control statement.
func (p *parser) condition(from, to int) (Expr, tag) {
	q := newExprParser(p.src, from, to)
	x, err := q.expr()
	if err == nil {
		err = q.endOfControl(p.src[from:to])
	}
	p.reject(err)
	return x, tag{Source: p.src[from:to], Kept: q.sc.comment}
}

// endOfControl demands that a control statement ends here. A colon with several lines or a comment after it is an attempt to
// write more than one; any other is a habit from Python.
func (p *exprParser) endOfControl(content string) *Error {
	if p.is(":") {
		if !strings.ContainsAny(content, ";#\n") {
			return syntaxAt(p.tok.start, "invalid syntax at \":\"; the tag ends the statement, without a colon")
		}
		return unsupportedAt(p.tok.start, "Invalid control block: %s", content)
	}
	return p.finish()
}

// begin opens an if, for, while or try.
func (p *parser) begin(it Item, word string, from, to int) {
	pos := Pos(it.Start)
	b := &open{word: word, pos: it.Start, line: p.line.at(p.src, it.Start)}
	switch word {
	case "if":
		x, t := p.condition(from, to)
		b.if_ = &If{Pos: pos, Branches: []Branch{{Pos: pos, tag: t, Cond: x}}}
		b.body = new(Block)
		p.add(b.if_)
	case "for":
		b.for_ = p.forLoop(pos, from, to)
		b.body = &b.for_.Body
		p.add(b.for_)
	case "while":
		x, t := p.condition(from, to)
		b.while = &While{Pos: pos, tag: t, Cond: x}
		b.body = &b.while.Body
		p.add(b.while)
	case "try":
		if from < to {
			p.reject(unsupportedAt(from, "Invalid control block: try %s", p.src[from:to]))
		}
		b.try = &Try{Pos: pos}
		b.body = &b.try.Body
		p.add(b.try)
	}
	if b.if_ != nil {
		b.body = &b.if_.Branches[0].Body
	}
	if len(p.blocks) == maxBlocks+1 {
		p.reject(syntaxAt(it.Start, "too many levels of indentation: statements nest more than %d deep", maxBlocks))
	}
	p.blocks = append(p.blocks, b)
}

func (p *parser) forLoop(pos Pos, from, to int) *For {
	f := &For{Pos: pos, tag: tag{Source: p.src[from:to]}}
	q := newExprParser(p.src, from, to)
	var err *Error
	if f.Target, err = q.target(); err == nil && !q.word("in") {
		err = q.unexpected()
	}
	if err == nil {
		q.advance()
		if f.Iter, err = q.exprList(); err == nil {
			err = q.endOfControl(f.Source)
		}
	}
	f.Kept = q.sc.comment
	p.reject(err)
	return f
}

// middle handles what stands between the beginning and the end of a statement.
func (p *parser) middle(it Item, word string, from, to int) {
	parents := map[string]string{"else": "if for while try", "elif": "if", "except": "try", "finally": "try"}[word]
	b := p.top()
	line := p.line.at(p.src, it.End)
	if b.word == "" {
		p.fail(it.Start, "", "%s outside {'%s'} block at <string>:%d", word, strings.ReplaceAll(parents, " ", "', '"), line)
		return
	}
	if !strings.Contains(parents, b.word) {
		p.fail(it.Start, "", "%s block cannot be attached to %s block at <string>:%d", word, b.word, line)
		return
	}
	if (word == "else" || word == "finally") && from < to {
		p.reject(unsupportedAt(from, "Invalid control block: %s %s", word, p.src[from:to]))
	}
	if b.final || b.els && word != "finally" {
		p.reject(syntaxAt(it.Start, "invalid syntax: %s after the last part of the %s block", word, b.word))
		return
	}
	switch word {
	case "else":
		p.otherwise(it, b)
	case "elif":
		x, t := p.condition(from, to)
		b.if_.Branches = append(b.if_.Branches, Branch{Pos: Pos(it.Start), tag: t, Cond: x})
		b.body = &b.if_.Branches[len(b.if_.Branches)-1].Body
	case "except":
		b.try.Handlers = append(b.try.Handlers, p.handler(it, from, to))
		n := len(b.try.Handlers)
		if n > 1 && b.try.Handlers[n-2].Type == nil {
			p.reject(syntaxAt(b.try.Handlers[n-2].Offset(), "default 'except:' must be last"))
		}
		b.body = &b.try.Handlers[n-1].Body
	case "finally":
		b.final = true
		b.try.Finally = new(Block)
		b.body = b.try.Finally
	}
}

// otherwise begins the else of a statement.
func (p *parser) otherwise(it Item, b *open) {
	b.els = true
	b.body = new(Block)
	switch b.word {
	case "if":
		b.if_.Else = b.body
	case "for":
		b.for_.Else = b.body
	case "while":
		b.while.Else = b.body
	case "try":
		if len(b.try.Handlers) == 0 {
			p.reject(syntaxAt(it.Start, "expected 'except' or 'finally' block"))
		}
		b.try.Else = b.body
	}
}

// handler parses the content of {% except %}: nothing, a type, or a type and a name.
func (p *parser) handler(it Item, from, to int) Handler {
	h := Handler{Pos: Pos(it.Start), tag: tag{Source: p.src[from:to]}}
	if from == to {
		return h
	}
	q := newExprParser(p.src, from, to)
	x, err := q.expr()
	if err == nil && q.word("as") {
		q.advance()
		h.Name = q.tok.text
		if q.tok.kind != tokName || isKeyword(h.Name) {
			err = q.unexpected()
		}
		q.advance()
	}
	if err == nil {
		err = q.endOfControl("except " + p.src[from:to])
	}
	p.reject(err)
	h.Type, h.Kept = x, q.sc.comment
	return h
}

// set handles {% set %}: assignments, or an expression for its own sake.
func (p *parser) set(it Item, from, to int) {
	if from == to {
		p.fail(it.Start, "", "set missing statement at <string>:%d", p.line.at(p.src, it.End))
		return
	}
	q := newExprParser(p.src, from, to)
	n := &Assign{Pos: Pos(it.Start), tag: tag{Source: p.src[from:to]}}
	err := q.assignment(n)
	if err == nil && (q.is(";") || q.is(":") || q.tok.kind == tokNewline && q.failed == nil) {
		err = unsupportedAt(q.tok.start, "Invalid set statement: %s", n.Source)
	}
	if err == nil {
		err = q.finish()
	}
	n.Kept = q.sc.comment
	p.reject(err)
	p.add(n)
}

func (p *exprParser) assignment(n *Assign) *Error {
	x, err := p.exprList()
	if err != nil {
		return err
	}
	if p.tok.kind == tokOp && len(p.tok.text) > 1 && strings.HasSuffix(p.tok.text, "=") && !strings.Contains("== != <= >= :=", p.tok.text) {
		if _, ok := x.(*Name); !ok {
			if err := checkTarget(x); err != nil {
				return err
			}
			return syntaxAt(x.Offset(), "illegal expression for augmented assignment")
		}
		n.Targets, n.Op = []Expr{x}, p.tok.text
		p.advance()
		n.X, err = p.exprList()
		return err
	}
	for p.is("=") {
		if err := checkTarget(x); err != nil {
			return err
		}
		n.Targets, n.Op = append(n.Targets, x), "="
		p.advance()
		if x, err = p.exprList(); err != nil {
			return err
		}
	}
	n.X = x
	return nil
}
