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

// sent fills in the parameters of a request. In a validation each is made when it is asked for.
func (r *run) sent() {
	if r.in.Mode != Request {
		return
	}
	copy(r.args, r.t.nones)
	if len(r.args) < len(r.in.Params) {
		for n, name := range r.t.params {
			if a, ok := r.in.Params[name]; ok {
				r.sentOne(n, a)
			}
		}
		return
	}
	for name, a := range r.in.Params {
		if n, ok := r.t.byName[name]; ok {
			r.sentOne(n, a)
		}
	}
}

func (r *run) sentOne(n int, a Arg) {
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

// appender gives the short way of a call, or nil.
func (c *compiler) appender(x parse.Expr) appender {
	call, ok := x.(*parse.Call)
	if !ok {
		return nil
	}
	fn, ok := call.Fn.(*parse.Name)
	if !ok || c.scoped(fn.Ident) >= 0 {
		return nil
	}
	if _, local := c.locals[fn.Ident]; local {
		return nil
	}
	if p := c.params[call]; p != nil {
		return p.append
	}
	switch fn.Ident {
	case "column", "symbol":
		return c.appendIdent(call, fn.Ident)
	case "columns":
		return c.appendColumns(call)
	case "Array":
		return c.appendArray(call)
	case "sql_and":
		return c.appendAnd(call)
	}
	return nil
}

// A texter appends a text; ok is false when the expression is no text.
type texter func(r *run, dst []byte) (out []byte, from *origin, ok bool)

// texter gives the short way of names, constant texts and sums of them, or nil.
func (c *compiler) texter(x parse.Expr) texter {
	switch x := x.(type) {
	case *parse.Const:
		if x.Kind != parse.Str {
			return nil
		}
		s := x.Str
		return func(_ *run, dst []byte) ([]byte, *origin, bool) { return append(dst, s...), nil, true }
	case *parse.Name:
		if n, ok := c.plainParam(x); ok {
			return func(r *run, dst []byte) ([]byte, *origin, bool) {
				v := &r.args[n]
				return append(dst, v.s...), v.from, v.kind == kStr
			}
		}
		n, local := c.locals[x.Ident]
		if !local || c.scoped(x.Ident) >= 0 {
			return nil
		}
		return func(r *run, dst []byte) ([]byte, *origin, bool) {
			v := &r.locals[n]
			return append(dst, v.s...), v.from, v.kind == kStr
		}
	case *parse.Binary:
		if x.Op != "+" {
			return nil
		}
		a, b := c.texter(x.X), c.texter(x.Y)
		if a == nil || b == nil {
			return nil
		}
		return func(r *run, dst []byte) ([]byte, *origin, bool) {
			dst, from, ok := a(r, dst)
			if !ok {
				return dst, nil, false
			}
			dst, with, ok := b(r, dst)
			return dst, r.union(from, with), ok
		}
	}
	return nil
}

// appendIdent is the short way of column(text) and symbol(text).
func (c *compiler) appendIdent(x *parse.Call, fn string) appender {
	if len(x.Args) != 1 || len(x.Keywords) > 0 {
		return nil
	}
	t := c.texter(x.Args[0])
	if t == nil {
		return nil
	}
	column := fn == "column"
	if name, ok := x.Args[0].(*parse.Name); ok && column {
		if n, local := c.locals[name.Ident]; local && c.scoped(name.Ident) < 0 {
			return func(r *run, dst []byte) ([]byte, *origin, bool, *fault) {
				v := &r.locals[n]
				if v.kind != kStr {
					return dst, nil, false, nil
				}
				return literal.Path(dst, v.s), v.from, true, nil
			}
		}
	}
	return func(r *run, dst []byte) ([]byte, *origin, bool, *fault) {
		word, from, ok := t(r, r.word[:0])
		r.word = word
		if !ok || len(word) > r.in.Limits.Output {
			return dst, nil, false, nil
		}
		if column {
			return literal.Path(dst, bytesText(word)), from, true, nil
		}
		return literal.Ident(dst, bytesText(word), '`'), from, true, nil
	}
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
