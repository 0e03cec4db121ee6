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
	"penstock/gateway/project"
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
	around, err := besides(c.File)
	if err != nil {
		return err
	}
	st, err := p.Node(name, templating.Input{Params: params, Secret: everySecret}, around.Scope)
	if err != nil {
		return err
	}
	fmt.Fprintln(std.out, st.Log())
	return nil
}

func everySecret(string) (string, bool, error) { return "x", true, nil }

// besides is what serving the file's project would find beside it. The project is the folder of the file, or the one above
// when only that has data sources.
func besides(file string) (project.Content, error) {
	dir := filepath.Dir(file)
	above := filepath.Join(dir, "..")
	if !hasSources(dir) && hasSources(above) {
		return project.Read(above)
	}
	return project.Read(dir)
}

// hasSources tells whether there are data sources in the folder, or in a folder of it.
func hasSources(dir string) bool {
	for _, pattern := range []string{"*.datasource", filepath.Join("*", "*.datasource")} {
		if found, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil && found != nil {
			return true
		}
	}
	return false
}

func parseParams(pairs []string) (templating.Args, error) {
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
	return templating.ArgsOf(params), nil
}

// batchLine is one line of --batch.
type batchLine struct {
	ID       json.RawMessage            `json:"id"`
	Template string                     `json:"template"`
	Params   map[string]json.RawMessage `json:"params"`
	Secrets  map[string]string          `json:"secrets"`
	Mode     string                     `json:"mode"`
}

type batchResult struct {
	ID    json.RawMessage `json:"id"`
	SQL   *string         `json:"sql,omitempty"`
	Log   *string         `json:"log,omitempty"`
	Error string          `json:"error,omitempty"`
	Kind  string          `json:"kind,omitempty"`
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
			var res batchResult
			if err := json.Unmarshal(line, &b); err != nil {
				res = batchResult{ID: b.ID, Error: fmt.Sprintf("line %d is not a template in JSON: %v", n, err), Kind: templating.KindBadArgument}
			} else {
				res = b.render()
			}
			if res.ID == nil {
				res.ID = json.RawMessage(`""`)
			}
			if err := e.Encode(res); err != nil {
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
	in := templating.Input{Secret: func(name string) (string, bool, error) {
		v, ok := b.Secrets[name]
		return v, ok, nil
	}}
	switch b.Mode {
	case "", "request":
	case "validate", "test":
		in.Mode = templating.Validate
	default:
		res.Error, res.Kind = fmt.Sprintf("mode %q is neither request nor validate", b.Mode), templating.KindBadArgument
		return res
	}
	for k, v := range b.Params {
		arg, sent, err := templating.ArgOfJSON(v)
		if err != nil {
			res.Error, res.Kind = err.Error(), templating.KindBadArgument
			return res
		}
		if sent {
			in.Params = append(in.Params, templating.NamedArg{Name: k, Arg: arg})
		}
	}
	// The line that makes a text a template is not part of what is given.
	t, err := templating.Compile(&lexer.Source{Text: "%" + b.Template})
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
		res.Error, res.Kind = err.Error(), templating.KindRuntime
	}
	return res
}
