package templating

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// newList makes a list, tuple or iterator of items, which it keeps.
func (r *run) newList(k kind, items []value) (value, *fault) {
	if f := r.grow(len(items) * valueSize); f != nil {
		return none, f
	}
	l := &list{items: items, depth: 1}
	for _, it := range items {
		l.depth = max(l.depth, depthOf(it)+1)
	}
	if l.depth > r.in.Limits.Depth {
		return none, overLimit("nested values", r.in.Limits.Depth)
	}
	return value{kind: k, obj: l}, nil
}

func depthOf(v value) int {
	switch o := v.obj.(type) {
	case *list:
		return o.depth
	case *dict:
		return o.depth
	}
	return 0
}

// newDict makes an empty set or dict.
func newDict(k kind) value {
	return value{kind: k, obj: &dict{index: make(map[string]int), depth: 1}}
}

// put adds a key to a dict that nobody else has yet.
func (r *run) put(d *dict, k, v value) *fault {
	key, f := r.key(k)
	if f == nil {
		f = r.grow(3*valueSize + len(key))
	}
	if f != nil {
		return f
	}
	d.depth = max(d.depth, depthOf(k)+1, depthOf(v)+1)
	if d.depth > r.in.Limits.Depth {
		return overLimit("nested values", r.in.Limits.Depth)
	}
	if i, ok := d.index[key]; ok {
		d.vals[i] = v
		return nil
	}
	d.index[key] = len(d.keys)
	d.keys, d.vals = append(d.keys, k), append(d.vals, v)
	return nil
}

// find looks a key up.
func (r *run) find(d *dict, k value) (i int, ok bool, f *fault) {
	key, f := r.key(k)
	if f == nil {
		i, ok = d.index[key]
	}
	return i, ok, f
}

// unhashable is the refusal of what cannot be a key.
func unhashable(k value) *fault {
	f := badArgument("wrong syntax, you might be using a not valid function inside a control block")
	f.class = "TypeError"
	return f.hinted("a " + k.typeName() + " can be no key")
}

// key is the same text for equal keys and another for others.
func (r *run) key(k value) (string, *fault) {
	if k.isStr() {
		return "s" + k.s, r.grow(len(k.s) / 16) // comparing costs too
	}
	out, f := r.appendKey(nil, k)
	return string(out), f
}

// appendKey appends a key that tells where it ends. A tuple that is part of a tuple twice is gone through twice, so its
// items are counted.
func (r *run) appendKey(dst []byte, k value) ([]byte, *fault) {
	if f := r.step(); f != nil {
		return dst, f
	}
	switch k.kind {
	case kStr, kRaw:
		dst = append(strconv.AppendInt(append(dst, 's'), int64(len(k.s)), 10), ':')
		return append(dst, k.s...), r.grow(len(k.s))
	case kBool, kInt, kBig:
		n := value{kind: max(k.kind, kInt), n: k.n, obj: k.obj}
		return append(appendNumber(append(dst, 'n'), n), ';'), nil
	case kFloat:
		if f := k.f(); f == math.Trunc(f) && math.Abs(f) < 1<<62 {
			return append(strconv.AppendInt(append(dst, 'n'), int64(f), 10), ';'), nil
		}
		return append(appendFloat(append(dst, 'f'), k.f()), ';'), nil
	case kTuple:
		items := k.list().items
		dst = append(strconv.AppendInt(append(dst, 't'), int64(len(items)), 10), ':')
		for _, it := range items {
			var f *fault
			if dst, f = r.appendKey(dst, it); f != nil {
				return dst, f
			}
		}
		return dst, nil
	case kNone:
		return append(dst, '0'), nil
	case kList, kSet, kDict, kIter:
		return dst, unhashable(k)
	case kSecret, kParts:
		return dst, secretFault("a key")
	}
	dst = append(strconv.AppendInt(append(dst, 'o'), int64(k.kind), 10), ':')
	return append(append(dst, k.s...), ';'), nil
}

// items are what a loop over v goes through.
func (r *run) items(v value) ([]value, *fault) {
	switch v.kind {
	case kList, kTuple, kIter:
		return v.list().items, nil
	case kSet, kDict:
		return v.dict().keys, nil
	case kStr, kRaw:
		if f := r.grow(len(v.s) * valueSize); f != nil {
			return nil, f
		}
		out := make([]value, 0, len(v.s))
		for i := 0; i < len(v.s); {
			_, n := utf8.DecodeRuneInString(v.s[i:])
			out = append(out, value{kind: kStr, s: v.s[i : i+n], from: v.from})
			i += n
		}
		return out, nil
	case kMissing:
		it := pieceOfMissing(v)
		return []value{it, it, it}, nil
	case kSecret, kParts:
		return nil, secretFault("looped over")
	}
	return nil, badType("'%s' object is not iterable", v.typeName())
}

// length is Python's len(v).
func (r *run) length(v value) (value, *fault) {
	n := 0
	switch v.kind {
	case kList, kTuple, kIter:
		n = len(v.list().items)
	case kSet, kDict:
		n = len(v.dict().keys)
	case kStr, kRaw:
		if f := r.count(v.s); f != nil {
			return none, f
		}
		n = runeLen(v.s)
	case kSecret, kParts:
		return none, secretFault("measured")
	default:
		return none, badType("object of type '%s' has no len()", v.typeName())
	}
	return integer(int64(n)).with(v.from), nil
}

