package project

import (
	"errors"
	"fmt"
	"sort"

	"penstock/branches/workspace"
	"penstock/sql/guard"
	"penstock/templating"
	"penstock/templating/datafile"
)

// A Problem is something wrong in a file, and where.
type Problem struct {
	File         string // as the user named the folder, and the path below it
	Line, Column int
	Node         string // "" for what is about the whole file
	Rule         string
	Sentence     string
	Remedy       string // what to do; may be empty
	Excerpt      string // the line and a caret below the place, each ended by a line feed; may be empty
	Warning      bool   // the file serves all the same
}

// String is path:line:column: rule: sentence, and the remedy.
func (p Problem) String() string {
	rule := p.Rule
	if p.Warning {
		rule = "warning: " + rule
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Column, rule, p.Text())
}

// Text is the sentence and the remedy.
func (p Problem) Text() string {
	if p.Remedy == "" {
		return p.Sentence
	}
	return p.Sentence + " " + p.Remedy
}

// Sort orders problems by file and place.
func Sort(ps []Problem) {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// problemsOf takes an error apart into what it says of the file.
func problemsOf(dir string, f file, err error) []Problem {
	at := Problem{File: f.in(dir), Line: 1, Column: 1, Rule: "file", Sentence: err.Error()}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Problem
		for _, e := range joined.Unwrap() {
			all = append(all, problemsOf(dir, f, e)...)
		}
		return all
	}
	var de *datafile.Error
	var te *templating.Error
	var ge *guard.Finding
	var we *workspace.Error
	switch {
	case errors.As(err, &de):
		at.Line, at.Column, at.Rule, at.Sentence = de.Line, de.Column, "datafile", de.Message
	case errors.As(err, &te):
		at.Line, at.Column, at.Rule, at.Sentence = te.Pos.Line, te.Pos.Column, "template/"+te.Kind, te.Message
		at.Node, at.Excerpt = te.Pos.Node, te.Excerpt()
		if te.Hint != "" {
			at.Remedy = "(" + te.Hint + ")"
		}
	case errors.As(err, &ge):
		at = findingProblem(at, f, *ge)
	case errors.As(err, &we):
		at.Sentence = we.Message
	}
	return []Problem{at}
}

// findingProblem is a finding of the guard. One that stands in another pipe's text is told at the top of this file.
func findingProblem(at Problem, f file, g guard.Finding) Problem {
	at.Rule, at.Sentence, at.Remedy, at.Node = "guard/"+g.Rule, g.Sentence, g.Remedy, g.Pos.Node
	at.Warning = g.Severity == guard.Warning
	switch {
	case g.Pos.Line == 0:
	case g.Pos.File == f.path:
		at.Line, at.Column = g.Pos.Line, g.Pos.Column
	default:
		at.Sentence += fmt.Sprintf(" (It stands in %s.)", g.Pos)
	}
	return at
}
