package lexer

import (
	"encoding/hex"
	"strings"
)

// Unquote gives the text that a token of kind String, Heredoc, QuotedName or Word stands for, as ClickHouse reads it.
// ok is false for what is none of these, and for \x without two hexadecimal digits, of which ClickHouse makes odd things.
func Unquote(token string) (text string, ok bool) {
	if token == "" {
		return "", false
	}
	switch c := token[0]; {
	case c == '\'' || c == '"' || c == '`':
		if len(token) < 2 || token[len(token)-1] != c {
			return "", false
		}
		return unescape(token[1:len(token)-1], c)
	case strings.HasPrefix(token, "‘") || strings.HasPrefix(token, "“"):
		if len(token) < 6 {
			return "", false
		}
		return token[3 : len(token)-3], true
	case len(token) > 2 && token[1] == '\'':
		return unbytes(c, token[2:len(token)-1])
	case c == '$':
		if i := strings.IndexByte(token[1:], '$') + 2; i >= 2 && len(token) >= 2*i && strings.HasSuffix(token, token[:i]) {
			return token[i : len(token)-i], true
		}
		return token, true
	case isWord(c):
		return token, true
	}
	return "", false
}

func unescape(s string, quote byte) (string, bool) {
	if strings.IndexByte(s, '\\') < 0 && strings.IndexByte(s, quote) < 0 {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == quote {
			i++ // doubled
		}
		if c != '\\' || i+1 >= len(s) {
			b = append(b, c)
			continue
		}
		i++
		switch e := s[i]; e {
		case 'x':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return "", false
			}
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		case 'N': // stands for nothing in a string
		case '\\', '\'', '"', '`', '/', '=':
			b = append(b, e)
		default:
			if r, ok := escapes[e]; ok {
				e = r
			} else if e >= ' ' {
				b = append(b, '\\') // the backslash of an escape that it does not know stays
			}
			b = append(b, e)
		}
	}
	return string(b), true
}

// escapes are the single letters that stand for one byte.
var escapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '0': 0, 'a': '\a', 'v': '\v', 'e': 27}

func unbytes(kind byte, digits string) (string, bool) {
	if kind|0x20 == 'x' {
		if len(digits)%2 == 1 {
			digits = "0" + digits
		}
		b, err := hex.DecodeString(digits)
		return string(b), err == nil
	}
	b := make([]byte, (len(digits)+7)/8)
	for i := range digits {
		if digits[len(digits)-1-i] == '1' {
			b[len(b)-1-i/8] |= 1 << (i % 8)
		}
	}
	return string(b), true
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
