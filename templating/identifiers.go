package templating

import (
	"strings"
	"unicode"

	"penstock/templating/literal"
)

// noTranslate is what the reference says of a value that is no text where it wants one.
func noTranslate(v value) *fault {
	if v.hidden() {
		return secretFault("used as a name or pattern")
	}
	f := badArgument("'%s' object has no attribute 'translate'", v.typeName())
	f.class = "AttributeError"
	if v.kind == kNone {
		f.kind = KindRequired
	}
	return f
}

// nameText is the text of an identifier.
func nameText(v value) (string, *fault) {
	if v.isStr() {
		return v.s, nil
	}
	return "", noTranslate(v)
}

// symbol makes an opaque piece of SQL.
func (r *run) symbol(b []byte, from *origin) (value, *fault) {
	if f := r.grow(len(b)); f != nil {
		return none, f
	}
	return value{kind: kSym, s: string(b), from: from}, nil
}

func missingColumn(fn, param string) *fault {
	return faultf(KindRequired, "SQLTemplateException", prefix+"Missing %s() default value, use `%s(%s, 'default_column_name')`", fn, fn, param)
}

func columnCall(r *run, a []value) (value, *fault) {
	v, ok := r.given(a[0], a[1])
	if v.kind == kMissing && a[1].isStr() {
		v, ok = a[1].with(r.union(v.from, a[1].from)), true
	}
	if !ok {
		return none, missingColumn("column", "column_name")
	}
	s, f := nameText(v)
	if f != nil {
		return none, f
	}
	r.scratch = literal.Path(r.scratch[:0], s)
	return r.symbol(r.scratch, v.from)
}

func columnsCall(r *run, a []value) (value, *fault) {
	v, ok := r.given(a[0], a[1])
	if !ok {
		return none, missingColumn("columns", "column_names")
	}
	if !v.isStr() {
		if v.hidden() {
			return none, secretFault("used as a name or pattern")
		}
		return none, badArgument("The 'columns' function expects a String not an Array")
	}
	fn, from := "", v.from
	if a[2].kind == kMissing {
		fn, from = missingText, r.union(from, a[2].from)
	} else if a[2].truth() {
		if !a[2].isStr() || !literal.IsWord(a[2].s) {
			return none, badArgument("the fn of columns() has to be the name of a function")
		}
		fn, from = a[2].s, r.union(from, a[2].from)
	}
	if f := r.grow(len(v.s)); f != nil {
		return none, f
	}
	r.scratch = appendColumns(r.scratch[:0], v.s, fn)
	out, f := r.symbol(r.scratch, from)
	out.kind = kRaw
	return out, f
}

// appendColumns writes a comma text as columns, each in a call of fn when there is one.
func appendColumns(b []byte, names, fn string) []byte {
	start := len(b)
	for more := true; more; {
		var s string
		s, names, more = strings.Cut(names, ",")
		s = trim(s)
		if len(b) > start {
			b = append(b, ',')
		}
		if fn == "" {
			b = literal.Path(b, s)
			continue
		}
		b = append(b, fn...)
		b = append(b, '(')
		b = literal.Path(b, s)
		b = append(b, ") as "...)
		if literal.IsWord(s) || s == "" {
			b = append(b, s...)
		} else {
			b = literal.Ident(b, s, '`')
		}
	}
	return b
}

// trim is s without blanks around it.
func trim(s string) string {
	if s == "" || s[0] > ' ' && s[0] < 0x80 && s[len(s)-1] > ' ' && s[len(s)-1] < 0x80 {
		return s
	}
	return strings.TrimFunc(s, isBlank)
}

