package templating

import (
	"penstock/templating/parse"
)

// A use is one mention of a parameter, found without running.
type use struct {
	name  string
	typ   string
	def   any
	words map[string]any // the keywords as written, but default
	typed bool           // an argument of a type function
	call  bool           // only an argument of a function such as defined or column
	bare  bool           // all of a {{ }}
	head  int            // the number of the block in whose head it stands; 0 for none
	as    string         // the type that the tag uses the name as, after all
	quiet bool           // an argument of Int or Integer, which the reference does not list
	pos   int
}

// staticUses lists the uses of names in the order of the reference, which decides what a parameter is prepared as: what
// stands in a block comes before its condition or sequence, elif and else with their bodies among it, and within an
// expression what is nested less comes first.
func staticUses(tree *parse.Tree, c *compiler) []use {
	w := &useWalker{c: c}
	w.block(tree.Root)
	return w.finish()
}

type useWalker struct {
	c     *compiler
	uses  []use
	queue []parse.Expr // of the expression that is walked, what is still to be looked at
	head  int          // the number of the block whose head is walked, from 1; 0 for none
	spans [][2]int     // by the number of the block: its uses, those of its head included
}

func (w *useWalker) add(u use) {
	u.head = w.head
	w.uses = append(w.uses, u)
}

func (w *useWalker) block(b parse.Block) {
	for _, n := range b {
		w.node(n)
	}
}

func (w *useWalker) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.Print:
		if x, ok := n.X.(*parse.Name); ok {
			w.add(use{name: x.Ident, typ: "String", bare: true, pos: w.c.pos(x)})
			return
		}
		w.walk(n.X)
	case *parse.Assign:
		w.walk(append(append([]parse.Expr(nil), n.Targets...), n.X)...)
	case *parse.If:
		w.guarded(func() {
			for i, b := range n.Branches {
				if i > 0 {
					w.walk(b.Cond)
				}
				w.block(b.Body)
			}
			w.optional(n.Else)
		}, n.Branches[0].Cond)
	case *parse.For:
		w.guarded(func() {
			w.block(n.Body)
			w.optional(n.Else)
		}, n.Target, n.Iter)
	case *parse.While:
		w.guarded(func() {
			w.block(n.Body)
			w.optional(n.Else)
		}, n.Cond)
	case *parse.Try:
		w.block(n.Body)
		for _, h := range n.Handlers {
			w.block(h.Body)
		}
		w.optional(n.Else)
		w.optional(n.Finally)
	}
}

// walk looks at the expressions of one tag. Of several uses of a name in them the last is the one that decides.
func (w *useWalker) walk(xs ...parse.Expr) {
	w.queue = append(w.queue[:0], xs...)
	from := len(w.uses)
	for i := 0; i < len(w.queue); i++ {
		w.visit(w.queue[i])
	}
	tag := w.uses[from:]
	for i := range tag {
		for j := range tag {
			if tag[j].name == tag[i].name && !tag[j].quiet {
				tag[i].as = tag[j].typ
			}
		}
	}
}

// expr looks at what is nested in the expression that is walked, in its turn.
func (w *useWalker) expr(x parse.Expr) { w.queue = append(w.queue, x) }

func (w *useWalker) optional(b *parse.Block) {
	if b != nil {
		w.block(*b)
	}
}

// guarded walks a block and then its head, and notes which uses lie in both.
func (w *useWalker) guarded(body func(), head ...parse.Expr) {
	w.spans = append(w.spans, [2]int{})
	n, from, outer := len(w.spans), len(w.uses), w.head
	w.head = 0
	body()
	w.head = n
	w.walk(head...)
	w.spans[n-1], w.head = [2]int{from, len(w.uses)}, outer
}

// finish drops the uses in defined() and the like in the head of a block that has a typed use of the name.
func (w *useWalker) finish() []use {
	var out []use
	typed := make(map[int]map[string]bool) // by the number of the block
	for _, u := range w.uses {
		if u.call && u.head > 0 {
			if typed[u.head] == nil {
				typed[u.head] = w.typedWithin(u.head)
			}
			if typed[u.head][u.name] {
				continue
			}
		}
		out = append(out, u)
	}
	return out
}

