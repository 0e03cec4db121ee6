package templating

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

func jsonType(r *run, a []value) (value, *fault) {
	v := a[argValue]
	switch {
	case v.hidden() || a[argDefault].hidden():
		return none, secretFault("looked into")
	case v.isSeq(), v.kind == kDict:
		return v, nil
	case v.kind == kMissing || v.kind == kNone:
		from := v.from
		d := a[argDefault]
		switch {
		case v.kind == kMissing && !d.truth():
			v = text(missingText)
		case d.isStr():
			v = d
		case v.kind == kMissing:
			return d.with(r.union(d.from, from)), nil
		default:
			return newDict(kDict).with(from), nil
		}
		v.from = r.union(v.from, from)
	}
	s, f := r.str(v)
	if f != nil {
		return none, f
	}
	if f := r.grow(len(s)); f != nil {
		return none, f
	}
	p := jsonParser{r: r, s: s, from: v.from}
	out, f := p.document()
	return out.with(v.from), f
}

// A jsonParser reads JSON as Python's json does, with its words for what is wrong.
type jsonParser struct {
	r     *run
	s     string
	pos   int
	depth int
	from  *origin
}

// wrong is the error at a byte of the text.
func (p *jsonParser) wrong(reason string, at int) *fault {
	before := p.s[:min(at, len(p.s))]
	line := 1 + strings.Count(before, "\n")
	col := runeLen(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return faultf(KindType, "ValueError", prefix+"Error parsing JSON: '%s' - %s: line %d column %d (char %d)",
		shownJSON(p.s), reason, line, col, runeLen(before))
}

// shownJSON is as much of a text as an error about it shows.
func shownJSON(s string) string {
	n := 0
	for i := range s {
		if n == 16 {
			return s[:i] + "..."
		}
		n++
	}
	return s
}

func (p *jsonParser) blanks() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\n\r", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *jsonParser) document() (value, *fault) {
	if strings.HasPrefix(p.s, "\ufeff") {
		return none, p.wrong("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)
	}
	p.blanks()
	v, f := p.value()
	if f != nil {
		return none, f
	}
	p.blanks()
	if p.pos < len(p.s) {
		return none, p.wrong("Extra data", p.pos)
	}
	return v, nil
}

func (p *jsonParser) value() (value, *fault) {
	if f := p.r.step(); f != nil {
		return none, f
	}
	if p.depth++; p.depth > p.r.in.Limits.Depth {
		return none, overLimit("nested values", p.r.in.Limits.Depth)
	}
	defer func() { p.depth-- }()
	rest := p.s[p.pos:]
	if rest == "" {
		return none, p.wrong("Expecting value", p.pos)
	}
	switch rest[0] {
	case '"':
		s, f := p.text()
		return text(s).with(p.from), f
	case '{':
		return p.object()
	case '[':
		return p.array()
	}
	for word, v := range map[string]value{"null": none, "true": boolean(true), "false": boolean(false), "NaN": float(math.NaN()),
		"Infinity": float(math.Inf(1)), "-Infinity": float(math.Inf(-1))} {
		if strings.HasPrefix(rest, word) {
			p.pos += len(word)
			return v.with(p.from), nil
		}
	}
	return p.number(rest)
}

func (p *jsonParser) number(rest string) (value, *fault) {
	n := 0
	if n < len(rest) && rest[n] == '-' {
		n++
	}
	run := func() bool {
		from := n
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		return n > from
	}
	switch {
	case n < len(rest) && rest[n] == '0':
		n++
	case !run():
		return none, p.wrong("Expecting value", p.pos)
	}
	isFloat := false
	if from := n; n < len(rest) && rest[n] == '.' {
		n++
		if isFloat = run(); !isFloat {
			n = from
		}
	}
	if from := n; n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		n++
		if n < len(rest) && (rest[n] == '+' || rest[n] == '-') {
			n++
		}
		if run() {
			isFloat = true
		} else {
			n = from
		}
	}
	p.pos += n
	if isFloat {
		f, _ := strconv.ParseFloat(rest[:n], 64) // out of range is infinite, as in Python
		return float(f).with(p.from), nil
	}
	if n > maxBits/4 {
		return none, overLimit("bits of an integer", maxBits)
	}
	i, _ := new(big.Int).SetString(rest[:n], 10)
	return bigInteger(i).with(p.from), nil
}

