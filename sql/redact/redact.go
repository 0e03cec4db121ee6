// Package redact takes the values of a statement's secrets out of text that an engine wrote about it.
//
// The model. An error of ClickHouse quotes the statement, shortened or with escapes of its own, and whoever wraps it in JSON
// escapes it again. So a Redactor looks for every run of eight bytes of a value, in the text and in what the text says once
// its backslash escapes are read, up to three times; and for the runs of the value as people escape it. It takes out too much
// rather than too little: a shorter piece of a value is taken out as well where quotes enclose it. What it cannot know is a value that was computed with (reversed, encoded): the guard lets no
// statement pass whose errors could quote that.
package redact

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"time"

	"penstock/sql/lexer"
)

const (
	run   = 8 // shortest piece of a value that is taken out
	alone = 4 // values shorter than this are taken out only where no letter or digit touches them
	layer = 3 // how many times the text may have been escaped
)

// A Redactor knows the secrets of one statement. It is safe to share, and never prints what it knows. The zero Redactor
// leaves texts as they are.
type Redactor struct {
	known func() *known // a function, because fmt follows a pointer under some verbs
}

type known struct {
	values []string // of the secrets, and the literals as they were written
	once   sync.Once
	runs   map[uint64]struct{} // every eight bytes of every form
	short  []string            // forms that are shorter
	pieces map[string]struct{} // every piece of fewer than eight bytes of the values: taken out where quotes enclose it
}

// New keeps what it needs of st, which may change afterwards. It costs next to nothing until a text comes.
func New(st lexer.Statement) *Redactor {
	var k *known
	for _, sp := range st.Spans() {
		if sp.Kind != lexer.Secret || sp.End-sp.Start < 3 { // '' has nothing to hide
			continue
		}
		if k == nil {
			k = &known{}
		}
		written := string(st.Bytes()[sp.Start:sp.End])
		k.values = append(k.values, written[1:len(written)-1])
		if value, ok := lexer.Unquote(written); ok {
			k.values = append(k.values, value)
		}
	}
	if k == nil {
		return &Redactor{}
	}
	return &Redactor{known: func() *known { return k }}
}

// Format prints nothing of what is known, whatever the verb.
func (r Redactor) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("redactor")) }

// Text is s with [[SENSITIVE]] in place of the values. Its time is linear in the lengths of s and of the values.
func (r *Redactor) Text(s string) string {
	if r == nil || r.known == nil || s == "" {
		return s
	}
	k := r.known()
	k.once.Do(k.prepare)
	hit := make([]bool, len(s))
	found := false
	view := view{text: s}
	for range layer + 1 {
		found = k.mark(view, hit) || found
		next, changed := view.unescape()
		if !changed {
			break
		}
		view = next
	}
	if !found {
		return s
	}
	return replace(s, hit)
}

func replace(s string, hit []bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if !hit[i] {
			b.WriteByte(s[i])
			i++
			continue
		}
		for i < len(s) && hit[i] {
			i++
		}
		b.WriteString(lexer.Sensitive)
	}
	return b.String()
}

// prepare makes the forms of the values.
func (k *known) prepare() {
	k.runs, k.pieces = map[uint64]struct{}{}, map[string]struct{}{}
	seen := map[string]bool{}
	for _, v := range k.values {
		for _, form := range forms(v) {
			if seen[form] || form == "" {
				continue
			}
			seen[form] = true
			if len(form) < run {
				k.short = append(k.short, form)
			}
			for i := range form {
				for n := 1; n < run && i+n <= len(form); n++ {
					k.pieces[form[i:i+n]] = struct{}{}
				}
			}
			for i := 0; i+run <= len(form); i++ {
				k.runs[binary.LittleEndian.Uint64([]byte(form[i:i+run]))] = struct{}{}
			}
		}
	}
}

// forms are the ways in which a value is written: as it is, as the number or time that it is cast to, with ClickHouse's
// escapes, with doubled quotes, and each of them in JSON with and without its slashes escaped.
func forms(v string) []string {
	out := append([]string{v}, castForms(strings.TrimSpace(v))...)
	if strings.ContainsAny(v, "\\'\"`/\n\r\t\b\f\x00\a\v\x1b<>&") || strings.ToValidUTF8(v, "") != v {
		engine := engineEscapes.Replace(v)
		out = append(out, engine, strings.ReplaceAll(v, "'", "''"), strings.ReplaceAll(v, "`", "``"))
		for _, form := range []string{v, engine} {
			escaped := jsonEscapes.Replace(form)
			out = append(out, escaped, strings.ReplaceAll(escaped, "/", `\/`), strings.ToValidUTF8(form, "\ufffd"),
				htmlEscapes.Replace(escaped))
		}
	}
	return out
}

// castForms are what ClickHouse prints of a value that a statement casts to a number, a date or a time.
func castForms(v string) (out []string) {
	if len(v) > 40 {
		return nil
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		out = append(out, strconv.FormatFloat(f, 'f', -1, 64), strconv.FormatFloat(f, 'g', -1, 64))
	}
	if n, ok := new(big.Int).SetString(v, 10); ok {
		out = append(out, n.String())
	}
	for _, layout := range []string{time.DateOnly, time.DateTime, time.RFC3339} {
		if t, err := time.Parse(layout, v); err == nil {
			out = append(out, strconv.FormatInt(t.Unix(), 10), strconv.FormatInt(t.Unix()/86400, 10))
		}
	}
	return out
}

