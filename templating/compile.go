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

// An item is text of the source and a statement behind it, of which one may be missing. What templates are mostly made of,
// text and plain tags, is written together and without a call of a closure.
type item struct {
	text  string // copied: no more than the source in each turn of a loop, which checks how much there is
	from  int    // where text stands in the source
	at    int    // where the statement does
	ident *ident
	head  string // text and the beginning of ident
	call  *paramCall
	local *localTest
	body  block // behind {% if local %}
	only  bool  // body is nothing but text
	run   stmt  // for all other statements, and for plain ones whose values are not
}

func (it *item) isText() bool { return it.local == nil && it.run == nil }

func (b block) run(r *run) (jump, *fault) {
	for i := range b {
		it := &b[i]
		var sql []byte
		var from *origin
		ok := false
		switch {
		case it.ident != nil:
			sql, from, ok = it.ident.finish(r, append(r.w.Open(), it.head...))
		case it.call != nil:
			sql, from, ok = it.call.print(r, append(r.w.Open(), it.text...))
		}
		if ok {
			r.w.CopyClose(r.src, it.from, len(it.text), it.at, from, sql)
			if f := r.checkOutput(); f != nil {
				return jumpNone, f
			}
			continue
		}
		if it.text != "" {
			r.w.Copy(r.src, it.from, it.text)
		}
		if it.local != nil {
			ok, f := it.local.holds(r)
			if f == nil {
				f = r.step()
			}
			if f != nil {
				return jumpNone, f
			}
			if !ok {
				continue
			}
			if it.only {
				text := &it.body[0]
				r.w.Copy(r.src, text.from, text.text)
				continue
			}
			if j, f := it.body.run(r); j != jumpNone || f != nil {
				return j, f
			}
			continue
		}
		if it.run == nil {
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
	// printed is set in what a tag prints.
	printed bool
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
	c.prepare(tree)
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
	var it item
	for _, n := range b {
		if t, ok := n.(*parse.Text); ok && t.Space == parse.SpaceAll {
			if it.text != "" {
				out = append(out, it)
			}
			it = item{from: c.pos(t), text: c.t.src.Text[c.pos(t) : c.offset+t.End]}
			continue
		}
		if c.statement(n, &it) {
			out = append(out, it)
			it = item{}
		}
	}
	if it.text != "" {
		out = append(out, it)
	}
	return out
}

// statement compiles a statement into it; false when there is nothing to do.
func (c *compiler) statement(n parse.Node, it *item) bool {
	it.at = c.pos(n)
	switch n := n.(type) {
	case *parse.Print:
		it.run = c.node(n)
		if call, ok := n.X.(*parse.Call); ok {
			it.call = c.params[call]
		}
		if it.ident = c.ident(n.X); it.ident != nil {
			it.head = it.text + it.ident.open
		}
	case *parse.If:
		if it.local = c.localIf(n); it.local != nil {
			it.body = c.block(n.Branches[0].Body)
			it.only = len(it.body) == 1 && it.body[0].isText()
			return true
		}
		it.run = c.node(n)
	default:
		it.run = c.node(n)
	}
	return it.run != nil
}

func (c *compiler) node(n parse.Node) stmt {
	c.loose, c.printed = true, false
	switch n := n.(type) {
	case *parse.Text:
		return c.generated(c.pos(n), n.Text) // folded white space
	case *parse.Escape:
		return c.generated(c.pos(n), n.Braces)
	case *parse.Print:
		c.loose, c.printed = false, true
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
	return func(r *run) (jump, *fault) {
		r.w.Close(r.src, pos, nil, append(r.w.Open(), s...))
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
	short := c.appender(n.X)
	return func(r *run) (jump, *fault) {
		if short != nil {
			sql, from, ok, f := short(r, r.w.Open())
			if f != nil {
				return jumpNone, f.at(pos)
			}
			if ok {
				r.w.Close(r.src, pos, from, sql)
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

// localIf is the condition of {% if local %} or {% if not local %} without other branches; nil for others.
func (c *compiler) localIf(n *parse.If) *localTest {
	if len(n.Branches) > 1 || n.Else != nil {
		return nil
	}
	c.loose, c.printed = true, false
	switch x := n.Branches[0].Cond.(type) {
	case *parse.Name:
		return c.localTest(x, false)
	case *parse.Unary:
		if name, ok := x.X.(*parse.Name); ok && x.Op == "not" {
			return c.localTest(name, true)
		}
	}
	return nil
}

func (c *compiler) ifElse(n *parse.If) stmt {
	conds := make([]test, len(n.Branches))
	bodies := make([]block, len(n.Branches))
	for i, b := range n.Branches {
		c.loose, c.printed = true, false
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
