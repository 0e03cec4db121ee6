package benchmark

import (
	"fmt"
	"strconv"
	"strings"

	"penstock/templating/literal"
)

// funcs are what the templates call: a type function takes a value, which may be nil, and a default.
var funcs = map[string]any{
	"String":     func(v any, def ...any) (string, error) { return typed(v, def, quoted) },
	"DateTime":   func(v any, def ...any) (string, error) { return typed(v, def, dateTime) },
	"Date":       func(v any, def ...any) (string, error) { return typed(v, def, date) },
	"Int32":      func(v any, def ...any) (string, error) { return typed(v, def, whole("toInt32", 32, true)) },
	"Int64":      func(v any, def ...any) (string, error) { return typed(v, def, whole("toInt64", 64, true)) },
	"UInt8":      func(v any, def ...any) (string, error) { return typed(v, def, whole("toUInt8", 8, false)) },
	"UInt32":     func(v any, def ...any) (string, error) { return typed(v, def, whole("toUInt32", 32, false)) },
	"Float64":    func(v any, def ...any) (string, error) { return typed(v, def, float) },
	"ArrayInt32": func(v any, def ...any) (string, error) { return typed(v, def, arrayInt32) },
	"raw": func(v any, def ...any) (string, error) {
		return typed(v, def, func(s string) (string, error) { return s, nil })
	},
	"column":  func(v any) string { return string(literal.Path(nil, v.(string))) },
	"symbol":  func(v any) string { return string(literal.Ident(nil, v.(string), '`')) },
	"plus":    func(a, b string) string { return a + b },
	"columns": columns,
	"split":   func(v any) []string { return strings.Split(v.(string), ",") },
	"last":    func(i int, of []string) bool { return i == len(of)-1 },
	"sqlAnd":  sqlAnd,
	"defined": func(v any) bool { return v != nil },
}

// typed checks a value or its default; nothing comes of a value that is neither sent nor has one.
func typed(v any, def []any, check func(string) (string, error)) (string, error) {
	if v == nil {
		if len(def) == 0 {
			return "", nil
		}
		v = fmt.Sprint(def[0])
	}
	return check(v.(string))
}

func quoted(s string) (string, error) { return string(literal.String(nil, s)), nil }

func date(s string) (string, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return "", fmt.Errorf("Error validating '%s' to type Date", s)
	}
	return quoted(s)
}

func dateTime(s string) (string, error) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return "", fmt.Errorf("Error validating '%s' to type DateTime", s)
	}
	return quoted(s)
}

func whole(cast string, bits int, signed bool) func(string) (string, error) {
	return func(s string) (string, error) {
		if signed {
			n, err := strconv.ParseInt(s, 10, bits)
			return cast + "('" + strconv.FormatInt(n, 10) + "')", err
		}
		n, err := strconv.ParseUint(s, 10, bits)
		return cast + "('" + strconv.FormatUint(n, 10) + "')", err
	}
}

func float(s string) (string, error) {
	f, err := strconv.ParseFloat(s, 64)
	return "toFloat64('" + strconv.FormatFloat(f, 'f', -1, 64) + "')", err
}

func arrayInt32(s string) (string, error) {
	var b strings.Builder
	b.WriteByte('[')
	for i, item := range strings.Split(s, ",") {
		n, err := strconv.ParseInt(item, 10, 32)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	b.WriteByte(']')
	return b.String(), nil
}

func columns(v any, def string) string {
	s := def
	if v != nil {
		s = v.(string)
	}
	var out []string
	for _, c := range strings.Split(s, ",") {
		out = append(out, string(literal.Path(nil, strings.TrimSpace(c))))
	}
	return strings.Join(out, ",")
}

// sqlAnd joins pairs of a comparison and a literal; pairs without a literal are left out.
func sqlAnd(pairs ...string) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, pairs[i]+" "+pairs[i+1])
		}
	}
	return strings.Join(out, " and ")
}
