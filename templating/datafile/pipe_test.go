package datafile_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"penstock/templating/datafile"
)

// errorTexts takes the joined errors of a file apart.
func errorTexts(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("the error joins nothing: %v", err)
	}
	var texts []string
	for _, e := range joined.Unwrap() {
		var one *datafile.Error
		if !errors.As(e, &one) {
			t.Fatalf("not an *Error: %v", e)
		}
		texts = append(texts, one.Error())
	}
	return texts
}

func lines(l ...string) string { return strings.Join(l, "\n") }

func TestParsePipe(t *testing.T) {
	t.Parallel()
	type node = datafile.Node
	for _, tt := range []struct {
		name, text string
		want       datafile.Pipe // Name and File are filled in
	}{
		{"one node", "NODE a\nSQL >\n    SELECT 1\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1", Line: 3, Column: 5}}}},
		{"no newline at the end", "NODE a\nSQL >\n\tSELECT 1", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1", Line: 3, Column: 2}}}},
		{"blank lines and a trailing blank after >", "NODE a\nSQL > \n\n\n  SELECT 1\n\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1", Line: 5, Column: 3}}}},
		{"percent at column 0", "NODE a\nSQL >\n%\n  SELECT 1\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "%\n  SELECT 1", Line: 3, Column: 1}}}},
		{"text on the line of the percent", "NODE a\nSQL >\n  % SELECT 1\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "% SELECT 1", Line: 3, Column: 3}}}},
		{"SQL at column 0", "NODE a\nSQL >\nSELECT 1\nFROM x\nSETTINGS max_threads = 1\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1\nFROM x\nSETTINGS max_threads = 1", Line: 3, Column: 1}}}},
		{"text after SQL >", "NODE a\nSQL > SELECT 1,\n  2\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1,\n  2", Line: 2, Column: 7}}}},
		{"SQL in a line", "NODE a\nSQL SELECT 1\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1", Line: 2, Column: 5}}}},
		{"semicolon stays", "NODE a\nSQL >\n SELECT 1;\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1;", Line: 3, Column: 2}}}},
		{"byte order mark and CRLF", "\ufeffNODE a\r\nSQL >\r\n    SELECT 1,\r\n    2\r\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1,\r\n    2", Line: 3, Column: 5}}}},
		{"columns are characters", "NODE a\nSQL > é SELECT 1\n", datafile.Pipe{Nodes: []node{{Name: "a", SQL: "é SELECT 1", Line: 2, Column: 7}}}},
		{
			"comments are empty lines", "# first\nNODE a\n  # second\nSQL >\n    SELECT 1,\n    # , 2\n#NODE b\n    3\n",
			datafile.Pipe{Nodes: []node{{Name: "a", SQL: "SELECT 1,\n\n\n    3", Line: 5, Column: 5}}},
		},
		{
			"comments at the end of instructions", "TOKEN \"a # b\" READ # x\nNODE a # x\nDESCRIPTION song # 1\nSQL > # x\n    %\n    SELECT 1 # x\nTYPE endpoint # x\nTAGS a#b, c # d\n",
			datafile.Pipe{Tokens: []datafile.Token{{Name: "a # b", Permission: "READ"}}, Nodes: []node{{
				Name: "a", Description: "song # 1", Type: "endpoint", SQL: "%\n    SELECT 1 # x", Tags: []string{"a#b", "c"}, Line: 5, Column: 5,
			}}},
		},
		{"quoted node name", "NODE \"a\"\nSQL >\n SELECT 1\nNODE 'b'\nSQL >\n SELECT 2\nTYPE ENDPOINT\n", datafile.Pipe{Nodes: []node{
			{Name: "a", SQL: "SELECT 1", Line: 3, Column: 2}, {Name: "b", Type: "endpoint", SQL: "SELECT 2", Line: 6, Column: 2},
		}}},
		{
			"description with prose at column 0", "DESCRIPTION >\n    One.\n\nTwo, at column 0\n  three\nNODE a\nDESCRIPTION inline text\nSQL >\n SELECT 1\n",
			datafile.Pipe{Description: "One.\n\nTwo, at column 0\n  three", Nodes: []node{{Name: "a", Description: "inline text", SQL: "SELECT 1", Line: 9, Column: 2}}},
		},
		{
			"tokens and tags", "TOKEN \"a token\" READ\nTOKEN b read\nTOKEN 'c' APPEND\nTAGS \"x y, z\"\nNODE a\nTAGS q\nSQL >\n SELECT 1\n",
			datafile.Pipe{
				Tokens: []datafile.Token{{"a token", "READ"}, {"b", "READ"}, {"c", "APPEND"}}, Tags: []string{"x y", "z"},
				Nodes: []node{{Name: "a", Tags: []string{"q"}, SQL: "SELECT 1", Line: 8, Column: 2}},
			},
		},
		{
			"what is not run is kept", lines(`VERSION 2`, `INCLUDE "../x.incl" "A=b"`, `NODE a`, `SQL >`, ` SELECT 1`, `TYPE COPY`, `TARGET_DATASOURCE t`,
				`COPY_SCHEDULE "0 * * * *"`, `COPY_MODE replace`, `EXPORT_FORMAT 'csv'`, `ENGINE "MergeTree"`, `ENGINE_SORTING_KEY >`, `  a,`, `  b`),
			datafile.Pipe{
				Other: []datafile.Instruction{{Key: "VERSION", Value: "2"}, {Key: "INCLUDE", Value: `"../x.incl" "A=b"`}},
				Nodes: []node{{Name: "a", Type: "copy", SQL: "SELECT 1", Line: 5, Column: 2, Other: []datafile.Instruction{
					{Key: "TARGET_DATASOURCE", Value: "t"}, {Key: "COPY_SCHEDULE", Value: "0 * * * *"}, {Key: "COPY_MODE", Value: "replace"},
					{Key: "EXPORT_FORMAT", Value: "csv"}, {Key: "ENGINE", Value: "MergeTree"}, {Key: "ENGINE_SORTING_KEY", Value: "a,\n  b", Block: true},
				}}},
			},
		},
		{"two nodes of one name", "NODE a\nSQL >\n SELECT 1\nNODE a\nSQL >\n SELECT 2\n", datafile.Pipe{Nodes: []node{
			{Name: "a", SQL: "SELECT 1", Line: 3, Column: 2}, {Name: "a", SQL: "SELECT 2", Line: 6, Column: 2},
		}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := datafile.ParsePipe("some/where/top.pages.pipe", tt.text)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Name, tt.want.File = "top.pages", "some/where/top.pages.pipe"
			if g, w := withoutPlaces(*got), withoutPlaces(tt.want); !reflect.DeepEqual(g, w) {
				t.Errorf("got  %#v\nwant %#v", g, w)
			}
			for i, n := range got.Nodes {
				if w := tt.want.Nodes[i]; n.Line != w.Line || n.Column != w.Column {
					t.Errorf("node %s: got %d:%d, want %d:%d", n.Name, n.Line, n.Column, w.Line, w.Column)
				}
			}
			checkPipeText(t, got)
		})
	}
}

