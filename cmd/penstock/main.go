// Command penstock is a gateway between programs and ClickHouse: pipes in files become HTTP endpoints, and the secrets
// that they use never leave it. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"penstock/sql/engine/embedded"
)

func main() {
	if embedded.IsChild(os.Args) {
		os.Exit(embedded.RunChild(os.Stdin, os.Stderr))
	}
	os.Exit(run(context.Background(), os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// stdio is what a command reads and writes.
type stdio struct {
	in       *os.File
	out, err io.Writer
}

// The exit codes.
const (
	exitOK       = 0
	exitProblems = 1 // the command ran and found or met problems
	exitUsage    = 2
)

// exitCode is an error that only carries a code: what there was to say was said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// commands is the command line. kong makes flags, variables and help from it.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Serve pipes and the secrets API until SIGTERM."`
	Init      initCommand      `cmd:"" help:"Write the demo project into a new folder."`
	Render    renderCommand    `cmd:"" help:"Print what a pipe becomes for given parameters, secrets masked."`
	Check     checkCommand     `cmd:"" help:"Judge a project without running anything."`
	Lineage   lineageCommand   `cmd:"" help:"Tell what each pipe reads from, its secrets and its parameters."`
	Fmt       fmtCommand       `cmd:"" help:"Lay out the tags of .pipe files in one way."`
	Secret    secretCommand    `cmd:"" help:"List, set and remove secrets of a running penstock."`
	Workspace workspaceCommand `cmd:"" help:"Create and list workspaces; make a new admin token."`
	Branch    branchCommand    `cmd:"" help:"Create branches of a workspace."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// run runs one command line and gives its exit code.
func run(ctx context.Context, args []string, std stdio) int {
	var cli commands
	code := -1
	parser, err := kong.New(&cli,
		kong.Name("penstock"),
		kong.Description("A gateway between programs and ClickHouse. Pipes in files become HTTP endpoints; their secrets never leave it."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(c int) { code = c; panic(exitCode(c)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ShortUsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.err, "penstock:", err)
		return exitUsage
	}
	if err := unknownVariables(parser, os.Environ()); err != nil {
		fmt.Fprintln(std.err, "penstock:", err)
		return exitUsage
	}
	parsed, err := parse(parser, args)
	switch {
	case code >= 0:
		return code
	case err != nil:
		fmt.Fprintln(std.err, "penstock:", err)
		fmt.Fprintln(std.err, "See penstock --help.")
		return exitUsage
	}
	err = parsed.Run()
	var status exitCode
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintln(std.err, "penstock:", userText(err))
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitProblems
}

// parse parses the arguments. --help ends the parsing by a panic of our own, since kong would go on after Exit.
func parse(parser *kong.Kong, args []string) (parsed *kong.Context, err error) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(exitCode); !ok {
				panic(p)
			}
		}
	}()
	return parser.Parse(args)
}

// usageError is a mistake in the arguments that only the command could see.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }
