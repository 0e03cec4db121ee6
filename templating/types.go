package templating

import (
	"strings"
	"unicode/utf8"
)

// Where the arguments of a type function stand.
const (
	argValue = iota
	argDefault
	argDefined
)

// typeFunction is the type function of a name: String, the numbers, the dates, Boolean and JSON. Array is another kind.
func typeFunction(name string) *function {
	fn := &function{name: name, params: []string{"x", "default", "defined"}, need: 1, notes: documentation, rest: true, typed: true}
	check := scalar(name)
	switch {
	case check != nil:
		standIn := standInOf(name)
		fn.call = func(r *run, a []value) (value, *fault) {
			v, ok := r.given(a[argValue], a[argDefault])
			switch {
			case ok:
				return check(r, v)
			case v.kind == kMissing:
				return standIn.with(v.from), nil
			case a[argDefined].kind == kBool && a[argDefined].n == 0:
				return none.with(v.from), nil
			}
			return none, required(v)
		}
	case name == "Boolean":
		*fn = function{name: "boolean", params: []string{"x", "default"}, need: 1, rest: true, typed: true, call: booleanType}
	case name == "JSON":
		*fn = function{name: "json_type", params: []string{"x", "default"}, need: 1, rest: true, typed: true, call: jsonType}
	default:
		return nil
	}
	return fn
}

// given is the value of a parameter or its default. When there is neither, ok is false and the value is the one that is
// missing. A validation takes its stand-in rather than a default that is empty, zero or false; a default that is itself
// the stand-in of a parameter has to be of the type.
func (r *run) given(sent, def value) (v value, ok bool) {
	switch {
	case sent.kind != kNone && sent.kind != kMissing:
		return sent, true
	case sent.kind == kMissing && !def.truth():
	case def.kind != kAbsent && def.kind != kNone:
		def.from = r.union(def.from, sent.from)
		return def, true
	}
	return sent, false
}

// required is the error for a parameter that was not sent. The value's origin knows its name.
func required(v value) *fault {
	f := faultf(KindRequired, "SQLTemplateException", prefix+"Required parameter is not defined")
	if v.from == nil {
		return f
	}
	names := *v.from
	list := names[0]
	if n := len(names) - 1; n > 0 {
		list = strings.Join(names[:n], ", ") + " and " + names[n]
	}
	f.msg += ". Check the parameters " + list + ". Please provide a value or set a default value in the pipe code."
	return f
}

// A checker makes a value of a type from one that was given.
type checker func(r *run, v value) (value, *fault)

// scalar is the check of a type whose function takes all keywords; nil for another name.
func scalar(name string) checker {
	switch name {
	case "String":
		return stringType
	case "Int", "Integer":
		return func(r *run, v value) (value, *fault) {
			v, f := r.number(typeInt32, "Int32", v)
			return v.plain(), f
		}
	case "Date":
		return dateChecker(name, isDate)
	case "DateTime":
		return dateChecker(name, isDateTime)
	case "DateTime64":
		return dateChecker(name, isDateTime64)
	}
	if t := numTypeOf(name); t != 0 {
		return func(r *run, v value) (value, *fault) { return r.number(t, name, v) }
	}
	return nil
}

// standInOf is what a validation takes for a value of the type.
func standInOf(name string) value {
	switch name {
	case "String":
		return text(missingText)
	case "Date":
		return text("2019-01-01")
	case "DateTime":
		return text("2019-01-01 00:00:00")
	case "DateTime64":
		return text("2019-01-01 00:00:00.000")
	case "Int", "Integer":
		return integer(0)
	}
	v, _ := parseNumber(numTypeOf(name), "0")
	return v
}

func stringType(r *run, v value) (value, *fault) {
	if v.kind == kStr {
		return v, nil
	}
	s, f := r.str(v)
	return text(s).with(v.from), f
}

func (r *run) number(t numType, name string, v value) (value, *fault) {
	s := v.s
	if v.kind != kStr {
		var f *fault
		if s, f = r.str(v); f != nil {
			return none, f
		}
	}
	if f := r.grow(len(s)); f != nil { // reading costs too
		return none, f
	}
	n, ok := parseNumber(t, s)
	if !ok {
		return none, invalid(s, name)
	}
	return n.with(v.from), nil
}

// invalid is the error for a value that is not of its type.
func invalid(s, typ string) *fault {
	return faultf(KindType, "ValueError", prefix+"Error validating '%s' to type %s", s, typ)
}

func booleanType(r *run, a []value) (value, *fault) {
	v, ok := r.given(a[argValue], a[argDefault])
	if !ok || v.kind == kMissing {
		return integer(0).with(v.from), nil
	}
	b := v.truth()
	if !v.isSeq() {
		s, f := r.str(v)
		if f != nil {
			return none, f
		}
		b = s != "" && s != "0" && !strings.EqualFold(s, "false")
	}
	n := int64(0)
	if b {
		n = 1
	}
	return integer(n).with(v.from), nil
}

