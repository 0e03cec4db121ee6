package datafile

import (
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// position is a place in a file: line and column from 1, columns in characters.
type position struct{ line, column int }

// An Instruction is a line, or a line and its block, that this package keeps as it is.
type Instruction struct {
	Key   string // in capitals
	Value string // without the quotes around it
	Block bool   // whether the value stood in a block
	// Line and Column are the place of the value; of the key when there is no value.
	Line, Column int

	at position // of the key
}

// splitter takes a file apart into instructions.
type splitter struct {
	problems
	lines []string // without line ends, comments emptied
	// known tells which words begin an instruction.
	known func(key string) bool
}

const byteOrderMark = "\ufeff"

func newSplitter(file, text string, known func(string) bool) *splitter {
	s := &splitter{problems: problems{file: file}, known: known}
	s.lines = strings.Split(strings.TrimPrefix(text, byteOrderMark), "\n")
	for i, line := range s.lines {
		if !utf8.ValidString(line) {
			at := strings.IndexFunc(line, func(r rune) bool { return r == utf8.RuneError })
			s.add(position{i + 1, columnOf(line, at)}, "this is not UTF-8 text: save the file as UTF-8")
		}
		if strings.HasPrefix(strings.TrimLeft(line, " \t\r"), "#") {
			s.lines[i] = ""
		}
	}
	return s
}

func columnOf(line string, off int) int { return utf8.RuneCountInString(line[:off]) + 1 }

// resourceName is the name of what a file defines: the file's, without folders and extension.
func resourceName(file string) string {
	base := path.Base(filepath.ToSlash(file))
	return strings.TrimSuffix(base, path.Ext(base))
}

// instructions gives the instructions in the order of the file.
func (s *splitter) instructions() []Instruction {
	var all []Instruction
	for i := 0; i < len(s.lines); {
		line := strings.TrimRight(s.lines[i], " \t\r")
		word := strings.TrimLeft(line, " \t")
		if word == "" {
			i++
			continue
		}
		start := len(line) - len(word)
		key, rest := cutWord(word)
		at := position{i + 1, columnOf(line, start)}
		if !s.known(key) {
			s.unknown(at, key)
			i++
			continue
		}
		in := Instruction{Key: key, at: at}
		restStart := len(line) - len(rest)
		if body, ok := strings.CutPrefix(rest, ">"); ok {
			in.Block = true
			end := s.blockEnd(i+1, key)
			in.Value, in.Line, in.Column = s.block(i, restStart+len(rest)-len(body), end)
			i = end
		} else {
			if in.Value = rest; key != "DESCRIPTION" { // in prose a # is one
				in.Value = cutComment(rest)
			}
			in.Line, in.Column = i+1, columnOf(line, restStart)
			i++
		}
		if in.Value == "" {
			in.Line, in.Column = at.line, at.column
		}
		all = append(all, in)
	}
	return all
}

func (s *splitter) unknown(at position, key string) {
	switch upper := strings.ToUpper(key); {
	case s.known(upper):
		s.add(at, "instructions are in capitals: write %s", upper)
	default:
		if r := []rune(key); len(r) > 40 {
			key = string(r[:40]) + "…"
		}
		s.add(at, "'%s' is no instruction that is known here; text that goes on from the line above needs a block: KEY > and the text below it", key)
	}
}

// blockEnd finds the line after a block that begins at line i.
func (s *splitter) blockEnd(i int, block string) int {
	for ; i < len(s.lines); i++ {
		line := s.lines[i]
		if line == "" || line[0] < 'A' || line[0] > 'Z' {
			continue
		}
		key, _ := cutWord(strings.TrimRight(line, " \t\r"))
		if s.known(key) && !(block == "SQL" && key == "SETTINGS") { // SQL has a word SETTINGS of its own
			return i
		}
	}
	return i
}

// block gives the text from byte off of line i up to line end without the white space around it, and where it begins.
func (s *splitter) block(i, off, end int) (text string, line, column int) {
	first := s.lines[i][off:]
	if strings.HasPrefix(strings.TrimLeft(first, " \t"), "#") { // a comment behind the >
		first = ""
	}
	for strings.TrimSpace(first) == "" {
		if i++; i >= end {
			return "", 0, 0
		}
		off, first = 0, s.lines[i]
	}
	trimmed := strings.TrimLeft(first, " \t\r\v\f")
	line, column = i+1, columnOf(s.lines[i], off+len(first)-len(trimmed))
	rest := append([]string{trimmed}, s.lines[i+1:end]...)
	return strings.TrimRight(strings.Join(rest, "\n"), " \t\r\n"), line, column
}

// cutWord takes the first word from a line; ">" ends a word too.
func cutWord(line string) (word, rest string) {
	n := strings.IndexAny(line, " \t>")
	if n < 0 {
		return line, ""
	}
	return line[:n], strings.TrimLeft(line[n:], " \t")
}

// cutComment takes a comment off the end of an instruction's line: what follows a # that begins a word outside of quotes.
func cutComment(line string) string {
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(line[i+1:], c)
			if end < 0 {
				return line
			}
			i += 1 + end
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return strings.TrimRight(line[:i], " \t")
		}
	}
	return line
}

// unquote takes one pair of quotes off.
func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] && strings.IndexByte(s[1:n-1], s[0]) < 0 {
		return s[1 : n-1]
	}
	return s
}

// dedent takes the blanks off that all lines but the first begin with: the first one has lost its own.
func dedent(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	common := -1
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
		if i == 0 || lines[i] == "" {
			continue
		}
		if n := len(l) - len(strings.TrimLeft(l, " \t")); common < 0 || n < common {
			common = n
		}
	}
	for i := 1; i < len(lines) && common > 0; i++ {
		if lines[i] != "" {
			lines[i] = lines[i][common:]
		}
	}
	return strings.Join(lines, "\n")
}

// tags takes a comma list apart.
func tags(value string) []string {
	var all []string
	for _, t := range strings.Split(value, ",") {
		if t = strings.TrimSpace(t); t != "" {
			all = append(all, t)
		}
	}
	return all
}

// A Token is what a file says of a token: its name and what it may do.
type Token struct {
	Name       string
	Permission string // READ, APPEND, …
}

func token(value string) (Token, bool) {
	value = strings.TrimSpace(value)
	var t Token
	switch {
	case value == "":
		return t, false
	case value[0] == '"' || value[0] == '\'':
		end := strings.IndexByte(value[1:], value[0])
		if end < 0 {
			return t, false
		}
		t.Name, value = value[1:1+end], value[2+end:]
	default:
		t.Name, value = cutWord(value)
	}
	t.Permission = strings.ToUpper(strings.TrimSpace(value))
	return t, strings.TrimSpace(t.Name) != "" && !strings.ContainsAny(t.Permission, " \t")
}

// knownIn makes the test for known words: whole ones, and families by their first part.
func knownIn(words string, families ...string) func(string) bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return func(key string) bool {
		if set[key] {
			return true
		}
		for _, f := range families {
			if rest, ok := strings.CutPrefix(key, f); ok && isCapitals(rest) {
				return true
			}
		}
		return false
	}
}

func isCapitals(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != ""
}
