package templating

import (
	"math"
	"math/big"
	"strings"
)

// equal is Python's ==. Texts and numbers are never equal.
func (r *run) equal(a, b value) (bool, *fault) {
	if a.hidden() || b.hidden() {
		return false, secretFault("compared")
	}
	switch {
	case a.isStr() && b.isStr():
		if len(a.s) != len(b.s) {
			return false, nil
		}
		return a.s == b.s, r.growCompared(a.s, b.s)
	case a.isNumber() && b.isNumber():
		if a.kind != kFloat && b.kind != kFloat && a.kind != kBig && b.kind != kBig {
			return a.n == b.n, nil
		}
		c, ok := compareNumbers(a, b)
		return ok && c == 0, nil
	case a.kind != b.kind:
		return false, nil
	}
	switch a.kind {
	case kNone:
		return true, nil
	case kList, kTuple, kIter:
		x, y := a.list().items, b.list().items
		if len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if f := r.step(); f != nil {
				return false, f
			}
			if eq, f := r.equal(x[i], y[i]); !eq || f != nil {
				return false, f
			}
		}
		return true, nil
	case kSet, kDict:
		return r.equalDicts(a, b)
	case kFunc:
		return a.s == b.s, nil
	case kMissing:
		return a.s == b.s && a.s != "", nil
	}
	return false, nil
}

func (r *run) equalDicts(a, b value) (bool, *fault) {
	x, y := a.dict(), b.dict()
	if len(x.keys) != len(y.keys) {
		return false, nil
	}
	for i, k := range x.keys {
		if f := r.step(); f != nil {
			return false, f
		}
		j, ok, f := r.find(y, k)
		if !ok || f != nil {
			return false, f
		}
		if a.kind == kDict {
			if eq, f := r.equal(x.vals[i], y.vals[j]); !eq || f != nil {
				return false, f
			}
		}
	}
	return true, nil
}

// growCompared takes what comparing two texts costs, which may be the same to their ends.
func (r *run) growCompared(a, b string) *fault { return r.grow(min(len(a), len(b)) / 16) }

// compareNumbers is -1, 0 or 1; ok is false when one is no number at all.
func compareNumbers(a, b value) (c int, ok bool) {
	if a.kind != kFloat && b.kind != kFloat {
		if a.kind != kBig && b.kind != kBig {
			switch {
			case a.n < b.n:
				return -1, true
			case a.n > b.n:
				return 1, true
			}
			return 0, true
		}
		return a.bigInt().Cmp(b.bigInt()), true
	}
	x, xok := exact(a)
	y, yok := exact(b)
	if !xok || !yok {
		return 0, false
	}
	return x.Cmp(y), true
}

// exact is a number without rounding.
func exact(v value) (*big.Float, bool) {
	if v.kind == kFloat {
		if math.IsNaN(v.f()) {
			return nil, false
		}
		return new(big.Float).SetFloat64(v.f()), true
	}
	n := v.bigInt()
	return new(big.Float).SetPrec(uint(max(64, n.BitLen()))).SetInt(n), true
}

// order compares with <, >, <= or >=.
func (r *run) order(op string, a, b value) (bool, *fault) {
	if a.hidden() || b.hidden() {
		return false, secretFault("compared")
	}
	var c int
	switch {
	case a.isNumber() && b.isNumber():
		n, ok := compareNumbers(a, b)
		if !ok {
			return false, nil
		}
		c = n
	case a.isStr() && b.isStr():
		if f := r.growCompared(a.s, b.s); f != nil {
			return false, f
		}
		c = strings.Compare(a.s, b.s)
	case a.kind == kList && b.kind == kList, a.kind == kTuple && b.kind == kTuple:
		return r.orderLists(op, a.list().items, b.list().items)
	default:
		return false, badType("'%s' not supported between instances of '%s' and '%s'", op, a.typeName(), b.typeName())
	}
	return holds(op, c), nil
}

func holds(op string, c int) bool {
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

func (r *run) orderLists(op string, x, y []value) (bool, *fault) {
	for i := 0; i < len(x) && i < len(y); i++ {
		if f := r.step(); f != nil {
			return false, f
		}
		eq, f := r.equal(x[i], y[i])
		if f != nil {
			return false, f
		}
		if !eq {
			return r.order(op, x[i], y[i])
		}
	}
	return holds(op, len(x)-len(y)), nil
}

// identical is Python's "is", as far as it does not depend on how values are stored.
func (r *run) identical(a, b value) (bool, *fault) {
	if a.kind != b.kind {
		if a.hidden() || b.hidden() {
			return false, secretFault("compared")
		}
		return false, nil
	}
	if a.kind == kFloat {
		return false, nil
	}
	return r.equal(a, b)
}

// contains is Python's "x in set".
func (r *run) contains(set, x value) (bool, *fault) {
	if set.hidden() || x.hidden() {
		return false, secretFault("compared")
	}
	switch set.kind {
	case kStr, kRaw:
		if !x.isStr() {
			return false, badType("'in <string>' requires string as left operand, not %s", x.typeName())
		}
		if f := r.count(set.s); f != nil { // searching costs too
			return false, f
		}
		return strings.Contains(set.s, x.s), nil
	case kList, kTuple, kIter:
		for _, it := range set.list().items {
			if f := r.step(); f != nil {
				return false, f
			}
			if eq, f := r.equal(it, x); eq || f != nil {
				return eq, f
			}
		}
		return false, nil
	case kSet, kDict:
		_, ok, f := r.find(set.dict(), x)
		return ok, f
	case kMissing:
		return false, nil
	}
	return false, badType("argument of type '%s' is not iterable", set.typeName())
}
