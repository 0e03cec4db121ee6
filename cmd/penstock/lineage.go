package main

import (
	"fmt"
	"io"
	"strings"

	"penstock/gateway/project"
	"penstock/templating"
)

type lineageCommand struct {
	Dir    string `arg:"" help:"Folder of the project."`
	Format string `default:"text" enum:"text,json" help:"How to print: text or json."`
}

// Help shows an example.
func (lineageCommand) Help() string {
	return `Tells of each pipe of a project which pipes and tables it may read from, whatever parameters it is called with, which pipes
read from it, the secrets it uses and where, and the parameters it takes, those of the pipes below it among them. It runs
nothing and asks no server.

Exit code: 0, or 1 when a file could not be read: penstock check tells more.

Example:
  penstock lineage demo`
}

// lineage is what is told of one pipe.
type lineage struct {
	Pipe     string         `json:"pipe"`
	File     string         `json:"file"`
	Endpoint bool           `json:"endpoint"`
	Pipes    []string       `json:"pipes"`
	Tables   []string       `json:"tables"`
	ReadBy   []string       `json:"read_by"`
	Secrets  []secretUse    `json:"secrets"`
	Params   []lineageParam `json:"params"`
}

type secretUse struct {
	Name   string `json:"name"`
	Node   string `json:"node"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// lineageParam has the keys that the reference's clients know of a parameter.
type lineageParam struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Default     any    `json:"default"`
	Required    bool   `json:"required"`
	Description any    `json:"description,omitempty"`
	Enum        any    `json:"enum,omitempty"`
	Example     any    `json:"example,omitempty"`
	Format      any    `json:"format,omitempty"`
}

// Run tells.
func (c lineageCommand) Run(std stdio) error {
	if err := needFolder(c.Dir); err != nil {
		return err
	}
	content, err := project.Read(c.Dir)
	if err != nil {
		return err
	}
	all := lineages(content)
	if c.Format == "json" {
		err = encode(std.out, all)
	} else {
		for _, l := range all {
			l.print(std.out)
		}
	}
	if err != nil {
		return err
	}
	for _, p := range content.Broken {
		fmt.Fprintln(std.err, p)
	}
	if content.Broken != nil {
		return exitCode(exitProblems)
	}
	return nil
}

func lineages(content project.Content) []lineage {
	all := make([]lineage, len(content.Pipes))
	at := make(map[string]int)
	for i, p := range content.Pipes {
		at[p.Name] = i
		all[i] = lineage{Pipe: p.Name, File: p.File, Endpoint: p.IsEndpoint(), Pipes: []string{}, Tables: []string{}, ReadBy: []string{},
			Secrets: []secretUse{}, Params: []lineageParam{}}
	}
	for i, p := range content.Pipes {
		l := &all[i]
		below, tables := p.Reads(content.Scope)
		for _, q := range below {
			l.Pipes = append(l.Pipes, q.Name)
			all[at[q.Name]].ReadBy = append(all[at[q.Name]].ReadBy, p.Name)
		}
		l.Tables = append(l.Tables, tables...)
		for _, use := range p.Secrets() {
			l.Secrets = append(l.Secrets, secretUse{use.Name, use.Pos.Node, use.Pos.Line, use.Pos.Column})
		}
		for _, param := range p.Params(content.Scope) {
			l.Params = append(l.Params, paramOf(param))
		}
	}
	return all
}

func paramOf(p templating.Param) lineageParam {
	return lineageParam{p.Name, p.Type, p.Default, p.Required, p.Description, p.Enum, p.Example, p.Format}
}

// print writes the pipe's name and a line for each thing that there is to tell of it.
func (l lineage) print(w io.Writer) {
	fmt.Fprintf(w, "%s (%s)\n", l.Pipe, l.File)
	var params, secrets []string
	for _, p := range l.Params {
		text := p.Name + " " + p.Type
		if p.Default != nil {
			text += fmt.Sprintf(" = %v", p.Default)
		}
		if p.Required {
			text += " required"
		}
		params = append(params, text)
	}
	for _, s := range l.Secrets {
		secrets = append(secrets, fmt.Sprintf("%s at %s:%d:%d", s.Name, s.Node, s.Line, s.Column))
	}
	for _, part := range []struct {
		label string
		items []string
	}{{"reads pipes", l.Pipes}, {"reads tables", l.Tables}, {"read by", l.ReadBy}, {"secrets", secrets}, {"parameters", params}} {
		if len(part.items) > 0 {
			fmt.Fprintf(w, "  %-13s %s\n", part.label+":", strings.Join(part.items, ", "))
		}
	}
}
