package templating

import "penstock/templating/parse"

// walkExprs calls visit for every expression of a block and below, in the order of the source.
func walkExprs(b parse.Block, visit func(parse.Expr)) {
	for _, n := range b {
		switch n := n.(type) {
		case *parse.Print:
			walkExpr(n.X, visit)
		case *parse.Assign:
			walkExpr(n.X, visit)
		case *parse.If:
			for _, br := range n.Branches {
				walkExpr(br.Cond, visit)
				walkExprs(br.Body, visit)
			}
			if n.Else != nil {
				walkExprs(*n.Else, visit)
			}
			continue
		case *parse.For:
			walkExpr(n.Iter, visit)
		case *parse.While:
			walkExpr(n.Cond, visit)
		}
		for _, inner := range blocksOf(n) {
			walkExprs(inner, visit)
		}
	}
}

func walkExpr(x parse.Expr, visit func(parse.Expr)) {
	if x == nil {
		return
	}
	visit(x)
	for _, y := range children(x) {
		walkExpr(y, visit)
	}
}

// children are the parts of an expression, in the order of the source; some may be nil.
func children(x parse.Expr) []parse.Expr {
	switch x := x.(type) {
	case *parse.Seq:
		return x.Items
	case *parse.Dict:
		var out []parse.Expr
		for i := range x.Keys {
			out = append(out, x.Keys[i], x.Values[i])
		}
		return out
	case *parse.Unary:
		return []parse.Expr{x.X}
	case *parse.Binary:
		return []parse.Expr{x.X, x.Y}
	case *parse.Bool:
		return x.Xs
	case *parse.Compare:
		return append([]parse.Expr{x.X}, x.Ys...)
	case *parse.Cond:
		return []parse.Expr{x.Then, x.If, x.Else}
	case *parse.Index:
		return []parse.Expr{x.X, x.I}
	case *parse.Slice:
		return []parse.Expr{x.X, x.Lo, x.Hi, x.Step}
	case *parse.Attr:
		return []parse.Expr{x.X}
	case *parse.Call:
		out := append([]parse.Expr{x.Fn}, x.Args...)
		for _, k := range x.Keywords {
			out = append(out, k.Value)
		}
		return out
	case *parse.Format:
		var out []parse.Expr
		for _, p := range x.Parts {
			if p.X != nil {
				out = append(out, p.X)
			}
		}
		return out
	case *parse.Comp:
		out := []parse.Expr{x.Elem}
		if x.Value != nil {
			out = append(out, x.Value)
		}
		for _, f := range x.Fors {
			out = append(out, f.Iter)
			out = append(out, f.Ifs...)
		}
		return out
	}
	return nil
}
