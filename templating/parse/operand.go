package parse

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

func syntaxAt(pos int, format string, args ...any) *Error {
	return &Error{Kind: Syntax, Message: fmt.Sprintf(format, args...), Pos: pos}
}

func unsupportedAt(pos int, format string, args ...any) *Error {
	return &Error{Kind: Unsupported, Message: "Template Syntax Error: " + fmt.Sprintf(format, args...), Pos: pos}
}

// maxDigits bounds the numbers that a template may spell out.
const maxDigits = 1000

// numberValue is the constant that a number token spells.
func numberValue(t token) (*Const, *Error) {
	c := &Const{Pos: Pos(t.start), Raw: t.text}
	s := t.text
	if len(s) > maxDigits {
		return nil, &Error{Kind: TooLarge, Message: "Template Syntax Error: this number has too many digits", Pos: t.start}
	}
	if last := s[len(s)-1]; last == 'j' || last == 'J' {
		if !strings.HasPrefix(s, "0x") && !strings.HasPrefix(s, "0X") {
			return nil, unsupportedAt(t.start, "complex numbers are not supported")
		}
	}
	if strings.Contains(s, "__") || strings.HasSuffix(s, "_") {
		return nil, syntaxAt(t.start, "invalid decimal literal")
	}
	plain := strings.ReplaceAll(s, "_", "")
	lower := strings.ToLower(plain)
	base := map[string]int{"0x": 16, "0o": 8, "0b": 2}[lower[:min(2, len(lower))]]
	if base != 0 {
		n, ok := new(big.Int).SetString(lower[2:], base)
		if !ok || lower[2] == '-' || lower[2] == '+' {
			return nil, syntaxAt(t.start, "invalid number %s", s)
		}
		c.Kind, c.Int = Int, n
		return c, nil
	}
	if !strings.ContainsAny(lower, ".e") {
		if len(plain) > 1 && plain[0] == '0' && strings.Trim(plain, "0") != "" {
			return nil, syntaxAt(t.start, "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers")
		}
		n, ok := new(big.Int).SetString(plain, 10)
		if !ok {
			return nil, syntaxAt(t.start, "invalid decimal literal")
		}
		c.Kind, c.Int = Int, n
		return c, nil
	}
	f, err := strconv.ParseFloat(lower, 64)
	if err != nil && !strings.Contains(err.Error(), "range") {
		return nil, syntaxAt(t.start, "invalid decimal literal")
	}
	c.Kind, c.Float = Float, f
	return c, nil
}

// quoted splits a string token into its prefix (lower case), the offset of its body, and the body.
func quoted(t token) (prefix string, at int, body string) {
	n := strings.IndexAny(t.text, `'"`)
	prefix, s := strings.ToLower(t.text[:n]), t.text[n:]
	if len(s) >= 6 && s[0] == s[1] && s[0] == s[2] {
		return prefix, t.start + n + 3, s[3 : len(s)-3]
	}
	return prefix, t.start + n + 1, s[1 : len(s)-1]
}

