package templating

import (
	"math"
	"math/big"
	"sort"
	"strings"
)

// pythonFunction is one of Python's functions that the language has.
func pythonFunction(name string) *function {
	one := func(need int, call func(r *run, v value) (value, *fault)) *function {
		return &function{name: name, params: []string{"x"}, need: need, call: func(r *run, a []value) (value, *fault) {
			if a[0].hidden() {
				return none, secretFault("looked at")
			}
			return call(r, a[0])
		}}
	}
	switch name {
	case "int":
		return &function{name: name, params: []string{"x", "base"}, call: func(r *run, a []value) (value, *fault) {
			switch {
			case a[0].hidden() || a[1].hidden():
				return none, secretFault("looked at")
			case a[1].kind != kAbsent:
				return r.intInBase(a[0], a[1])
			}
			return intCall(r, a[0])
		}}
	case "float":
		return one(0, floatCall)
	case "len":
		return one(1, func(r *run, v value) (value, *fault) { return r.length(v) })
	case "list":
		return one(0, listCall)
	case "str":
		return one(0, func(r *run, v value) (value, *fault) {
			if v.kind == kAbsent {
				return text(""), nil
			}
			s, f := r.str(v)
			return text(s).with(v.from), f
		})
	case "min", "max":
		return &function{name: name, params: append(append([]string(nil), manyParams...), "default"), need: 1, notes: []string{"key"},
			call: func(r *run, a []value) (value, *fault) {
				return r.extreme(name, a[:len(manyParams)], a[len(manyParams)])
			}}
	case "range":
		return &function{name: name, params: []string{"start", "stop", "step"}, need: 1, call: rangeCall}
	case "sum":
		return &function{name: name, params: []string{"iterable", "start"}, need: 1, call: sumCall}
	case "enumerate":
		return &function{name: name, params: []string{"iterable", "start"}, need: 1, call: enumerateCall}
	case "sorted":
		return &function{name: name, params: []string{"iterable", "reverse"}, need: 1, call: sortedCall}
	case "reversed":
		return one(1, reversedCall)
	case "zip":
		return &function{name: name, params: manyParams, call: zipCall}
	}
	return nil
}

// manyParams stand for any number of arguments, up to a sensible one.
var manyParams = strings.Split("a b c d e f g h i j k l m n o p q r s t u v w x y z", " ")

func intCall(r *run, v value) (value, *fault) {
	switch v.kind {
	case kAbsent:
		return integer(0), nil
	case kBool, kInt, kBig:
		if v.kind == kBool {
			v.kind = kInt
		}
		return v.plain(), nil
	case kFloat:
		f := v.f()
		if math.IsNaN(f) {
			return none, faultf(KindRuntime, "ValueError", "cannot convert float NaN to integer")
		}
		if math.IsInf(f, 0) {
			return none, faultf(KindRuntime, "OverflowError", "cannot convert float infinity to integer")
		}
		n, _ := big.NewFloat(f).Int(nil)
		return bigInteger(n).with(v.from), nil
	case kStr, kRaw:
		if f := r.grow(len(v.s)); f != nil { // reading costs too
			return none, f
		}
		n, ok := parseInt(trimNumber(withoutUnderscores(v.s)), true)
		if !ok {
			return none, faultf(KindRuntime, "ValueError", "invalid literal for int() with base 10: %s", appendRepr(nil, v.s))
		}
		return n.with(v.from), nil
	}
	return none, badType("int() argument must be a string, a bytes-like object or a real number, not '%s'", v.typeName())
}

// intInBase is int(text, base). Base 0 is told by what the text begins with.
func (r *run) intInBase(v, base value) (value, *fault) {
	if !v.isStr() {
		return none, badType("int() can't convert non-string with explicit base")
	}
	if base.kind != kInt && base.kind != kBool {
		return none, badType("'%s' object cannot be interpreted as an integer", base.typeName())
	}
	if base.n != 0 && (base.n < 2 || base.n > 36) {
		return none, faultf(KindRuntime, "ValueError", "int() base must be >= 2 and <= 36, or 0")
	}
	if f := r.grow(len(v.s)); f != nil { // reading costs too
		return none, f
	}
	s := trimNumber(v.s)
	if len(s) > maxBits/4 {
		return none, overLimit("bits of an integer", maxBits)
	}
	n, ok := parseInBase(s, int(base.n))
	if !ok {
		return none, faultf(KindRuntime, "ValueError", "invalid literal for int() with base %d: %s", base.n, appendRepr(nil, v.s))
	}
	return bigInteger(n).with(r.union(v.from, base.from)), nil
}

