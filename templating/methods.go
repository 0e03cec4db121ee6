package templating

import (
	"strings"

	"penstock/templating/parse"
)

// A method is a compiled method call: v is the object, a the arguments.
type method func(r *run, v value, a []value) (value, *fault)

// methodOf is a method of the language with the most arguments that it takes.
func methodOf(name string) (method, int) {
	switch name {
	case "get":
		return getMethod, 2
	case "items", "keys", "values":
		return func(r *run, v value, _ []value) (value, *fault) { return r.dictView(v, name) }, 0
	case "split":
		return splitMethod, 2
	case "join":
		return joinMethod, 1
	case "replace":
		return replaceMethod, 3
	case "startswith", "endswith":
		return func(r *run, v value, a []value) (value, *fault) { return r.affix(v, a, name) }, 3
	case "strip", "lstrip", "rstrip":
		return func(r *run, v value, a []value) (value, *fault) { return r.strip(v, a, name) }, 1
	case "lower":
		return mapMethod(name, lower), 0
	case "upper":
		return mapMethod(name, upper), 0
	}
	return nil, 0
}

// methodKeywords are the arguments of a method that may be given by name.
func methodKeywords(name string) []string {
	if name == "split" {
		return []string{"sep", "maxsplit"}
	}
	return nil
}

// pythonMethod tells whether Python's texts, lists or dictionaries have a method.
func pythonMethod(name string) bool {
	switch name {
	case "append", "capitalize", "casefold", "center", "clear", "copy", "count", "encode", "endswith", "expandtabs", "extend",
		"find", "format", "format_map", "fromkeys", "get", "index", "insert", "isalnum", "isalpha", "isascii", "isdecimal",
		"isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "items", "join",
		"keys", "ljust", "lower", "lstrip", "maketrans", "mro", "partition", "pop", "popitem", "remove", "removeprefix",
		"removesuffix", "replace", "reverse", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "setdefault",
		"sort", "split", "splitlines", "startswith", "strip", "swapcase", "title", "translate", "update", "upper", "values",
		"zfill", "gi_frame":
		return true
	}
	return false
}

func (c *compiler) callMethod(x *parse.Call, fn *parse.Attr) eval {
	pos := c.offset + fn.At
	m, most := methodOf(fn.Name)
	if m == nil {
		if c.loose && !strings.HasPrefix(fn.Name, "_") && !pythonMethod(fn.Name) {
			obj := c.expr(fn.X)
			c.exprs(x.Args) // for their own mistakes
			return c.noAttribute(obj, fn.Name, pos)
		}
		f := unsupported("Invalid method name: %s", fn.Name)
		f.hint = suggest(fn.Name, strings.Fields("get items keys values split join replace startswith endswith strip lstrip rstrip lower upper"))
		c.reject(pos, f)
		c.expr(fn.X)
		c.exprs(x.Args)
		return constant(none)
	}
	obj := c.expr(fn.X)
	args := c.exprs(x.Args)
	var wrong *fault
	if len(x.Args) > most {
		wrong = badType("%s() takes at most %d arguments (%d given)", fn.Name, most, len(x.Args))
	}
	for _, k := range x.Keywords {
		slot := indexOf(methodKeywords(fn.Name), k.Name)
		switch {
		case slot < 0:
			slot, wrong = len(args), badType("%s() takes no keyword argument %s", fn.Name, k.Name)
		case slot < len(x.Args):
			slot, wrong = len(args), badType("%s() was given %s twice, by its place and by its name", fn.Name, k.Name)
		}
		for len(args) <= slot {
			args = append(args, constant(none))
		}
		args[slot] = c.keyword(k.Value)
	}
	return func(r *run) (value, *fault) {
		if f := r.step(); f != nil {
			return none, f
		}
		v, f := obj(r)
		if f != nil {
			return none, f
		}
		if v.hidden() {
			return none, secretFault("looked into").at(pos)
		}
		vs, f := r.evals(args)
		if f != nil {
			return none, f
		}
		for _, a := range vs {
			if a.hidden() {
				return none, secretFault("joined to other text").at(pos)
			}
		}
		if wrong != nil {
			f := *wrong
			return none, f.at(pos)
		}
		v, f = m(r, v, vs)
		return v, f.at(pos)
	}
}

