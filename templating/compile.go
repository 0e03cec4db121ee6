package templating

import (
	"slices"

	"penstock/templating/parse"
)

// An eval is a compiled expression.
type eval func(r *run) (value, *fault)

// A stmt is a compiled statement. jump says that a loop is to be left or continued.
type stmt func(r *run) (jump, *fault)

type jump uint8

const (
	jumpNone jump = iota
	jumpBreak
	jumpContinue
)

// A block is statements one after the other.
type block []item

// An item is a statement, or text of the source that is copied: no more than the source in each turn of a loop, which
// checks how much there is.
type item struct {
	run      stmt // nil for text
	from, to int
}

func (b block) run(r *run) (jump, *fault) {
	for i := range b {
		it := &b[i]
		if it.run == nil {
			r.w.Text(r.t.src, it.from, it.to)
			continue
		}
		if j, f := it.run(r); j != jumpNone || f != nil {
			return j, f
		}
	}
	return jumpNone, nil
}

// A compiler turns a tree into closures.
type compiler struct {
	t       *Template
	offset  int // where the tree's source begins in the node's
	locals  map[string]int
	scopes  []map[string]int // of the comprehensions around, innermost last
	faults  []*fault
	later   []*fault     // mistakes that the reference finds in a later pass
	secrets map[int]bool // the places of the uses of secrets
	places  placer
	params  map[*parse.Call]*paramCall
	and     map[*parse.Call][]term // the terms of the calls of sql_and
	// loose is set where the reference calls an unknown function a value that cannot be called: in statements and in
	// the values of keywords.
	loose bool
}

func newCompiler(t *Template, offset int) *compiler {
	t.byName, t.memo = make(map[string]int), make(map[string]int)
	return &compiler{t: t, offset: offset, locals: make(map[string]int), params: make(map[*parse.Call]*paramCall),
		and: make(map[*parse.Call][]term), secrets: make(map[int]bool), places: placer{src: t.src}}
}

// maxErrors is how many mistakes of one template are reported.
const maxErrors = 100

func (c *compiler) errors() Errors {
	var errs Errors
	for _, f := range c.faults {
		if len(errs) == maxErrors {
			break
		}
		errs = append(errs, newError(c.t.src, f.pos, f.kind, f.msg, f.hint))
	}
	return errs
}

// pos is the place of a node in the node's text.
func (c *compiler) pos(n interface{ Offset() int }) int { return c.offset + n.Offset() }

// reject records a static mistake and gives an expression to go on with.
func (c *compiler) reject(pos int, f *fault) eval {
	c.faults = append(c.faults, f.at(pos))
	return constant(none)
}

func constant(v value) eval { return func(*run) (value, *fault) { return v, nil } }

func (c *compiler) compile(tree *parse.Tree) {
	c.declare(tree.Root)
	c.t.uses = staticUses(tree, c)
	c.t.tables = staticTables(tree)
	c.t.body = c.block(tree.Root)
	c.faults = append(c.faults, c.later...)
	c.later = nil
	c.t.locals = max(c.t.locals, len(c.locals))
	c.prepare()
	for _, u := range c.t.uses {
		if clashes(u.name) && !slices.Contains(c.t.clashes, u.name) {
			c.t.clashes = append(c.t.clashes, u.name)
		}
	}
	if len(c.t.params) > 0 {
		c.t.every = (*origin)(&c.t.params)
	}
	c.checkContexts(tree.Root)
}

// declare finds the names that are assigned anywhere: they are local everywhere.
func (c *compiler) declare(b parse.Block) {
	for _, n := range b {
		switch n := n.(type) {
		case *parse.Assign:
			for _, t := range n.Targets {
				c.declareTarget(t)
			}
		case *parse.For:
			c.declareTarget(n.Target)
		case *parse.Try:
			for _, h := range n.Handlers {
				if h.Name != "" {
					c.declareName(h.Name, c.pos(h))
				}
			}
		}
		for _, b := range blocksOf(n) {
			c.declare(b)
		}
	}
}

// blocksOf are the blocks in a statement, in the order of the source.
func blocksOf(n parse.Node) []parse.Block {
	var out []parse.Block
	opt := func(b *parse.Block) {
		if b != nil {
			out = append(out, *b)
		}
	}
	switch n := n.(type) {
	case *parse.If:
		for _, b := range n.Branches {
			out = append(out, b.Body)
		}
		opt(n.Else)
	case *parse.For:
		out = append(out, n.Body)
		opt(n.Else)
	case *parse.While:
		out = append(out, n.Body)
		opt(n.Else)
	case *parse.Try:
		out = append(out, n.Body)
		for _, h := range n.Handlers {
			out = append(out, h.Body)
		}
		opt(n.Else)
		opt(n.Finally)
	}
	return out
}

func (c *compiler) declareTarget(x parse.Expr) {
	switch x := x.(type) {
	case *parse.Name:
		c.declareName(x.Ident, c.pos(x))
	case *parse.Seq:
		for _, i := range x.Items {
			c.declareTarget(i)
		}
	}
}

func (c *compiler) declareName(name string, pos int) {
	c.checkName(name, pos)
	if _, ok := c.locals[name]; !ok {
		c.locals[name] = len(c.locals)
	}
}

func (c *compiler) block(b parse.Block) block {
	var out block
	for _, n := range b {
		if t, ok := n.(*parse.Text); ok && t.Space == parse.SpaceAll {
			out = append(out, item{from: c.pos(t), to: c.offset + t.End})
		} else if s := c.node(n); s != nil {
			out = append(out, item{run: s})
		}
	}
	return out
}

