package templating

import (
	"strings"
	"unsafe"

	"penstock/templating/literal"
	"penstock/templating/parse"
)

// What this file does is written elsewhere in general. Here are the ways that most tags take, without making values in
// between: a tag that prints the call of a type function on a parameter, an identifier, an array or sql_and appends its
// text to a buffer. Whatever is not plain goes the general way.

// An appender appends what a tag prints. ok is false when only the general way knows.
type appender func(r *run, dst []byte) (out []byte, from *origin, ok bool, f *fault)

// sent fills in the parameters of a request: r.places says where each is, and in a request r.args holds what is a text. The
// others are made when they are asked for, in a validation all.
func (r *run) sent() {
	if r.in.Mode == Request {
		copy(r.args, r.t.nones)
	}
	clear(r.places)
	for i := range r.in.Params {
		a := &r.in.Params[i]
		n := -1
		if i < len(r.habit) {
			n = r.habit[i]
		}
		if n < 0 || r.t.params[n] != a.Name {
			var ok bool
			if n, ok = r.t.byName[a.Name]; !ok {
				continue
			}
			r.learn(i, n)
		}
		r.places[n] = i + 1
		if r.in.Mode == Request {
			r.sentOne(n, &a.Arg)
		}
	}
}

// learn notes that the i-th parameter that was sent is number n of the template: the next request is likely to be alike.
func (r *run) learn(i, n int) {
	if i >= kept {
		return
	}
	for len(r.habit) <= i {
		r.habit = append(r.habit, -1)
	}
	r.habit[i] = n
}

func (r *run) sentOne(n int, a *Arg) {
	v := &r.args[n]
	switch {
	case a.IsList:
		v.kind = kAbsent // made when it is asked for
	case r.t.preps[n] != nil:
		v.kind, v.s = kLazy, a.Text
	default:
		v.kind, v.s = kStr, a.Text
	}
}

// bytesText is b as a text, without a copy. The text must not outlive the next change of b.
func bytesText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// plainParam is the number of the parameter that an expression is; ok is false for anything else.
func (c *compiler) plainParam(x parse.Expr) (n int, ok bool) {
	name, isName := x.(*parse.Name)
	if !isName || c.scoped(name.Ident) >= 0 || isFunction(name.Ident) {
		return 0, false
	}
	if _, local := c.locals[name.Ident]; local {
		return 0, false
	}
	return c.param(name.Ident), true
}

// isConstant tells whether an expression is a constant or a list of such: evaluating it can neither fail nor do anything.
func isConstant(x parse.Expr) bool {
	switch x := x.(type) {
	case *parse.Const:
		return true
	case *parse.Seq:
		for _, it := range x.Items {
			if !isConstant(it) {
				return false
			}
		}
		return x.Kind != parse.Set
	}
	return false
}

// constantArgs tells whether all arguments after the first, and all keywords, are constants.
func constantArgs(x *parse.Call) bool {
	for _, a := range x.Args[1:] {
		if !isConstant(a) {
			return false
		}
	}
	for _, k := range x.Keywords {
		if !isConstant(k.Value) {
			return false
		}
	}
	return true
}

// plainly is an appender of what cannot fail.
func plainly(f func(r *run, dst []byte) ([]byte, *origin, bool)) appender {
	return func(r *run, dst []byte) ([]byte, *origin, bool, *fault) {
		out, from, ok := f(r, dst)
		return out, from, ok, nil
	}
}

// functionCall is a call and the name of the function that it calls; "" when it is none, or one of a name that is assigned.
func (c *compiler) functionCall(x parse.Expr) (call *parse.Call, fn string) {
	call, ok := x.(*parse.Call)
	if !ok {
		return nil, ""
	}
	name, ok := call.Fn.(*parse.Name)
	if !ok || c.scoped(name.Ident) >= 0 {
		return call, ""
	}
	if _, local := c.locals[name.Ident]; local {
		return call, ""
	}
	return call, name.Ident
}

// appender gives the short way of a call, or nil.
func (c *compiler) appender(x parse.Expr) appender {
	call, fn := c.functionCall(x)
	if p := c.params[call]; p != nil && fn != "" {
		return plainly(p.append)
	}
	switch fn {
	case "column", "symbol":
		if id := c.ident(x); id != nil {
			return plainly(id.append)
		}
	case "columns":
		return c.appendColumns(call)
	case "Array":
		return c.appendArray(call)
	case "sql_and":
		return c.appendAnd(call)
	}
	return nil
}

// A textRef is a part of a text: a constant, or what a parameter or a local name holds.
type textRef struct {
	constant string
	of       refKind
	n        int // of the parameter or local name
}

type refKind uint8

const (
	ofConst refKind = iota
	ofParam
	ofLocal
)

// textRefs are the parts of names, constant texts and sums of them; nil for anything else.
func (c *compiler) textRefs(x parse.Expr) []textRef {
	switch x := x.(type) {
	case *parse.Const:
		if x.Kind == parse.Str {
			return []textRef{{constant: x.Str}}
		}
	case *parse.Name:
		if n, ok := c.plainParam(x); ok {
			return []textRef{{of: ofParam, n: n}}
		}
		if n, local := c.locals[x.Ident]; local && c.scoped(x.Ident) < 0 {
			return []textRef{{of: ofLocal, n: n}}
		}
	case *parse.Binary:
		if x.Op != "+" {
			return nil
		}
		if a, b := c.textRefs(x.X), c.textRefs(x.Y); a != nil && b != nil {
			return append(a, b...)
		}
	}
	return nil
}

