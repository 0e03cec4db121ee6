package project

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"penstock/gateway/pipes"
	"penstock/sql/guard"
	"penstock/sql/lexer"
	"penstock/templating"
	"penstock/templating/datafile"
)

// Rules is what a project's pipes are judged by.
type Rules struct {
	Guard *guard.Guard
	// Secret gives the value of a secret if there is one. nil: every secret is taken to exist.
	Secret func(name string) (value string, found bool, err error)
}

// maxFile bounds a datafile: the largest that public projects have is 47 KB.
const maxFile = 4 << 20

// sources is what the files of a folder say: the last good version of each, and what is wrong with the newest.
type sources struct {
	dir         string
	pipes       map[string]loadedPipe       // by path
	datasources map[string]loadedDatasource // by path
	fixtures    map[string]file             // by path
	problems    map[string][]Problem        // by path
}

type loadedPipe struct {
	file file
	def  pipes.Definition
}

type loadedDatasource struct {
	file file
	def  *datafile.Datasource
}

func newSources(dir string) *sources {
	return &sources{dir: dir, pipes: map[string]loadedPipe{}, datasources: map[string]loadedDatasource{},
		fixtures: map[string]file{}, problems: map[string][]Problem{}}
}

// change takes the files that are new or changed and those that are gone. It reports the problems of the changed ones.
// A pipe that has any keeps its last good version.
func (s *sources) change(changed, gone []file, registry *pipes.Registry, rules Rules) []Problem {
	for _, f := range gone {
		delete(s.pipes, f.path)
		delete(s.datasources, f.path)
		delete(s.fixtures, f.path)
		delete(s.problems, f.path)
	}
	var reports []Problem
	candidates := map[string]loadedPipe{}
	for _, f := range changed {
		delete(s.problems, f.path)
		switch f.kind {
		case fixtureFile:
			if !f.outside {
				s.fixtures[f.path] = f
			}
		case datasourceFile:
			if d, err := s.readDatasource(f); err != nil {
				s.problems[f.path] = problemsOf(s.dir, f, err)
			} else if problems := judgeExpressions(s.dir, f, d, rules); problems != nil {
				s.problems[f.path] = problems
			} else {
				s.datasources[f.path] = loadedDatasource{f, d}
			}
		case pipeFile:
			if p, err := s.readPipe(f, candidates, registry); err != nil {
				s.problems[f.path] = problemsOf(s.dir, f, err)
			} else {
				candidates[f.path] = p
			}
		}
	}
	s.admit(candidates, registry, rules)
	for _, f := range changed {
		reports = append(reports, s.problems[f.path]...)
	}
	Sort(reports)
	return reports
}

// admit judges new versions of pipes beside each other and lets in those that pass.
func (s *sources) admit(candidates map[string]loadedPipe, registry *pipes.Registry, rules Rules) {
	old := s.pipes
	s.pipes = make(map[string]loadedPipe, len(old)+len(candidates))
	for path, p := range old {
		s.pipes[path] = p
	}
	for path, p := range candidates {
		s.pipes[path] = p
	}
	set := s.set()
	all := registry.Scope(set)
	for path, p := range candidates {
		problems := judge(s.dir, p, registry, all, rules)
		if set.Tables[p.file.name] {
			problems = append(problems, Problem{File: p.file.in(s.dir), Line: 1, Column: 1, Rule: "name", Warning: true,
				Sentence: "A data source has this name too: in FROM it means the data source, not this pipe"})
		}
		s.problems[path] = append(s.problems[path], problems...)
		if !refused(problems) {
			continue
		}
		if last, ok := old[path]; ok {
			s.pipes[path] = last
		} else {
			delete(s.pipes, path)
		}
	}
}