// isName tells whether s needs no quotes as an identifier: letters of any script, digits and underscores.
func isName(s string) bool {
	for i, c := range s {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func symbolCall(r *run, a []value) (value, *fault) {
	v := a[0]
	if v.kind == kMissing {
		v = text("placeholder").with(v.from)
	}
	s, f := nameText(v)
	if f != nil {
		return none, f
	}
	quote := byte('`')
	if q := a[1]; q.kind != kAbsent {
		if !q.isStr() || q.from != nil || q.s != "`" && q.s != `"` {
			return none, badArgument("the quote of symbol() has to be ` or \", as a constant")
		}
		quote = q.s[0]
	}
	r.scratch = literal.Ident(r.scratch[:0], s, quote)
	return r.symbol(r.scratch, v.from)
}

func tableCall(r *run, a []value) (value, *fault) {
	v := a[0]
	if v.kind == kMissing {
		return value{kind: kSym, s: "placeholder", from: v.from}, nil
	}
	s, f := nameText(v)
	if f != nil {
		return none, f
	}
	if v.from == nil { // the author's own words
		r.scratch = literal.Bare(r.scratch[:0], s)
		return r.symbol(r.scratch, nil)
	}
	db, name, qualified := strings.Cut(s, ".")
	if !isName(db) || qualified && !isName(name) {
		return none, badArgument("table() takes the name of a table, or of a database and a table joined by a dot, in letters, digits and underscores")
	}
	return value{kind: kSym, s: s, from: v.from}, nil
}

func unescapeCall(r *run, a []value) (value, *fault) {
	v := a[0]
	s, f := nameText(v)
	if f != nil {
		return none, f
	}
	keep, from := "", v.from
	if a[1].isStr() {
		keep, from = a[1].s, r.union(from, a[1].from)
	}
	if len(keep) > 1 {
		keep = "" // longer texts are no escape of their own
	}
	if f := r.grow(len(s)); f != nil {
		return none, f
	}
	return value{kind: kRaw, s: string(literal.StringKeeping(nil, s, keep)), from: from}, nil
}

func splitCall(r *run, a []value) (value, *fault) {
	v := a[0]
	if v.kind == kNone || v.kind == kMissing {
		from := v.from
		if v = a[1]; v.kind == kAbsent {
			v = text("")
		}
		v.from = r.union(v.from, from)
	}
	if !v.isStr() {
		if v.hidden() {
			return none, secretFault("taken apart")
		}
		return none, badArgument("First argument of split_to_array has to be a value that can be split to a list of elements, but " +
			"found a PlaceHolder with no value instead")
	}
	items, f := r.splitAt(v, a[2])
	if f == nil {
		f = r.grow(len(items) * valueSize)
	}
	if f != nil {
		return none, f
	}
	return value{kind: kList, obj: &list{items: items, depth: 1}, from: v.from}, nil
}

// splitAt cuts a text at the separator that split_to_array was given: None, such as a parameter that was not sent, is white
// space.
func (r *run) splitAt(v, sep value) ([]value, *fault) {
	switch {
	case sep.kind == kAbsent:
		return r.split(v, ",", -1, true)
	case sep.kind == kNone:
		if f := r.grow(len(v.s) / 2 * valueSize); f != nil {
			return nil, f
		}
		return splitBlanks(v, -1), nil
	case sep.hidden():
		return nil, secretFault("used as a separator")
	case !sep.isStr():
		return nil, badType("must be str or None, not %s", sep.typeName())
	case sep.s == "":
		return nil, faultf(KindRuntime, "ValueError", "empty separator")
	}
	return r.split(v, sep.s, -1, true)
}

// split cuts a text at a separator, at most n times when n is not negative. trimmed leaves out the blanks around each part.
func (r *run) split(v value, sep string, n int, trimmed bool) ([]value, *fault) {
	count := strings.Count(v.s, sep)
	if n >= 0 && n < count {
		count = n
	}
	if f := r.grow((count + 1) * valueSize); f != nil {
		return nil, f
	}
	items := r.values(count + 1)
	rest := v.s
	for i := range items {
		s := rest
		if i < count {
			at := strings.Index(rest, sep)
			s, rest = rest[:at], rest[at+len(sep):]
		}
		if trimmed {
			s = trim(s)
		}
		it := &items[i] // the memory is empty
		it.kind, it.s, it.from = kStr, s, v.from
	}
	return items, nil
}

// countable are the items of a value whose end is known.
func (r *run) countable(v value) ([]value, *fault) {
	if v.kind != kNone && !v.isStr() && !v.isSeq() && v.kind != kDict && v.kind != kSet && !v.hidden() {
		return nil, badType("object of type '%s' has no len()", v.typeName())
	}
	return r.items(v)
}

func enumerateWithLast(r *run, a []value) (value, *fault) {
	v := a[0]
	items, f := r.countable(v)
	if f != nil {
		return none, f
	}
	if f := r.grow(3 * len(items) * valueSize); f != nil {
		return none, f
	}
	out := make([]value, len(items))
	pairs := make([]value, 2*len(items))
	lists := make([]list, len(items))
	for i, it := range items {
		p := pairs[2*i : 2*i+2 : 2*i+2]
		p[0], p[1] = boolean(i == len(items)-1).with(v.from), it
		lists[i] = list{items: p, depth: depthOf(it) + 1}
		out[i] = value{kind: kTuple, obj: &lists[i]}
	}
	l, f := r.newList(kList, out)
	return l.with(v.from), f
}
