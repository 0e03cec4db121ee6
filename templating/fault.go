package templating

import (
	"fmt"
)

// prefix begins the sentences that the reference puts its name before.
const prefix = "Template Syntax Error: "

// A fault is an error while it travels up through the closures. Its place is filled in by the innermost node that knows
// one.
type fault struct {
	kind  string
	class string // Python's exception, for except
	msg   string
	hint  string
	pos   int // in the source; -1 when not yet known
	code  any
	body  []byte
	err   error // an error from outside, returned as it is
}

func faultf(kind, class, format string, args ...any) *fault {
	return &fault{kind: kind, class: class, msg: fmt.Sprintf(format, args...), pos: -1}
}

// badType is an operation that Python refuses with a TypeError.
func badType(format string, args ...any) *fault {
	return faultf(KindRuntime, "TypeError", format, args...)
}

// badArgument is what the reference refuses with its own prefix.
func badArgument(format string, args ...any) *fault {
	return faultf(KindBadArgument, "SQLTemplateException", prefix+format, args...)
}

// unsupported is what the language leaves out on purpose.
func unsupported(format string, args ...any) *fault {
	return faultf(KindUnsupported, "SQLTemplateException", prefix+format, args...)
}

// overLimit is the end of a budget.
func overLimit(what string, limit int) *fault {
	return faultf(KindLimit, "", prefix+"the template exceeds its limit of %d %s", limit, what)
}

func (f *fault) at(pos int) *fault {
	if f != nil && f.pos < 0 {
		f.pos = pos
	}
	return f
}

func (f *fault) hinted(hint string) *fault {
	f.hint = hint
	return f
}

// secretFault refuses to do something with a secret.
func secretFault(what string) *fault {
	return unsupported("a secret cannot be %s", what).hinted(
		"print it alone, as {{tb_secret('name')}} where a String literal may stand, or as a value of sql_and")
}
