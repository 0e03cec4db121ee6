package datafile

import (
	"strings"
	"unicode/utf8"
)

// A fragment is a piece of SQL that a file gives and that goes into a statement as it is: a type, an expression. It must
// not reach beyond its place: brackets and quotes are closed, and there is no comment and no semicolon.
type fragment struct {
	text string
	off  int // of text in the value that it stands in
}

// A fault is what is wrong with a fragment, and where.
type fault struct {
	off     int
	message string
}

// splitTop splits text at the commas and blanks that stand in no bracket and no quote: pieces between commas, words
// between blanks. A fault, if there is one, ends the scan. Nothing that splitTop has no fault with leaves its place in a
// statement, or reads more than the row that it is computed for.
func splitTop(text string) (pieces [][]fragment, bad *fault) {
	var words []fragment
	var open []byte
	start := -1 // of the word
	endWord := func(i int) {
		if start >= 0 {
			words = append(words, fragment{text[start:i], start})
			start = -1
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		top := len(open) == 0
		switch c {
		case ' ', '\t', '\n', '\r':
			if top {
				endWord(i)
			}
			continue
		case ',':
			if top {
				endWord(i)
				pieces = append(pieces, words)
				words = nil
				continue
			}
		case ';':
			return pieces, &fault{i, "a semicolon has no place here"}
		case '\'', '"', '`':
			end := quoteEnd(text, i)
			if end < 0 {
				return pieces, &fault{i, "this quote is not closed"}
			}
			if start < 0 {
				start = i
			}
			i = end
			continue
		case '(', '[', '{':
			open = append(open, closing(c))
		case ')', ']', '}':
			if top || open[len(open)-1] != c {
				return pieces, &fault{i, "this bracket closes nothing"}
			}
			open = open[:len(open)-1]
		case '-', '/', '#':
			if c == '#' || i+1 < len(text) && (c == '-' && text[i+1] == '-' || c == '/' && (text[i+1] == '*' || text[i+1] == '/')) {
				return pieces, &fault{i, "a comment has no place here: a line that begins with # is one"}
			}
		case 0:
			return pieces, &fault{i, "a NUL byte has no place here"}
		case '$': // heredocs are quotes that this scan does not know
			return pieces, &fault{i, "a dollar sign has no place here outside of quotes"}
		default:
			if c >= utf8.RuneSelf { // among them blanks and quotes that look like others
				r, _ := utf8.DecodeRuneInString(text[i:])
				return pieces, &fault{i, "the character " + string(r) + " has no place here outside of quotes"}
			}
		}
		if start < 0 {
			start = i
		}
	}
	if len(open) > 0 {
		return pieces, &fault{len(text), "a bracket is not closed: " + string(open[len(open)-1]) + " is missing"}
	}
	endWord(len(text))
	return append(pieces, words), reach(text)
}

// quoteEnd finds the closing quote of the one at i, or -1. A doubled quote and one after a backslash do not close.
func quoteEnd(text string, i int) int {
	q := text[i]
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\':
			j++
		case text[j] == q && j+1 < len(text) && text[j+1] == q:
			j++
		case text[j] == q:
			return j
		}
	}
	return -1
}

func closing(c byte) byte {
	switch c {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

// identifier reads a name that is bare or in backticks or double quotes.
func identifier(word string) (string, bool) {
	if word == "" {
		return "", false
	}
	if q := word[0]; q == '`' || q == '"' {
		if len(word) < 3 || quoteEnd(word, 0) != len(word)-1 || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r == '\\' }) {
			return "", false
		}
		return strings.ReplaceAll(word[1:len(word)-1], string([]byte{q, q}), string(q)), true
	}
	for i := 0; i < len(word); i++ {
		c := word[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "", false
		}
	}
	return word, true
}

// topWords gives the plain words of text that stand in no bracket and no quote. text has no fault.
func topWords(text string) []string {
	var words []string
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'' || c == '"' || c == '`':
			i = quoteEnd(text, i)
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case isWordByte(c):
			start := i
			for i+1 < len(text) && isWordByte(text[i+1]) {
				i++
			}
			if depth == 0 {
				words = append(words, text[start:i+1])
			}
		}
	}
	return words
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// Quote writes a name as one identifier of ClickHouse, whatever characters it has.
func Quote(name string) string {
	var b strings.Builder
	b.Grow(len(name) + 2)
	b.WriteByte('`')
	for i := 0; i < len(name); i++ {
		if name[i] == '`' || name[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	b.WriteByte('`')
	return b.String()
}

// A locator gives the places of growing offsets of a value, going over it once.
type locator struct {
	text string
	off  int
	at   position
}

func locate(in Instruction) *locator {
	return &locator{text: in.Value, at: position{in.Line, in.Column}}
}

// place is the position of off, which is not smaller than the last one.
func (l *locator) place(off int) position {
	for l.off < off && l.off < len(l.text) {
		_, n := utf8.DecodeRuneInString(l.text[l.off:])
		if l.text[l.off] == '\n' {
			l.at = position{l.at.line + 1, 1}
		} else {
			l.at.column++
		}
		l.off += n
	}
	return l.at
}