// index is v[i].
func (r *run) index(v, i value) (value, *fault) {
	if v.hidden() || i.hidden() {
		return none, secretFault("taken apart")
	}
	from := r.union(v.from, i.from)
	switch v.kind {
	case kDict:
		n, ok, f := r.find(v.dict(), i)
		if f != nil {
			return none, f
		}
		if !ok {
			return none, r.missingKey(i)
		}
		it := v.dict().vals[n]
		return it.with(r.union(from, it.from)), nil
	case kList, kTuple, kIter, kStr, kRaw:
	case kMissing:
		return indexMissing(v, i)
	default:
		return none, badType("'%s' object is not subscriptable", v.typeName())
	}
	if i.kind != kInt && i.kind != kBool {
		if i.kind == kBig {
			return none, faultf(KindRuntime, "IndexError", "cannot fit 'int' into an index-sized integer")
		}
		if v.isStr() {
			return none, badType("string indices must be integers, not '%s'", i.typeName())
		}
		return none, badType("%s indices must be integers or slices, not %s", v.typeName(), i.typeName())
	}
	n := i.n
	if v.isStr() {
		if f := r.count(v.s); f != nil {
			return none, f
		}
		size := int64(runeLen(v.s))
		if n < 0 {
			n += size
		}
		if n < 0 || n >= size {
			return none, outsideText()
		}
		at := runeOffset(v.s, int(n))
		_, size2 := utf8.DecodeRuneInString(v.s[at:])
		return value{kind: kStr, s: v.s[at : at+size2], from: from}, nil
	}
	items := v.list().items
	if n < 0 {
		n += int64(len(items))
	}
	if n < 0 || n >= int64(len(items)) {
		f := badArgument("%s index out of range", v.typeName())
		f.class = "IndexError"
		return none, f
	}
	it := items[n]
	return it.with(r.union(from, it.from)), nil
}

func (r *run) missingKey(k value) *fault {
	s, f := r.repr(nil, k)
	if f != nil {
		return f
	}
	return faultf(KindBadArgument, "KeyError", prefix+"Missing key %s while rendering the template. Ensure every object "+
		"accessed in the template has this key.", s)
}

// slice is v[lo:hi:step]; absent parts are absent.
func (r *run) slice(v, lo, hi, step value) (value, *fault) {
	if v.hidden() || lo.hidden() || hi.hidden() || step.hidden() {
		return none, secretFault("taken apart")
	}
	size := 0
	switch {
	case v.isStr():
		if f := r.count(v.s); f != nil {
			return none, f
		}
		size = runeLen(v.s)
	case v.isSeq():
		size = len(v.list().items)
	case v.kind == kMissing:
		return none, badType("'>' not supported between instances of 'slice' and 'int'")
	default:
		return none, badType("'%s' object is not subscriptable", v.typeName())
	}
	from := r.union(r.union(v.from, lo.from), r.union(hi.from, step.from))
	by := 1
	if step.kind != kAbsent && step.kind != kNone {
		n, f := sliceInt(step)
		if f != nil {
			return none, f
		}
		if n == 0 {
			return none, faultf(KindRuntime, "ValueError", "slice step cannot be zero")
		}
		by = n
	}
	first, last := 0, size
	if by < 0 {
		first, last = size-1, -1
	}
	for _, b := range []struct {
		v  value
		to *int
	}{{lo, &first}, {hi, &last}} {
		if b.v.kind == kAbsent || b.v.kind == kNone {
			continue
		}
		n, f := sliceInt(b.v)
		if f != nil {
			return none, f
		}
		if n < 0 {
			n += size
		}
		if by > 0 {
			*b.to = max(0, min(n, size))
		} else {
			*b.to = max(-1, min(n, size-1))
		}
	}
	if v.isStr() {
		return r.sliceText(v.s, first, last, by, from)
	}
	var out []value
	for i := first; by > 0 && i < last || by < 0 && i > last; i += by {
		it := v.list().items[i]
		out = append(out, it)
	}
	k := v.kind
	s, f := r.newList(k, out)
	return s.with(from), f
}

// bounded keeps slice bounds far from overflow.
const bounded = 1 << 40

func sliceInt(v value) (int, *fault) {
	switch v.kind {
	case kBool, kInt:
		return int(max(-bounded, min(v.n, bounded))), nil
	case kBig:
		return bounded * v.big().Sign(), nil
	}
	return 0, badType("slice indices must be integers or None or have an __index__ method")
}

func (r *run) sliceText(s string, first, last, by int, from *origin) (value, *fault) {
	if by == 1 {
		if first >= last {
			return text("").with(from), nil
		}
		a := runeOffset(s, first)
		return text(s[a : a+runeOffset(s[a:], last-first)]).with(from), nil
	}
	if f := r.grow(5 * len(s)); f != nil {
		return none, f
	}
	var at []int
	for i := 0; i < len(s); {
		at = append(at, i)
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	at = append(at, len(s))
	var out []byte
	for i := first; by > 0 && i < last || by < 0 && i > last; i += by {
		out = append(out, s[at[i]:at[i+1]]...)
	}
	return text(string(out)).with(from), nil
}

// indexMissing is an item of the stand-in of a parameter, which has three.
func indexMissing(v, i value) (value, *fault) {
	switch {
	case !i.isNumber():
		return none, badType("'>' not supported between instances of '%s' and 'int'", i.typeName())
	case i.kind == kInt && i.n <= 2, i.kind == kBool, i.kind == kFloat && i.f() <= 2:
		return pieceOfMissing(v), nil
	}
	f := badArgument("the stand-in of a parameter has no item %s", appendNumber(nil, i))
	f.class = "IndexError"
	return none, f
}

// pieceOfMissing is a part of the stand-in of a parameter: a stand-in that equals no other.
func pieceOfMissing(v value) value { return value{kind: kMissing, from: v.from} }

func outsideText() *fault {
	return faultf(KindBadArgument, "IndexError", prefix+"String index out of range. Check that string parameters have values before "+
		"accessing specific characters (e.g., param[0]). Provide default values or add length checks in your template.")
}
