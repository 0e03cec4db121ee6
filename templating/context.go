package templating

// sqlContext follows ClickHouse's quoting through SQL that comes in pieces, so that it is known before rendering whether
// a literal can stand at a place.
type sqlContext struct {
	state   sqlState
	escaped bool   // the last byte was a backslash within quotes
	word    bool   // the last byte belongs to a word
	tagging bool   // between the dollars that open a heredoc
	depth   int    // of nested comments
	matched int    // bytes of the end of a heredoc seen
	tag     string // of the heredoc, with its dollars once they are complete
	last    [2]byte
}

// maxTag bounds what is remembered of a heredoc's tag.
const maxTag = 256

type sqlState uint8

const (
	sqlCode sqlState = iota
	sqlString
	sqlDouble
	sqlBacktick
	sqlLine
	sqlBlock
	sqlHeredoc
	sqlCurlySingle
	sqlCurlyDouble
)

func (s sqlState) String() string {
	return [...]string{"SQL", "a quoted string", "a quoted identifier", "a quoted identifier", "a comment", "a comment",
		"a heredoc", "typographic quotes", "typographic quotes"}[s]
}

func isWordByte(b byte) bool {
	return b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

// touches tells whether a literal directly beside b would become another token with it.
func touches(b byte) bool {
	return isWordByte(b) || b == '\'' || b == '"' || b == '`' || b == '$' || b == '\\'
}

// feed goes on through s.
func (c *sqlContext) feed(s string) {
	for i := 0; i < len(s); i++ {
		c.byte(s[i])
	}
}

func (c *sqlContext) byte(b byte) {
	switch c.state {
	case sqlCode:
		c.code(b)
	case sqlString, sqlDouble, sqlBacktick:
		quote := [...]byte{sqlString: '\'', sqlDouble: '"', sqlBacktick: '`'}[c.state]
		switch {
		case c.escaped:
			c.escaped = false
		case b == '\\':
			c.escaped = true
		case b == quote: // a doubled quote closes here and opens again at once
			c.state = sqlCode
		}
	case sqlLine:
		if b == '\n' {
			c.state = sqlCode
		}
	case sqlBlock:
		c.comment(&b)
	case sqlHeredoc:
		c.heredoc(b)
	case sqlCurlySingle, sqlCurlyDouble:
		end := byte(0x99)
		if c.state == sqlCurlyDouble {
			end = 0x9d
		}
		if b == end && c.last == [2]byte{0xe2, 0x80} {
			c.state = sqlCode
		}
	}
	c.last = [2]byte{c.last[1], b}
}

// code handles a byte outside of anything that quotes.
func (c *sqlContext) code(b byte) {
	if c.tagging {
		switch {
		case b == '$':
			c.tagging, c.state, c.matched, c.tag = false, sqlHeredoc, 0, "$"+c.tag+"$"
			return
		case isWordByte(b) && len(c.tag) < maxTag:
			c.tag += string([]byte{b})
			return
		}
		c.tagging = false
	}
	inWord := c.word
	c.word = isWordByte(b) || inWord && b == '$'
	switch {
	case b == '\'':
		c.state = sqlString
	case b == '"':
		c.state = sqlDouble
	case b == '`':
		c.state = sqlBacktick
	case b == '#', b == '-' && c.last[1] == '-', b == '/' && c.last[1] == '/':
		c.state = sqlLine
	case b == '*' && c.last[1] == '/':
		c.state, c.depth = sqlBlock, 1
		c.last[1] = 0
	case b == '$' && !inWord:
		c.tagging, c.tag = true, ""
	case b == 0x98 && c.last == [2]byte{0xe2, 0x80}:
		c.state, c.word = sqlCurlySingle, false
	case b == 0x9c && c.last == [2]byte{0xe2, 0x80}:
		c.state, c.word = sqlCurlyDouble, false
	}
}

// comment handles a byte of a block comment. A byte that was used up does not count for the next pair.
func (c *sqlContext) comment(b *byte) {
	switch {
	case *b == '/' && c.last[1] == '*':
		if c.depth--; c.depth == 0 {
			c.state = sqlCode
		}
		*b = 0
	case *b == '*' && c.last[1] == '/':
		c.depth++
		*b = 0
	}
}

func (c *sqlContext) heredoc(b byte) {
	switch {
	case b == c.tag[c.matched]:
		c.matched++
	case b == '$':
		c.matched = 1
	default:
		c.matched = 0
	}
	if c.matched == len(c.tag) {
		c.state, c.word = sqlCode, false
	}
}

// refusal says why a literal cannot stand here, or "" when it can.
func (c *sqlContext) refusal() string {
	switch {
	case c.state != sqlCode:
		return "inside " + c.state.String()
	case c.tagging || touches(c.last[1]):
		return afterText
	}
	return ""
}
