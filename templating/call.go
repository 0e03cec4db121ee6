package templating

import (
	"strings"

	"penstock/templating/parse"
)

// A function is one that templates can call.
type function struct {
	name   string
	params []string // by position or keyword
	need   int      // how many of params must be given
	notes  []string // further keywords, evaluated for nothing
	rest   bool     // further positional arguments are evaluated for nothing
	typed  bool     // a missing argument is reported as the reference does for its type functions
	late   bool     // so is a missing argument that is not the first
	call   func(r *run, a []value) (value, *fault)
}

// documentation are the keywords of a type function that only describe the parameter.
var documentation = []string{"description", "enum", "example", "format", "required"}

// lookup finds a function by its name.
func lookup(name string) *function {
	if f := typeFunction(name); f != nil {
		return f
	}
	if f := sqlFunction(name); f != nil {
		return f
	}
	return pythonFunction(name)
}

// isFunction tells whether a name that is not assigned in the template is a function.
func isFunction(name string) bool {
	switch name {
	case "sql_and", "tb_secret", "tb_var":
		return true
	case "int", "float", "len", "list", "min", "max", "range", "sum", "enumerate", "str", "sorted", "reversed", "zip", "symbol":
		return false // parameters may be called so
	}
	return lookup(name) != nil
}

// call compiles a call.
func (c *compiler) call(x *parse.Call) eval {
	switch fn := x.Fn.(type) {
	case *parse.Name:
		return c.callName(x, fn)
	case *parse.Attr:
		return c.callMethod(x, fn)
	case *parse.Const, *parse.Format:
		return c.reject(c.pos(x), faultf(KindUnknownFunction, "", prefix+"Invalid function: a constant cannot be called"))
	}
	return c.notCallable(x, c.expr(x.Fn))
}

// notCallable evaluates the arguments as Python would and then fails.
func (c *compiler) notCallable(x *parse.Call, fn eval) eval {
	pos := c.pos(x)
	args := append([]eval{fn}, c.exprs(x.Args)...)
	for _, k := range x.Keywords {
		args = append(args, c.expr(k.Value))
	}
	return func(r *run) (value, *fault) {
		if _, f := r.evals(args); f != nil {
			return none, f
		}
		return none, badArgument("wrong syntax, you might be using a not valid function inside a control block").at(pos)
	}
}

func (c *compiler) isSecretCall(n *parse.Name) bool {
	if n.Ident != "tb_secret" && n.Ident != "tb_var" {
		return false
	}
	_, local := c.locals[n.Ident]
	return !local && c.scoped(n.Ident) < 0
}

func (c *compiler) callName(x *parse.Call, fn *parse.Name) eval {
	if c.loose || !isDunder(fn.Ident) { // elsewhere it is an unknown function
		c.checkName(fn.Ident, c.pos(fn))
	}
	_, local := c.locals[fn.Ident]
	local = local || c.scoped(fn.Ident) >= 0
	switch {
	case local && lookup(fn.Ident) == nil:
		return c.unknown(x, fn)
	case local:
		return c.notCallable(x, c.name(fn))
	case c.isSecretCall(fn):
		c.secretCall(x, fn.Ident) // for its own mistakes
		return c.reject(c.pos(x), secretFault("used inside an expression"))
	case fn.Ident == "sql_and":
		return c.sqlAnd(x)
	case fn.Ident == "Array":
		return c.array(x)
	}
	f := lookup(fn.Ident)
	if f == nil {
		return c.unknown(x, fn)
	}
	c.checkListArgument(fn.Ident, x.Args)
	if fn.Ident == "min" || fn.Ident == "max" {
		c.checkKey(fn.Ident, x.Keywords)
	}
	if fn.Ident == "Boolean" {
		c.noteBoolean(x)
	}
	return c.apply(x, f)
}

// checkKey refuses a function to compare by: functions are no values here. None is like nothing.
func (c *compiler) checkKey(fn string, keywords []*parse.Keyword) {
	for _, k := range keywords {
		if v, isConst := k.Value.(*parse.Const); k.Name == "key" && (!isConst || v.Kind != parse.None) {
			c.reject(c.pos(k.Value), unsupported("%s() compares values as they are; leave key out", fn))
		}
	}
}

