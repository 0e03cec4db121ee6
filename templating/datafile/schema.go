package datafile

import (
	"strings"
)

// schema reads the columns: `name` Type `json:$.path` DEFAULT expression CODEC(…) TTL expression, separated by commas.
func (r *datasourceReader) schema(in Instruction) []Column {
	if in.Value == "" {
		r.add(in.at, "the SCHEMA is empty: write a column a line below it")
		return nil
	}
	in.Value = blankComments(in.Value)
	where := locate(in)
	pieces, bad := splitTop(in.Value)
	var columns []Column
	names := map[string]bool{}
	for i, words := range pieces {
		if len(words) == 0 {
			if i < len(pieces)-1 || bad != nil {
				r.add(where.at, "a comma too many: no column stands before it")
			}
			continue
		}
		at := where.place(words[0].off)
		c, wrong := column(in.Value, words)
		if wrong != nil {
			r.add(where.place(wrong.off), "%s", wrong.message)
			continue
		}
		if names[c.Name] {
			r.add(at, "there are two columns called '%s'", c.Name)
			continue
		}
		names[c.Name] = true
		c.Line, c.Column = at.line, at.column
		columns = append(columns, c)
	}
	if bad != nil {
		r.add(where.place(bad.off), "%s", bad.message)
	}
	return columns
}

// blankComments puts blanks in the place of what stands behind -- up to the end of its line.
func blankComments(text string) string {
	b := []byte(text)
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\'' || c == '"' || c == '`':
			end := quoteEnd(text, i)
			if end < 0 {
				return string(b)
			}
			i = end
		case c == '-' && i+1 < len(b) && b[i+1] == '-':
			for ; i < len(b) && b[i] != '\n'; i++ {
				b[i] = ' '
			}
		}
	}
	return string(b)
}

// columnName is a name as a schema may have it: it is quoted wherever it is used, so that more is plain than in SQL.
func columnName(word string) (string, bool) {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
	}
	if word != "" && strings.IndexFunc(word, func(c rune) bool { return !plain(c) }) < 0 {
		return word, true
	}
	return identifier(word)
}

func column(text string, words []fragment) (Column, *fault) {
	var c Column
	name, ok := columnName(words[0].text)
	if !ok {
		return c, &fault{words[0].off, "a column begins with its name, in backticks when it is no plain word"}
	}
	c.Name = name
	words = words[1:]
	take := func() string { // the text of the words up to the next clause, as it stands
		n := 0
		for n < len(words) && columnClause(words[n].text) == "" {
			n++
		}
		if n == 0 {
			return ""
		}
		last := words[n-1]
		s := text[words[0].off : last.off+len(last.text)]
		words = words[n:]
		return s
	}
	typeWords := words
	if c.Type = take(); c.Type == "" {
		return c, &fault{typeWords0(typeWords, text), "the column '" + c.Name + "' has no type"}
	}
	for _, w := range typeWords[:len(typeWords)-len(words)] {
		if w.text[0] == '`' || w.off > typeWords[0].off && strings.Contains(text[typeWords[0].off:w.off], "\n") && !strings.HasPrefix(w.text, "(") {
			return c, &fault{w.off, "a comma is missing before this"}
		}
	}
	for len(words) > 0 {
		w := words[0]
		kind := columnClause(w.text)
		words = words[1:]
		set := map[string]*string{"json": &c.JSONPath, "DEFAULT": &c.Default, "CODEC": &c.Codec, "TTL": &c.TTL}[kind]
		if set == nil {
			return c, &fault{w.off, "a column may have DEFAULT, CODEC and TTL after its type; " + kind + " is not known here"}
		}
		if *set != "" {
			return c, &fault{w.off, "the column '" + c.Name + "' has " + kind + " twice"}
		}
		switch kind {
		case "json":
			path, rest, _ := strings.Cut(w.text[len("`json:"):], "`")
			path = strings.TrimSpace(path)
			if rest != "" || strings.ContainsAny(path, "\\\n\r") || path != "$" && !strings.HasPrefix(path, "$.") && !strings.HasPrefix(path, "$[") {
				return c, &fault{w.off, "a JSON path begins with $, for example `json:$.a.b` or `json:$.a[:]`"}
			}
			c.JSONPath = path
			if len(words) > 0 && columnClause(words[0].text) == "" {
				return c, &fault{words[0].off, "a comma is missing before this"}
			}
		case "CODEC":
			arg := w.text[len("CODEC"):]
			if arg == "" && len(words) > 0 {
				arg, words = words[0].text, words[1:]
			}
			if len(arg) < 3 || arg[0] != '(' || arg[len(arg)-1] != ')' {
				return c, &fault{w.off, "CODEC has brackets: CODEC(ZSTD(1))"}
			}
			c.Codec = strings.TrimSpace(arg[1 : len(arg)-1])
			if len(words) > 0 && columnClause(words[0].text) == "" {
				return c, &fault{words[0].off, "a comma is missing before this"}
			}
		default:
			if *set = take(); *set == "" {
				return c, &fault{w.off, kind + " has no expression"}
			}
		}
	}
	return c, nil
}

// typeWords0 is where the type should begin.
func typeWords0(words []fragment, text string) int {
	if len(words) > 0 {
		return words[0].off
	}
	return len(text)
}

// columnClause tells which part of a column's definition a word begins; "" for none.
func columnClause(word string) string {
	if strings.HasPrefix(word, "`json:") {
		return "json"
	}
	switch upper := strings.ToUpper(word); upper {
	case "DEFAULT", "CODEC", "TTL", "MATERIALIZED", "ALIAS", "EPHEMERAL", "COMMENT":
		return upper
	default:
		if strings.HasPrefix(upper, "CODEC(") {
			return "CODEC"
		}
	}
	return ""
}

// indexes reads one index a line: [INDEX] name expression TYPE type(…) GRANULARITY n.
func (r *datasourceReader) indexes(in Instruction) []Index {
	var all []Index
	names := map[string]bool{}
	where := locate(in)
	off := 0
	for _, line := range strings.SplitAfter(in.Value, "\n") {
		start := off
		off += len(line)
		line = strings.TrimSuffix(strings.TrimSpace(line), ",")
		if line == "" {
			continue
		}
		at := where.place(start)
		pieces, bad := splitTop(line)
		if bad != nil {
			r.add(at, "%s", bad.message)
			continue
		}
		words := pieces[0]
		if len(words) > 0 && strings.EqualFold(words[0].text, "INDEX") {
			words = words[1:]
		}
		if len(words) < 4 || len(pieces) > 1 {
			r.add(at, "an index is one line: INDEX name expression TYPE minmax GRANULARITY 4")
			continue
		}
		name, ok := identifier(words[0].text)
		if !ok || names[name] {
			r.add(at, "an index begins with a name of its own, in backticks when it is no plain word")
			continue
		}
		names[name] = true
		all = append(all, Index{Name: name, Definition: line[words[1].off:]})
	}
	return all
}
