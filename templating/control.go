package templating

import (
	"encoding/json"
	"math"
	"strings"
)

// maxThreadsLimit is the most threads that a template may ask for.
const maxThreadsLimit = 1024

// spoken is the text of an author's message.
func (r *run) spoken(v value) (string, *fault) {
	if v.hidden() {
		return "", secretFault("shown in an error")
	}
	return r.str(v)
}

// errorStandIn is what error() prints in a validation.
func errorStandIn() value { return value{kind: kSym, s: "-- {x} \n"} }

// withoutMessage is error() or custom_error() without an argument.
func (r *run) withoutMessage() (value, *fault) {
	if r.in.Mode == Validate {
		return errorStandIn(), nil
	}
	return none, missingArgument()
}

func errorCall(r *run, a []value) (value, *fault) {
	if a[0].kind == kAbsent {
		return r.withoutMessage()
	}
	s, f := r.spoken(a[0])
	if f != nil {
		return none, f
	}
	if r.in.Mode == Validate {
		return errorStandIn(), nil
	}
	return none, &fault{kind: KindErrorCall, class: "SQLTemplateCustomError", msg: s, pos: -1}
}

func customErrorCall(r *run, a []value) (value, *fault) {
	if a[0].kind == kAbsent {
		return r.withoutMessage()
	}
	if a[1].hidden() {
		return none, secretFault("shown in an error")
	}
	s, f := r.spoken(a[0])
	if f != nil {
		return none, f
	}
	if r.in.Mode == Validate {
		return errorStandIn(), nil
	}
	e := &fault{kind: KindCustom, class: "SQLTemplateCustomError", msg: s, pos: -1, code: int64(400)}
	switch c := a[1]; c.kind {
	case kAbsent:
	case kNone:
		e.code = nil
	case kBool:
		e.code = c.n != 0
	case kInt:
		e.code = c.n
	case kFloat:
		e.code = c.f()
	default:
		if e.code, f = r.str(c); f != nil {
			return none, f
		}
	}
	if k := a[0].kind; k == kDict || k == kList || k == kTuple {
		e.body, _ = json.Marshal(plainJSON(a[0]))
	}
	return none, e
}

// plainJSON is a value as encoding/json wants it. A dict keeps the order of its keys.
func plainJSON(v value) any {
	switch v.kind {
	case kBool:
		return v.n != 0
	case kInt:
		return v.n
	case kBig:
		return v.big()
	case kFloat:
		if math.IsInf(v.f(), 0) || math.IsNaN(v.f()) {
			return nil
		}
		return v.f()
	case kStr, kRaw, kSym, kExc:
		return v.s
	case kList, kTuple, kIter, kSet:
		items := []any{}
		if v.kind == kSet {
			for _, it := range v.dict().keys {
				items = append(items, plainJSON(it))
			}
			return items
		}
		for _, it := range v.list().items {
			items = append(items, plainJSON(it))
		}
		return items
	case kDict:
		return orderedJSON{v.dict()}
	}
	return nil
}

type orderedJSON struct{ d *dict }

// MarshalJSON writes the keys in their order.
func (o orderedJSON) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, k := range o.d.keys {
		if i > 0 {
			out = append(out, ',')
		}
		name := k.s
		if !k.isStr() {
			name = string(appendNumber(nil, k))
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		val, err := json.Marshal(plainJSON(o.d.vals[i]))
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), val...)
	}
	return append(out, '}'), nil
}

// note is the comment that a setting prints.
func note(from *origin, words ...string) value {
	return value{kind: kRaw, s: "-- " + strings.Join(words, " ") + "\n", from: from}
}

func maxThreads(r *run, a []value) (value, *fault) {
	v := a[0]
	if v.hidden() {
		return none, secretFault("computed with")
	}
	if v.kind == kMissing {
		return note(v.from, "max_threads: wrong argument"), nil
	}
	n, ok := int64(0), false
	switch v.kind {
	case kInt, kBool:
		n, ok = v.n, true
	case kFloat:
		if f := v.f(); f >= 1 && f < maxThreadsLimit+1 {
			n, ok = int64(f), true
		}
	case kStr:
		if f := r.grow(len(v.s)); f != nil { // reading costs too
			return none, f
		}
		if w, isInt := parseInt(v.s, true); isInt && w.kind == kInt {
			n, ok = w.n, true
		}
	}
	if !ok || n < 1 || n > maxThreadsLimit {
		return none, badArgument("max_threads takes a number from 1 to %d", maxThreadsLimit)
	}
	r.facts.Settings.MaxThreads = &n
	return note(v.from, "max_threads", string(appendNumber(nil, integer(n)))), nil
}

func cacheTTL(r *run, a []value) (value, *fault) {
	v := a[0]
	if v.hidden() {
		return none, secretFault("used as a setting")
	}
	if v.kind == kStr {
		switch v.s {
		case "5s", "1m", "5m", "30m", "1h":
			s := v.s
			r.facts.Settings.CacheTTL = &s
			return note(v.from, "cache_ttl", s), nil
		}
	}
	return none, badArgument("Invalid TTL cache expression, valid expressions are ('5s', '1m', '5m', '30m', '1h')")
}

func backendHint(r *run, a []value) (value, *fault) {
	v := a[0]
	if v.hidden() {
		return none, secretFault("used as a setting")
	}
	s, f := r.str(v)
	if f != nil {
		return none, f
	}
	if v.kind == kNone || v.kind == kBool && v.n == 0 {
		r.facts.Settings.BackendHint = nil
	} else {
		r.facts.Settings.BackendHint = &s
	}
	line := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x2028 || c == 0x2029 {
			return ' '
		}
		return c
	}, s)
	return note(v.from, "backend_hint", line), r.grow(len(s))
}

func activateCall(r *run, a []value) (value, *fault) {
	switch s, f := r.settingName(a[0]); {
	case f != nil:
		return none, f
	case s == "analyzer" || s == "parallel_replicas":
		r.facts.Settings.Activate = append(r.facts.Settings.Activate, s)
		return note(a[0].from, "activate", s), nil
	default:
		return none, badArgument("'%s' is not a valid 'activate' argument", s)
	}
}

func disableCall(r *run, a []value) (value, *fault) {
	if !a[0].isStr() && !a[0].hidden() {
		return none, badType("'in <string>' requires string as left operand, not %s", a[0].typeName())
	}
	switch s, f := r.settingName(a[0]); {
	case f != nil:
		return none, f
	case s == "analyzer":
		r.facts.Settings.Disable = append(r.facts.Settings.Disable, s)
		return note(a[0].from, "disable", s), nil
	default:
		return none, badArgument("'%s' is not a valid 'disable' argument", s)
	}
}

func (r *run) settingName(v value) (string, *fault) {
	if v.hidden() {
		return "", secretFault("used as a setting")
	}
	return r.str(v)
}
