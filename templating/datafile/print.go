package datafile

import (
	"slices"
	"strings"
)

// String writes the pipe as a file that parses to the same pipe, positions apart.
func (p *Pipe) String() string {
	var w writer
	w.description(p.Description)
	w.tokens(p.Tokens)
	w.line("TAGS", strings.Join(p.Tags, ", "))
	w.line("TYPE", p.Type)
	w.other(p.Other)
	for _, n := range p.Nodes {
		w.gap()
		w.line("NODE", n.Name)
		w.description(n.Description)
		w.line("TAGS", strings.Join(n.Tags, ", "))
		// After a block of SQL, SETTINGS would be a part of it.
		first := slices.ContainsFunc(n.Other, func(in Instruction) bool { return in.Key == "SETTINGS" })
		if first {
			w.other(n.Other)
		}
		w.block("SQL", n.SQL)
		if n.Type != "" {
			w.gap()
		}
		w.line("TYPE", n.Type)
		if !first {
			w.other(n.Other)
		}
	}
	return w.b.String()
}

// String writes the data source as a file that parses to the same one, positions apart.
func (d *Datasource) String() string {
	var w writer
	w.description(d.Description)
	w.tokens(d.Tokens)
	w.line("TAGS", strings.Join(d.Tags, ", "))
	columns := make([]string, len(d.Columns))
	for i, c := range d.Columns {
		columns[i] = c.line()
	}
	w.gap()
	w.block("SCHEMA", strings.Join(columns, ",\n    "))
	if len(d.Indexes) > 0 {
		lines := make([]string, len(d.Indexes))
		for i, x := range d.Indexes {
			lines[i] = "INDEX " + fileQuote(x.Name) + " " + x.Definition
		}
		w.gap()
		w.block("INDEXES", strings.Join(lines, "\n    "))
	}
	w.gap()
	e := d.Engine
	for _, key := range []string{"ENGINE", "ENGINE_PARTITION_KEY", "ENGINE_SORTING_KEY", "ENGINE_PRIMARY_KEY", "ENGINE_SAMPLING_KEY", "ENGINE_TTL",
		"ENGINE_SETTINGS", "ENGINE_VER", "ENGINE_IS_DELETED", "ENGINE_SIGN", "ENGINE_COLUMNS", "ENGINE_JOIN_STRICTNESS", "ENGINE_JOIN_TYPE", "ENGINE_KEY_COLUMNS"} {
		if key == "ENGINE" {
			w.line(key, e.Name)
		} else {
			w.line(key, *e.part(key))
		}
	}
	w.other(d.Other)
	return w.b.String()
}

func (c Column) line() string {
	s := fileQuote(c.Name) + " " + c.Type
	if c.JSONPath != "" {
		s += " `json:" + c.JSONPath + "`"
	}
	if c.Default != "" {
		s += " DEFAULT " + c.Default
	}
	if c.Codec != "" {
		s += " CODEC(" + c.Codec + ")"
	}
	if c.TTL != "" {
		s += " TTL " + c.TTL
	}
	return s
}

// fileQuote writes a name as datafiles do: a backtick within is doubled.
func fileQuote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

type writer struct{ b strings.Builder }

func (w *writer) gap() {
	if w.b.Len() > 0 {
		w.b.WriteByte('\n')
	}
}

// line writes an instruction with a value, if there is one.
func (w *writer) line(key, value string) {
	if value != "" {
		w.text(key, value)
	}
}

// text writes an instruction with its value in quotes, bare where it is a plain word or has quotes, or in a block where
// neither reads back.
func (w *writer) text(key, value string) {
	switch {
	case value == "":
		w.b.WriteString(key + "\n")
		return
	case strings.Contains(value, "\n"):
		w.block(key, value)
		return
	}
	tries := []string{`"` + value + `"`, value, "'" + value + "'"}
	if strings.Trim(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
		tries = tries[1:]
	}
	for _, try := range tries {
		if strings.TrimSpace(try) == try && try[0] != '>' && unquote(try) == value {
			w.b.WriteString(key + " " + try + "\n")
			return
		}
	}
	w.block(key, value)
}

// block writes a value as it stands. Its first line goes beside ">" where it would be taken for a comment on its own.
func (w *writer) block(key, value string) {
	w.b.WriteString(key + " >")
	if strings.HasPrefix(value, "#") {
		w.b.WriteByte(' ')
	} else {
		w.b.WriteString("\n    ")
	}
	w.b.WriteString(value + "\n")
}

func (w *writer) description(text string) {
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if i > 0 && l != "" {
			lines[i] = "    " + l
		}
	}
	w.block("DESCRIPTION", strings.Join(lines, "\n"))
}

func (w *writer) tokens(all []Token) {
	for _, t := range all {
		quote := `"`
		if strings.Contains(t.Name, quote) {
			quote = "'"
		}
		w.b.WriteString(strings.TrimRight("TOKEN "+quote+t.Name+quote+" "+t.Permission, " ") + "\n")
	}
}

func (w *writer) other(all []Instruction) {
	for _, in := range all {
		switch {
		case in.Block && in.Value != "":
			w.block(in.Key, in.Value)
		case in.Block:
			w.b.WriteString(in.Key + " >\n")
		case in.Key == "INCLUDE":
			w.b.WriteString(in.Key + " " + in.Value + "\n")
		default:
			w.text(in.Key, in.Value)
		}
	}
}
