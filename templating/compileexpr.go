package templating

import (
	"time"

	"penstock/templating/parse"
)

// exprOrSecret compiles an expression in a place where a secret may stand whole: what a tag prints, what set assigns,
// the value of a column in sql_and, the default of another secret.
func (c *compiler) exprOrSecret(x parse.Expr) eval {
	switch x := x.(type) {
	case *parse.Cond:
		return c.ternary(x, c.exprOrSecret)
	case *parse.Call:
		if n, ok := x.Fn.(*parse.Name); ok && c.isSecretCall(n) {
			return c.secretCall(x, n.Ident)
		}
	}
	return c.expr(x)
}

func (c *compiler) expr(x parse.Expr) eval {
	switch x := x.(type) {
	case *parse.Const:
		return constant(constValue(x))
	case *parse.Name:
		return c.name(x)
	case *parse.Seq:
		return c.seq(x)
	case *parse.Dict:
		return c.dict(x)
	case *parse.Unary:
		return c.unary(x)
	case *parse.Binary:
		return c.binary(x)
	case *parse.Bool:
		return c.boolean(x)
	case *parse.Compare:
		return c.compare(x)
	case *parse.Cond:
		return c.ternary(x, c.expr)
	case *parse.Index:
		return c.index(x)
	case *parse.Slice:
		return c.slice(x)
	case *parse.Attr:
		return c.attr(x)
	case *parse.Call:
		return c.call(x)
	case *parse.Format:
		return c.format(x)
	case *parse.Comp:
		return c.comp(x)
	}
	return constant(none) // a statement whose expression did not parse
}

func constValue(x *parse.Const) value {
	switch x.Kind {
	case parse.True:
		return boolean(true)
	case parse.False:
		return boolean(false)
	case parse.Int:
		return bigInteger(x.Int)
	case parse.Float:
		return float(x.Float)
	case parse.Str:
		return text(x.Str)
	}
	return none
}

// scoped is the number of a name of a comprehension around; -1 when it is none.
func (c *compiler) scoped(name string) int {
	for i := len(c.scopes) - 1; i >= 0; i-- {
		if n, ok := c.scopes[i][name]; ok {
			return n
		}
	}
	return -1
}

func (c *compiler) name(x *parse.Name) eval {
	pos := c.pos(x)
	c.checkName(x.Ident, pos)
	if n := c.scoped(x.Ident); n >= 0 {
		return func(r *run) (value, *fault) { return r.locals[n], nil }
	}
	if n, ok := c.locals[x.Ident]; ok {
		ident := x.Ident
		return func(r *run) (value, *fault) {
			v := r.locals[n]
			if v.kind == kAbsent {
				return none, faultf(KindBadArgument, "UnboundLocalError", prefix+
					"cannot access local variable '%s' where it is not associated with a value", ident).at(pos)
			}
			return v, nil
		}
	}
	if isFunction(x.Ident) {
		return constant(value{kind: kFunc, s: x.Ident})
	}
	n := c.param(x.Ident)
	return func(r *run) (value, *fault) {
		if v := r.args[n]; v.kind > kLazy {
			return v, nil
		}
		return r.arg(n)
	}
}

// param is the number of a parameter.
func (c *compiler) param(name string) int {
	if n, ok := c.t.byName[name]; ok {
		return n
	}
	n := len(c.t.params)
	c.t.byName[name] = n
	c.t.params = append(c.t.params, name)
	c.t.origins = append(c.t.origins, &origin{name})
	return n
}

// jobTimestamp is the parameter that copy pipes bound their rows with: it is the time of the run when nobody sends it.
const jobTimestamp = "job_timestamp"

