package templating

import (
	"math/big"

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
	block int            // the number of the statement that a defined() guards; 0 for none
	head  int            // the number of the if, for or while in whose head it stands; 0 for none
	pos   int
}

// staticUses lists the uses of names in the order of the source.
func staticUses(tree *parse.Tree, c *compiler) []use {
	w := &useWalker{c: c}
	w.block(tree.Root)
	return w.finish()
}

type useWalker struct {
	c      *compiler
	uses   []use
	blocks int
	within []int // the statements around, innermost last
	spans  [][2]int
	head   int      // the statement whose head is walked
	heads  [][2]int // the uses of each statement with a head
}

func (w *useWalker) add(u use) {
	if n := len(w.within); n > 0 {
		u.block = w.within[n-1]
	}
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
		w.expr(n.X)
	case *parse.Assign:
		for _, t := range n.Targets {
			w.expr(t)
		}
		w.expr(n.X)
	case *parse.If:
		w.headed(func(head func(...parse.Expr)) {
			for i, b := range n.Branches {
				w.guarded(func() {
					if i == 0 {
						head(b.Cond)
					} else {
						w.expr(b.Cond)
					}
					w.block(b.Body)
				})
			}
			w.optional(n.Else)
		})
	case *parse.For:
		w.headed(func(head func(...parse.Expr)) {
			w.guarded(func() {
				head(n.Target, n.Iter)
				w.block(n.Body)
			})
			w.optional(n.Else)
		})
	case *parse.While:
		w.headed(func(head func(...parse.Expr)) {
			w.guarded(func() {
				head(n.Cond)
				w.block(n.Body)
			})
			w.optional(n.Else)
		})
	case *parse.Try:
		w.block(n.Body)
		for _, h := range n.Handlers {
			w.block(h.Body)
		}
		w.optional(n.Else)
		w.optional(n.Finally)
	}
}

func (w *useWalker) optional(b *parse.Block) {
	if b != nil {
		w.block(*b)
	}
}

// guarded walks one branch of a statement and notes which uses lie in it.
func (w *useWalker) guarded(walk func()) {
	w.blocks++
	n := w.blocks
	w.within = append(w.within, n)
	from := len(w.uses)
	w.spans = append(w.spans, [2]int{})
	walk()
	w.spans[n-1] = [2]int{from, len(w.uses)}
	w.within = w.within[:len(w.within)-1]
}

// headed walks a statement whose head is walked by the function that walk is given.
func (w *useWalker) headed(walk func(head func(...parse.Expr))) {
	w.heads = append(w.heads, [2]int{})
	n, from := len(w.heads), len(w.uses)
	walk(func(xs ...parse.Expr) {
		w.head = n
		w.exprs(xs)
		w.head = 0
	})
	w.heads[n-1] = [2]int{from, len(w.uses)}
}

// givesWay tells that the type of a use in the head of a statement is one to test by: the statement itself uses the name as
// another, as in {% if String(ids) != 'all' %} … {{Array(ids, 'Int32')}}, and the reference documents that one.
func (w *useWalker) givesWay(i int, last map[int]map[string]int) bool {
	u := &w.uses[i]
	if u.head == 0 || !u.typed {
		return false
	}
	if last[u.head] == nil {
		last[u.head] = make(map[string]int)
		for j := w.heads[u.head-1][0]; j < w.heads[u.head-1][1]; j++ {
			if v := &w.uses[j]; v.typed && (v.head == 0 || v.head == u.head) {
				last[u.head][v.name] = j
			}
		}
	}
	j := last[u.head][u.name]
	return j > i && w.uses[j].typ != u.typ
}

// finish drops the uses in defined() where the same branch has a typed use of the name.
func (w *useWalker) finish() []use {
	var out []use
	last := make(map[int]map[string]int)   // by the number of the statement: the last typed use of a name
	typed := make(map[int]map[string]bool) // by the number of the branch
	for i, u := range w.uses {
		if w.givesWay(i, last) {
			u.typed, u.def = false, nil
		}
		if u.call && u.block > 0 {
			if typed[u.block] == nil {
				typed[u.block] = w.typedWithin(u.block)
			}
			if typed[u.block][u.name] {
				continue
			}
		}
		out = append(out, u)
	}
	return out
}

// typedWithin are the names that have a typed use in a branch.
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

func (w *useWalker) expr(x parse.Expr) {
	switch x := x.(type) {
	case nil: // an end of a slice that is not given
	case *parse.Name:
		w.add(use{name: x.Ident, typ: "String", pos: w.c.pos(x)})
	case *parse.Call:
		w.call(x)
	default:
		w.exprs(children(x))
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
	switch {
	case looksAt(fn.Ident):
		if len(x.Args) > 0 {
			if n, ok := x.Args[0].(*parse.Name); ok {
				w.add(use{name: n.Ident, typ: "String", call: true, pos: w.c.pos(n)})
			} else {
				w.expr(x.Args[0])
			}
			w.rest(x.Args[1:], x.Keywords, true)
		}
		return
	case fn.Ident == "sql_and":
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

func (w *useWalker) typed(x *parse.Call, typ string) {
	u := use{typ: typ, typed: true, words: make(map[string]any)}
	rest := x.Args[1:]
	if typ == "Array" {
		item, after := itemNamed(x)
		rest = after
		u.typ = "Array(" + item + ")"
	}
	if len(rest) > 0 {
		u.def = staticValue(rest[0])
	}
	for _, k := range x.Keywords {
		switch k.Name {
		case "default":
			u.def = staticValue(k.Value)
		case "type": // for the documentation only
			if t, ok := staticValue(k.Value).(string); ok {
				u.typ = t
			}
		default:
			u.words[k.Name] = staticValue(k.Value)
		}
	}
	// The reference lists what is called in a keyword before the call around it.
	var plain []*parse.Keyword
	for _, k := range x.Keywords {
		if _, isCall := k.Value.(*parse.Call); isCall {
			w.expr(k.Value)
		} else {
			plain = append(plain, k)
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
	w.rest(rest, plain, false)
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
			return staticInt(x.Int)
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
			if c, ok := x.X.(*parse.Const); ok && c.Kind == parse.Int { // the least of a type has no positive
				return staticInt(new(big.Int).Neg(c.Int))
			}
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

func staticInt(n *big.Int) any {
	if n.IsInt64() {
		return n.Int64()
	}
	return n.String()
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