// unknown handles the call of a name that is no function.
func (c *compiler) unknown(x *parse.Call, fn *parse.Name) eval {
	pos, name := c.pos(fn), fn.Ident
	refused := func() eval {
		f := faultf(KindUnknownFunction, "", prefix+"Invalid function name: %s", name)
		if len(c.faults) < maxErrors {
			f.hint = suggest(name, functionNames())
		}
		c.reject(pos, f)
		c.exprs(x.Args)
		return constant(none)
	}
	switch {
	case !c.loose || dangerous(name):
		return refused()
	case leftOut(name):
		return c.reject(pos, unsupported("the function %s is not part of the language", name))
	}
	return c.notCallable(x, constant(none))
}

// apply binds the arguments of a call to the parameters of a function.
func (c *compiler) apply(x *parse.Call, fn *function) eval {
	pos := c.pos(x)
	args, slots, wrong := c.bind(x, fn)
	if wrong == nil {
		e := c.applied(pos, fn, args, slots)
		c.probe(x, e, nil)
		if p := c.paramCall(x, fn, e); p != nil {
			c.params[x] = p
			return p.eval
		}
		return e
	}
	e := func(r *run) (value, *fault) {
		if _, f := r.evals(args); f != nil {
			return none, f
		}
		f := *wrong[0]
		return none, f.at(pos)
	}
	c.probe(x, e, wrong)
	return e
}

// applied compiles a call whose arguments fit.
func (c *compiler) applied(pos int, fn *function, args []eval, slots []int) eval {
	n := len(fn.params)
	call := fn.call
	return func(r *run) (value, *fault) {
		if f := r.step(); f != nil {
			return none, f
		}
		base := len(r.stack)
		for range n {
			r.stack = append(r.stack, absent)
		}
		for i, arg := range args {
			v, f := arg(r)
			if f != nil {
				r.stack = r.stack[:base]
				return none, f
			}
			if slots[i] >= 0 {
				r.stack[base+slots[i]] = v
			}
		}
		v, f := call(r, r.stack[base:base+n])
		r.stack = r.stack[:base]
		return v, f.at(pos)
	}
}

// bind gives the arguments in the order of evaluation, the parameter that each goes to (-1: none), and what is wrong
// with them, which is known now but reported when the call is reached: the first of it, and all by Mistakes.
func (c *compiler) bind(x *parse.Call, fn *function) (args []eval, slots []int, wrong []*fault) {
	given := make([]bool, len(fn.params))
	for i, a := range x.Args {
		args = append(args, c.expr(a))
		slot := -1
		if i < len(fn.params) {
			slot = i
			given[i] = true
		} else if i == len(fn.params) && !fn.rest {
			wrong = append(wrong, badType("%s() takes at most %d positional arguments but %d were given", fn.name, len(fn.params), len(x.Args)))
		}
		slots = append(slots, slot)
	}
	for _, k := range x.Keywords {
		args = append(args, c.keyword(k.Value))
		slot := indexOf(fn.params, k.Name)
		switch {
		case slot >= 0 && given[slot]:
			wrong = append(wrong, badType("%s() got multiple values for argument '%s'", fn.name, k.Name))
		case slot >= 0:
			given[slot] = true
		case indexOf(fn.notes, k.Name) < 0:
			f := badType("%s() got an unexpected keyword argument '%s'", fn.name, k.Name)
			if len(wrong) < maxErrors {
				f.hint = suggest(k.Name, append(append([]string(nil), fn.params...), fn.notes...))
			}
			wrong = append(wrong, f)
		}
		slots = append(slots, slot)
	}
	for i := 0; i < fn.need; i++ {
		if given[i] {
			continue
		}
		f := missingArgument()
		if !fn.typed && (!fn.late || len(args) == 0) {
			f = badType("%s() missing required arguments: '%s'", fn.name, strings.Join(fn.params[i:fn.need], "', '"))
		}
		return args, slots, append(wrong, f)
	}
	return args, slots, wrong
}

func missingArgument() *fault {
	return badArgument("one of the transform type functions is missing an argument")
}

// keyword compiles the value of a keyword.
func (c *compiler) keyword(x parse.Expr) eval {
	loose := c.loose
	c.loose = true
	e := c.expr(x)
	c.loose = loose
	return e
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}
