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
			key = append(key, shapeCopied, byte(n), byte(n>>8))
			key = binary.LittleEndian.AppendUint64(key, uint64(p.origin)<<32|uint64(end-start))
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
	sql := s.sql[:end]
	for i := at; i < len(sql); {
		switch c := sql[i]; classes[c] {
		case classOther:
			i++
		case classDigit:
			if i == 0 || classes[sql[i-1]] < classWord {
				j := digitsEnd(sql, i)
				kind = maskWhole
				if j+1 < len(sql) && sql[j] == '.' && classes[sql[j+1]] == classDigit {
					j = digitsEnd(sql, j+1)
					kind = maskDecimal
				}
				if j-i <= maxDigits && (j == len(s.sql) || classes[s.sql[j]] < classWord) {
					return i, j, kind
				}
				i = j
				continue
			}
			fallthrough
		case classWord:
			for i++; i < len(sql) && classes[sql[i]] >= classWord; i++ {
			}
		case classQuote:
			n := quotedEnd(sql[i:])
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
		case classZero:
			return end, end, maskNone
		}
	}
	return end, end, 0
}

// The classes of bytes. A number directly beside classWord or classDigit could be another token together with it.
const (
	classOther = iota
	classQuote
	classZero
	classWord
	classDigit
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch c := byte(c); {
		case c == 0:
			t[c] = classZero
		case c == '\'' || c == '`' || c == '"':
			t[c] = classQuote
		case isDigit(c):
			t[c] = classDigit
		case isWord(c) || c == '.' || c == '$' || c >= 0x80:
			t[c] = classWord
		}
	}
	return t
}()

func digitsEnd(sql []byte, i int) int {
	for i < len(sql) && classes[sql[i]] == classDigit {
		i++
	}
	return i
}

// quotedEnd is the length of the quoted string or name that b begins with, -1 when it is not closed in b. A doubled quote is
// part of it, as is whatever follows a backslash.
func quotedEnd(b []byte) int {
	q := b[0]
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case q:
			if i+1 == len(b) || b[i+1] != q {
				return i + 1
			}
			i++
		}
	}
	return -1
}
