package templating

import (
	"slices"

	"penstock/sql/lexer"
	"penstock/templating/parse"
)

// A probe is a call that constants and parameters alone decide, or one that cannot be made at all. Where it fails without
// parameters, and with stand-ins for them in the same way, no request mends it.
type probe struct {
	pos  int
	eval eval
	more []*fault // beside the first
}

// probe takes note of a call; wrong is why it cannot be made. What raises errors for callers is none, nor is what parameters
// alone decide.
func (c *compiler) probe(x *parse.Call, e eval, wrong []*fault) {
	name := x.Fn.(*parse.Name).Ident
	if name == "error" || name == "custom_error" || len(c.t.probes) == maxProbes {
		return
	}
	if len(wrong) == 0 {
		args := slices.Clone(x.Args)
		for _, k := range x.Keywords {
			args = append(args, k.Value)
		}
		given := !slices.ContainsFunc(args, func(a parse.Expr) bool { return !c.isParam(a) && !isConstant(a) })
		if !given || !slices.ContainsFunc(args, isConstant) || name != "Array" && sqlFunction(name) == nil && typeFunction(name) == nil {
			return
		}
	}
	c.t.probes = append(c.t.probes, probe{c.pos(x), e, wrong[min(1, len(wrong)):]})
}

func (c *compiler) isParam(x parse.Expr) bool {
	_, ok := c.plainParam(x)
	return ok
}

// maxProbes bounds what Mistakes does for one template.
const maxProbes = 1000

// Mistakes are the calls that fail in every request that comes to them, whatever it sends: a default that is not of the type, an
// argument that is missing or not known. Templates with such calls render as long as no request does, so they are compiled.
func (t *Template) Mistakes() Errors {
	var errs Errors
	for _, p := range t.probes {
		f := t.try(p, Request)
		if f == nil || f.kind == KindRequired {
			continue
		}
		if again := t.try(p, Validate); again == nil || again.msg != f.msg {
			continue
		}
		for _, f := range append([]*fault{f}, p.more...) {
			if len(errs) == maxErrors {
				return errs
			}
			errs = append(errs, newError(t.src, max(f.pos, p.pos), f.kind, f.msg, f.hint))
		}
	}
	return errs
}

func (t *Template) try(p probe, mode Mode) *fault {
	var b lexer.Builder
	r := t.begin(&b, &Input{Mode: mode})
	_, f := p.eval(r)
	t.end(r)
	return f
}
