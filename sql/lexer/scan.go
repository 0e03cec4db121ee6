package lexer

import "strings"

// scan moves over one token and tells its kind.
func (l *Lexer) scan() Kind {
	if l.pos >= len(l.src) {
		return End
	}
	c := l.src[l.pos]
	switch c {
	case ' ', '\t', '\n', '\r', '\v', '\f':
		return l.asciiSpace()
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return l.number()
	case '.':
		return l.dot()
	case '\'':
		return l.quoted('\'', String)
	case '"', '`':
		return l.quoted(c, QuotedName)
	case '$':
		return l.dollar()
	case '-':
		switch l.peek(1) {
		case '-':
			return l.lineComment()
		case '>':
			return l.take(2, Arrow)
		}
		return l.take(1, Minus)
	case '/':
		switch l.peek(1) {
		case '*':
			return l.blockComment()
		case '/':
			return l.lineComment()
		}
		return l.take(1, Slash)
	case '#':
		if n := l.peek(1); n == ' ' || n == '!' {
			return l.lineComment()
		}
		return l.take(1, Error)
	}
	if k := operators[c]; k != 0 {
		return l.operator(c, k)
	}
	if isWord(c) {
		if l.peek(1) == '\'' && l.pos+2 < len(l.src) {
			switch c {
			case 'x', 'X', 'b', 'B':
				return l.bytesString()
			}
		}
		return l.word()
	}
	if c >= 0x80 {
		return l.unicode()
	}
	return l.take(1, Error)
}

// operators holds the kind of what begins with each byte, without a second byte.
var operators = [256]Kind{
	'(': OpenRound, ')': CloseRound, '[': OpenSquare, ']': CloseSquare, '{': OpenCurly, '}': CloseCurly,
	',': Comma, ';': Semicolon, '+': Plus, '*': Asterisk, '%': Percent, '=': Equals, '<': Less, '>': Greater,
	'?': Question, ':': Colon, '@': At, '^': Caret, '|': Pipe, '!': Error, '\\': Error,
}

func (l *Lexer) operator(c byte, k Kind) Kind {
	next := l.peek(1)
	switch {
	case c == '=' && next == '=':
		return l.take(2, Equals)
	case c == '!' && next == '=', c == '<' && next == '>':
		return l.take(2, NotEquals)
	case c == '<' && next == '=':
		if l.peek(2) == '>' {
			return l.take(3, Spaceship)
		}
		return l.take(2, LessEquals)
	case c == '>' && next == '=':
		return l.take(2, GreaterEquals)
	case c == ':' && next == ':':
		return l.take(2, DoubleColon)
	case c == '|' && next == '|':
		return l.take(2, Concatenation)
	case c == '@' && next == '@':
		return l.take(2, DoubleAt)
	case c == '\\' && next == 'G':
		return l.take(2, Vertical)
	}
	return l.take(1, k)
}

// peek is the byte n further on, 0 behind the end.
func (l *Lexer) peek(n int) byte {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

func (l *Lexer) take(n int, k Kind) Kind {
	l.pos += n
	return k
}

func (l *Lexer) asciiSpace() Kind {
	for l.pos < len(l.src) && isSpace(l.src[l.pos]) {
		l.pos++
	}
	return Space
}

// lineComment ends at a line feed only: a carriage return does not end it.
func (l *Lexer) lineComment() Kind {
	if i := strings.IndexByte(l.src[l.pos:], '\n'); i >= 0 {
		return l.take(i, Comment)
	}
	l.pos = len(l.src)
	return Comment
}

// blockComment nests, and quotes mean nothing in it.
func (l *Lexer) blockComment() Kind {
	l.pos += 2
	for depth := 1; l.pos+1 < len(l.src); {
		switch {
		case l.src[l.pos] == '*' && l.src[l.pos+1] == '/':
			l.pos += 2
			if depth--; depth == 0 {
				return Comment
			}
		case l.src[l.pos] == '/' && l.src[l.pos+1] == '*':
			l.pos += 2
			depth++
		default:
			l.pos++
		}
	}
	l.pos = len(l.src)
	return Error
}

// quoted reads what ends with the byte that it began with; doubled, or behind a backslash, the byte stands for itself.
func (l *Lexer) quoted(q byte, k Kind) Kind {
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch l.src[l.pos] {
		case '\\':
			l.pos++
		case q:
			if l.peek(1) != q {
				return l.take(1, k)
			}
			l.pos++
		}
	}
	l.pos = len(l.src)
	return Error
}

// bytesString reads x'…' or b'…'.
func (l *Lexer) bytesString() Kind {
	hex := l.src[l.pos]|0x20 == 'x'
	for l.pos += 2; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if c == '\'' {
			return l.take(1, String)
		}
		if !(hex && isHex(c) || c == '0' || c == '1') {
			break
		}
	}
	l.pos = len(l.src)
	return Error
}

func (l *Lexer) word() Kind {
	for l.pos < len(l.src) && (isWord(l.src[l.pos]) || l.src[l.pos] == '$') {
		l.pos++
	}
	return Word
}