// typedWithin are the names that have a typed use in a block.
func (w *useWalker) typedWithin(block int) map[string]bool {
	names := make(map[string]bool)
	s := w.spans[block-1]
	for _, u := range w.uses[s[0]:s[1]] {
		if u.typed {
			names[u.name] = true
		}
	}
	return names
}

func (w *useWalker) exprs(xs []parse.Expr) {
	for _, x := range xs {
		w.expr(x)
	}
}

func (w *useWalker) visit(x parse.Expr) {
	switch x := x.(type) {
	case *parse.Name:
		w.add(use{name: x.Ident, typ: "String", pos: w.c.pos(x)})
	case *parse.Seq:
		w.exprs(x.Items)
	case *parse.Dict:
		w.exprs(x.Keys)
		w.exprs(x.Values)
	case *parse.Unary:
		w.expr(x.X)
	case *parse.Binary:
		w.expr(x.X)
		w.expr(x.Y)
	case *parse.Bool:
		w.exprs(x.Xs)
	case *parse.Compare:
		w.expr(x.X)
		w.exprs(x.Ys)
	case *parse.Cond:
		w.expr(x.If)
		w.expr(x.Then)
		w.expr(x.Else)
	case *parse.Index:
		w.expr(x.X)
		w.expr(x.I)
	case *parse.Slice:
		for _, p := range []parse.Expr{x.X, x.Lo, x.Hi, x.Step} {
			if p != nil {
				w.expr(p)
			}
		}
	case *parse.Attr:
		w.expr(x.X)
	case *parse.Format:
		for _, p := range x.Parts {
			if p.X != nil {
				w.expr(p.X)
			}
		}
	case *parse.Comp:
		w.expr(x.Elem)
		if x.Value != nil {
			w.expr(x.Value)
		}
		for _, f := range x.Fors {
			w.expr(f.Iter)
			w.exprs(f.Ifs)
		}
	case *parse.Call:
		w.call(x)
	}
}

func (w *useWalker) call(x *parse.Call) {
	fn, ok := x.Fn.(*parse.Name)
	if !ok {
		if a, isAttr := x.Fn.(*parse.Attr); isAttr {
			w.expr(a.X)
		}
		w.rest(x.Args, x.Keywords, false)
		return
	}
	switch fn.Ident {
	case "defined", "column", "columns", "split_to_array", "enumerate_with_last", "day_diff", "date_diff_in_days",
		"date_diff_in_hours", "date_diff_in_minutes", "date_diff_in_seconds", "sql_unescape":
		if len(x.Args) > 0 {
			if n, ok := x.Args[0].(*parse.Name); ok {
				w.add(use{name: n.Ident, typ: "String", call: true, pos: w.c.pos(n)})
			} else {
				w.expr(x.Args[0])
			}
			w.rest(x.Args[1:], x.Keywords, true)
		}
		return
	case "sql_and":
		w.rest(x.Args, x.Keywords, false)
		return
	}
	if typ := documentedType(fn.Ident); typ != "" && len(x.Args) > 0 {
		w.typed(x, typ)
		return
	}
	w.rest(x.Args, x.Keywords, true)
}

// rest walks arguments; plain names among them are no uses when skip is set.
func (w *useWalker) rest(args []parse.Expr, keywords []*parse.Keyword, skip bool) {
	for _, a := range args {
		if _, ok := a.(*parse.Name); ok && skip {
			continue
		}
		w.expr(a)
	}
	for _, k := range keywords {
		w.expr(k.Value)
	}
}

// documentedType is the type that a call shows in the documentation; "" for other functions.
func documentedType(name string) string {
	switch name {
	case "Int", "Integer":
		return "Int32"
	case "Array", "Boolean", "JSON":
		return name
	}
	if scalar(name) != nil {
		return name
	}
	return ""
}

