// Package literal writes values and identifiers as ClickHouse SQL text.
//
// Three writers make String literals, because they owe different things. String writes request parameters as clients of
// the reference know them: a percent sign comes out as \%, which ClickHouse keeps as two characters outside of LIKE and
// reads as a plain percent sign inside it. Item is String without that, for what is compared and never a pattern. Secret
// writes every byte so that ClickHouse reads the same byte back. All write one token whatever the bytes, valid UTF-8 or
// not.
package literal

// escape of a byte: 0 for none, drop to leave it out, hex to write \x1A, next to begin another identifier, else the
// character after the backslash.
type table [256]byte

const (
	drop = 1
	hex  = 2
	next = 3
)

var (
	paramTable  = table{'\\': '\\', '\'': '\'', '"': '"', '`': '`', '%': '%', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', 0: '0', 0x1a: hex}
	itemTable   = func() table { t := paramTable; t['%'] = 0; return t }()
	identTable  = table{'\\': '\\', '\'': '\'', '"': drop, '`': '`', '%': '%', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', 0: '0', 0x1a: hex}
	pathTable   = func() table { t := identTable; t['.'] = next; return t }()
	secretTable = table{'\\': '\\', '\'': '\'', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', 0: '0'}
)

// String appends s as the quoted literal of a request parameter.
func String(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	dst = escape(dst, s, &paramTable)
	return append(dst, '\'')
}

// Item appends s as the quoted literal of an item of a printed list: ClickHouse reads exactly the bytes of s.
func Item(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	dst = escape(dst, s, &itemTable)
	return append(dst, '\'')
}

// StringKeeping is String, but the bytes of keep stay as they are. It is for patterns: keep is "%" or "`" or both.
// Bytes that the literal needs escaped are escaped all the same.
func StringKeeping(dst []byte, s, keep string) []byte {
	t := paramTable
	for i := 0; i < len(keep); i++ {
		if keep[i] == '%' || keep[i] == '`' {
			t[keep[i]] = 0
		}
	}
	dst = append(dst, '\'')
	dst = escape(dst, s, &t)
	return append(dst, '\'')
}

// Secret appends s as the quoted literal of a secret: ClickHouse reads exactly the bytes of s.
func Secret(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	dst = escape(dst, s, &secretTable)
	return append(dst, '\'')
}

// Ident appends s as one identifier in quotes, which are a backtick or a double quote. Double quotes within s are left
// out, as the reference does.
func Ident(dst []byte, s string, quote byte) []byte {
	dst = append(dst, quote)
	dst = escape(dst, s, &identTable)
	return append(dst, quote)
}

// Path appends s as identifiers in backticks, one for each part between dots.
func Path(dst []byte, s string) []byte {
	return append(PathInside(append(dst, '`'), s), '`')
}

// PathInside appends what Path writes between its outer quotes. That of a text is that of its parts in a row.
func PathInside(dst []byte, s string) []byte { return escape(dst, s, &pathTable) }

// Bare appends s with the escapes of Ident but without quotes: for a name that the author of a template wrote. That of a
// text is that of its parts in a row.
func Bare(dst []byte, s string) []byte { return escape(dst, s, &identTable) }

// IsWord tells whether s is an identifier that needs no quotes: ASCII letters, digits and underscores, no digit first.
func IsWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func escape(dst []byte, s string, t *table) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		e := t[s[i]]
		if e == 0 {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch e {
		case drop:
		case next:
			dst = append(dst, "`.`"...)
		case hex:
			dst = append(dst, `\x1A`...)
		default:
			dst = append(dst, '\\', e)
		}
	}
	return append(dst, s[from:]...)
}