func (p *jsonParser) array() (value, *fault) {
	p.pos++
	var items []value
	p.blanks()
	if p.pos < len(p.s) && p.s[p.pos] == ']' {
		p.pos++
		return p.list(items)
	}
	for {
		v, f := p.value()
		if f != nil {
			return none, f
		}
		items = append(items, v)
		p.blanks()
		switch {
		case p.pos < len(p.s) && p.s[p.pos] == ']':
			p.pos++
			return p.list(items)
		case p.pos >= len(p.s) || p.s[p.pos] != ',':
			return none, p.wrong("Expecting ',' delimiter", p.pos)
		}
		p.pos++
		p.blanks()
	}
}

func (p *jsonParser) list(items []value) (value, *fault) {
	l, f := p.r.newList(kList, items)
	return l.with(p.from), f
}

func (p *jsonParser) object() (value, *fault) {
	const wantName = "Expecting property name enclosed in double quotes"
	p.pos++
	d := newDict(kDict).with(p.from)
	p.blanks()
	if p.pos < len(p.s) && p.s[p.pos] == '}' {
		p.pos++
		return d, nil
	}
	for {
		if p.pos >= len(p.s) || p.s[p.pos] != '"' {
			return none, p.wrong(wantName, p.pos)
		}
		k, f := p.text()
		if f != nil {
			return none, f
		}
		p.blanks()
		if p.pos >= len(p.s) || p.s[p.pos] != ':' {
			return none, p.wrong("Expecting ':' delimiter", p.pos)
		}
		p.pos++
		p.blanks()
		v, f := p.value()
		if f != nil {
			return none, f
		}
		if f := p.r.put(d.dict(), text(k).with(p.from), v); f != nil {
			return none, f
		}
		p.blanks()
		switch {
		case p.pos < len(p.s) && p.s[p.pos] == '}':
			p.pos++
			return d, nil
		case p.pos >= len(p.s) || p.s[p.pos] != ',':
			return none, p.wrong("Expecting ',' delimiter", p.pos)
		}
		p.pos++
		p.blanks()
	}
}

// text reads a string that begins here.
func (p *jsonParser) text() (string, *fault) {
	open := p.pos
	p.pos++
	var b strings.Builder
	for {
		n := p.pos
		for n < len(p.s) && p.s[n] != '"' && p.s[n] != '\\' && p.s[n] >= 0x20 {
			n++
		}
		b.WriteString(p.s[p.pos:n])
		p.pos = n
		if n == len(p.s) {
			return "", p.wrong("Unterminated string starting at", open)
		}
		switch c := p.s[n]; {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c != '\\':
			return "", p.wrong("Invalid control character at", n)
		}
		if n+1 == len(p.s) {
			return "", p.wrong("Unterminated string starting at", open)
		}
		p.pos += 2
		switch c := p.s[n+1]; c {
		case '"', '\\', '/':
			b.WriteByte(c)
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
		case 'u':
			if f := p.unicode(&b, n); f != nil {
				return "", f
			}
		default:
			return "", p.wrong("Invalid \\escape", n)
		}
	}
}

// unicode reads the digits after \u, and the second half of a pair. at is where the escape begins.
func (p *jsonParser) unicode(b *strings.Builder, at int) *fault {
	c, ok := p.hex4()
	if !ok {
		return p.wrong("Invalid \\uXXXX escape", at+1)
	}
	if c >= 0xd800 && c < 0xdc00 && strings.HasPrefix(p.s[p.pos:], `\u`) {
		save := p.pos
		p.pos += 2
		if low, ok := p.hex4(); ok && low >= 0xdc00 && low < 0xe000 {
			c = 0x10000 + (c-0xd800)<<10 + (low - 0xdc00)
		} else {
			p.pos = save
		}
	}
	if !utf8.ValidRune(c) {
		c = utf8.RuneError // half a pair is no character
	}
	b.WriteRune(c)
	return nil
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.pos+4 > len(p.s) {
		return 0, false
	}
	c, err := strconv.ParseUint(p.s[p.pos:p.pos+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.pos += 4
	return rune(c), true
}