func (r *run) variable(p *textRef) *value {
	if p.of == ofParam {
		return &r.args[p.n]
	}
	return &r.locals[p.n]
}

// An ident is the short way of column(text) and symbol(text), where text is a sum of constants and variables.
type ident struct {
	open   string // the quote and what constants follow it
	parts  []textRef
	column bool
}

// ident recognizes a call that fits; nil for other expressions.
func (c *compiler) ident(x parse.Expr) *ident {
	call, fn := c.functionCall(x)
	if fn != "column" && fn != "symbol" || len(call.Args) != 1 || len(call.Keywords) > 0 {
		return nil
	}
	parts := c.textRefs(call.Args[0])
	if parts == nil {
		return nil
	}
	id := &ident{open: "`", parts: parts, column: fn == "column"}
	for i := range parts {
		parts[i].constant = string(id.inside(nil, parts[i].constant))
	}
	if parts[0].of == ofConst {
		id.open, id.parts = id.open+parts[0].constant, parts[1:]
	}
	return id
}

func (id *ident) inside(dst []byte, s string) []byte {
	if id.column {
		return literal.PathInside(dst, s)
	}
	return literal.Bare(dst, s)
}

// append appends the identifier. ok is false when only the general way knows.
func (id *ident) append(r *run, dst []byte) (out []byte, from *origin, ok bool) {
	return id.finish(r, append(dst, id.open...))
}

// finish appends what follows id.open.
func (id *ident) finish(r *run, dst []byte) (out []byte, from *origin, ok bool) {
	if len(id.parts) == 1 {
		if v := r.variable(&id.parts[0]); v.kind == kStr && v.n == isPlain {
			return append(append(dst, v.s...), '`'), v.from, true
		}
	}
	for i := range id.parts {
		p := &id.parts[i]
		if p.of == ofConst {
			dst = append(dst, p.constant...)
			continue
		}
		v := r.variable(p)
		if v.kind != kStr {
			return dst, nil, false
		}
		if from == nil {
			from = v.from
		} else if from != v.from {
			from = r.union(from, v.from)
		}
		if v.n == isPlain {
			dst = append(dst, v.s...)
		} else {
			dst = id.inside(dst, v.s)
		}
	}
	return append(dst, '`'), from, true
}

// appendColumns is the short way of columns(parameter, default).
func (c *compiler) appendColumns(x *parse.Call) appender {
	if len(x.Args) == 0 || len(x.Args) > 2 || len(x.Keywords) > 0 || !constantArgs(x) {
		return nil
	}
	n, ok := c.plainParam(x.Args[0])
	if !ok {
		return nil
	}
	return func(r *run, dst []byte) ([]byte, *origin, bool, *fault) {
		v := &r.args[n]
		if v.kind != kStr {
			return dst, nil, false, nil
		}
		return appendColumns(dst, v.s, ""), v.from, true, nil
	}
}

// appendArray is the short way of Array(parameter, type) when a comma text was sent.
func (c *compiler) appendArray(x *parse.Call) appender {
	if len(x.Args) == 0 || len(x.Args) > 3 || !constantArgs(x) {
		return nil
	}
	n, ok := c.plainParam(x.Args[0])
	if !ok {
		return nil
	}
	name := "String"
	if len(x.Args) > 1 {
		k, isConst := x.Args[1].(*parse.Const)
		if !isConst || k.Kind != parse.Str {
			return nil
		}
		name = k.Str
	}
	for _, k := range x.Keywords {
		if k.Name != "defined" && indexOf(documentation, k.Name) < 0 && (k.Name != "default" || len(x.Args) == 3) {
			return nil
		}
	}
	t := arrayTypeOf(name)
	if t.kind != itemText && t.kind != itemNumber {
		return nil
	}
	return func(r *run, dst []byte) ([]byte, *origin, bool, *fault) {
		v := &r.args[n]
		// Prepared as another type, the items are not what was sent.
		if v.kind != kLazy && v.kind != kStr || v.kind == kLazy && r.t.preps[n].name != name || r.in.Mode != Request {
			return dst, nil, false, nil
		}
		out, ok := appendItems(dst, t, v.s)
		if !ok {
			return dst, nil, false, nil
		}
		return out, v.from, true, nil
	}
}

// appendItems appends a comma text as an array; ok is false when an item is not of the type.
func appendItems(dst []byte, t *arrayType, s string) (out []byte, ok bool) {
	dst = append(dst, '[')
	for {
		item, rest, more := strings.Cut(s, ",")
		if t.kind == itemText {
			dst = literal.String(dst, item)
		} else {
			out, ok := appendParsed(dst, t.typed, item, true)
			if !ok {
				return dst, false
			}
			dst = out
		}
		if !more {
			return append(dst, ']'), true
		}
		dst, s = append(dst, ','), rest
	}
}

// values takes memory for a list from the arena.
func (r *run) values(n int) []value {
	if n > kept-len(r.arena) {
		return make([]value, n)
	}
	if n > cap(r.arena)-len(r.arena) {
		r.arena = make([]value, 0, min(kept, max(256, 2*cap(r.arena), 2*n)))
	}
	from := len(r.arena)
	r.arena = r.arena[:from+n]
	return r.arena[from : from+n : from+n]
}
