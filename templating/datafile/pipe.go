package datafile

import (
	"strings"
)

// The types of nodes.
const (
	Endpoint     = "endpoint"
	Materialized = "materialized"
	Copy         = "copy"
	Sink         = "sink"
)

// A Pipe is a .pipe file.
type Pipe struct {
	Name        string // the file's, without folders and extension
	File        string
	Description string
	Type        string // of a TYPE before the first node, in lower case; "" nearly always
	Tokens      []Token
	Tags        []string
	Nodes       []Node // at least one
	Other       []Instruction
}

// A Node is one SELECT, maybe a template.
type Node struct {
	Name        string
	Description string
	Type        string // in lower case; "" for a node that is not typed
	// SQL is the text as it stands in the file, but comment lines are empty, and there is no white space around it. Line and
	// Column are the place of its first character.
	SQL          string
	Line, Column int
	Tags         []string
	Other        []Instruction
}

// knownInPipes tells the instructions of .pipe files, those that penstock does not run among them.
func knownInPipes() func(string) bool {
	return knownIn(`NODE SQL DESCRIPTION TYPE TOKEN TAGS VERSION DATASOURCE TARGET_DATASOURCE ENGINE INCLUDE CACHE SETTINGS
		ON_DEMAND_COMPUTE DEPLOYMENT_METHOD MAINTAINER BUCKET_URI FILE_TEMPLATE COMPRESSION SCHEMA INDEXES BACKFILL SOURCE
		PUBLISHED`, "ENGINE_", "COPY_", "EXPORT_", "KAFKA_", "IMPORT_", "S3_", "GCS_")
}

// ParsePipe reads a .pipe file. file is its path as the user knows it; it gives the name, and the errors' place. The error
// joins an *Error for each thing that is wrong, in the order of the file.
func ParsePipe(file, text string) (*Pipe, error) {
	r := &pipeReader{splitter: newSplitter(file, text, knownInPipes()), p: &Pipe{Name: resourceName(file), File: file}}
	for _, in := range r.instructions() {
		r.read(in)
	}
	r.endNode()
	if len(r.p.Nodes) == 0 && len(r.all) == 0 {
		r.add(position{1, 1}, "the pipe has no node: write NODE name, then SQL > and a SELECT below it")
	}
	r.checkTypes()
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.p, nil
}

// Endpoint is the node that is served: the one of TYPE endpoint, else the last one of a pipe without a type. It is nil for
// pipes that copy, materialize or sink.
func (p *Pipe) Endpoint() *Node {
	typed := p.Type
	for i := range p.Nodes {
		if p.Nodes[i].Type == Endpoint {
			return &p.Nodes[i]
		}
		if typed == "" {
			typed = p.Nodes[i].Type
		}
	}
	if len(p.Nodes) == 0 || typed != "" && typed != Endpoint {
		return nil
	}
	return &p.Nodes[len(p.Nodes)-1]
}

type pipeReader struct {
	*splitter
	p      *Pipe
	nodeAt position // of the NODE that is being read
	hasSQL bool     // whether that node had an SQL, be it empty
	typeAt []position
}

// node is the node that is being read; nil before the first one.
func (r *pipeReader) node() *Node {
	if len(r.p.Nodes) == 0 {
		return nil
	}
	return &r.p.Nodes[len(r.p.Nodes)-1]
}

func (r *pipeReader) endNode() {
	if n := r.node(); n != nil && !r.hasSQL {
		r.add(r.nodeAt, "the node '%s' has no SQL: write SQL > and a SELECT below it", n.Name)
	}
}

func (r *pipeReader) read(in Instruction) {
	n := r.node()
	switch in.Key {
	case "NODE":
		r.readNode(in)
	case "SQL":
		r.readSQL(n, in)
	case "DESCRIPTION":
		text := dedent(unquoteLine(in))
		if n == nil {
			r.p.Description = text
		} else {
			n.Description = text
		}
	case "TYPE":
		r.readType(n, in)
	case "TOKEN":
		t, ok := token(in.Value)
		if !ok {
			r.add(in.at, `a TOKEN has a name and what it may do: TOKEN "name" READ`)
			return
		}
		r.p.Tokens = append(r.p.Tokens, t)
	case "TAGS":
		if n == nil {
			r.p.Tags = append(r.p.Tags, tags(unquoteLine(in))...)
		} else {
			n.Tags = append(n.Tags, tags(unquoteLine(in))...)
		}
	default:
		if in.Key != "INCLUDE" { // its quoted parts belong to it
			in.Value = unquoteLine(in)
		}
		if n == nil {
			r.p.Other = append(r.p.Other, in)
		} else {
			n.Other = append(n.Other, in)
		}
	}
}

func (r *pipeReader) readNode(in Instruction) {
	r.endNode()
	name := strings.TrimSpace(unquoteLine(in))
	switch {
	case name == "":
		r.add(in.at, "the node has no name: write NODE name")
	case strings.ContainsAny(name, " \t\r\n`\"'\\"):
		r.add(in.at, "the name of a node has no blanks and no quotes within it")
	}
	r.nodeAt, r.hasSQL = in.at, false
	r.p.Nodes = append(r.p.Nodes, Node{Name: name})
}

func (r *pipeReader) readSQL(n *Node, in Instruction) {
	switch {
	case n == nil:
		r.add(in.at, "SQL stands in no node: write NODE name before it")
		return
	case in.Value == "":
		r.add(in.at, "the SQL is empty: write a SELECT below SQL >")
	case r.hasSQL:
		r.add(in.at, "the node '%s' has SQL already: begin another node before this one", n.Name)
	default:
		n.SQL, n.Line, n.Column = in.Value, in.Line, in.Column
	}
	r.hasSQL = true
}

func (r *pipeReader) readType(n *Node, in Instruction) {
	kind := strings.ToLower(strings.TrimSpace(unquoteLine(in)))
	switch kind {
	case Endpoint, Materialized, Copy, Sink:
	default:
		r.add(in.at, "the TYPE of a node is endpoint, copy, materialized or sink")
		return
	}
	r.typeAt = append(r.typeAt, in.at)
	if n == nil {
		r.p.Type = kind
	} else {
		n.Type = kind
	}
}

func (r *pipeReader) checkTypes() {
	for _, at := range r.typeAt[min(1, len(r.typeAt)):] {
		r.add(at, "a pipe has one TYPE at most, and this one has one already")
	}
}

// unquoteLine is the value without the quotes around it, if it stood on the instruction's own line.
func unquoteLine(in Instruction) string {
	if in.Block {
		return in.Value
	}
	return unquote(in.Value)
}
