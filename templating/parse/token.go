package parse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a token of an expression is.
type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString // with its prefix and quotes
	tokOp
	tokNewline // outside brackets
)

type token struct {
	kind  tokenKind
	text  string
	start int // in the source
}

func (t token) end() int { return t.start + len(t.text) }

// scanner cuts the content of a tag, src[pos:end], into the tokens of Python's expressions.
type scanner struct {
	src      string
	pos, end int
	brackets []byte // the closing brackets that are awaited, innermost last
	comment  bool   // a comment was skipped
}

// maxBrackets is how deep brackets may nest.
const maxBrackets = 200

var operators3 = []string{"**=", "//=", ">>=", "<<=", "..."}
var operators2 = []string{"**", "//", "<<", ">>", "<=", ">=", "==", "!=", "->", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@="}

// next gives the next token. Its error is final.
func (s *scanner) next() (token, *Error) {
	if err := s.skip(); err != nil {
		return token{}, err
	}
	if s.pos >= s.end {
		if n := len(s.brackets); n > 0 {
			return token{}, syntaxAt(s.end, "'%c' was never closed", opener(s.brackets[n-1]))
		}
		return token{tokEnd, "", s.end}, nil
	}
	rest := s.src[s.pos:s.end]
	c := rest[0]
	switch {
	case c == '\n' || c == '\r':
		return s.take(tokNewline, 1), nil
	case c >= '0' && c <= '9', c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return s.number()
	case c == '"' || c == '\'':
		return s.text(0)
	case isNameStart(rest):
		n := nameLen(rest)
		if n <= 2 && n < len(rest) && (rest[n] == '"' || rest[n] == '\'') && isPrefix(rest[:n]) {
			return s.text(n)
		}
		return s.take(tokName, n), nil
	}
	return s.operator(rest)
}

func (s *scanner) take(kind tokenKind, n int) token {
	t := token{kind, s.src[s.pos : s.pos+n], s.pos}
	s.pos += n
	return t
}

// skip passes over blanks and, inside brackets, over line ends and comments.
func (s *scanner) skip() *Error {
	for s.pos < s.end {
		switch c := s.src[s.pos]; {
		case c == ' ' || c == '\t' || c == '\f':
			s.pos++
		case (c == '\n' || c == '\r') && len(s.brackets) > 0:
			s.pos++
		case c == '\\' && s.pos+1 < s.end && s.src[s.pos+1] == '\n':
			s.pos += 2
			if s.pos == s.end {
				return syntaxAt(s.pos, "unexpected end of the tag after a line continuation")
			}
		case c == '#':
			if len(s.brackets) == 0 {
				return syntaxAt(s.pos, "a comment inside a tag must stand within brackets and end before the line does")
			}
			s.comment = true
			n := strings.IndexByte(s.src[s.pos:s.end], '\n')
			if n < 0 {
				s.pos = s.end
				return nil
			}
			s.pos += n
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) operator(rest string) (token, *Error) {
	for _, op := range operators3 {
		if strings.HasPrefix(rest, op) {
			return s.take(tokOp, 3), nil
		}
	}
	for _, op := range operators2 {
		if strings.HasPrefix(rest, op) {
			return s.take(tokOp, 2), nil
		}
	}
	switch c := rest[0]; c {
	case '(', '[', '{':
		if len(s.brackets) == maxBrackets {
			return token{}, syntaxAt(s.pos, "too many nested parentheses")
		}
		s.brackets = append(s.brackets, closer(c))
	case ')', ']', '}':
		n := len(s.brackets)
		if n == 0 {
			return token{}, syntaxAt(s.pos, "unmatched '%c'", c)
		}
		if s.brackets[n-1] != c {
			return token{}, syntaxAt(s.pos, "closing '%c' does not match opening '%c'", c, opener(s.brackets[n-1]))
		}
		s.brackets = s.brackets[:n-1]
	case '+', '-', '*', '/', '%', '@', '&', '|', '^', '~', '<', '>', '=', ',', ':', ';', '.':
	default:
		r, _ := utf8.DecodeRuneInString(rest)
		if unicode.IsPrint(r) {
			return token{}, syntaxAt(s.pos, "invalid character '%c' (U+%04X)", r, r)
		}
		return token{}, syntaxAt(s.pos, "invalid non-printable character U+%04X", r)
	}
	return s.take(tokOp, 1), nil
}

// number takes a number of any notation; its value is worked out by the parser.
func (s *scanner) number() (token, *Error) {
	rest := s.src[s.pos:s.end]
	n := 0
	for n < len(rest) {
		c := rest[n]
		exponent := n > 0 && (c == '+' || c == '-') && (rest[n-1] == 'e' || rest[n-1] == 'E') && isDecimal(rest[:n-1])
		if !exponent && c != '.' && c != '_' && !isDigit(c) && !isLetter(c) {
			break
		}
		if c == '.' && strings.IndexByte(rest[:n], '.') >= 0 {
			break
		}
		// "1if x else y" is two tokens in Python; a letter that cannot continue a number ends it here too.
		if isLetter(c) && n > 0 && !strings.HasPrefix(rest, "0x") && !strings.HasPrefix(rest, "0X") &&
			!strings.ContainsRune("eEjJxXoObB", rune(c)) {
			break
		}
		n++
	}
	return s.take(tokNumber, n), nil
}

// text takes a string literal whose prefix has n bytes.
func (s *scanner) text(n int) (token, *Error) {
	rest := s.src[s.pos:s.end]
	quote := rest[n]
	i := n + 1
	if strings.HasPrefix(rest[n:], strings.Repeat(string(quote), 3)) {
		for i = n + 3; i < len(rest); i++ {
			if rest[i] == '\\' {
				i++
			} else if rest[i] == quote && i+2 < len(rest) && rest[i+1] == quote && rest[i+2] == quote {
				return s.take(tokString, i+3), nil
			}
		}
		return token{}, syntaxAt(s.pos, "unterminated triple-quoted string literal")
	}
	for ; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '\n', '\r':
			return token{}, syntaxAt(s.pos, "unterminated string literal")
		case quote:
			return s.take(tokString, i+1), nil
		}
	}
	return token{}, &Error{Kind: Syntax, Message: "unterminated string literal", Pos: s.pos,
		Hint: "the first }} or %} ends a tag, inside quotes too"}
}

func opener(closing byte) byte {
	switch closing {
	case ')':
		return '('
	case ']':
		return '['
	}
	return '{'
}

func closer(opening byte) byte {
	switch opening {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// isDecimal tells whether what was read of a number can still be followed by an exponent.
func isDecimal(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && s[i] != '_' && s[i] != '.' {
			return false
		}
	}
	return true
}

func isPrefix(s string) bool {
	switch strings.ToLower(s) {
	case "r", "u", "b", "f", "rb", "br", "rf", "fr":
		return true
	}
	return false
}

func isNameStart(s string) bool {
	if c := s[0]; c < utf8.RuneSelf {
		return isLetter(c) || c == '_'
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.Is(unicode.Nl, r)
}

func nameLen(s string) int {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && !(i > 0 && (unicode.IsDigit(r) || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nl, unicode.Pc))) {
			return i
		}
	}
	return len(s)
}

// IsIdent tells whether s is a name of the language and no word that Python keeps for itself.
func IsIdent(s string) bool {
	return s != "" && isNameStart(s) && nameLen(s) == len(s) && !isKeyword(s)
}

func isKeyword(s string) bool {
	switch s {
	case "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
		"elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
		"not", "or", "pass", "raise", "return", "try", "while", "with", "yield":
		return true
	}
	return false
}
