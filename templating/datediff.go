package templating

import "time"

// dateFunction is one of the functions about the difference of two dates.
func dateFunction(name string) *function {
	diff := func(unit time.Duration, format, complaint string) *function {
		return &function{name: name, params: []string{"d0", "d1", "date_format", "backup_date_format", "none_if_error", "default"},
			need: 2, late: true, call: func(r *run, a []value) (value, *fault) { return r.dateDiff(a, unit, format, complaint) }}
	}
	const moment = "%Y-%m-%d %H:%M:%S"
	switch name {
	case "day_diff":
		return &function{name: name, params: []string{"d0", "d1", "default"}, need: 2, late: true, call: func(r *run, a []value) (value, *fault) {
			return r.dateDiff([]value{a[0], a[1], absent, absent, absent}, day, "%Y-%m-%d", "invalid date format in function `day_diff`, "+
				"it must be ISO format date YYYY-MM-DD, e.g. 2018-09-26. For other fotmats, try `date_diff_in_days`")
		}}
	case "date_diff_in_days":
		return diff(day, "%Y-%m-%d", "invalid date format in function `date_diff_in_days`, it must be ISO format date YYYY-MM-DD, e.g. 2018-09-26")
	case "date_diff_in_hours":
		return diff(time.Hour, moment, badMoment(name, " [.ssssss]Z, e.g. ms: 2022-12-19T18:42:22.591Z s:2022-12-19T18:42:22Z"))
	case "date_diff_in_minutes", "date_diff_in_seconds":
		unit := time.Second
		if name == "date_diff_in_minutes" {
			unit = time.Minute
		}
		return diff(unit, moment, badMoment(name, " [.ssssss]Z, e.g. ms: 2022-12-19T18:42:22.591Z s:2022-12-19T18:42:22Z"))
	}
	return nil
}

const day = 24 * time.Hour

func badMoment(name, tail string) string {
	return "invalid date_format in function `" + name + "`, defaults to YYYY-MM-DD hh:mm:ss. Or %Y-%m-%d %H:%M:%S" + tail
}

// dateDiff is how many whole units lie between two moments. a: both, the formats, none_if_error.
func (r *run) dateDiff(a []value, unit time.Duration, format, complaint string) (value, *fault) {
	from := r.union(a[0].from, a[1].from)
	for _, v := range a {
		if v.hidden() {
			return none, secretFault("computed with")
		}
		if f := r.grow(len(v.s)); f != nil { // reading costs too
			return none, f
		}
	}
	if a[0].kind == kMissing || a[1].kind == kMissing {
		return integer(0).with(from), nil
	}
	formats := []string{format}
	if a[2].isStr() {
		formats[0] = a[2].s
	}
	if a[3].isStr() {
		formats = append(formats, a[3].s)
	}
	x, xok := moment(a[0], formats)
	y, yok := moment(a[1], formats)
	// A moment with an offset and one without cannot be compared.
	if xok && yok && (x.Location() == time.UTC) == (y.Location() == time.UTC) {
		return integer(spanIn(unit, x, y)).with(from), nil
	}
	if a[4].truth() {
		return none.with(from), nil
	}
	return none, badArgument("%s", complaint)
}

// moment reads a text in the first of the formats that fits it.
func moment(v value, formats []string) (t time.Time, ok bool) {
	if !v.isStr() {
		return t, false
	}
	for _, f := range formats {
		if t, ok = strptime(v.s, f); ok {
			break
		}
	}
	return t, ok
}

// spanIn is the distance of two moments in whole units. Durations are too short for it.
func spanIn(unit time.Duration, a, b time.Time) int64 {
	if a.After(b) {
		a, b = b, a
	}
	seconds, nanos := b.Unix()-a.Unix(), b.Nanosecond()-a.Nanosecond()
	if nanos < 0 {
		seconds--
	}
	return seconds / int64(unit/time.Second)
}
