package templating

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendFloat writes f in Python's shortest form.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	n := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[n:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// appendNumber writes a number as Python does, without its type.
func appendNumber(dst []byte, v value) []byte {
	switch v.kind {
	case kInt:
		return strconv.AppendInt(dst, v.n, 10)
	case kBig:
		return v.big().Append(dst, 10)
	case kFloat:
		return appendFloat(dst, v.f())
	}
	if v.n != 0 {
		return append(dst, "True"...)
	}
	return append(dst, "False"...)
}

// appendTyped writes a number, inside the cast of the type function that gave it.
func appendTyped(dst []byte, v value) []byte {
	if v.typ == 0 {
		return appendNumber(dst, v)
	}
	dst = append(dst, numTypes[v.typ].cast...)
	dst = appendNumber(dst, v)
	return append(dst, "')"...)
}

// str is Python's str(v).
func (r *run) str(v value) (string, *fault) {
	switch v.kind {
	case kStr, kRaw, kSym:
		return v.s, nil
	case kMissing:
		return missingText, nil
	case kExc:
		return v.s, nil
	case kBool, kInt, kBig, kFloat:
		return string(appendTyped(nil, v)), nil
	}
	b, f := r.repr(nil, v)
	return string(b), f
}

// missingText stands for a parameter that was not sent, in a validation.
const missingText = "__no_value__"

// repr appends Python's repr(v). That of a number has no cast, unlike its str.
func (r *run) repr(dst []byte, v value) ([]byte, *fault) {
	switch v.kind {
	case kNone, kAbsent:
		return append(dst, "None"...), nil
	case kBool, kInt, kBig, kFloat:
		return appendNumber(dst, v), nil
	case kStr, kRaw, kExc:
		if f := r.grow(len(v.s)); f != nil {
			return dst, f
		}
		return appendRepr(dst, v.s), nil
	case kMissing:
		return appendRepr(dst, missingText), nil
	case kSym:
		return append(dst, v.s...), nil
	case kFunc:
		return dst, unsupported("the function %s is no value; call it", v.s)
	case kSecret, kParts:
		return dst, secretFault("joined to other text")
	case kIter:
		return dst, unsupported("range, zip and the like have no text; make a list of it")
	}
	return r.container(dst, v, r.repr)
}

// container appends a list, tuple, set or dict in Python's notation, its items written by item.
func (r *run) container(dst []byte, v value, item func([]byte, value) ([]byte, *fault)) ([]byte, *fault) {
	if f := r.step(); f != nil {
		return dst, f
	}
	open, end := "[", "]"
	var items, vals []value
	switch v.kind {
	case kList, kTuple, kIter:
		items = v.list().items
		if v.kind == kTuple {
			open, end = "(", ")"
			if len(items) == 1 {
				end = ",)"
			}
		}
	case kSet, kDict:
		open, end = "{", "}"
		items = v.dict().keys
		if v.kind == kDict {
			vals = v.dict().vals
		} else if len(items) == 0 {
			return append(dst, "set()"...), nil
		}
	}
	dst = append(dst, open...)
	var f *fault
	for i, it := range items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if dst, f = item(dst, it); f != nil {
			return dst, f
		}
		if vals != nil {
			dst = append(dst, ": "...)
			if dst, f = item(dst, vals[i]); f != nil {
				return dst, f
			}
		}
		if len(dst) > r.in.Limits.Output {
			return dst, overLimit("bytes of SQL", r.in.Limits.Output)
		}
	}
	return append(dst, end...), nil
}

// appendRepr writes a text as Python's repr does.
func appendRepr(dst []byte, s string) []byte {
	quote := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 && strings.IndexByte(s, '"') < 0 {
		quote = '"'
	}
	const hex = "0123456789abcdef"
	dst = append(dst, quote)
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == rune(quote) || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == utf8.RuneError && n == 1:
			dst = append(dst, '\\', 'x', hex[s[i]>>4], hex[s[i]&15])
		case c == ' ' || c < utf8.RuneSelf && c > ' ' && c != 0x7f || c >= utf8.RuneSelf && unicode.IsPrint(c):
			dst = append(dst, s[i:i+n]...)
		case c < 0x100:
			dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
		case c < 0x10000:
			dst = append(dst, '\\', 'u', hex[c>>12], hex[c>>8&15], hex[c>>4&15], hex[c&15])
		default:
			dst = append(dst, '\\', 'U', '0', '0', hex[c>>20&15], hex[c>>16&15], hex[c>>12&15], hex[c>>8&15], hex[c>>4&15], hex[c&15])
		}
		i += n
	}
	return append(dst, quote)
}

// runeLen is the number of characters of s; a byte that is no UTF-8 is one.
func runeLen(s string) int { return utf8.RuneCountInString(s) }

// runeOffset is where the n-th character of s begins.
func runeOffset(s string, n int) int {
	if utf8.RuneCountInString(s) == len(s) {
		return min(n, len(s))
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
