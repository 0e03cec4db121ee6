package parse

import "math/big"

// An Expr is an expression of the language: a subset of Python's.
type Expr interface {
	// Offset is the byte of the source where the expression begins.
	Offset() int
	// String is the expression in its canonical layout.
	String() string
}

// Pos is the byte of the source where a node begins.
type Pos int

// Offset implements Expr and Node.
func (p Pos) Offset() int { return int(p) }

// ConstKind says of which type a constant is.
type ConstKind uint8

// The types of constants.
const (
	None ConstKind = iota
	True
	False
	Int
	Float
	Str
)

// Const is a constant. Raw is its spelling in the source, which is kept because authors choose between notations.
type Const struct {
	Pos
	Kind  ConstKind
	Str   string
	Int   *big.Int
	Float float64
	Raw   string
}

// Name is a parameter, a local name or a function.
type Name struct {
	Pos
	Ident string
}

// A SeqKind tells lists, tuples and sets apart.
type SeqKind uint8

// The displays.
const (
	List SeqKind = iota
	Tuple
	Set
)

// Seq is [a, b], (a, b) or {a, b}.
type Seq struct {
	Pos
	Kind  SeqKind
	Items []Expr
}

// Dict is {k: v}.
type Dict struct {
	Pos
	Keys, Values []Expr
}

// Unary is not x, -x, +x or ~x.
type Unary struct {
	Pos
	Op string
	X  Expr
}

// Binary is an arithmetic or bit operation.
type Binary struct {
	Pos
	Op   string
	X, Y Expr
	At   int // where the operator stands
}

// Bool is "X and Y" or "X or Y".
type Bool struct {
	Pos
	Op string
	Xs []Expr
}

// Compare is a chain of comparisons: X Ops[0] Ys[0] Ops[1] Ys[1] …
type Compare struct {
	Pos
	X   Expr
	Ops []string
	Ys  []Expr
	At  int // where the first operator stands
}

// Cond is Then if If else Else.
type Cond struct {
	Pos
	If, Then, Else Expr
}

// Index is X[I].
type Index struct {
	Pos
	X, I Expr
}

// Slice is X[Lo:Hi:Step]; absent parts are nil.
type Slice struct {
	Pos
	X, Lo, Hi, Step Expr
}

// Attr is X.Name.
type Attr struct {
	Pos
	X    Expr
	Name string
	At   int // where the name stands
}

// Keyword is name=value in a call.
type Keyword struct {
	Pos
	Name  string
	Value Expr
}

// Call is Fn(Args…, Keywords…).
type Call struct {
	Pos
	Fn       Expr
	Args     []Expr
	Keywords []*Keyword
}

// Format is an f-string: text and expressions in turn.
type Format struct {
	Pos
	Parts []FormatPart
	Raw   string
}

// FormatPart is a piece of an f-string: X, or Text when X is nil.
type FormatPart struct {
	Text string
	X    Expr
}

// For clauses of a comprehension.
type CompFor struct {
	Target Expr
	Iter   Expr
	Ifs    []Expr
}

// A CompKind says what a comprehension makes.
type CompKind uint8

// The comprehensions.
const (
	ListComp CompKind = iota
	SetComp
	DictComp
	GenComp
)

// Comp is a comprehension. Value is nil but for a dict.
type Comp struct {
	Pos
	Kind  CompKind
	Elem  Expr
	Value Expr
	Fors  []CompFor
}