var (
	engineEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`, "\x00", `\0`,
		"\a", `\a`, "\v", `\v`, "\x1b", `\e`)
	jsonEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`, "\x00", `\u0000`,
		"\a", `\u0007`, "\v", `\u000b`, "\x1b", `\u001b`)
	htmlEscapes = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`)
)

// mark notes in hit which bytes of the original text belong to a value.
func (k *known) mark(v view, hit []bool) (found bool) {
	t := v.text
	end := 0 // bytes before it are noted already
	note := func(from, to int) {
		found = true
		for i := max(from, end); i < to; i++ {
			a, b := v.origin(i)
			for ; a < b; a++ {
				hit[a] = true
			}
		}
		end = max(end, to)
	}
	if len(k.runs) > 0 && len(t) >= run {
		window := binary.LittleEndian.Uint64([]byte(t[:run]))
		for i := 0; ; i++ {
			if _, ok := k.runs[window]; ok {
				note(i, i+run)
			}
			if i+run >= len(t) {
				break
			}
			window = window>>8 | uint64(t[i+run])<<56
		}
	}
	for i := 0; i < len(t); i++ { // "parsed just '211'", "before: 'ab'"
		if t[i] != '\'' && t[i] != '"' {
			continue
		}
		for n := 1; n < run && i+1+n < len(t); n++ {
			if t[i+1+n] != t[i] {
				continue
			}
			if _, ok := k.pieces[t[i+1:i+1+n]]; ok {
				end = 0
				note(i+1, i+1+n)
			}
			break
		}
	}
	for _, short := range k.short {
		end = 0
		for at := 0; ; {
			i := strings.Index(t[at:], short)
			if i < 0 {
				break
			}
			i += at
			at = i + 1
			if len(short) >= alone || !touches(t, i-1) && !touches(t, i+len(short)) {
				note(i, i+len(short))
			}
		}
	}
	return found
}

// touches tells whether a letter or digit stands at i.
func touches(t string, i int) bool {
	if i < 0 || i >= len(t) {
		return false
	}
	c := t[i]
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// A view is a text with the escapes read, and where each of its bytes comes from; from is nil for the text itself.
type view struct {
	text string
	from []int32 // first byte in the original, and behind the last one the length of it
}

func (v view) origin(i int) (from, to int) {
	if v.from == nil {
		return i, i + 1
	}
	return int(v.from[i]), max(int(v.from[i])+1, int(v.from[i+1]))
}

// unescape reads the backslash escapes once; changed is false when there are none.
func (v view) unescape() (next view, changed bool) {
	if strings.IndexByte(v.text, '\\') < 0 {
		return v, false
	}
	b := make([]byte, 0, len(v.text))
	from := make([]int32, 0, len(v.text)+1)
	put := func(at int, bytes ...byte) {
		a, _ := v.origin(at)
		for _, c := range bytes {
			b, from = append(b, c), append(from, int32(a))
		}
	}
	for i := 0; i < len(v.text); {
		if v.text[i] != '\\' || i+1 == len(v.text) {
			put(i, v.text[i])
			i++
			continue
		}
		c, size := escape(v.text[i:])
		put(i, c...)
		i += size
	}
	end := len(v.text)
	if v.from != nil {
		end = int(v.from[len(v.from)-1])
	}
	return view{string(b), append(from, int32(end))}, true
}

// escape reads one escape at the beginning of s, which has at least two bytes.
func escape(s string) (bytes []byte, size int) {
	switch c := s[1]; c {
	case 'n':
		return []byte{'\n'}, 2
	case 'r':
		return []byte{'\r'}, 2
	case 't':
		return []byte{'\t'}, 2
	case 'b':
		return []byte{'\b'}, 2
	case 'f':
		return []byte{'\f'}, 2
	case 'a':
		return []byte{'\a'}, 2
	case 'v':
		return []byte{'\v'}, 2
	case 'e':
		return []byte{27}, 2
	case '0':
		return []byte{0}, 2
	case 'x':
		if n, ok := hexadecimal(s, 2, 2); ok {
			return []byte{byte(n)}, 4
		}
		return []byte{c}, 2
	case 'u':
		if n, ok := hexadecimal(s, 2, 4); ok {
			if n >= 0xD800 && n < 0xDC00 && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
				if low, ok := hexadecimal(s, 8, 4); ok && low >= 0xDC00 && low < 0xE000 {
					return []byte(string(rune(0x10000 + (n-0xD800)<<10 + low - 0xDC00))), 12
				}
			}
			return []byte(string(rune(n))), 6
		}
		return []byte{c}, 2
	default:
		return []byte{c}, 2
	}
}

func hexadecimal(s string, at, digits int) (n int, ok bool) {
	if len(s) < at+digits {
		return 0, false
	}
	for _, c := range []byte(s[at : at+digits]) {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