// withoutPlaces is a deep copy with all positions 0.
func withoutPlaces(p datafile.Pipe) datafile.Pipe {
	p.Other = bare(p.Other)
	nodes := make([]datafile.Node, len(p.Nodes))
	for i, n := range p.Nodes {
		n.Line, n.Column, n.Other = 0, 0, bare(n.Other)
		nodes[i] = n
	}
	p.Nodes = nodes
	return p
}

func bare(all []datafile.Instruction) []datafile.Instruction {
	var out []datafile.Instruction
	for _, in := range all {
		out = append(out, datafile.Instruction{Key: in.Key, Value: in.Value, Block: in.Block})
	}
	return out
}

// checkPipeText demands that the text of a pipe parses to the same pipe.
func checkPipeText(t *testing.T, p *datafile.Pipe) {
	t.Helper()
	again, err := datafile.ParsePipe(p.File, p.String())
	if err != nil {
		t.Fatalf("printed text does not parse: %v\n%s", err, p)
	}
	if g, w := withoutPlaces(*again), withoutPlaces(*p); !reflect.DeepEqual(g, w) {
		t.Errorf("printed text parses to another pipe:\n%s\ngot  %#v\nwant %#v", p, g, w)
	}
}

func TestPipePositionsAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	const file = "# c\nDESCRIPTION >\n    é\nNODE a\nSQL >\n\n    %\n    SELECT 1,\n    # gone\n    {{bad}}\n\nNODE b\nSQL SELECT 2\n"
	p, err := datafile.ParsePipe("p.pipe", file)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(file, "\n")
	for _, n := range p.Nodes {
		for i, l := range strings.Split(n.SQL, "\n") {
			have := all[n.Line-1+i]
			if i == 0 {
				have = string([]rune(have)[n.Column-1:])
			}
			if l != "" && l != have {
				t.Errorf("node %s, line %d: got %q, want %q", n.Name, n.Line+i, l, have)
			}
		}
	}
}

func TestPipeErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"p.pipe:1:1: the pipe has no node: write NODE name, then SQL > and a SELECT below it"}},
		{"node without SQL", "NODE a\nNODE b\nSQL >\n SELECT 1\n", []string{"p.pipe:1:1: the node 'a' has no SQL: write SQL > and a SELECT below it"}},
		{"empty SQL", "NODE a\nSQL >\n\n\nTYPE endpoint\n", []string{"p.pipe:2:1: the SQL is empty: write a SELECT below SQL >"}},
		{"two SQLs", "NODE a\nSQL >\n SELECT 1\nSQL >\n SELECT 2\n", []string{"p.pipe:4:1: the node 'a' has SQL already: begin another node before this one"}},
		{"SQL before a node", "SQL >\n SELECT 1\n", []string{"p.pipe:1:1: SQL stands in no node: write NODE name before it"}},
		{"several at once, sorted", "node a\n  TYPE nope\nNODE b\nSQL >\n SELECT 1\nTYPE wrong\nTOKEN\n", []string{
			"p.pipe:1:1: instructions are in capitals: write NODE",
			"p.pipe:2:3: the TYPE of a node is endpoint, copy, materialized or sink",
			"p.pipe:6:1: the TYPE of a node is endpoint, copy, materialized or sink",
			`p.pipe:7:1: a TOKEN has a name and what it may do: TOKEN "name" READ`,
		}},
		{"two types", "NODE a\nSQL >\n SELECT 1\nTYPE endpoint\nNODE b\nSQL >\n SELECT 2\nTYPE endpoint\n", []string{"p.pipe:8:1: a pipe has one TYPE at most, and this one has one already"}},
		{"unknown", "NODE a\nTYPE endpoint\nWHAT is this\nSQL >\n SELECT 1\n", []string{"p.pipe:3:1: 'WHAT' is no instruction that is known here; text that goes on from the line above needs a block: KEY > and the text below it"}},
		{"not UTF-8", "NODE a\nSQL >\n SELECT '\xff'\n", []string{"p.pipe:3:10: this is not UTF-8 text: save the file as UTF-8"}},
		{"name with blanks", "NODE a b\nSQL >\n SELECT 1\n", []string{"p.pipe:1:1: the name of a node has no blanks and no quotes within it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := datafile.ParsePipe("p.pipe", tt.text)
			if got := errorTexts(t, err); !reflect.DeepEqual(got, tt.want) || p != nil {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	a, b := "NODE a\nSQL >\n SELECT 1\n", "NODE b\nSQL >\n SELECT 2\n"
	for _, tt := range []struct{ name, text, want string }{
		{"untyped: the last", a + b, "b"},
		{"typed, not the last", a + "TYPE endpoint\n" + b, "a"},
		{"typed, the last", a + b + "TYPE Endpoint\n", "b"},
		{"copy", a + b + "TYPE copy\n", ""},
		{"materialized, not the last", a + "TYPE MATERIALIZED\n" + b, ""},
		{"sink", a + "TYPE sink\n", ""},
		{"type of the pipe", "TYPE endpoint\n" + a + b, "b"},
		{"type of the pipe: copy", "TYPE copy\n" + a + b, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := datafile.ParsePipe("p.pipe", tt.text)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if n := p.Endpoint(); n != nil {
				got = n.Name
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every text is read without a panic; what is read prints to a text that reads the same.
func FuzzParsePipe(f *testing.F) {
	for _, s := range []string{
		"NODE a\nSQL >\n    %\n    SELECT {{x}}\n# c\nTYPE endpoint\n", "DESCRIPTION >\n  a\n\n b\n\tc\nTOKEN 'x' READ\nNODE n\nSQL > # x\n 1\n",
		"NODE \"a\"\nSQL x\nTAGS \"a, 'b'\"\nINCLUDE \"a\" b\nCOPY_MODE > x\n y\n", "\ufeffSQL >\r\n a\r\n", "VERSION \"'\"\nENGINE_X \">\"\nCACHE >\nNODE a\nSQL >\nSETTINGS x\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := datafile.ParsePipe("d/p.pipe", text)
		if err != nil {
			errorTexts(t, err)
			return
		}
		checkPipeText(t, p)
	})
}
