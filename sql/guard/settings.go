package guard

import (
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
		if err != nil || !(v > 0) || v > 1e15 {
			return "It is a number above zero, which would stand for no limit."
		}
		if most, ok := j.p.Limits[name]; ok && v > most {
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