// arg is the value of a parameter when it is first asked for.
func (r *run) arg(n int) (value, *fault) {
	name, from := r.t.params[n], r.t.origins[n]
	sent := r.places[n] > 0
	v := none
	switch {
	case !sent && name == jobTimestamp:
		v = value{kind: kStr, s: r.in.now().UTC().Format(time.DateTime), from: from}
	case !sent && r.in.Mode == Validate:
		v = value{kind: kMissing, s: name, from: from}
	case !sent:
		v.from = from
	default:
		var f *fault
		if v, f = r.argValue(r.in.Params[r.places[n]-1].Arg, from); f != nil {
			return none, f
		}
		if t := r.t.preps[n]; t != nil {
			if v, f = r.prepared(t, v); f != nil {
				return none, f
			}
		}
	}
	r.args[n] = v
	return v, nil
}

// argValue is a parameter as it was sent.
func (r *run) argValue(a Arg, from *origin) (value, *fault) {
	if !a.IsList {
		return value{kind: kStr, s: a.Text, from: from}, nil
	}
	items := make([]value, len(a.List))
	for i, s := range a.List {
		items[i] = value{kind: kStr, s: s, from: from}
	}
	v, f := r.newList(kList, items)
	return v.with(from), f
}

// evals evaluates expressions in order and gives their values.
func (r *run) evals(xs []eval) ([]value, *fault) {
	if f := r.grow(len(xs) * valueSize); f != nil {
		return nil, f
	}
	out := make([]value, len(xs))
	for i, x := range xs {
		v, f := x(r)
		if f != nil {
			return nil, f
		}
		out[i] = v
	}
	return out, nil
}

func (c *compiler) exprs(xs []parse.Expr) []eval {
	out := make([]eval, len(xs))
	for i, x := range xs {
		out[i] = c.expr(x)
	}
	return out
}

func (c *compiler) seq(x *parse.Seq) eval {
	items, pos := c.exprs(x.Items), c.pos(x)
	k := map[parse.SeqKind]kind{parse.List: kList, parse.Tuple: kTuple, parse.Set: kSet}[x.Kind]
	return func(r *run) (value, *fault) {
		if f := r.step(); f != nil {
			return none, f
		}
		vs, f := r.evals(items)
		if f != nil {
			return none, f
		}
		for _, v := range vs {
			if v.hidden() {
				return none, secretFault("put into a list").at(pos)
			}
		}
		if k != kSet {
			v, f := r.newList(k, vs)
			return v, f.at(pos)
		}
		d := newDict(kSet)
		for _, v := range vs {
			if f := r.put(d.dict(), v, none); f != nil {
				return none, f.at(pos)
			}
		}
		return d, nil
	}
}

func (c *compiler) dict(x *parse.Dict) eval {
	keys, vals, pos := c.exprs(x.Keys), c.exprs(x.Values), c.pos(x)
	return func(r *run) (value, *fault) {
		d := newDict(kDict)
		for i := range keys {
			k, f := keys[i](r)
			if f != nil {
				return none, f
			}
			v, f := vals[i](r)
			if f != nil {
				return none, f
			}
			if v.hidden() {
				return none, secretFault("put into a dictionary").at(pos)
			}
			if f := r.put(d.dict(), k, v); f != nil {
				return none, f.at(pos)
			}
		}
		return d, r.step()
	}
}

func (c *compiler) unary(x *parse.Unary) eval {
	e, pos, op := c.expr(x.X), c.pos(x), x.Op
	if op == "not" {
		return func(r *run) (value, *fault) {
			v, f := e(r)
			if f != nil {
				return none, f
			}
			if v.hidden() {
				return none, secretFault("tested").at(pos)
			}
			return boolean(!v.truth()).with(v.from), nil
		}
	}
	return func(r *run) (value, *fault) {
		v, f := e(r)
		if f != nil {
			return none, f
		}
		v, f = r.unary(op, v)
		return v, f.at(pos)
	}
}

func (c *compiler) binary(x *parse.Binary) eval {
	a, b, op, pos := c.expr(x.X), c.expr(x.Y), x.Op, c.offset+x.At
	return func(r *run) (value, *fault) {
		if f := r.step(); f != nil {
			return none, f
		}
		v, f := a(r)
		if f != nil {
			return none, f
		}
		w, f := b(r)
		if f != nil {
			return none, f
		}
		v, f = r.binary(op, v, w)
		return v, f.at(pos)
	}
}

