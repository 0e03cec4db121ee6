package templating

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
)

// strptime reads a moment in Python's notation of formats. The calendar is checked. A moment without an offset is in time.UTC,
// one with an offset never, be it zero.
//
// Python makes a regular expression of a format, and what directives without anything between them take is what that finds
// first, one of them giving back for the next to fit. So do we.
func strptime(s, layout string) (time.Time, bool) {
	re := patternOf(layout)
	if re == nil {
		return time.Time{}, false
	}
	at := re.FindStringSubmatchIndex(s)
	if at == nil || at[1] != len(s) {
		return time.Time{}, false
	}
	m := found{year: 1900, month: 1, day: 1, hour12: -1, zone: time.UTC}
	for i, name := range re.SubexpNames() {
		if name != "" && !m.set(name[0], s[at[2*i]:at[2*i+1]]) {
			return time.Time{}, false
		}
	}
	return m.time()
}

// maxLayout is the longest format that is understood.
const maxLayout = 1000

// patterns are the expressions of the formats that were used lately; nil for a format that is none. It is safe to share.
var patterns, _ = lru.New[string, *regexp.Regexp](256) // fails for a size of 0 only

// patternOf is the expression of a format; nil when there is none.
func patternOf(layout string) *regexp.Regexp {
	if len(layout) > maxLayout {
		return nil
	}
	re, ok := patterns.Get(layout)
	if !ok {
		re = compilePattern(layout)
		patterns.Add(strings.Clone(layout), re)
	}
	return re
}

func compilePattern(layout string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?i)^")
	blanks := false
	for rest := layout; rest != ""; {
		c := firstRune(rest)
		n := len(rest) - len(skipRune(rest))
		if isBlank(c) {
			if !blanks {
				b.WriteString(blankPattern)
			}
			blanks, rest = true, rest[n:]
			continue
		}
		blanks = false
		if c != '%' {
			b.WriteString(regexp.QuoteMeta(rest[:n]))
			rest = rest[n:]
			continue
		}
		if len(rest) < 2 || directives[rest[1]] == "" {
			return nil
		}
		b.WriteString(directives[rest[1]])
		rest = rest[2:]
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil // no UTF-8
	}
	for i, name := range re.SubexpNames() {
		if name != "" && re.SubexpIndex(name) != i {
			return nil // Python does not take a directive twice
		}
	}
	return re
}

const blankPattern = `[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+`

// directives are what Python's make of a text, in its C locale. Weeks (%U, %W, %V, %G) are left out.
var directives = func() (d [256]string) {
	for c, pattern := range map[byte]string{
		'd': `3[01]|[12]\d|0[1-9]|[1-9]| [1-9]`,
		'f': `\d{1,6}`,
		'H': `2[0-3]|[01]\d|\d`,
		'I': `1[0-2]|0[1-9]|[1-9]`,
		'j': `36[0-6]|3[0-5]\d|[12]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]`,
		'm': `1[0-2]|0[1-9]|[1-9]`,
		'M': `[0-5]\d|\d`,
		'S': `6[01]|[0-5]\d|\d`,
		'w': `[0-6]`,
		'u': `[1-7]`,
		'y': `\d\d`,
		'Y': `\d{4}`,
		'z': `[+-]\d\d:?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?|(?-i:Z)`,
		'Z': `utc|gmt`,
		'p': `am|pm`,
		'B': strings.Join(monthNames(0), "|"),
		'b': strings.Join(monthNames(3), "|"),
		'A': `wednesday|thursday|saturday|tuesday|monday|friday|sunday`,
		'a': `mon|tue|wed|thu|fri|sat|sun`,
	} {
		d[c] = `(?P<` + string(c) + `>` + pattern + `)`
	}
	d['%'] = "%"
	d['x'] = d['m'] + "/" + d['d'] + "/" + d['y']
	d['X'] = d['H'] + ":" + d['M'] + ":" + d['S']
	d['c'] = d['a'] + blankPattern + d['b'] + blankPattern + d['d'] + blankPattern + d['X'] + blankPattern + d['Y']
	return d
}()

// monthNames are the names of the months in lower case, the first n letters; 0 for all.
func monthNames(n int) []string {
	var names []string
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if n > 0 {
			name = name[:n]
		}
		names = append(names, name)
	}
	return names
}

// found is what the directives of a format found.
type found struct {
	year, month, day, yearDay      int
	hour, hour12, min, sec, micros int
	pm                             bool
	zone                           *time.Location
	ahead                          time.Duration // of zone, less than a second
}

// set takes what a directive found.
func (m *found) set(directive byte, s string) bool {
	if strings.ContainsFunc(s, func(c rune) bool { return c >= utf8.RuneSelf }) {
		return false // a letter of a name that counts for another only in this search
	}
	n, _ := strconv.Atoi(strings.TrimSpace(s)) // names and offsets are none
	switch directive {
	case 'Y':
		m.year = n
		return n > 0
	case 'y':
		if m.year = 2000 + n; n > 68 {
			m.year = 1900 + n
		}
	case 'm':
		m.month = n
	case 'b', 'B':
		for i, name := range monthNames(3) {
			if strings.EqualFold(s[:3], name) {
				m.month = i + 1
			}
		}
	case 'd':
		m.day = n
	case 'j':
		m.yearDay = n
	case 'H':
		m.hour = n
	case 'I':
		m.hour12 = n
	case 'M':
		m.min = n
	case 'S':
		m.sec = n
	case 'f':
		m.micros, _ = strconv.Atoi((s + "00000")[:6])
	case 'p':
		m.pm = s[0] == 'p' || s[0] == 'P'
	case 'z':
		return m.setZone(s)
	}
	return true
}

// setZone takes an offset, Z or ±hh[:]mm[[:]ss[.ffffff]], with both colons or none.
func (m *found) setZone(s string) bool {
	if s == "Z" {
		m.zone = time.FixedZone("", 0)
		return true
	}
	digits := s[1:]
	if digits[2] == ':' {
		digits = digits[:2] + digits[3:]
		if len(digits) > 4 && digits[4] != ':' {
			return false
		}
		digits = strings.Replace(digits, ":", "", 1)
	}
	digits, micros, _ := strings.Cut(digits, ".")
	n, err := strconv.Atoi((digits + "00")[:6])
	if err != nil || n >= 240000 {
		return false
	}
	offset := n/10000*3600 + n/100%100*60 + n%100
	part, _ := strconv.Atoi((micros + "000000")[:6])
	if s[0] == '-' {
		offset, part = -offset, -part
	}
	m.ahead = time.Duration(part) * time.Microsecond
	m.zone = time.FixedZone("", offset)
	return true
}

func (m *found) time() (time.Time, bool) {
	if m.hour12 >= 0 {
		m.hour = m.hour12 % 12
		if m.pm {
			m.hour += 12
		}
	}
	if m.yearDay > 0 {
		m.month, m.day = 1, m.yearDay
	}
	if m.sec > 59 {
		return time.Time{}, false
	}
	t := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.min, m.sec, m.micros*1000, m.zone)
	if m.yearDay == 0 && (int(t.Month()) != m.month || t.Day() != m.day) || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.Add(-m.ahead), true
}
