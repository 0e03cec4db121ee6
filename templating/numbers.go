package templating

import (
	"math/big"
	"strconv"
	"strings"
)

// numType is the index of a numeric type in numTypes; 0 is none.
type numType uint8

// numTypes are the numeric type functions. An empty cast prints the bare number.
var numTypes = [...]struct {
	name, cast string
	bits       int  // of an integer; 0 for floats
	signed     bool // negative numbers exist
	sign       bool // a sign may be written
}{
	{},
	{"Int8", "toInt8('", 8, true, true},
	{"Int16", "toInt16('", 16, true, true},
	{"Int32", "toInt32('", 32, true, true},
	{"Int64", "toInt64('", 64, true, true},
	{"Int128", "toInt128('", 128, true, true},
	{"Int256", "toInt256('", 256, true, true},
	{"UInt8", "toUInt8('", 8, false, false},
	{"UInt16", "toUInt16('", 16, false, false},
	{"UInt32", "toUInt32('", 32, false, false},
	{"UInt64", "toUInt64('", 64, false, false},
	{"UInt128", "toUInt128('", 128, false, true},
	{"UInt256", "toUInt256('", 256, false, true},
	{"Float32", "toFloat32('", 0, true, true},
	{"Float64", "toFloat64('", 0, true, true},
}

const typeInt32 numType = 3

// numTypeOf finds a numeric type by the name of its function.
func numTypeOf(name string) numType {
	for i := 1; i < len(numTypes); i++ {
		if numTypes[i].name == name {
			return numType(i)
		}
	}
	return 0
}

// parseNumber reads a text as a number of type t. Integers are ASCII digits with at most one sign.
func parseNumber(t numType, s string) (value, bool) {
	if numTypes[t].bits == 0 {
		f, ok := parseFloat(s)
		v := float(f)
		v.typ = t
		return v, ok
	}
	v, ok := parseInt(s, numTypes[t].sign)
	if !ok || !inRange(t, v) {
		return none, false
	}
	v.typ = t
	return v, true
}

// appendParsed appends the number that s is, in its cast unless bare; ok is false when s is none of type t. It is
// parseNumber and appendTyped in one, and quick for numbers that are written as they are printed.
func appendParsed(dst []byte, t numType, s string, bare bool) (out []byte, ok bool) {
	if !bare {
		dst = append(dst, numTypes[t].cast...)
	}
	if isPrinted(t, s) {
		dst = append(dst, s...)
	} else {
		v, ok := parseNumber(t, s)
		if !ok {
			return dst, false
		}
		dst = appendNumber(dst, v)
	}
	if !bare {
		dst = append(dst, "')"...)
	}
	return dst, true
}

// isPrinted tells that s is a number of type t just as it would be printed. It may miss some.
func isPrinted(t numType, s string) bool {
	const few = 15 // digits that every float holds
	if len(s) == 0 || len(s) > few || s[0] == '0' && len(s) > 1 && s[1] != '.' {
		return false
	}
	n, dot := int64(0), 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == '.' && dot == 0 && i > 0:
			dot = i
		default:
			return false
		}
	}
	if numTypes[t].bits > 0 {
		return dot == 0 && (numTypes[t].bits > 63 || n < 1<<(numTypes[t].bits-1))
	}
	if dot == 0 || dot == len(s)-1 {
		return false
	}
	if s[0] == '0' && n < 1000 {
		return false // small ones have an exponent
	}
	return s[len(s)-1] != '0' || dot == len(s)-2
}

// parseInt reads decimal digits, with one sign before them when signs are allowed.
func parseInt(s string, sign bool) (value, bool) {
	digits := s
	if sign && s != "" && (s[0] == '+' || s[0] == '-') {
		digits = s[1:]
	}
	if digits == "" {
		return none, false
	}
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return none, false
		}
	}
	if len(digits) <= 18 {
		var n int64
		for i := 0; i < len(digits); i++ {
			n = n*10 + int64(digits[i]-'0')
		}
		if s[0] == '-' {
			n = -n
		}
		return integer(n), true
	}
	if len(strings.TrimLeft(digits, "0")) > maxBits/4 {
		return none, false
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return none, false
	}
	return bigInteger(n), true
}

func inRange(t numType, v value) bool {
	bits := numTypes[t].bits
	if v.kind == kInt && bits <= 32 {
		if !numTypes[t].signed {
			return v.n >= 0 && v.n < 1<<bits
		}
		return v.n >= -1<<(bits-1) && v.n < 1<<(bits-1)
	}
	if v.kind == kInt {
		return numTypes[t].signed || v.n >= 0
	}
	n := v.bigInt()
	if !numTypes[t].signed {
		return n.Sign() >= 0 && n.BitLen() <= bits
	}
	if n.Sign() < 0 {
		n = new(big.Int).Not(n) // -2^k has k bits after this, as 2^k-1 has
	}
	return n.BitLen() < bits
}

// parseFloat reads what Python's float takes, but for underscores and digits outside ASCII.
func parseFloat(s string) (float64, bool) {
	s = trimNumber(s)
	body := strings.ToLower(strings.TrimLeft(s, "+-"))
	if len(s)-len(body) > 1 || body == "" {
		return 0, false
	}
	switch body {
	case "inf", "infinity", "nan":
	default:
		for i := 0; i < len(body); i++ {
			if c := body[i]; (c < '0' || c > '9') && c != '.' && c != 'e' && c != '+' && c != '-' {
				return 0, false
			}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && err.(*strconv.NumError).Err == strconv.ErrSyntax {
		if body != "nan" {
			return 0, false
		}
		f, _ = strconv.ParseFloat(body, 64) // Go takes no sign here
	}
	return f, true
}

// trimNumber takes off what Python's int and float allow around a number: the separators 0x1c to 0x1f, which are blank
// elsewhere, are none of it.
func trimNumber(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return isBlank(r) && (r < 0x1c || r > 0x1f) })
}

func isBlank(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
}