// parseInBase reads a sign, what tells the base, and digits with single underscores between them.
func parseInBase(s string, base int) (*big.Int, bool) {
	digits := strings.TrimPrefix(s, "-")
	negative := digits != s
	if !negative {
		digits = strings.TrimPrefix(s, "+")
	}
	guess := base == 0
	if len(digits) > 1 && digits[0] == '0' {
		told := map[byte]int{'x': 16, 'o': 8, 'b': 2}[digits[1]|0x20]
		if told != 0 && (guess || told == base) {
			base, guess = told, false
			digits = strings.TrimPrefix(digits[2:], "_")
		}
	}
	if guess {
		base = 10
	}
	for i := 0; i < len(digits); i++ {
		if digits[i] == '_' && (i == 0 || i == len(digits)-1 || digits[i-1] == '_') || digits[i] == '+' || digits[i] == '-' {
			return nil, false
		}
	}
	digits = strings.ReplaceAll(digits, "_", "")
	n, ok := new(big.Int).SetString(digits, base)
	if !ok || guess && digits[0] == '0' && n.Sign() != 0 { // 010 is octal to some
		return nil, false
	}
	if negative {
		n.Neg(n)
	}
	return n, true
}

// withoutUnderscores takes out the underscores that stand between digits, as Python's int and float allow them.
func withoutUnderscores(s string) string {
	if strings.IndexByte(s, '_') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '_' || i == 0 || !digits(s[i-1:], 1) || !digits(s[i+1:], 1) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func floatCall(r *run, v value) (value, *fault) {
	if v.kind == kAbsent {
		return float(0), nil
	}
	if v.isStr() {
		if f := r.grow(len(v.s)); f != nil { // reading costs too
			return none, f
		}
		f, ok := parseFloat(withoutUnderscores(v.s))
		if !ok {
			return none, faultf(KindRuntime, "ValueError", "could not convert string to float: %s", appendRepr(nil, v.s))
		}
		return float(f).with(v.from), nil
	}
	if !v.isNumber() {
		return none, badType("float() argument must be a string or a real number, not '%s'", v.typeName())
	}
	f, ok := v.float64()
	if !ok {
		return none, faultf(KindRuntime, "OverflowError", "int too large to convert to float")
	}
	return float(f).with(v.from), nil
}

func listCall(r *run, v value) (value, *fault) {
	if v.kind == kAbsent {
		return r.newList(kList, nil)
	}
	items, f := r.items(v)
	if f != nil {
		return none, f
	}
	l, f := r.newList(kList, items)
	return l.with(v.from), f
}

// extreme is min or max of several arguments or of the items of one, which may have a default for when there are none.
func (r *run) extreme(name string, a []value, def value) (value, *fault) {
	n := 0
	for n < len(a) && a[n].kind != kAbsent {
		n++
	}
	items := append([]value(nil), a[:n]...)
	var from *origin
	if def.kind != kAbsent && n > 1 {
		return none, badType("Cannot specify a default for %s() with multiple positional arguments", name)
	}
	if n == 1 {
		if a[0].hidden() || def.hidden() {
			return none, secretFault("looked at")
		}
		its, f := r.items(a[0])
		if f != nil {
			return none, f
		}
		items, from = its, a[0].from
	}
	if len(items) == 0 && def.kind != kAbsent {
		return def.with(r.union(from, def.from)), nil
	}
	if len(items) == 0 {
		return none, faultf(KindRuntime, "ValueError", "%s() arg is an empty sequence", name)
	}
	op := "<"
	if name == "max" {
		op = ">"
	}
	best := items[0]
	from = r.union(from, best.from)
	for _, it := range items[1:] {
		if f := r.step(); f != nil {
			return none, f
		}
		better, f := r.order(op, it, best)
		if f != nil {
			if f.class == "TypeError" {
				f.hint = "a parameter is a text until a type such as Int32(…) makes it a number"
			}
			return none, f
		}
		if better {
			best = it
		}
		from = r.union(from, it.from)
	}
	return best.with(from), nil
}

func rangeCall(r *run, a []value) (value, *fault) {
	var from *origin
	n := [3]int64{0, 0, 1}
	for i, v := range a {
		if v.kind == kAbsent {
			continue
		}
		if v.hidden() {
			return none, secretFault("computed with")
		}
		if v.kind != kInt && v.kind != kBool {
			if v.kind == kBig {
				return none, overLimit("turns of loops", r.in.Limits.Turns)
			}
			return none, badType("'%s' object cannot be interpreted as an integer", v.typeName())
		}
		n[i], from = v.n, r.union(from, v.from)
	}
	if a[1].kind == kAbsent {
		n[0], n[1] = 0, n[0]
	}
	if n[2] == 0 {
		return none, faultf(KindRuntime, "ValueError", "range() arg 3 must not be zero")
	}
	var items []value
	for i, prev := n[0], n[0]; n[2] > 0 && i < n[1] && i >= prev || n[2] < 0 && i > n[1] && i <= prev; i += n[2] {
		if len(items) > r.in.Limits.Turns {
			return none, overLimit("turns of loops", r.in.Limits.Turns)
		}
		items = append(items, integer(i).with(from))
		prev = i
	}
	l, f := r.newList(kIter, items)
	return l.with(from), f
}

func sumCall(r *run, a []value) (value, *fault) {
	if a[0].hidden() || a[1].hidden() {
		return none, secretFault("computed with")
	}
	items, f := r.items(a[0])
	if f != nil {
		return none, f
	}
	total := integer(0)
	if a[1].isStr() {
		return none, badType("sum() can't sum strings [use ''.join(seq) instead]")
	}
	if a[1].kind != kAbsent {
		total = a[1]
	}
	total = total.with(r.union(total.from, a[0].from))
	for _, it := range items {
		if f := r.step(); f != nil {
			return none, f
		}
		if total, f = r.binary("+", total, it); f != nil {
			return none, f
		}
	}
	return total, nil
}

func enumerateCall(r *run, a []value) (value, *fault) {
	if a[0].hidden() {
		return none, secretFault("looped over")
	}
	start := a[1]
	switch {
	case start.kind == kAbsent || start.kind == kMissing:
		start = integer(0)
	case !start.isInt():
		return none, badType("'%s' object cannot be interpreted as an integer", start.typeName())
	}
	items, f := r.items(a[0])
	if f != nil {
		return none, f
	}
	pairs := make([]value, len(items))
	for i, it := range items {
		n, f := r.binary("+", start, integer(int64(i)))
		if f != nil {
			return none, f
		}
		if pairs[i], f = r.newList(kTuple, []value{n, it}); f != nil {
			return none, f
		}
	}
	l, f := r.newList(kIter, pairs)
	return l.with(a[0].from), f
}

func sortedCall(r *run, a []value) (value, *fault) {
	if a[0].hidden() {
		return none, secretFault("looped over")
	}
	items, f := r.items(a[0])
	if f != nil {
		return none, f
	}
	if f := r.grow(len(items) * valueSize); f != nil {
		return none, f
	}
	out := append([]value(nil), items...)
	op := "<"
	if a[1].truth() {
		op = ">"
	}
	var failed *fault
	sort.SliceStable(out, func(i, j int) bool {
		if failed != nil {
			return false
		}
		if failed = r.step(); failed != nil {
			return false
		}
		less, f := r.order(op, out[i], out[j])
		failed = f
		return less
	})
	if failed != nil {
		return none, failed
	}
	l, f := r.newList(kList, out)
	return l.with(a[0].from), f
}

func reversedCall(r *run, v value) (value, *fault) {
	if v.kind == kMissing {
		return none, badType("object of type '%s' has no len()", v.typeName())
	}
	items, f := r.items(v)
	if f != nil {
		return none, f
	}
	out := make([]value, len(items))
	for i, it := range items {
		out[len(items)-1-i] = it
	}
	l, f := r.newList(kIter, out)
	return l.with(v.from), f
}

func zipCall(r *run, a []value) (value, *fault) {
	var lists [][]value
	var from *origin
	shortest := math.MaxInt
	for _, v := range a {
		if v.kind == kAbsent {
			break
		}
		if v.hidden() {
			return none, secretFault("looped over")
		}
		items, f := r.items(v)
		if f != nil {
			return none, f
		}
		lists, from, shortest = append(lists, items), r.union(from, v.from), min(shortest, len(items))
	}
	if lists == nil {
		shortest = 0
	}
	out := make([]value, shortest)
	for i := range out {
		row := make([]value, len(lists))
		for j, l := range lists {
			row[j] = l[i]
		}
		t, f := r.newList(kTuple, row)
		if f != nil {
			return none, f
		}
		out[i] = t
	}
	l, f := r.newList(kIter, out)
	return l.with(from), f
}
