package parse

import "strings"

// The binding of operators, from the loosest to the tightest.
const (
	bindCond = iota
	bindOr
	bindAnd
	bindNot
	bindCompare
	bindBinary // to bindBinary+5, in the order of levels
	bindUnary  = bindBinary + 6
	bindPower  = bindUnary + 1
	bindAtom   = bindPower + 1
)

func binding(x Expr) int {
	switch x := x.(type) {
	case *Cond:
		return bindCond
	case *Bool:
		if x.Op == "or" {
			return bindOr
		}
		return bindAnd
	case *Unary:
		if x.Op == "not" {
			return bindNot
		}
		return bindUnary
	case *Compare:
		return bindCompare
	case *Binary:
		if x.Op == "**" {
			return bindPower
		}
		for i, ops := range levels {
			if contains(ops, x.Op) {
				return bindBinary + i
			}
		}
	}
	return bindAtom
}

// at prints x, in brackets when it binds looser than its place.
func at(place int, x Expr) string {
	if binding(x) < place {
		return "(" + x.String() + ")"
	}
	return x.String()
}

// bare prints a tuple without its brackets where the language needs none.
func bare(x Expr) string {
	s, ok := x.(*Seq)
	if !ok || s.Kind != Tuple || len(s.Items) < 2 {
		return x.String()
	}
	return list(s.Items)
}

func list(xs []Expr) string {
	parts := make([]string, len(xs))
	for i, x := range xs {
		parts[i] = x.String()
	}
	return strings.Join(parts, ", ")
}

func (x *Const) String() string  { return x.Raw }
func (x *Name) String() string   { return x.Ident }
func (x *Format) String() string { return x.Raw }

func (x *Seq) String() string {
	switch {
	case x.Kind == List:
		return "[" + list(x.Items) + "]"
	case x.Kind == Set:
		return "{" + list(x.Items) + "}"
	case len(x.Items) == 1:
		return "(" + list(x.Items) + ",)"
	}
	return "(" + list(x.Items) + ")"
}

func (x *Dict) String() string {
	parts := make([]string, len(x.Keys))
	for i, k := range x.Keys {
		parts[i] = k.String() + ": " + x.Values[i].String()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (x *Unary) String() string {
	if x.Op == "not" {
		return "not " + at(bindNot, x.X)
	}
	return x.Op + at(bindUnary, x.X)
}

func (x *Binary) String() string {
	if x.Op == "**" {
		// The right operand may be a unary minus or another power; the left one may not.
		return at(bindAtom, x.X) + " ** " + at(bindUnary, x.Y)
	}
	b := binding(x)
	return at(b, x.X) + " " + x.Op + " " + at(b+1, x.Y)
}

func (x *Bool) String() string {
	b := binding(x)
	parts := make([]string, len(x.Xs))
	for i, o := range x.Xs {
		parts[i] = at(b+1, o)
	}
	return strings.Join(parts, " "+x.Op+" ")
}

func (x *Compare) String() string {
	s := at(bindBinary, x.X)
	for i, op := range x.Ops {
		s += " " + op + " " + at(bindBinary, x.Ys[i])
	}
	return s
}

func (x *Cond) String() string {
	return at(bindOr, x.Then) + " if " + at(bindOr, x.If) + " else " + x.Else.String()
}

func (x *Index) String() string { return primary(x.X) + "[" + bare(x.I) + "]" }

func (x *Slice) String() string {
	part := func(e Expr) string {
		if e == nil {
			return ""
		}
		return bare(e)
	}
	s := primary(x.X) + "[" + part(x.Lo) + ":" + part(x.Hi)
	if x.Step != nil {
		s += ":" + part(x.Step)
	}
	return s + "]"
}

// primary prints what something is attached to. A number needs brackets, lest the dot become part of it.
func primary(x Expr) string {
	if c, ok := x.(*Const); ok && (c.Kind == Int || c.Kind == Float) {
		return "(" + c.Raw + ")"
	}
	return at(bindAtom, x)
}

func (x *Attr) String() string { return primary(x.X) + "." + x.Name }

func (x *Keyword) String() string { return x.Name + "=" + x.Value.String() }

func (x *Call) String() string {
	var parts []string
	for _, a := range x.Args {
		if c, ok := a.(*Comp); ok && c.Kind == GenComp && len(x.Args) == 1 && len(x.Keywords) == 0 {
			return primary(x.Fn) + c.String()
		}
		parts = append(parts, a.String())
	}
	for _, k := range x.Keywords {
		parts = append(parts, k.String())
	}
	return primary(x.Fn) + "(" + strings.Join(parts, ", ") + ")"
}

func (x *Comp) String() string {
	s := x.Elem.String()
	if x.Value != nil {
		s += ": " + x.Value.String()
	}
	for _, f := range x.Fors {
		s += " for " + bare(f.Target) + " in " + at(bindOr, f.Iter)
		for _, c := range f.Ifs {
			s += " if " + at(bindOr, c)
		}
	}
	open, end := "[", "]"
	switch x.Kind {
	case SetComp, DictComp:
		open, end = "{", "}"
	case GenComp:
		open, end = "(", ")"
	}
	return open + s + end
}
