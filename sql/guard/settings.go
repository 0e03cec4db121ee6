package guard

import (
	"math"
	"strconv"
	"strings"
)

// settings judges a SETTINGS clause by the list.
func (j *judge) settings(n id) {
	j.each(n, func(s id) {
		tok := j.nodes[s].name
		name, _ := j.nameOf(tok)
		form, ok := j.c.settings[name]
		if !ok {
			j.refuse(ruleSetting, s, "The setting "+j.shown(int(j.toks[tok].start), int(j.toks[tok].end))+" is not allowed.",
				"Settings are limits and safeguards as well; only harmless ones may be given in a statement.")
			return
		}
		value := j.nodes[s].first
		j.varying = j.varying || j.spanIn(j.start(value), j.endByte(value), 0)
		if why := j.settingValue(name, form, value); why != "" {
			j.refuse(ruleSetting, s, "The setting "+name+" cannot be given this value.", why)
		}
	})
}

// mostOf bounds what the operator gives no bound for: with more a statement would take more of the engine than it has by itself.
var mostOf = map[string]float64{"max_threads": 256, "max_memory_usage": 1e10, "max_block_size": 1 << 20}

// settingValue tells what is wrong with a value, "" when nothing is.
func (j *judge) settingValue(name, form string, value id) string {
	text := j.sql[j.start(value):j.endByte(value)]
	if unquoted, ok := j.nameOf(j.nodes[value].tok); ok {
		text = unquoted
	}
	switch form {
	case "bool":
		switch strings.ToLower(text) {
		case "0", "1", "true", "false":
			return ""
		}
		return "It is 0 or 1."
	case "limit":
		v, err := strconv.ParseFloat(text, 64)
		least := 1.0 // of whole numbers: ClickHouse cuts 0.4 to 0, which stands for no limit
		if name == "max_execution_time" {
			least = 0.001 // it counts microseconds
		} else if v != math.Trunc(v) {
			return "It is a whole number."
		}
		if err != nil || !(v >= least) || v > 1e15 {
			return "It is a number above zero, which would stand for no limit."
		}
		most, ok := j.p.Limits[name]
		if !ok {
			most, ok = mostOf[name]
		}
		if ok && v > most {
			return "It may be " + strconv.FormatFloat(most, 'f', -1, 64) + " at most."
		}
		return ""
	}
	for word := range strings.SplitSeq(form, "|") {
		if strings.EqualFold(word, text) {
			return ""
		}
	}
	return "It is one of " + strings.ReplaceAll(form, "|", ", ") + "."
}