func (c *compiler) node(n parse.Node) stmt {
	c.loose = true
	switch n := n.(type) {
	case *parse.Text:
		return c.generated(c.pos(n), n.Text) // folded white space
	case *parse.Escape:
		return c.generated(c.pos(n), n.Braces)
	case *parse.Print:
		c.loose = false
		return c.print(n)
	case *parse.Assign:
		return c.assign(n)
	case *parse.If:
		return c.ifElse(n)
	case *parse.For:
		return c.forLoop(n)
	case *parse.While:
		return c.while(n)
	case *parse.Try:
		return c.try(n)
	case *parse.Jump:
		j := jumpBreak
		if n.Word == "continue" {
			j = jumpContinue
		}
		return func(*run) (jump, *fault) { return j, nil }
	}
	return nil // comments and white space modes do nothing
}

func (c *compiler) generated(pos int, s string) stmt {
	src := c.t.src
	return func(r *run) (jump, *fault) {
		r.w.Close(src, pos, nil, append(r.w.Open(), s...))
		return jumpNone, r.checkOutput()
	}
}

func (r *run) checkOutput() *fault {
	if r.w.Len() > r.most {
		return overLimit("bytes of SQL", r.in.Limits.Output)
	}
	return nil
}

func (c *compiler) print(n *parse.Print) stmt {
	pos := c.pos(n)
	x := c.exprOrSecret(n.X)
	c.noteExtension(n)
	source := n.Source
	if call, ok := n.X.(*parse.Call); ok {
		if p := c.params[call]; p != nil {
			return p.print(pos, source)
		}
	}
	short := c.appender(n.X)
	return func(r *run) (jump, *fault) {
		if short != nil {
			sql, from, ok, f := short(r, r.w.Open())
			if f != nil {
				return jumpNone, f.at(pos)
			}
			if ok {
				r.w.Close(r.t.src, pos, from, sql)
				return jumpNone, r.checkOutput()
			}
		}
		v, f := x(r)
		if f == nil {
			f = r.print(pos, v, source)
		}
		if f != nil {
			return jumpNone, f.at(pos)
		}
		return jumpNone, r.checkOutput()
	}
}

func (c *compiler) ifElse(n *parse.If) stmt {
	conds := make([]test, len(n.Branches))
	bodies := make([]block, len(n.Branches))
	for i, b := range n.Branches {
		c.loose = true
		conds[i] = c.test(b.Cond)
		bodies[i] = c.block(b.Body)
	}
	var els block
	if n.Else != nil {
		els = c.block(*n.Else)
	}
	return func(r *run) (jump, *fault) {
		if f := r.step(); f != nil {
			return jumpNone, f
		}
		for i, cond := range conds {
			ok, f := cond(r)
			if f != nil {
				return jumpNone, f
			}
			if ok {
				return bodies[i].run(r)
			}
		}
		return els.run(r)
	}
}

// A setter assigns a value to a target.
type setter func(r *run, v value) *fault

func (c *compiler) target(x parse.Expr) setter {
	switch x := x.(type) {
	case *parse.Name:
		i := c.locals[x.Ident]
		if s := c.scoped(x.Ident); s >= 0 {
			i = s
		}
		return func(r *run, v value) *fault {
			r.locals[i] = v
			return nil
		}
	case *parse.Seq:
		parts := make([]setter, len(x.Items))
		for i, it := range x.Items {
			parts[i] = c.target(it)
		}
		return func(r *run, v value) *fault { return r.unpack(parts, v) }
	}
	return func(*run, value) *fault { panic("templating: unreachable: the parser checks targets") }
}

func (r *run) unpack(parts []setter, v value) *fault {
	if !v.isSeq() && !v.isStr() && v.kind != kDict && v.kind != kSet && v.kind != kMissing {
		if v.hidden() {
			return secretFault("taken apart")
		}
		return badType("cannot unpack non-iterable %s object", v.typeName())
	}
	items, f := r.items(v)
	if f != nil {
		return f
	}
	if len(items) < len(parts) {
		return faultf(KindRuntime, "ValueError", "not enough values to unpack (expected %d, got %d)", len(parts), len(items))
	}
	if len(items) > len(parts) {
		return faultf(KindRuntime, "ValueError", "too many values to unpack (expected %d)", len(parts))
	}
	for i, set := range parts {
		if f := set(r, items[i].with(r.union(v.from, items[i].from))); f != nil {
			return f
		}
	}
	return nil
}

func (c *compiler) assign(n *parse.Assign) stmt {
	pos := c.pos(n)
	var x eval
	if n.Op == "" || n.Op == "=" {
		x = c.exprOrSecret(n.X)
	} else {
		b := &parse.Binary{Pos: parse.Pos(n.X.Offset()), Op: n.Op[:len(n.Op)-1], X: n.Targets[0], Y: n.X, At: n.X.Offset()}
		x = c.expr(b)
	}
	sets := make([]setter, len(n.Targets))
	for i, t := range n.Targets {
		sets[i] = c.target(t)
	}
	return func(r *run) (jump, *fault) {
		v, f := x(r)
		if f != nil {
			return jumpNone, f.at(pos)
		}
		for _, set := range sets {
			if f := set(r, v); f != nil {
				return jumpNone, f.at(pos)
			}
		}
		return jumpNone, r.step()
	}
}
