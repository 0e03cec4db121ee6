package templating

import (
	"strings"
	"unicode"

	"penstock/templating/parse"
)

// A parameter whose first use is an Array is a list everywhere (see run.prepared). What "first" means is the reference's:
//
//   - what a statement guards comes before its condition; the conditions of elif come where they stand;
//   - a tag has one use of a name. Its expression is read level by level, from the outside; a later use takes the place of
//     an earlier one, but one that only looks at the name, such as defined(a), takes no place of another;
//   - {{ a }} is no use.
//
// An Array whose type is no word prepares nothing: in Array(x, "'a', 'b'") the author took the type for the default.

// firstUses finds the Array, or nil for anything else, that each name is used as first.
func firstUses(b parse.Block) map[string]*parse.Call {
	p := preparation{first: make(map[string]*parse.Call)}
	p.block(b)
	return p.first
}

type preparation struct {
	first map[string]*parse.Call
}

func (p *preparation) block(b parse.Block) {
	for _, n := range b {
		switch n := n.(type) {
		case *parse.Print:
			if _, bare := n.X.(*parse.Name); !bare {
				p.tag(n.X)
			}
		case *parse.Assign:
			p.tag(append(n.Targets[:len(n.Targets):len(n.Targets)], n.X)...)
		case *parse.If:
			for i, br := range n.Branches {
				if i > 0 {
					p.tag(br.Cond)
				}
				p.block(br.Body)
			}
			p.optional(n.Else)
			p.tag(n.Branches[0].Cond)
		case *parse.For:
			p.block(n.Body)
			p.optional(n.Else)
			p.tag(n.Target, n.Iter)
		case *parse.While:
			p.block(n.Body)
			p.optional(n.Else)
			p.tag(n.Cond)
		case *parse.Try:
			p.block(n.Body)
			for _, h := range n.Handlers {
				p.block(h.Body)
			}
			p.optional(n.Else)
			p.optional(n.Finally)
		}
	}
}

func (p *preparation) optional(b *parse.Block) {
	if b != nil {
		p.block(*b)
	}
}

// deeper are expressions that stand some levels below the one that they belong to.
type deeper struct {
	levels int
	xs     []parse.Expr
}

// tag reads the expressions of one tag.
func (p *preparation) tag(xs ...parse.Expr) {
	uses := make(map[string]*parse.Call)
	for level := []deeper{{0, xs}}; len(level) > 0; {
		var next []deeper
		for _, d := range level {
			if d.levels > 0 {
				next = append(next, deeper{d.levels - 1, d.xs})
				continue
			}
			for _, x := range d.xs {
				switch x := x.(type) {
				case nil:
				case *parse.Name:
					uses[x.Ident] = nil
				case *parse.Call:
					next = append(next, called(x, uses)...)
				default:
					next = append(next, inside(x)...)
				}
			}
		}
		level = next
	}
	for name, use := range uses {
		if _, ok := p.first[name]; !ok {
			p.first[name] = use
		}
	}
}

// called notes what a call uses its first argument as, and gives what is to be read further.
func called(x *parse.Call, uses map[string]*parse.Call) []deeper {
	fn, plain := x.Fn.(*parse.Name)
	out := []deeper{{0, nil}}
	if !plain {
		out[0].xs = append(out[0].xs, x.Fn)
	}
	for _, a := range x.Args {
		if _, isName := a.(*parse.Name); !isName || !plain {
			out[0].xs = append(out[0].xs, a)
		}
	}
	for _, k := range x.Keywords {
		out = append(out, deeper{1, []parse.Expr{k.Value}})
	}
	if !plain || len(x.Args) == 0 {
		return out
	}
	a, ok := x.Args[0].(*parse.Name)
	if !ok {
		return out
	}
	switch typ := documentedType(fn.Ident); {
	case typ == "Array":
		uses[a.Ident] = x
	case typ != "" && fn.Ident != "Int" && fn.Ident != "Integer":
		uses[a.Ident] = nil
	case looksAt(fn.Ident):
		if _, ok := uses[a.Ident]; !ok {
			uses[a.Ident] = nil
		}
	}
	return out
}

// looksAt are the functions whose first argument is a use that takes no place of another.
func looksAt(fn string) bool {
	switch fn {
	case "defined", "column", "columns", "split_to_array", "enumerate_with_last", "day_diff", "date_diff_in_days",
		"date_diff_in_hours", "date_diff_in_minutes", "date_diff_in_seconds", "sql_unescape":
		return true
	}
	return false
}

// inside are the parts of an expression that is no call.
func inside(x parse.Expr) []deeper {
	switch x := x.(type) {
	case *parse.Cond:
		return []deeper{{0, []parse.Expr{x.If, x.Then, x.Else}}}
	case *parse.Dict:
		return []deeper{{0, x.Keys}, {0, x.Values}}
	case *parse.Slice:
		return []deeper{{0, []parse.Expr{x.X}}, {1, []parse.Expr{x.Lo, x.Hi, x.Step}}}
	case *parse.Format:
		out := deeper{levels: 1}
		for _, part := range x.Parts {
			out.xs = append(out.xs, part.X)
		}
		return []deeper{out}
	case *parse.Comp:
		out := []deeper{{0, []parse.Expr{x.Elem, x.Value}}}
		for _, f := range x.Fors {
			out = append(out, deeper{1, append([]parse.Expr{f.Iter}, f.Ifs...)})
		}
		return out
	}
	return []deeper{{0, children(x)}}
}

// itemNamed is the type of the items that an Array names, and the arguments after it.
func itemNamed(x *parse.Call) (string, []parse.Expr) {
	if len(x.Args) < 2 {
		return "String", nil
	}
	item := "String"
	switch a := x.Args[1].(type) {
	case *parse.Const:
		if a.Kind == parse.Str {
			item = a.Str
		}
	case *parse.Name:
		item = a.Ident
	}
	return item, x.Args[2:]
}

// isWord tells whether a text is letters, digits and underscores.
func isWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsNumber(c) }) < 0
}

// prepare decides which parameters are lists everywhere.
func (c *compiler) prepare(tree *parse.Tree) {
	c.t.preps = make([]*arrayType, len(c.t.params))
	c.t.nones = make([]value, len(c.t.params))
	for i, o := range c.t.origins {
		if c.t.params[i] != jobTimestamp { // it is never missing
			c.t.nones[i] = none.with(o)
		}
	}
	for name, x := range firstUses(tree.Root) {
		n, ok := c.t.byName[name]
		if !ok || x == nil {
			continue
		}
		item, _ := itemNamed(x)
		if !isWord(item) {
			continue
		}
		if t := arrayTypeOf(item); t.kind != itemSymbol {
			c.t.preps[n] = t
		}
	}
}