// boolean compiles and and or, which give the operand that decided.
func (c *compiler) boolean(x *parse.Bool) eval {
	xs, pos, and := c.exprs(x.Xs), c.pos(x), x.Op == "and"
	return func(r *run) (value, *fault) {
		var v value
		for _, e := range xs {
			var f *fault
			if v, f = e(r); f != nil {
				return none, f
			}
			if v.hidden() {
				return none, secretFault("tested").at(pos)
			}
			if v.truth() != and {
				break
			}
		}
		return v, nil
	}
}

func (c *compiler) compare(x *parse.Compare) eval {
	pos := c.offset + x.At
	first, ys, ops := c.expr(x.X), c.exprs(x.Ys), x.Ops
	return func(r *run) (value, *fault) {
		a, f := first(r)
		if f != nil {
			return none, f
		}
		from := a.from
		for i, op := range ops {
			b, f := ys[i](r)
			if f != nil {
				return none, f
			}
			from = r.union(from, b.from)
			ok, f := r.compare(op, a, b)
			if f != nil {
				return none, f.at(pos)
			}
			if !ok {
				return boolean(false).with(from), nil
			}
			a = b
		}
		return boolean(true).with(from), nil
	}
}

func (r *run) compare(op string, a, b value) (ok bool, f *fault) {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		ok, f = r.equal(a, b)
		return !ok, f
	case "in":
		return r.contains(b, a)
	case "not in":
		ok, f = r.contains(b, a)
		return !ok, f
	case "is":
		return r.identical(a, b)
	case "is not":
		ok, f = r.identical(a, b)
		return !ok, f
	}
	return r.order(op, a, b)
}

func (c *compiler) ternary(x *parse.Cond, compile func(parse.Expr) eval) eval {
	cond, then, els := c.test(x.If), compile(x.Then), compile(x.Else)
	return func(r *run) (value, *fault) {
		ok, f := cond(r)
		if f != nil {
			return none, f
		}
		if ok {
			return then(r)
		}
		return els(r)
	}
}

func (c *compiler) index(x *parse.Index) eval {
	e, i, pos := c.expr(x.X), c.expr(x.I), c.pos(x)
	return func(r *run) (value, *fault) {
		v, f := e(r)
		if f != nil {
			return none, f
		}
		k, f := i(r)
		if f != nil {
			return none, f
		}
		v, f = r.index(v, k)
		return v, f.at(pos)
	}
}

func (c *compiler) slice(x *parse.Slice) eval {
	pos := c.pos(x)
	opt := func(x parse.Expr) eval {
		if x == nil {
			return constant(absent)
		}
		return c.expr(x)
	}
	parts := []eval{c.expr(x.X), opt(x.Lo), opt(x.Hi), opt(x.Step)}
	return func(r *run) (value, *fault) {
		if f := r.step(); f != nil {
			return none, f
		}
		var vs [4]value
		for i, p := range parts {
			v, f := p(r)
			if f != nil {
				return none, f
			}
			vs[i] = v
		}
		v, f := r.slice(vs[0], vs[1], vs[2], vs[3])
		return v, f.at(pos)
	}
}

func (c *compiler) format(x *parse.Format) eval {
	pos := c.pos(x)
	parts := make([]eval, len(x.Parts))
	for i, p := range x.Parts {
		if p.X == nil {
			parts[i] = constant(text(p.Text))
		} else {
			parts[i] = c.expr(p.X)
		}
	}
	return func(r *run) (value, *fault) {
		if f := r.step(); f != nil {
			return none, f
		}
		var out []byte
		var from *origin
		for _, p := range parts {
			v, f := p(r)
			if f != nil {
				return none, f
			}
			if v.hidden() {
				return none, secretFault("put into an f-string").at(pos)
			}
			s, f := r.str(v)
			if f == nil {
				f = r.grow(len(s))
			}
			if f != nil {
				return none, f.at(pos)
			}
			out, from = append(out, s...), r.union(from, v.from)
		}
		return text(string(out)).with(from), nil
	}
}
