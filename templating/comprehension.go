package templating

import "penstock/templating/parse"

// comp compiles a comprehension. Its names live in slots of their own.
func (c *compiler) comp(x *parse.Comp) eval {
	pos := c.pos(x)
	type clause struct {
		iter eval
		set  setter
		ifs  []test
	}
	var clauses []clause
	for i, f := range x.Fors {
		var cl clause
		cl.iter = c.expr(f.Iter) // sees only the names of the clauses before
		scope := make(map[string]int)
		c.compNames(f.Target, scope)
		c.scopes = append(c.scopes, scope)
		cl.set = c.target(x.Fors[i].Target)
		for _, cond := range f.Ifs {
			cl.ifs = append(cl.ifs, c.test(cond))
		}
		clauses = append(clauses, cl)
	}
	elem := c.expr(x.Elem)
	val := constant(none)
	if x.Value != nil {
		val = c.expr(x.Value)
	}
	c.scopes = c.scopes[:len(c.scopes)-len(x.Fors)]
	return func(r *run) (value, *fault) {
		var items []value
		var from *origin
		d := newDict(map[parse.CompKind]kind{parse.SetComp: kSet, parse.DictComp: kDict}[x.Kind])
		var loop func(n int) *fault
		loop = func(n int) *fault {
			if n == len(clauses) {
				v, f := elem(r)
				if f != nil {
					return f
				}
				w, f := val(r)
				if f != nil {
					return f
				}
				if v.hidden() || w.hidden() {
					return secretFault("put into a list")
				}
				if d.kind == kSet || d.kind == kDict {
					return r.put(d.dict(), v, w)
				}
				items = append(items, v)
				return r.grow(2 * valueSize)
			}
			cl := &clauses[n]
			v, f := cl.iter(r)
			if f != nil {
				return f
			}
			from = r.union(from, v.from)
			its, f := r.items(v)
			if f != nil {
				return f
			}
		next:
			for _, it := range its {
				if f := r.turn(); f != nil {
					return f
				}
				if f := cl.set(r, it.with(r.union(v.from, it.from))); f != nil {
					return f
				}
				for _, cond := range cl.ifs {
					ok, f := cond(r)
					if f != nil {
						return f
					}
					if !ok {
						continue next
					}
				}
				if f := loop(n + 1); f != nil {
					return f
				}
			}
			return nil
		}
		if f := loop(0); f != nil {
			return none, f.at(pos)
		}
		if d.kind == kSet || d.kind == kDict {
			return d.with(from), nil
		}
		v, f := r.newList(kList, items)
		return v.with(from), f.at(pos)
	}
}

func (c *compiler) compNames(x parse.Expr, scope map[string]int) {
	switch x := x.(type) {
	case *parse.Name:
		c.checkName(x.Ident, c.pos(x))
		// Slots after those of the template's own names.
		c.t.locals = max(c.t.locals, len(c.locals)) + 1
		scope[x.Ident] = c.t.locals - 1
	case *parse.Seq:
		for _, i := range x.Items {
			c.compNames(i, scope)
		}
	}
}