// dollar reads a heredoc when its tag comes again, else a word or the lone sign.
func (l *Lexer) dollar() Kind {
	if n := strings.IndexByte(l.src[l.pos+1:], '$'); n >= 0 {
		size := n + 2
		tag := l.src[l.pos : l.pos+size]
		if l.tags == nil {
			l.findTags()
		}
		if l.tags[tag] >= l.pos+size {
			return l.take(size+strings.Index(l.src[l.pos+size:], tag)+size, Heredoc)
		}
	}
	if !isWord(l.peek(1)) {
		return l.take(1, Dollar)
	}
	l.pos++
	return l.word()
}

func (l *Lexer) findTags() {
	l.tags = map[string]int{}
	for at := l.pos; ; {
		n := strings.IndexByte(l.src[at+1:], '$')
		if n < 0 {
			return
		}
		if tag := l.src[at : at+n+2]; isTag(tag) {
			l.tags[tag] = at
		}
		at += n + 1
	}
}

func isTag(tag string) bool {
	for i := 1; i < len(tag)-1; i++ {
		if !isWord(tag[i]) {
			return false
		}
	}
	return true
}

// unicode reads typographic quotes, the minus sign and white space beyond ASCII.
func (l *Lexer) unicode() Kind {
	rest := l.src[l.pos:]
	switch {
	case strings.HasPrefix(rest, "‘"):
		return l.typographic("’", String)
	case strings.HasPrefix(rest, "“"):
		return l.typographic("”", QuotedName)
	case strings.HasPrefix(rest, "−"):
		return l.take(3, Minus)
	}
	n := unicodeSpace(rest)
	if n == 0 {
		return l.take(1, Error)
	}
	for n > 0 { // ASCII white space behind it belongs to the same token, as in ClickHouse
		l.pos += n
		for l.pos < len(l.src) && isSpace(l.src[l.pos]) {
			l.pos++
		}
		n = unicodeSpace(l.src[l.pos:])
	}
	return Space
}

// typographic reads to the closing quote: nothing in it is escaped, and ASCII quotes are text.
func (l *Lexer) typographic(end string, k Kind) Kind {
	if n := strings.Index(l.src[l.pos+3:], end); n >= 0 {
		return l.take(3+n+3, k)
	}
	l.pos = len(l.src)
	return Error
}

// unicodeSpace is the length of the white space character that s begins with, 0 when it begins with none.
func unicodeSpace(s string) int {
	if len(s) >= 2 && s[0] == 0xC2 && (s[1] == 0x85 || s[1] == 0xA0) { // next line, no-break space
		return 2
	}
	if len(s) < 3 {
		return 0
	}
	switch s[:3] {
	case "\u180e", "\u3000", "\ufeff", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060":
		return 3
	}
	if s[0] == 0xE2 && s[1] == 0x80 && s[2] >= 0x80 && s[2] <= 0x8D { // U+2000 to U+200D
		return 3
	}
	return 0
}

// number reads a number, or a word that begins with digits. Right behind a dot only digits are one, so that in x.1.1
// each dot is an access to an element.
func (l *Lexer) number() Kind {
	start := l.pos
	l.pos++
	if l.prev == Dot {
		l.digits(false, false)
	} else {
		l.wholeNumber(start)
	}
	if l.pos >= len(l.src) || !isWord(l.src[l.pos]) {
		return Number
	}
	for l.pos < len(l.src) && isWord(l.src[l.pos]) {
		l.pos++
	}
	for _, c := range []byte(l.src[start:l.pos]) {
		if !isWord(c) {
			return Error
		}
	}
	return Word
}

func (l *Lexer) wholeNumber(start int) {
	hex, first := false, false
	if l.src[start] == '0' && start+2 < len(l.src) {
		switch kind, digit := l.src[start+1]|0x20, l.src[start+2]; {
		case kind == 'x' && isHex(digit):
			hex, first = true, true
			l.pos = start + 2
		case kind == 'b' && (digit == '0' || digit == '1'):
			first = true
			l.pos = start + 2
		}
	}
	l.digits(hex, first)
	if l.peek(0) == '.' {
		l.pos++
		l.digits(hex, true)
	}
	if e := l.peek(0) | 0x20; l.pos+1 < len(l.src) && (hex && e == 'p' || !hex && e == 'e') {
		l.exponent()
	}
}

func (l *Lexer) exponent() {
	l.pos++
	if l.pos+1 < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+') {
		l.pos++
	}
	l.digits(false, true)
}

// digits reads digits with single underscores between them; first tells that none was read yet.
func (l *Lexer) digits(hex, first bool) {
	for ; l.pos < len(l.src); l.pos++ {
		c := l.src[l.pos]
		if c == '_' {
			if n := l.peek(1); first || !(isDigit(n) || hex && isHex(n)) {
				return
			}
		} else if !(isDigit(c) || hex && isHex(c)) {
			return
		}
		first = false
	}
}

// dot reads a dot, or a number that begins with one: behind something that has elements it is always the dot.
func (l *Lexer) dot() Kind {
	if l.pos > 0 {
		switch l.prev {
		case CloseRound, CloseSquare, Word, QuotedName, Number:
			return l.take(1, Dot)
		}
		if !isDigit(l.peek(1)) {
			return l.take(1, Dot)
		}
	}
	l.pos++
	l.digits(false, true)
	if l.pos+1 < len(l.src) && l.src[l.pos]|0x20 == 'e' {
		l.exponent()
	}
	return Number
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
func isWord(c byte) bool  { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