func getMethod(r *run, v value, a []value) (value, *fault) {
	if v.kind != kDict {
		return none, noAttribute(v, "get")
	}
	if len(a) == 0 {
		return none, badType("get expected at least 1 argument, got 0")
	}
	i, ok, f := r.find(v.dict(), a[0])
	if f != nil {
		return none, f
	}
	from := r.union(v.from, a[0].from)
	if ok {
		it := v.dict().vals[i]
		return it.with(r.union(from, it.from)), nil
	}
	if len(a) > 1 {
		return a[1], nil
	}
	return none.with(from), nil
}

// dictView gives the keys, values or pairs of a dict.
func (r *run) dictView(v value, name string) (value, *fault) {
	if v.kind != kDict {
		return none, noAttribute(v, name)
	}
	d := v.dict()
	var items []value
	switch name {
	case "keys":
		items = d.keys
	case "values":
		items = d.vals
	default:
		for i, k := range d.keys {
			pair, f := r.newList(kTuple, []value{k, d.vals[i]})
			if f != nil {
				return none, f
			}
			items = append(items, pair)
		}
	}
	l, f := r.newList(kIter, items)
	return l.with(v.from), f
}

// subject is the text that a method of texts works on.
func subject(v value, name string) (string, *fault) {
	if v.isStr() {
		return v.s, nil
	}
	return "", noAttribute(v, name)
}

// standInArgument checks the arguments of a method of the stand-in of a parameter, which takes exactly one.
func standInArgument(a []value, name string) *fault {
	switch len(a) {
	case 0:
		return missingArgument()
	case 1:
		return nil
	}
	return badType("%s() of a parameter that was not sent takes one argument", name)
}

func splitMethod(r *run, v value, a []value) (value, *fault) {
	if v.kind == kMissing {
		if f := standInArgument(a, "split"); f != nil {
			return none, f
		}
		it := pieceOfMissing(v)
		return r.newList(kList, []value{it, it})
	}
	s, f := subject(v, "split")
	if f != nil {
		return none, f
	}
	n := -1
	if len(a) > 1 {
		if a[1].kind != kInt && a[1].kind != kBool {
			return none, badType("'%s' object cannot be interpreted as an integer", a[1].typeName())
		}
		n = int(max(-1, min(a[1].n, bounded)))
	}
	var items []value
	t := text(s).with(v.from)
	switch {
	case len(a) == 0 || a[0].kind == kNone:
		if f := r.grow(len(s) / 2 * valueSize); f != nil {
			return none, f
		}
		items = splitBlanks(t, n)
	case !a[0].isStr():
		return none, badType("must be str or None, not %s", a[0].typeName())
	case a[0].s == "":
		return none, faultf(KindRuntime, "ValueError", "empty separator")
	default:
		if items, f = r.split(t, a[0].s, n, false); f != nil {
			return none, f
		}
	}
	l, f := r.newList(kList, items)
	return l.with(v.from), f
}

// splitBlanks cuts a text at runs of blanks.
func splitBlanks(v value, n int) []value {
	var items []value
	rest := strings.TrimLeftFunc(v.s, isBlank)
	for rest != "" {
		i := strings.IndexFunc(rest, isBlank)
		if i < 0 || n == 0 {
			i = len(rest)
		}
		items = append(items, value{kind: kStr, s: rest[:i], from: v.from})
		rest = strings.TrimLeftFunc(rest[i:], isBlank)
		n--
	}
	return items
}

func joinMethod(r *run, v value, a []value) (value, *fault) {
	sep, f := subject(v, "join")
	if f != nil {
		return none, f
	}
	if len(a) == 0 {
		return none, badType("join() takes exactly one argument (0 given)")
	}
	if k := a[0].kind; !a[0].isStr() && !a[0].isSeq() && k != kDict && k != kSet && k != kMissing {
		return none, badType("can only join an iterable")
	}
	items, f := r.items(a[0])
	if f != nil {
		return none, f
	}
	var b strings.Builder
	from := r.union(v.from, a[0].from)
	for i, it := range items {
		if !it.isStr() {
			return none, badType("sequence item %d: expected str instance, %s found", i, it.typeName())
		}
		s := it.s
		if i > 0 {
			b.WriteString(sep)
		}
		if f := r.grow(len(s) + len(sep)); f != nil {
			return none, f
		}
		b.WriteString(s)
		from = r.union(from, it.from)
	}
	return text(b.String()).with(from), nil
}