func dateChecker(name string, matches func(string) bool) checker {
	return func(r *run, v value) (value, *fault) {
		s, f := r.str(v)
		if f == nil {
			f = r.grow(len(s)) // reading costs too
		}
		if f != nil {
			return none, f
		}
		if !matches(s) {
			return none, invalid(s, name)
		}
		return text(s).with(v.from), nil
	}
}

// digits are n ASCII digits at the beginning of s.
func digits(s string, n int) bool {
	if len(s) < n {
		return false
	}
	for i := 0; i < n; i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func isDate(s string) bool {
	return len(s) == 10 && digits(s, 4) && s[4] == '-' && digits(s[5:], 2) && s[7] == '-' && digits(s[8:], 2)
}

// isDateTime is a date and a time, with a fraction or a zone after them or neither.
func isDateTime(s string) bool {
	ends := func(rest string) bool {
		_, after, ok := fraction(rest)
		return ok && isZone(after) || isZone(rest)
	}
	if rest, ok := yearFirst(s); ok {
		return ends(rest)
	}
	for _, rest := range yearLast(s) {
		if ends(rest) {
			return true
		}
	}
	return false
}

// isDateTime64 is a date and a time with a fraction, of at least three digits when the year comes first, and maybe a zone.
func isDateTime64(s string) bool {
	if rest, ok := yearFirst(s); ok {
		n, after, _ := fraction(rest)
		return n >= 3 && isZone(after)
	}
	for _, rest := range yearLast(s) {
		if _, after, ok := fraction(rest); ok && isZone(after) {
			return true
		}
	}
	return false
}

// yearFirst reads 2024-01-31T10:20:30, with any one character between the parts of the date.
func yearFirst(s string) (rest string, ok bool) {
	if !digits(s, 4) {
		return "", false
	}
	s = skipRune(s[4:])
	if !digits(s, 2) {
		return "", false
	}
	s = skipRune(s[2:])
	if !digits(s, 2) {
		return "", false
	}
	s = s[2:]
	if s == "" || s[0] != 'T' && !isBlank(firstRune(s)) {
		return "", false
	}
	s = skipRune(s)
	if len(s) < 8 || !digits(s, 2) || s[2] != ':' || !digits(s[3:], 2) || s[5] != ':' || !digits(s[6:], 2) {
		return "", false
	}
	return s[8:], true
}

// yearLast reads 31/01/2024 1:2:3, with any one character between the parts of the date. It gives what may follow: several
// texts when the seconds can be read in more than one way, none when there is no date and time.
func yearLast(s string) []string {
	if !digits(s, 2) {
		return nil
	}
	s = skipRune(s[2:])
	if !digits(s, 2) {
		return nil
	}
	s = skipRune(s[2:])
	if !digits(s, 4) {
		return nil
	}
	s = s[4:]
	var out []string
	for _, t := range []string{skipRune(s), s} { // at most one character between date and time
		rest, ok := clock(t)
		if ok {
			out = append(out, rest)
			if digits(rest, 1) {
				out = append(out, rest[1:])
			}
		}
	}
	return out
}

// clock reads h:m:s of one or two digits each; of the seconds only the first.
func clock(s string) (rest string, ok bool) {
	for i := 0; i < 2; i++ {
		n := 1
		if digits(s, 2) {
			n = 2
		}
		if !digits(s, n) || len(s) == n || s[n] != ':' {
			return "", false
		}
		s = s[n+1:]
	}
	if !digits(s, 1) {
		return "", false
	}
	return s[1:], true
}

func firstRune(s string) rune {
	c, _ := utf8.DecodeRuneInString(s)
	return c
}

func skipRune(s string) string {
	if s != "" && s[0] < utf8.RuneSelf {
		return s[1:]
	}
	return skipWide(s)
}

func skipWide(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[n:]
}

// fraction reads one character and digits.
func fraction(s string) (n int, after string, ok bool) {
	after = skipRune(s)
	if s == "" || digits(s, 1) {
		return 0, s, false
	}
	for digits(after, 1) {
		after = after[1:]
		n++
	}
	return n, after, n > 0
}

// isZone tells whether s is nothing, Z, or an offset such as +02:00.
func isZone(s string) bool {
	if s == "" || s == "Z" || s == "z" {
		return true
	}
	if s[0] != '+' && s[0] != '-' {
		return false
	}
	s = strings.Replace(s[1:], ":", "", 1)
	return (len(s) == 2 || len(s) == 4) && digits(s, len(s))
}
