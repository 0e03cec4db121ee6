package templating

import (
	"penstock/templating/literal"
	"penstock/templating/parse"
)

// A paramCall is the call of a type function on one parameter with nothing but constants beside it. What it gives
// depends on that parameter alone, so it is evaluated once a rendering, and its text is copied from where it was printed
// first.
type paramCall struct {
	number, param int
	write         converter
	// def is what it prints when the parameter was not sent; "" when that is an error or no text.
	def     string
	general eval
}

// A converter appends the text of s as a value of its type; ok is false when it is none.
type converter func(dst []byte, s string) (out []byte, ok bool)

func quotedIf(matches func(string) bool) converter {
	return func(dst []byte, s string) ([]byte, bool) {
		if !matches(s) {
			return dst, false
		}
		return literal.String(dst, s), true
	}
}

func converterOf(name string) converter {
	switch name {
	case "String":
		return func(dst []byte, s string) ([]byte, bool) { return literal.String(dst, s), true }
	case "Date":
		return quotedIf(isDate)
	case "DateTime":
		return quotedIf(isDateTime)
	case "DateTime64":
		return quotedIf(isDateTime64)
	case "Int", "Integer":
		return func(dst []byte, s string) ([]byte, bool) {
			return appendParsed(dst, typeInt32, s, true)
		}
	}
	if t := numTypeOf(name); t != 0 {
		return func(dst []byte, s string) ([]byte, bool) {
			return appendParsed(dst, t, s, false)
		}
	}
	return nil
}

// paramCall recognizes the call of a type function that fits; nil for other calls.
func (c *compiler) paramCall(x *parse.Call, fn *function, general eval) *paramCall {
	write := converterOf(fn.name)
	if write == nil || len(x.Args) == 0 || !constantArgs(x) {
		return nil
	}
	param, ok := c.plainParam(x.Args[0])
	if !ok {
		return nil
	}
	p := &paramCall{param: param, write: write, general: general, def: defaultText(x, write)}
	key := x.String()
	if p.number, ok = c.t.memo[key]; !ok {
		p.number = len(c.t.memo)
		c.t.memo[key] = p.number
	}
	return p
}

// defaultText is what a call prints for its default.
func defaultText(x *parse.Call, write converter) string {
	var def parse.Expr
	if len(x.Args) > 1 {
		def = x.Args[1]
	}
	for _, k := range x.Keywords {
		if k.Name == "default" {
			def = k.Value
		}
	}
	k, ok := def.(*parse.Const)
	if !ok {
		return ""
	}
	s := k.Str
	switch k.Kind {
	case parse.Str:
	case parse.Int, parse.Float:
		s = string(appendNumber(nil, constValue(k)))
	default:
		return ""
	}
	out, ok := write(nil, s)
	if !ok {
		return ""
	}
	return string(out)
}

// eval gives the value.
func (p *paramCall) eval(r *run) (value, *fault) {
	if v := &r.memo[p.number]; v.kind != kAbsent {
		return *v, nil
	}
	v, f := p.general(r)
	if f == nil {
		r.memo[p.number] = v
	}
	return v, f
}

// append appends what the call prints. ok is false when only the general way knows.
func (p *paramCall) append(r *run, dst []byte) (out []byte, from *origin, ok bool) {
	v := &r.args[p.param]
	switch {
	case v.kind == kStr:
		out, ok = p.write(dst, v.s)
		return out, v.from, ok
	case v.kind == kNone && p.def != "":
		return append(dst, p.def...), v.from, true
	}
	return dst, nil, false
}

// print appends what a tag that prints the call does, straight into the statement.
func (p *paramCall) print(r *run, dst []byte) (out []byte, from *origin, ok bool) {
	at := &r.literals[p.number]
	if at.end > 0 {
		return append(dst, dst[at.start:at.end]...), r.args[p.param].from, true
	}
	out, from, ok = p.append(r, dst)
	if ok {
		*at = span{len(dst), len(out)}
	}
	return out, from, ok
}

// A test is a compiled condition.
type test func(r *run) (bool, *fault)

// test compiles a condition: what it gives is only asked for its truth.
func (c *compiler) test(x parse.Expr) test {
	switch x := x.(type) {
	case *parse.Unary:
		if x.Op != "not" {
			break
		}
		t := c.test(x.X)
		return func(r *run) (bool, *fault) {
			ok, f := t(r)
			return !ok, f
		}
	case *parse.Bool:
		return c.testAll(x)
	case *parse.Name:
		if t := c.localTest(x, false); t != nil {
			return t.holds
		}
	case *parse.Call:
		if n, ok := c.definedOf(x); ok {
			return func(r *run) (bool, *fault) {
				if k := r.args[n].kind; k != kAbsent {
					return k != kNone && k != kMissing, nil
				}
				v, f := r.arg(n)
				return v.kind != kNone && v.kind != kMissing, f
			}
		}
	}
	e, pos := c.expr(x), c.pos(x)
	return func(r *run) (bool, *fault) {
		v, f := e(r)
		if f == nil && v.hidden() {
			f = secretFault("tested")
		}
		return v.truth(), f.at(pos)
	}
}

// A localTest asks whether a name that the template assigns is true, or whether it is not.
type localTest struct {
	n    int
	not  bool
	eval eval // for what is no boolean
	pos  int
}

// localTest is the test of a name; nil when the template does not assign it.
func (c *compiler) localTest(x *parse.Name, not bool) *localTest {
	n, ok := c.locals[x.Ident]
	if !ok || c.scoped(x.Ident) >= 0 {
		return nil
	}
	return &localTest{n: n, not: not, eval: c.name(x), pos: c.pos(x)}
}

func (t *localTest) holds(r *run) (bool, *fault) {
	if v := &r.locals[t.n]; v.kind == kBool {
		return v.n != 0 != t.not, nil
	}
	v, f := t.eval(r)
	if f == nil && v.hidden() {
		f = secretFault("tested").at(t.pos)
	}
	return v.truth() != t.not, f
}

func (c *compiler) testAll(x *parse.Bool) test {
	tests := make([]test, len(x.Xs))
	for i, y := range x.Xs {
		tests[i] = c.test(y)
	}
	and := x.Op == "and"
	return func(r *run) (ok bool, f *fault) {
		for _, t := range tests {
			if ok, f = t(r); f != nil || ok != and {
				break
			}
		}
		return ok, f
	}
}

// definedOf is the parameter that defined() is asked about, when that is all that stands there.
func (c *compiler) definedOf(x *parse.Call) (param int, ok bool) {
	fn, isName := x.Fn.(*parse.Name)
	if !isName || fn.Ident != "defined" || len(x.Args) != 1 || len(x.Keywords) > 0 || c.scoped("defined") >= 0 {
		return 0, false
	}
	if _, local := c.locals["defined"]; local {
		return 0, false
	}
	arg, isName := x.Args[0].(*parse.Name)
	if !isName || isDunder(arg.Ident) || arg.Ident == "q" || arg.Ident == "format" {
		return 0, false
	}
	return c.plainParam(arg)
}