func replaceMethod(r *run, v value, a []value) (value, *fault) {
	s, f := subject(v, "replace")
	if f != nil {
		return none, f
	}
	if len(a) < 2 {
		return none, badType("replace expected at least 2 arguments, got %d", len(a))
	}
	for i, w := range a[:2] {
		if !w.isStr() {
			return none, badType("replace() argument %d must be str, not %s", i+1, w.typeName())
		}
	}
	n := -1
	if len(a) > 2 {
		if a[2].kind != kInt {
			return none, badType("'%s' object cannot be interpreted as an integer", a[2].typeName())
		}
		n = int(max(-1, min(a[2].n, bounded)))
	}
	count := strings.Count(s, a[0].s)
	if n >= 0 {
		count = min(count, n) // only these grow
	}
	if f := r.grow(len(s)); f != nil {
		return none, f
	}
	if grown := len(a[1].s) - len(a[0].s); grown > 0 {
		if count > r.grown/grown {
			return none, overLimit("bytes of values", r.in.Limits.Values)
		}
		if f := r.grow(count * grown); f != nil {
			return none, f
		}
	}
	from := r.union(v.from, r.union(a[0].from, a[1].from))
	return text(strings.Replace(s, a[0].s, a[1].s, n)).with(from), nil
}

func (r *run) affix(v value, a []value, name string) (value, *fault) {
	if v.kind == kMissing && name == "startswith" {
		return boolean(false).with(v.from), standInArgument(a, name)
	}
	s, f := subject(v, name)
	if f != nil {
		return none, f
	}
	if len(a) == 0 {
		return none, badType("%s() takes at least 1 argument (0 given)", name)
	}
	if len(a) > 1 {
		part, crossed, f := r.window(v, a[1:])
		if crossed || f != nil {
			return boolean(false).with(part.from), f // even for an empty text
		}
		v, s = part, part.s
	}
	options := a[:1]
	if a[0].kind == kTuple {
		options = a[0].list().items
	}
	from := r.union(v.from, a[0].from)
	for _, o := range options {
		if !o.isStr() {
			return none, badType("%s first arg must be str or a tuple of str, not %s", name, o.typeName())
		}
		if name == "startswith" && strings.HasPrefix(s, o.s) || name == "endswith" && strings.HasSuffix(s, o.s) {
			return boolean(true).with(from), nil
		}
	}
	return boolean(false).with(from), nil
}

// window is the part of a text between a start and perhaps an end; crossed tells that the start lies behind the end.
func (r *run) window(v value, bounds []value) (part value, crossed bool, f *fault) {
	size := runeLen(v.s)
	at := [2]int{0, size}
	from := v.from
	for i, b := range bounds {
		from = r.union(from, b.from)
		if b.kind == kNone {
			continue
		}
		n, f := sliceInt(b)
		if f != nil {
			return none, false, f
		}
		if n < 0 {
			n = max(0, n+size)
		}
		at[i] = n
	}
	at[1] = min(at[1], size)
	if at[0] > at[1] {
		return none.with(from), true, nil
	}
	part, f = r.slice(v, integer(int64(at[0])), integer(int64(at[1])), absent)
	return part.with(from), false, f
}

func (r *run) strip(v value, a []value, name string) (value, *fault) {
	s, f := subject(v, name)
	if f != nil {
		return none, f
	}
	cut := isBlank
	from := v.from
	if len(a) > 0 && a[0].kind != kNone {
		if !a[0].isStr() {
			return none, badType("%s arg must be None or str", name)
		}
		if f := r.grow(len(s) + len(a[0].s)); f != nil {
			return none, f
		}
		set := make(map[rune]bool)
		for _, c := range a[0].s {
			set[c] = true
		}
		cut = func(c rune) bool { return set[c] }
		from = r.union(from, a[0].from)
	}
	if name != "rstrip" {
		s = strings.TrimLeftFunc(s, cut)
	}
	if name != "lstrip" {
		s = strings.TrimRightFunc(s, cut)
	}
	return text(s).with(from), r.grow(len(v.s) - len(s)) // what was cut was gone through
}

func mapMethod(name string, change func(string) string) method {
	return func(r *run, v value, _ []value) (value, *fault) {
		s, f := subject(v, name)
		if f == nil {
			f = r.grow(len(s))
		}
		if f != nil {
			return none, f
		}
		return text(change(s)).with(v.from), nil
	}
}
