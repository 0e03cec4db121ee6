package templating

import (
	"math"
	"math/big"

	"penstock/sql/lexer"
)

// kind is the type of a value of the language.
type kind uint8

const (
	kAbsent  kind = iota // an argument that was not given, a local name not yet assigned
	kLazy                // s: a parameter that was sent and not asked for yet, to be prepared as an array
	kNone                // also a parameter that was not sent
	kBool                // n
	kInt                 // n
	kBig                 // big: an integer beyond 64 bits
	kFloat               // f
	kStr                 // s: text, printed as a literal
	kRaw                 // s: a text of SQL that was made here; to the language a text, printed as it is
	kSym                 // s: an identifier or setting; opaque to the language, printed as it is
	kList                // list
	kTuple               // list
	kIter                // list: what range, zip and the like give
	kSet                 // dict, keys only
	kDict                // dict
	kSecret              // secret: opaque, printed as one literal
	kParts               // parts: SQL with secrets in it, opaque
	kFunc                // s: a function named without being called
	kMissing             // s: the stand-in of a parameter that was not sent, in a validation; "" for a part of one
	kExc                 // an exception caught by except … as
)

// A value is a value of the language together with what it was computed from. Values do not change.
type value struct {
	kind kind
	typ  numType // of a number that a type function gave: how to print it; 0 for plain numbers
	from *origin
	n    int64 // kBool, kInt; the bits of kFloat; of kStr isPlain or 0
	s    string
	obj  any
}

// An origin is the set of request parameters that a value was computed from; nil is none. Origins are compared by
// address and shared, never changed.
type origin = lexer.Names

// A list is what lists, tuples and iterators hold. depth is how deep lists nest in it.
type list struct {
	items []value
	depth int
}

// A dict keeps its keys in the order of insertion.
type dict struct {
	keys, vals []value
	index      map[string]int
	depth      int
}

// A secret is one use of tb_secret that found a value.
type secret struct {
	name  *lexer.Names // the one name, as spans want it
	value string
}

// A part is a piece of SQL: a text with its origin, or a secret.
type part struct {
	text   string
	from   *origin
	secret *secret
}

// isPlain marks a text that is known to be of ASCII letters, digits and underscores: no literal or name escapes any of it.
const isPlain = 1

var (
	none   = value{kind: kNone}
	absent = value{}
)

func boolean(b bool) value {
	if b {
		return value{kind: kBool, n: 1}
	}
	return value{kind: kBool}
}

func integer(n int64) value   { return value{kind: kInt, n: n} }
func text(s string) value     { return value{kind: kStr, s: s} }
func float(f float64) value   { return value{kind: kFloat, n: int64(math.Float64bits(f))} }
func (v value) f() float64    { return math.Float64frombits(uint64(v.n)) }
func (v value) big() *big.Int { return v.obj.(*big.Int) }
func (v value) list() *list   { return v.obj.(*list) }
func (v value) dict() *dict   { return v.obj.(*dict) }

// bigInteger is n as the smaller kind that holds it.
func bigInteger(n *big.Int) value {
	if n.IsInt64() {
		return integer(n.Int64())
	}
	return value{kind: kBig, obj: n}
}

// become changes a variable in place: a value that is made elsewhere is copied in another width than it was written in, which
// a processor waits for.
func (v *value) become(k kind, n int64, s string, from *origin) {
	v.kind, v.typ, v.n, v.s, v.from = k, 0, n, s, from
	if v.obj != nil {
		v.obj = nil
	}
}

func (v value) with(o *origin) value {
	v.from = o
	return v
}

// plain is v without the type that would be printed around it.
func (v value) plain() value {
	v.typ = 0
	return v
}

func (v value) isStr() bool    { return v.kind == kStr || v.kind == kRaw }
func (v value) isInt() bool    { return v.kind == kInt || v.kind == kBool || v.kind == kBig }
func (v value) isNumber() bool { return v.isInt() || v.kind == kFloat }
func (v value) isSeq() bool    { return v.kind == kList || v.kind == kTuple || v.kind == kIter }
func (v value) hidden() bool   { return v.kind == kSecret || v.kind == kParts }
func (v value) bigInt() *big.Int {
	if v.kind == kBig {
		return v.big()
	}
	return big.NewInt(v.n)
}

// float64 is a number as a float; ok is false when it is too large for one.
func (v value) float64() (f float64, ok bool) {
	switch v.kind {
	case kFloat:
		return v.f(), true
	case kBig:
		f, _ := new(big.Float).SetInt(v.big()).Float64()
		return f, !math.IsInf(f, 0)
	}
	return float64(v.n), true
}

// truth is what a condition makes of v.
func (v value) truth() bool {
	switch v.kind {
	case kNone, kAbsent:
		return false
	case kBool, kInt:
		return v.n != 0
	case kFloat:
		return v.f() != 0
	case kStr, kRaw:
		return v.s != ""
	case kList, kTuple, kIter:
		return len(v.list().items) > 0
	case kSet, kDict:
		return len(v.dict().keys) > 0
	}
	return true
}

// typeName is what Python calls the type of v.
func (v value) typeName() string {
	switch v.kind {
	case kNone, kAbsent:
		return "NoneType"
	case kBool:
		return "bool"
	case kInt, kBig:
		return "int"
	case kFloat:
		return "float"
	case kStr, kRaw:
		return "str"
	case kList:
		return "list"
	case kTuple:
		return "tuple"
	case kIter:
		return "iterator"
	case kSet:
		return "set"
	case kDict:
		return "dict"
	case kFunc:
		return "function"
	case kMissing:
		return "Placeholder"
	case kExc:
		return "Exception"
	}
	return "Symbol"
}
