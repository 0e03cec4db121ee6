package templating

import (
	"strings"

	"penstock/templating/parse"
)

// A term is one column__operator=value of sql_and.
type term struct {
	column string // with the blank after it
	op     string // with the blank after it; "" when the suffix is no operator
	suffix string
	value  eval
	short  appender // of the value, or nil
	pos    int
}

func operator(suffix string) string {
	switch suffix {
	case "in":
		return "in "
	case "not_in":
		return "not in "
	case "gt":
		return "> "
	case "lt":
		return "< "
	case "gte":
		return ">= "
	case "lte":
		return "<= "
	}
	return ""
}

// terms compiles the keywords of a call, once.
func (c *compiler) terms(x *parse.Call) []term {
	if done, ok := c.and[x]; ok {
		return done
	}
	out := make([]term, len(x.Keywords))
	loose := c.loose
	c.loose = true
	for i, k := range x.Keywords {
		t := term{column: k.Name, op: "= ", value: c.exprOrSecret(k.Value), short: c.appender(k.Value), pos: c.pos(k)}
		if n := strings.LastIndex(k.Name, "__"); n >= 0 {
			t.column, t.suffix = k.Name[:n], k.Name[n+2:]
			if t.op = operator(t.suffix); t.op == "" {
				f := unknownOperator(&t)
				c.t.probes = append(c.t.probes, probe{pos: t.pos, eval: func(*run) (value, *fault) { return none, f }})
			}
		}
		t.column += " "
		out[i] = t
	}
	c.loose = loose
	c.and[x] = out
	return out
}

// sqlAnd compiles sql_and(column__operator=value, …).
func (c *compiler) sqlAnd(x *parse.Call) eval {
	pos := c.pos(x)
	args := c.exprs(x.Args) // evaluated for nothing
	terms := c.terms(x)
	return func(r *run) (value, *fault) {
		if _, f := r.evals(args); f != nil {
			return none, f
		}
		w := andWriter{r: r, out: make([]byte, 0, 256)}
		for i := range terms {
			if f := w.term(&terms[i]); f != nil {
				return none, f.at(terms[i].pos)
			}
		}
		if w.wrong != nil {
			return none, w.wrong
		}
		if f := r.grow(len(w.out)); f != nil {
			return none, f.at(pos)
		}
		if w.parts == nil {
			return value{kind: kRaw, s: string(w.out), from: w.from}, nil
		}
		return value{kind: kParts, obj: append(w.parts, part{text: string(w.out), from: w.from})}, nil
	}
}

// appendAnd is the short way of sql_and without positional arguments and secrets.
func (c *compiler) appendAnd(x *parse.Call) appender {
	if len(x.Args) > 0 {
		return nil
	}
	terms := c.terms(x)
	return func(r *run, dst []byte) ([]byte, *origin, bool, *fault) {
		w := andWriter{r: r, out: dst, start: len(dst)}
		for i := range terms {
			if f := w.term(&terms[i]); f != nil {
				return w.out, nil, false, f.at(terms[i].pos)
			}
		}
		return w.out, w.from, w.parts == nil, w.wrong
	}
}

// An andWriter puts terms together.
type andWriter struct {
	r     *run
	out   []byte
	start int // where in out the text since the last secret begins
	from  *origin
	parts []part // what came up to the last secret
	any   bool   // a term was written
	wrong *fault // the first operator that is none
}

func (w *andWriter) term(t *term) *fault {
	before := len(w.out)
	if t.short != nil && t.op != "" {
		w.begin(t)
		out, from, ok, f := t.short(w.r, w.out)
		if f != nil {
			return f
		}
		if ok {
			w.out, w.from, w.any = out, w.r.union(w.from, from), true
			return nil
		}
		w.out = w.out[:before]
	}
	v, f := t.value(w.r)
	if f != nil {
		return f
	}
	if v.kind == kNone {
		return nil
	}
	if t.op == "" { // found only once all values are there
		if w.wrong == nil {
			w.wrong = unknownOperator(t)
		}
		return nil
	}
	w.begin(t)
	w.any = true
	if v.kind == kSecret {
		w.parts = append(w.parts, part{text: string(w.out[w.start:]), from: w.from}, part{secret: v.obj.(*secret)})
		w.out, w.from = w.out[:w.start], nil
		return nil
	}
	w.out, f = w.r.appendSQL(w.out, v)
	w.from = w.r.union(w.from, v.from)
	return f
}

func unknownOperator(t *term) *fault {
	f := badArgument("operand %s not supported", t.suffix).at(t.pos)
	f.hint = "sql_and knows __in, __not_in, __gt, __lt, __gte and __lte behind the name of a column"
	return f
}

// begin writes what stands before the value of a term.
func (w *andWriter) begin(t *term) {
	if w.any {
		w.out = append(w.out, " and "...)
	}
	w.out = append(w.out, t.column...)
	w.out = append(w.out, t.op...)
}
