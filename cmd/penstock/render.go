package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"penstock/gateway/pipes"
	"penstock/sql/lexer"
	"penstock/templating"
	"penstock/templating/datafile"
)

type renderCommand struct {
	File  string   `arg:"" optional:"" help:"The .pipe file."`
	Param []string `placeholder:"NAME=VALUE" sep:"none" help:"A parameter of the request. Repeat a name for a list."`
	Node  string   `placeholder:"NAME" help:"Print this node instead of the endpoint."`
	Batch bool     `help:"Read templates as JSON lines from standard input; for editors and tests."`
}

// Help shows examples and the form of --batch.
func (renderCommand) Help() string {
	return `Prints the composed statement of a pipe as it would be sent, every secret masked and taken to exist.

Examples:
  penstock render demo/endpoints/check_key.pipe --param key=ada-4711
  echo '{"id":"1","template":"SELECT {{Int32(x)}}","params":{"x":"7"}}' | penstock render --batch

--batch reads lines {"id","template","params":{k: string or [string]},"secrets":{k: v},"mode":"request" or "validate"} and
writes a line for each, in order: {"id","sql","log"} or {"id","error","kind"}. The template is what follows a node's '%'.
The secrets given there are shown in "sql"; stored ones are never read.`
}

// Run renders.
func (c renderCommand) Run(std stdio) error {
	switch {
	case c.Batch && c.File != "":
		return usageError{"--batch reads from standard input: leave the file out"}
	case c.Batch:
		return renderBatch(std.in, std.out)
	case c.File == "":
		return usageError{"name a .pipe file, or give --batch"}
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read pipe: %w", err)
	}
	parsed, err := datafile.ParsePipe(c.File, string(text))
	if err != nil {
		return err
	}
	p, err := pipes.Compile(parsed)
	if err != nil {
		return err
	}
	params, err := parseParams(c.Param)
	if err != nil {
		return err
	}
	name := c.Node
	if name == "" {
		name = p.Served()
	}
	st, err := p.Node(name, templating.Input{Params: params, Secret: everySecret}, besides(c.File))
	if err != nil {
		return err
	}
	fmt.Fprintln(std.out, st.Log())
	return nil
}

func everySecret(string) (string, bool, error) { return "x", true, nil }

// besides finds other pipes of the same folder.
func besides(file string) pipes.Scope { return folder{filepath.Dir(file), map[string]*pipes.Pipe{}} }

type folder struct {
	dir   string
	known map[string]*pipes.Pipe
}

// Pipe reads NAME.pipe of the folder, unless NAME.datasource is there.
func (f folder) Pipe(name string) (*pipes.Pipe, bool) {
	p, known := f.known[name]
	if !known {
		p, _ = f.read(name)
		f.known[name] = p
	}
	return p, p != nil
}

func (f folder) read(name string) (*pipes.Pipe, bool) {
	if name != filepath.Base(name) {
		return nil, false
	}
	if _, err := os.Stat(filepath.Join(f.dir, name+".datasource")); err == nil {
		return nil, false
	}
	path := filepath.Join(f.dir, name+".pipe")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	parsed, err := datafile.ParsePipe(path, string(text))
	if err != nil {
		return nil, false
	}
	p, err := pipes.Compile(parsed)
	if err != nil {
		return nil, false
	}
	return p, true
}

func parseParams(pairs []string) (map[string]templating.Arg, error) {
	params := make(map[string]templating.Arg, len(pairs))
	for _, pair := range pairs {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return nil, usageError{fmt.Sprintf("--param %q is not NAME=VALUE", pair)}
		}
		old, again := params[k]
		switch {
		case !again:
			params[k] = templating.Arg{Text: v}
		case old.IsList:
			params[k] = templating.Arg{List: append(old.List, v), IsList: true}
		default:
			params[k] = templating.Arg{List: []string{old.Text, v}, IsList: true}
		}
	}
	return params, nil
}

// batchLine is one line of --batch.
type batchLine struct {
	ID       string            `json:"id"`
	Template string            `json:"template"`
	Params   map[string]any    `json:"params"`
	Secrets  map[string]string `json:"secrets"`
	Mode     string            `json:"mode"`
}

type batchResult struct {
	ID    string  `json:"id"`
	SQL   *string `json:"sql,omitempty"`
	Log   *string `json:"log,omitempty"`
	Error string  `json:"error,omitempty"`
	Kind  string  `json:"kind,omitempty"`
}

func renderBatch(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	w := bufio.NewWriter(out)
	defer w.Flush()
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			var b batchLine
			if err := json.Unmarshal(line, &b); err != nil {
				return fmt.Errorf("line %d is not a template in JSON: %w", n, err)
			}
			if err := e.Encode(b.render()); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read templates: %w", err)
		}
	}
}

func (b batchLine) render() batchResult {
	res := batchResult{ID: b.ID}
	in := templating.Input{Params: make(map[string]templating.Arg, len(b.Params)), Secret: func(name string) (string, bool, error) {
		v, ok := b.Secrets[name]
		return v, ok, nil
	}}
	switch b.Mode {
	case "", "request":
	case "validate", "test":
		in.Mode = templating.Validate
	default:
		res.Error, res.Kind = fmt.Sprintf("mode %q is neither request nor validate", b.Mode), "bad_argument"
		return res
	}
	for k, v := range b.Params {
		if list, ok := v.([]any); ok {
			a := templating.Arg{IsList: true, List: make([]string, len(list))}
			for i, e := range list {
				a.List[i] = fmt.Sprint(e)
			}
			in.Params[k] = a
		} else if v != nil {
			in.Params[k] = templating.Arg{Text: fmt.Sprint(v)}
		}
	}
	// The line that makes a text a template is not part of what is given.
	t, err := templating.Compile(&lexer.Source{Text: "%" + b.Template, Column: -1})
	var builder lexer.Builder
	if err == nil {
		_, err = t.Render(&builder, in)
	}
	if err == nil {
		sql, log := builder.Statement().SQL(), builder.Statement().Log()
		res.SQL, res.Log = &sql, &log
		return res
	}
	var te *templating.Error
	if errors.As(err, &te) {
		res.Error, res.Kind = te.Message, te.Kind
	} else {
		res.Error, res.Kind = err.Error(), "runtime"
	}
	return res
}
