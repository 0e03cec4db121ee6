package parse

// A Node is a piece of a template.
type Node interface {
	// Offset is the byte of the source where the node begins.
	Offset() int
	write(p *printer)
}

// A Space says what happens to white space in text.
type Space uint8

// The modes of {% whitespace %}.
const (
	SpaceAll     Space = iota // kept
	SpaceSingle               // runs of blanks become one blank, runs with a line end one line end
	SpaceOneline              // every run becomes one blank
)

// Block is a sequence of nodes.
type Block []Node

// Text is source that is copied: the bytes [Offset, End).
type Text struct {
	Pos
	End   int
	Text  string
	Space Space
}

// Escape prints the opening braces of a tag.
type Escape struct {
	Pos
	Braces string
}

// Comment is {# … #}, or {% comment … %} when Tag.
type Comment struct {
	Pos
	Text string
	Tag  bool
}

// Whitespace is {% whitespace … %}; the texts after it already know their mode.
type Whitespace struct {
	Pos
	Mode string
}

// A tag is what tags that hold an expression have in common.
type tag struct {
	// Source is the content as written, without the blanks around it.
	Source string
	// Kept is set when the content holds a comment: the print repeats Source, so that nothing is lost.
	Kept bool
}

// Print is {{ X }}.
type Print struct {
	Pos
	tag
	X Expr
}

// Assign is {% set … %}. Without targets it only evaluates X. Op is "=" or an operator such as "+=".
type Assign struct {
	Pos
	tag
	Targets []Expr
	Op      string
	X       Expr
}

// Branch is one condition of an If with what it guards.
type Branch struct {
	Pos
	tag
	Cond Expr
	Body Block
}

// If is {% if %} with its elifs; Else is nil when there is none.
type If struct {
	Pos
	Branches []Branch
	Else     *Block
}

// For is {% for %}. Else runs when the loop was not left by break.
type For struct {
	Pos
	tag
	Target Expr
	Iter   Expr
	Body   Block
	Else   *Block
}

// While is {% while %}.
type While struct {
	Pos
	tag
	Cond Expr
	Body Block
	Else *Block
}

// Handler is one {% except %} of a Try. Type is nil for a bare one.
type Handler struct {
	Pos
	tag
	Type Expr
	Name string
	Body Block
}

// Try is {% try %}.
type Try struct {
	Pos
	Body     Block
	Handlers []Handler
	Else     *Block
	Finally  *Block
}

// Jump is {% break %} or {% continue %}.
type Jump struct {
	Pos
	Word string
}

// A Tree is a parsed template.
type Tree struct {
	Source string
	Root   Block
}
