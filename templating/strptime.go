package templating

import (
	"strings"
	"time"
)

// strptime reads a moment in Python's notation of formats. The calendar is checked. A moment without an offset is in time.UTC,
// one with an offset never, be it zero.
func strptime(s, layout string) (time.Time, bool) {
	p := dateParser{rest: s, year: 1900, month: 1, day: 1, hour12: -1}
	for i := 0; i < len(layout); i++ {
		c := layout[i]
		switch {
		case c == '%' && i+1 < len(layout):
			i++
			if !p.directive(layout[i]) {
				return time.Time{}, false
			}
		case isBlank(rune(c)):
			// A run of blanks in the format is one or more blanks in the text.
			for i+1 < len(layout) && isBlank(rune(layout[i+1])) {
				i++
			}
			t := strings.TrimLeftFunc(p.rest, isBlank)
			if len(t) == len(p.rest) {
				return time.Time{}, false
			}
			p.rest = t
		default:
			if p.rest == "" || !strings.EqualFold(p.rest[:1], string(rune(c))) {
				return time.Time{}, false
			}
			p.rest = p.rest[1:]
		}
	}
	if p.rest != "" {
		return time.Time{}, false
	}
	return p.time()
}

type dateParser struct {
	rest                      string
	year, month, day, yearDay int
	hour, hour12, min, sec    int
	pm                        bool
	nanos                     int
	offset                    int
	zoned                     bool // an offset was read
}

func (p *dateParser) directive(c byte) bool {
	switch c {
	case 'Y':
		return digits(p.rest, 4) && p.number(&p.year, 4, 4, 1, 9999)
	case 'y':
		if !digits(p.rest, 2) || !p.number(&p.year, 2, 2, 0, 99) {
			return false
		}
		if p.year += 2000; p.year > 2068 {
			p.year -= 100
		}
		return true
	case 'm':
		return p.number(&p.month, 1, 2, 1, 12)
	case 'd':
		return p.number(&p.day, 1, 2, 1, 31)
	case 'j':
		return p.number(&p.yearDay, 1, 3, 1, 366)
	case 'H':
		return p.number(&p.hour, 1, 2, 0, 23)
	case 'I':
		return p.number(&p.hour12, 1, 2, 1, 12)
	case 'M':
		return p.number(&p.min, 1, 2, 0, 59)
	case 'S':
		return p.number(&p.sec, 1, 2, 0, 61)
	case 'f':
		return p.fraction()
	case 'z':
		return p.zone()
	case 'Z':
		return p.word(&p.offset, []string{"utc", "gmt"}, 0)
	case 'p':
		n := 0
		ok := p.word(&n, []string{"am", "pm"}, 1)
		p.pm = n == 1
		return ok
	case 'b', 'B', 'h':
		return p.monthName(c == 'B')
	case 'a', 'A':
		return p.dayName(c == 'A')
	case '%':
		if !strings.HasPrefix(p.rest, "%") {
			return false
		}
		p.rest = p.rest[1:]
		return true
	}
	return false
}

// number reads up to most digits, fewer when the number would get too large.
func (p *dateParser) number(to *int, least, most, low, high int) bool {
	for n := most; n >= least; n-- {
		if !digits(p.rest, n) {
			continue
		}
		v := 0
		for _, d := range p.rest[:n] {
			v = v*10 + int(d-'0')
		}
		if v < low || v > high {
			continue
		}
		*to, p.rest = v, p.rest[n:]
		return true
	}
	return false
}

func (p *dateParser) fraction() bool {
	n := 0
	for n < 6 && digits(p.rest[n:], 1) {
		n++
	}
	if n == 0 {
		return false
	}
	for i := 0; i < 9; i++ {
		p.nanos *= 10
		if i < n {
			p.nanos += int(p.rest[i] - '0')
		}
	}
	p.rest = p.rest[n:]
	return true
}

func (p *dateParser) zone() bool {
	p.zoned = true
	if strings.HasPrefix(p.rest, "Z") {
		p.rest = p.rest[1:]
		return true
	}
	if p.rest == "" || p.rest[0] != '+' && p.rest[0] != '-' {
		return false
	}
	sign := 1
	if p.rest[0] == '-' {
		sign = -1
	}
	p.rest = p.rest[1:]
	var h, m, s int
	if !digits(p.rest, 2) || !p.number(&h, 2, 2, 0, 23) {
		return false
	}
	p.rest = strings.TrimPrefix(p.rest, ":")
	if !digits(p.rest, 2) || !p.number(&m, 2, 2, 0, 59) {
		return false
	}
	if strings.HasPrefix(p.rest, ":") && digits(p.rest[1:], 2) {
		p.rest = p.rest[1:]
		p.number(&s, 2, 2, 0, 59)
	}
	p.offset = sign * (h*3600 + m*60 + s)
	return true
}

// word reads one of some words, in any case; to becomes its number times by.
func (p *dateParser) word(to *int, words []string, by int) bool {
	for i, w := range words {
		if len(p.rest) >= len(w) && strings.EqualFold(p.rest[:len(w)], w) {
			*to, p.rest = i*by, p.rest[len(w):]
			return true
		}
	}
	return false
}

func (p *dateParser) monthName(full bool) bool {
	var names []string
	for m := time.January; m <= time.December; m++ {
		names = append(names, shorten(m.String(), full))
	}
	ok := p.word(&p.month, names, 1)
	p.month++
	return ok
}

func (p *dateParser) dayName(full bool) bool {
	var names []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		names = append(names, shorten(d.String(), full))
	}
	unused := 0
	return p.word(&unused, names, 1)
}

func shorten(s string, full bool) string {
	if full {
		return s
	}
	return s[:3]
}

func (p *dateParser) time() (time.Time, bool) {
	if p.hour12 >= 0 {
		p.hour = p.hour12 % 12
		if p.pm {
			p.hour += 12
		}
	}
	if p.yearDay > 0 {
		p.month, p.day = 1, p.yearDay
	}
	if p.sec > 59 {
		return time.Time{}, false
	}
	zone := time.UTC
	if p.zoned {
		zone = time.FixedZone("", p.offset)
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.min, p.sec, p.nanos, zone)
	if p.yearDay == 0 && (int(t.Month()) != p.month || t.Day() != p.day) || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}