func isInt(x *parse.Call) bool {
	fn, _ := x.Fn.(*parse.Name)
	return fn != nil && (fn.Ident == "Int" || fn.Ident == "Integer")
}

func (w *useWalker) typed(x *parse.Call, typ string) {
	u := use{typ: typ, typed: true, words: make(map[string]any), quiet: isInt(x)}
	rest := x.Args[1:]
	if typ == "Array" {
		item := "String"
		if len(rest) > 0 {
			if c, ok := rest[0].(*parse.Const); ok && c.Kind == parse.Str {
				item = c.Str
			} else if n, ok := rest[0].(*parse.Name); ok {
				item = n.Ident
			}
			rest = rest[1:]
		}
		u.typ = "Array(" + item + ")"
	}
	if len(rest) > 0 {
		u.def = staticValue(rest[0])
	}
	for _, k := range x.Keywords {
		switch k.Name {
		case "default":
			u.def = staticValue(k.Value)
		default:
			u.words[k.Name] = staticValue(k.Value)
		}
	}
	switch a := x.Args[0].(type) {
	case *parse.Name:
		u.name, u.pos = a.Ident, w.c.pos(a)
		w.add(u)
	case *parse.Const:
		// A constant is checked, but it is nobody's parameter.
	default:
		w.expr(a)
	}
	w.rest(rest, x.Keywords, false)
}

// staticValue is a value that can be read without running: a constant, a list of such, the name of a name, or of an
// operation the first constant in it. Of a call nothing is known.
func staticValue(x parse.Expr) any {
	switch x := x.(type) {
	case *parse.Const:
		switch x.Kind {
		case parse.Str:
			return x.Str
		case parse.True, parse.False:
			return x.Kind == parse.True
		case parse.Int:
			if x.Int.IsInt64() {
				return x.Int.Int64()
			}
			return x.Int.String()
		case parse.Float:
			return x.Float
		}
	case *parse.Name:
		return x.Ident
	case *parse.Seq:
		items := make([]any, len(x.Items))
		for i, it := range x.Items {
			items[i] = staticValue(it)
		}
		return items
	case *parse.Unary:
		if x.Op == "-" {
			switch v := staticValue(x.X).(type) {
			case int64:
				return -v
			case float64:
				return -v
			}
		}
		return staticValue(x.X)
	case *parse.Binary:
		return staticValue(x.X)
	}
	return nil
}

// staticTables are the constant names given to table(), each once.
func staticTables(tree *parse.Tree) []string {
	var out []string
	seen := make(map[string]bool)
	walkExprs(tree.Root, func(x parse.Expr) {
		call, ok := x.(*parse.Call)
		if !ok || len(call.Args) == 0 {
			return
		}
		fn, ok := call.Fn.(*parse.Name)
		arg, isConst := call.Args[0].(*parse.Const)
		if ok && fn.Ident == "table" && isConst && arg.Kind == parse.Str && !seen[arg.Str] {
			seen[arg.Str] = true
			out = append(out, arg.Str)
		}
	})
	return out
}

// Tables are the names given to table() as constants, in the order of the source.
func (t *Template) Tables() []string { return append([]string(nil), t.tables...) }

// prepare decides which parameters are lists everywhere: those whose first use is an Array.
func (c *compiler) prepare() {
	c.t.preps = make([]*arrayType, len(c.t.params))
	c.t.nones = make([]value, len(c.t.params))
	for i, o := range c.t.origins {
		c.t.nones[i] = none.with(o)
	}
	seen := make(map[string]bool)
	for _, u := range c.t.uses {
		if u.bare || u.quiet || seen[u.name] {
			continue
		}
		seen[u.name] = true
		n, ok := c.t.byName[u.name]
		if ok && len(u.as) > 6 && u.as[:6] == "Array(" {
			if t := arrayTypeOf(u.as[6 : len(u.as)-1]); t.kind != itemSymbol {
				c.t.preps[n] = t
			}
		}
	}
}