// judge looks at the validation rendering of every node, and at that of the endpoint as a whole.
func judge(dir string, p loadedPipe, registry *pipes.Registry, scope pipes.Scope, rules Rules) []Problem {
	pipe, err := registry.Compile(p.def)
	if err != nil {
		return problemsOf(dir, p.file, err)
	}
	var problems []Problem
	in := templating.Input{Mode: templating.Validate, Secret: rules.Secret}
	missing := map[string]bool{}
	if rules.Secret == nil {
		in.Secret = func(string) (string, bool, error) { return "", false, nil }
	} else {
		for _, use := range pipe.Secrets() {
			if _, found, err := rules.Secret(use.Name); err == nil && !found && !use.HasDefault && !missing[use.Name] {
				missing[use.Name] = true
				problems = append(problems, Problem{File: p.file.in(dir), Line: use.Pos.Line, Column: use.Pos.Column,
					Rule: "secret/missing", Warning: true, Sentence: fmt.Sprintf("There is no secret '%s' yet: calls fail until it is created", use.Name)})
			}
		}
	}
	for _, note := range pipe.Notes() {
		problems = append(problems, Problem{File: p.file.in(dir), Line: note.Pos.Line, Column: note.Pos.Column, Node: note.Pos.Node,
			Rule: "template/note", Warning: true, Sentence: note.Message})
	}
	problems = append(problems, atValidation(problemsOf(dir, p.file, pipe.Mistakes()))...)
	failed := false
	for _, name := range pipe.NodeNames() {
		if _, err := pipe.Node(name, in, scope); err != nil {
			failed = true
			problems = appendNew(problems, atValidation(problemsOf(dir, p.file, err)))
		}
	}
	if failed {
		return problems
	}
	st, err := pipe.Node(pipe.Served(), in, scope)
	if err != nil {
		return append(problems, problemsOf(dir, p.file, err)...)
	}
	return append(problems, findings(dir, p.file, st, rules)...)
}

// appendNew leaves out what is known already: a mistake comes up in the validation rendering too.
func appendNew(known, found []Problem) []Problem {
	for _, p := range found {
		if !slices.Contains(known, p) {
			known = append(known, p)
		}
	}
	return known
}

// atValidation makes warnings of what only the stand-ins of the validation rendering may have brought about: a template's
// own error. What does not parse stays an error: nothing of it could be judged.
func atValidation(problems []Problem) []Problem {
	for i := range problems {
		if strings.HasPrefix(problems[i].Rule, "template/") {
			problems[i].Warning = true
		}
	}
	return problems
}

func findings(dir string, f file, st lexer.Statement, rules Rules) []Problem {
	report, err := rules.Guard.Check(st)
	if len(report.Findings) == 0 && err != nil { // it could not be read
		return problemsOf(dir, f, err)
	}
	var problems []Problem
	for _, finding := range report.Findings {
		at := Problem{File: f.in(dir), Line: 1, Column: 1}
		at = findingProblem(at, f, finding)
		if finding.Rule == hostRule && standsIn(st, finding, rules) {
			continue // every call is judged with the real host
		}
		problems = append(problems, at)
	}
	return problems
}

// hostRule is the guard's rule about the hosts of table functions.
const hostRule = "host"

// standsIn tells whether a finding is about the value of a secret that is not known here.
func standsIn(st lexer.Statement, finding guard.Finding, rules Rules) bool {
	for _, sp := range st.Spans() {
		if sp.Kind != lexer.Secret || sp.End <= finding.Start || finding.End <= sp.Start {
			continue
		}
		if rules.Secret == nil {
			return true
		}
		if _, found, err := rules.Secret(sp.Names[0]); err != nil || !found {
			return true
		}
	}
	return false
}

