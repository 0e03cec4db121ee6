package lexer

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Keep makes the source one that statements will be made of again and again: their shapes tell it by a digest instead of by
// its bytes. Call it before the source is shared.
func (s *Source) Keep() {
	sum := sha256.Sum256([]byte(s.Text))
	s.digest = &sum
}

// The parts of a shape. Each says how long it is, so that no two lists of parts are the same bytes.
const (
	shapeSource = iota // a source comes up first: its digest
	shapeCopied        // bytes of a kept source: its number, offset, length
	shapeText          // other text that is nobody's value
	shapeParam         // a span of parameters, whatever their names: text without the values of its literals
	shapeSecret        // the literal of a secret: its name
)

// AppendShape appends to key the shape of the statement: what it is apart from the values of the literals in its spans. A
// shape never holds a secret.
//
// Statements of one shape have the same tokens but for these values, if in one of them each literal that EachLiteral gives
// is a token of its own and no token begins with a dollar sign: a lexer that comes to such a literal in one of them comes to
// it in all, reads it whole, and goes on with the same bytes. (A dollar sign may open a heredoc, which ends wherever its tag
// comes up again, be it in a literal.) ok is false when the statement has no shape.
func (st Statement) AppendShape(key []byte) (shape []byte, ok bool) {
	s := st.get()
	var known [8]*Source
	sources, n := known[:0], 0
	for i := range s.pieces {
		p := &s.pieces[i]
		start, end := int(p.start), s.end(i)
		switch {
		case p.names != nil && p.origin&ofSecret != 0:
			if quotedEnd(s.sql[start:end]) != end-start {
				return key, false
			}
			key = binary.AppendUvarint(append(key, shapeSecret), uint64(len(*p.names)))
			for _, name := range *p.names {
				key = append(binary.AppendUvarint(key, uint64(len(name))), name...)
			}
		case p.names != nil:
			if key, ok = s.appendMasked(append(key, shapeParam, 0, 0, 0, 0), start, end); !ok {
				return key, false
			}
		case p.origin&fromTag == 0 && p.source != nil && p.source.digest != nil:
			if n >= len(sources) || sources[n] != p.source {
				if n = slices.Index(sources, p.source); n < 0 {
					n = len(sources)
					sources = append(sources, p.source)
					key = append(append(key, shapeSource), p.source.digest[:]...)
				}
			}
			at, size := p.origin, uint32(end-start)
			key = append(key, shapeCopied, byte(n), byte(n>>8), byte(at), byte(at>>8), byte(at>>16), byte(at>>24),
				byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
		default:
			key = binary.LittleEndian.AppendUint32(append(key, shapeText), uint32(end-start))
			key = append(key, s.sql[start:end]...)
		}
	}
	return key, len(sources) <= 1<<16
}

// appendMasked appends the bytes of a span with the kind of each literal in place of its value, and writes how many it appended
// into the four bytes before. Zeros set the kinds off; ok is false when there is one among the other bytes.
func (s *statement) appendMasked(key []byte, at, end int) (shape []byte, ok bool) {
	length := len(key) - 4
	for at < end {
		from, to, kind := s.nextLiteral(at, end)
		if kind == maskNone {
			return key, false
		}
		key = append(key, s.sql[at:from]...)
		if kind != 0 {
			key = append(key, 0, kind)
		}
		at = to
	}
	binary.LittleEndian.PutUint32(key[length:], uint32(len(key)-length))
	return key, true
}

// EachLiteral calls f with the bytes [start, end) of each literal whose value is no part of the shape, in their order, while
// f gives true. It gives what f gave last.
func (st Statement) EachLiteral(f func(start, end int) bool) bool {
	s := st.get()
	for i := range s.pieces {
		if s.pieces[i].names == nil {
			continue
		}
		for at, end := int(s.pieces[i].start), s.end(i); at < end; {
			from, to, kind := s.nextLiteral(at, end)
			if kind > maskNone && !f(from, to) {
				return false
			}
			at = to
		}
	}
	return true
}

// Kinds of literals. Whole and broken numbers differ in what may follow them.
const (
	maskNone    = 1 // a zero is in the way
	maskString  = 's'
	maskWhole   = 'i'
	maskDecimal = 'f'
)

// maxDigits is the longest number that is left out of a shape.
const maxDigits = 300

// nextLiteral finds the first literal in the bytes [at, end) of a span; without one, from and to are end, and kind is 0, or
// maskNone when a zero stands there.
func (s *statement) nextLiteral(at, end int) (from, to int, kind byte) {
	sql := s.sql
	for i := at; i < end; {
		for i < end && !begins[sql[i]] {
			i++
		}
		if i == end {
			break
		}
		switch c := sql[i]; {
		case c == 0:
			return end, end, maskNone
		case c == '\'' || c == '`' || c == '"':
			n := quotedEnd(sql[i:end])
			if n < 0 {
				return end, end, maskNone
			}
			if c == '\'' {
				return i, i + n, maskString
			}
			if bytes.IndexByte(sql[i:i+n], 0) >= 0 {
				return end, end, maskNone
			}
			i += n
		case i == 0 || !continues(sql[i-1]):
			j := digitsEnd(sql, i, end)
			kind = maskWhole
			if j+1 < end && sql[j] == '.' && sql[j+1] >= '0' && sql[j+1] <= '9' {
				j = digitsEnd(sql, j+1, end)
				kind = maskDecimal
			}
			if j-i <= maxDigits && (j == len(sql) || !continues(sql[j])) {
				return i, j, kind
			}
			i = j
		default:
			i++
		}
	}
	return end, end, 0
}

// begins has the bytes that a literal or a quoted name may begin with.
var begins = [256]bool{0: true, '\'': true, '"': true, '`': true, '0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true,
	'7': true, '8': true, '9': true}

func digitsEnd(sql []byte, i, end int) int {
	for i < end && sql[i] >= '0' && sql[i] <= '9' {
		i++
	}
	return i
}

// continues tells whether a number directly beside c could be another token together with it.
func continues(c byte) bool {
	return c == '_' || c == '.' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// quotedEnd is the length of the quoted string or name that b begins with, -1 when it is not closed in b. A doubled quote is
// part of it, as is whatever follows a backslash.
func quotedEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case b[0]:
			if i+1 == len(b) || b[i+1] != b[0] {
				return i + 1
			}
			i++
		}
	}
	return -1
}
