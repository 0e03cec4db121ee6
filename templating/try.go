package templating

import "penstock/templating/parse"

// classes are Python's exceptions that except can name, with the one that each is a kind of.
var classes = map[string]string{
	"BaseException": "", "Exception": "BaseException", "ArithmeticError": "Exception", "LookupError": "Exception",
	"ValueError": "Exception", "TypeError": "Exception", "KeyError": "LookupError", "IndexError": "LookupError",
	"ZeroDivisionError": "ArithmeticError", "OverflowError": "ArithmeticError", "AttributeError": "Exception",
	"NameError": "Exception", "UnboundLocalError": "NameError", "RuntimeError": "Exception",
	"SQLTemplateException": "ValueError", "SQLTemplateCustomError": "Exception",
}

// caught tells whether an exception of a class is handled by except name.
func caught(class, name string) bool {
	for ; class != ""; class = classes[class] {
		if class == name {
			return true
		}
	}
	return false
}

// A handler is a compiled except: names are nil when it handles everything.
type handler struct {
	names []string
	local int // where the exception is kept; -1 when it has no name
	body  block
}

func (h *handler) handles(class string) bool {
	if h.names == nil {
		return true
	}
	for _, n := range h.names {
		if caught(class, n) {
			return true
		}
	}
	return false
}

func (c *compiler) try(n *parse.Try) stmt {
	body := c.block(n.Body)
	handlers := make([]handler, len(n.Handlers))
	for i, h := range n.Handlers {
		handlers[i] = handler{local: -1, names: c.exceptionNames(h.Type), body: c.block(h.Body)}
		if h.Name != "" {
			handlers[i].local = c.locals[h.Name]
		}
	}
	var els, final block
	if n.Else != nil {
		els = c.block(*n.Else)
	}
	if n.Finally != nil {
		final = c.block(*n.Finally)
	}
	return func(r *run) (jump, *fault) {
		j, f := body.run(r)
		if f == nil && j == jumpNone {
			j, f = els.run(r)
		} else if f != nil {
			j, f = r.handle(handlers, f)
		}
		if len(final) == 0 || f != nil && f.uncatchable() {
			return j, f
		}
		if fj, ff := final.run(r); ff != nil || fj != jumpNone {
			return fj, ff
		}
		return j, f
	}
}

// uncatchable faults end the rendering whatever the template says: budgets, and errors from outside.
func (f *fault) uncatchable() bool { return f.kind == KindLimit || f.err != nil }

func (r *run) handle(handlers []handler, f *fault) (jump, *fault) {
	if f.uncatchable() {
		return jumpNone, f
	}
	if f := r.grow(len(f.msg)); f != nil { // it may quote a long text
		return jumpNone, f
	}
	r.stack = r.stack[:0]
	for i := range handlers {
		h := &handlers[i]
		if !h.handles(f.class) {
			continue
		}
		if h.local >= 0 {
			r.locals[h.local] = value{kind: kExc, s: f.msg, from: r.t.every} // it may quote any of them
		}
		j, hf := h.body.run(r)
		if h.local >= 0 {
			r.locals[h.local] = absent // Python forgets the name here
		}
		return j, hf
	}
	return jumpNone, f
}

// exceptionNames are the names in the type of an except: one, or several in brackets.
func (c *compiler) exceptionNames(x parse.Expr) []string {
	switch x := x.(type) {
	case nil:
		return nil
	case *parse.Name:
		c.checkName(x.Ident, c.pos(x))
		return []string{x.Ident}
	case *parse.Seq:
		if x.Kind == parse.Tuple {
			names := []string{}
			for _, it := range x.Items {
				names = append(names, c.exceptionNames(it)...)
			}
			return names
		}
	}
	c.reject(c.pos(x), unsupported("except takes the name of an exception, or several in brackets"))
	return []string{}
}