func refused(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

func (s *sources) readPipe(f file, candidates map[string]loadedPipe, registry *pipes.Registry) (loadedPipe, error) {
	for _, known := range []map[string]loadedPipe{s.pipes, candidates} {
		for path, other := range known {
			if path != f.path && other.file.name == f.name {
				return loadedPipe{}, fmt.Errorf("the pipe '%s' is already defined in %s: rename one of the two", f.name, path)
			}
		}
	}
	text, err := s.read(f)
	if err != nil {
		return loadedPipe{}, err
	}
	def := pipes.Define(f.name, f.path, text)
	_, err = registry.Compile(def)
	return loadedPipe{f, def}, err
}

func (s *sources) readDatasource(f file) (*datafile.Datasource, error) {
	for path, other := range s.datasources {
		if path != f.path && other.file.name == f.name {
			return nil, fmt.Errorf("the data source '%s' is already defined in %s: rename one of the two", f.name, path)
		}
	}
	text, err := s.read(f)
	if err != nil {
		return nil, err
	}
	return datafile.ParseDatasource(f.path, text)
}

// judgeExpressions judges what a table computes for each row as if a statement selected it: a DEFAULT may read a host's
// file as well as a SELECT may.
func judgeExpressions(dir string, f file, d *datafile.Datasource, rules Rules) []Problem {
	var problems []Problem
	judge := func(line, column int, sql string) {
		if sql == "" {
			return
		}
		src := &lexer.Source{File: f.path, Text: sql, Line: line, Column: column}
		var b lexer.Builder
		b.Generated(src, 0, "SELECT ")
		b.Text(src, 0, len(sql))
		for _, p := range findings(dir, f, b.Statement(), rules) {
			p.Line, p.Column = line, column // an expression's own place is not known
			problems = append(problems, p)
		}
	}
	for _, c := range d.Columns {
		judge(c.Line, c.Column, c.Default)
	}
	for _, key := range []string{d.Engine.SortingKey, d.Engine.PartitionKey, d.Engine.PrimaryKey, d.Engine.SamplingKey} {
		judge(1, 1, key)
	}
	return problems
}

func (s *sources) read(f file) (string, error) {
	if f.outside {
		return "", errors.New("the file is a link to one outside the project, which is not read: copy it here")
	}
	if f.size > maxFile {
		return "", fmt.Errorf("the file has %d bytes, more than the %d of a datafile", f.size, maxFile)
	}
	b, err := os.ReadFile(f.in(s.dir))
	if err != nil {
		return "", fmt.Errorf("read file: %w", err)
	}
	return string(b), nil
}

// set is what the folder serves at the moment.
func (s *sources) set() pipes.Set {
	set := pipes.Set{Pipes: make(map[string]pipes.Definition, len(s.pipes)), Tables: make(map[string]bool, len(s.datasources))}
	for _, p := range s.pipes {
		set.Pipes[p.file.name] = p.def
	}
	for _, d := range s.datasources {
		set.Tables[d.file.name] = true
	}
	return set
}

// Check judges a folder without an engine, taking every secret to exist: the number of files, and their problems.
func Check(dir string, g *guard.Guard) (files int, problems []Problem, err error) {
	found, err := scan(dir)
	if err != nil {
		return 0, nil, err
	}
	registry, err := pipes.NewRegistry(max(1, len(found)))
	if err != nil {
		return 0, nil, err
	}
	return len(found), newSources(dir).change(found, nil, registry, Rules{Guard: g}), nil
}

// A Content is what the files of a folder say, read without judging anything.
type Content struct {
	Pipes  []*pipes.Pipe // by name
	Scope  pipes.Scope   // what names in FROM mean there
	Broken []Problem     // of the .pipe files that say nothing
}

// Read reads a folder.
func Read(dir string) (Content, error) {
	var c Content
	found, err := scan(dir)
	if err != nil {
		return c, err
	}
	registry, err := pipes.NewRegistry(max(1, len(found)))
	if err != nil {
		return c, err
	}
	s := newSources(dir)
	for _, f := range found {
		switch f.kind {
		case datasourceFile:
			s.datasources[f.path] = loadedDatasource{file: f}
		case pipeFile:
			if p, err := s.readPipe(f, nil, registry); err == nil {
				s.pipes[f.path] = p
			} else {
				c.Broken = append(c.Broken, problemsOf(dir, f, err)...)
			}
		}
	}
	set := s.set()
	c.Scope = registry.Scope(set)
	for _, name := range slices.Sorted(maps.Keys(set.Pipes)) {
		p, err := registry.Compile(set.Pipes[name])
		if err != nil {
			return c, err
		}
		c.Pipes = append(c.Pipes, p)
	}
	return c, nil
}