// unescape reads the escapes of a string body that begins at byte at of the source.
func unescape(body string, at int) (string, *Error) {
	// Python reads every line end as a line feed.
	if strings.IndexByte(body, '\r') >= 0 {
		body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")
	}
	if strings.IndexByte(body, '\\') < 0 {
		return body, nil
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c != '\\' || i+1 == len(body) {
			b.WriteByte(c)
			continue
		}
		i++
		switch c = body[i]; c {
		case '\n':
		case '\\', '\'', '"':
			b.WriteByte(c)
		case 'a':
			b.WriteByte('\a')
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'v':
			b.WriteByte('\v')
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := 1
			for n < 3 && i+n < len(body) && body[i+n] >= '0' && body[i+n] <= '7' {
				n++
			}
			v, _ := strconv.ParseUint(body[i:i+n], 8, 32)
			b.WriteRune(rune(v))
			i += n - 1
		case 'x', 'u', 'U':
			n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			if i+n >= len(body) {
				return "", syntaxAt(at+i-1, "truncated \\%c escape", c)
			}
			v, err := strconv.ParseUint(body[i+1:i+1+n], 16, 32)
			if err != nil || v > utf8.MaxRune {
				return "", syntaxAt(at+i-1, "bad \\%c escape", c)
			}
			if !utf8.ValidRune(rune(v)) {
				return "", unsupportedAt(at+i-1, "half of a surrogate pair is no character")
			}
			b.WriteRune(rune(v))
			i += n
		case 'N':
			return "", unsupportedAt(at+i-1, "\\N{…} escapes are not supported; use \\u")
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// stringValue is the constant or f-string that a run of adjacent string tokens spells.
func (p *exprParser) stringValue(toks []token) (Expr, *Error) {
	raws := make([]string, len(toks))
	var parts []FormatPart
	var text strings.Builder
	formatted := false
	for i, t := range toks {
		raws[i] = t.text
		prefix, at, body := quoted(t)
		if strings.Contains(prefix, "b") {
			return nil, unsupportedAt(t.start, "bytes are not supported")
		}
		raw := strings.Contains(prefix, "r")
		if !strings.Contains(prefix, "f") {
			s, err := bodyText(body, at, raw)
			if err != nil {
				return nil, err
			}
			text.WriteString(s)
			continue
		}
		formatted = true
		if err := p.formatParts(body, at, raw, &text, &parts); err != nil {
			return nil, err
		}
	}
	pos, raw := Pos(toks[0].start), strings.Join(raws, " ")
	if !formatted || len(parts) == 0 {
		return &Const{Pos: pos, Kind: Str, Str: text.String(), Raw: raw}, nil
	}
	if text.Len() > 0 {
		parts = append(parts, FormatPart{Text: text.String()})
	}
	return &Format{Pos: pos, Parts: parts, Raw: raw}, nil
}

func bodyText(body string, at int, raw bool) (string, *Error) {
	if raw {
		return strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n"), nil
	}
	return unescape(body, at)
}

// formatParts takes the body of one f-string apart. Text gathers in text until an expression comes.
func (p *exprParser) formatParts(body string, at int, raw bool, text *strings.Builder, parts *[]FormatPart) *Error {
	for i := 0; i < len(body); {
		n := strings.IndexAny(body[i:], "{}")
		if n < 0 {
			n = len(body) - i
		}
		s, err := bodyText(body[i:i+n], at+i, raw)
		if err != nil {
			return err
		}
		text.WriteString(s)
		i += n
		if i == len(body) {
			return nil
		}
		if i+1 < len(body) && body[i+1] == body[i] {
			text.WriteByte(body[i])
			i += 2
			continue
		}
		if body[i] == '}' {
			return syntaxAt(at+i, "f-string: single '}' is not allowed")
		}
		end := formatEnd(body, i+1)
		if end < 0 {
			return syntaxAt(at+i, "f-string: expecting '}'")
		}
		inner := body[i+1 : end]
		if strings.IndexByte(inner, '\\') >= 0 {
			return syntaxAt(at+i, "f-string expression part cannot include a backslash")
		}
		if body[end] != '}' {
			return unsupportedAt(at+end, "conversions and formats in f-strings are not supported")
		}
		x, err := p.inner(at+i+1, at+end)
		if err != nil {
			return err
		}
		if text.Len() > 0 {
			*parts = append(*parts, FormatPart{Text: text.String()})
			text.Reset()
		}
		*parts = append(*parts, FormatPart{X: x})
		i = end + 1
	}
	return nil
}

// formatEnd is where the expression in an f-string ends: at its }, or at the ! or : of a conversion or format.
func formatEnd(body string, from int) int {
	depth := 0
	var quote byte
	for i := from; i < len(body); i++ {
		c := body[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == ')' || c == ']' || c == '}':
			depth--
		case depth == 0 && (c == ':' || c == '!' && (i+1 == len(body) || body[i+1] != '=')):
			return i
		}
	}
	return -1
}
