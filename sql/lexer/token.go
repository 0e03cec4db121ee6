package lexer

// A Kind says what a token is.
type Kind uint8

// The kinds of tokens. Keywords are Words: ClickHouse has no reserved ones.
const (
	End        Kind = iota // behind the last byte; empty
	Error                  // not closed (string, name, comment) or not ClickHouse's: no statement with one is valid
	Space                  // ASCII and Unicode white space, zero width space and byte order mark included
	Comment                // -- …, // … and # … up to the line feed (which is not part of it), /* … */ nested
	Word                   // a bare word
	QuotedName             // `…`, "…", “…”
	String                 // '…', ‘…’, x'…', b'…'
	Heredoc                // $tag$…$tag$: a string
	Number                 // without sign
	OpenRound
	CloseRound
	OpenSquare
	CloseSquare
	OpenCurly
	CloseCurly
	Comma
	Semicolon
	Dot
	Plus
	Minus
	Asterisk
	Slash
	Percent
	Equals        // = and ==
	NotEquals     // != and <>
	Less          // <
	LessEquals    // <=
	Greater       // >
	GreaterEquals // >=
	Spaceship     // <=>
	Arrow         // ->
	Question
	Colon
	DoubleColon
	At
	DoubleAt
	Caret
	Dollar        // one that begins neither a word nor a heredoc
	Pipe          // |
	Concatenation // ||
	Vertical      // \G, an end of the statement for ClickHouse's own client
)

var kindNames = [...]string{"end of the text", "error", "white space", "comment", "word", "quoted name", "string",
	"heredoc", "number", "(", ")", "[", "]", "{", "}", ",", ";", ".", "+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">",
	">=", "<=>", "->", "?", ":", "::", "@", "@@", "^", "$", "|", "||", `\G`}

// String is a name for people.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown token"
}

// A Token is the bytes [Start, End) of the text.
type Token struct {
	Kind       Kind
	Start, End int
}

// A Lexer gives the tokens of one text. The tokens, white space and comments included, follow each other without a gap
// from the first byte to the last. Any text may be given; the time is linear in its length. It is for one goroutine.
type Lexer struct {
	src  string
	pos  int
	prev Kind // the last one that is neither space nor comment: decides what a dot and a digit mean
	// tags has the last place of each $tag$, made when the first dollar sign is met: looking ahead for the end of each
	// would cost quadratic time in a text of dollar signs.
	tags map[string]int
}

// New begins at the first byte of sql.
func New(sql string) Lexer { return Lexer{src: sql, prev: End} }

// Next gives the next token; at the end of the text, and from then on, one of kind End.
func (l *Lexer) Next() Token {
	start := l.pos
	kind := l.scan()
	if kind != Space && kind != Comment {
		l.prev = kind
	}
	return Token{Kind: kind, Start: start, End: l.pos}
}

// Tokens gives all tokens of sql up to, and without, the End.
func Tokens(sql string) []Token {
	out := make([]Token, 0, len(sql)/4+1)
	l := New(sql)
	for t := l.Next(); t.Kind != End; t = l.Next() {
		out = append(out, t)
	}
	return out
}
