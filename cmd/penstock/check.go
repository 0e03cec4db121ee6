package main

import (
	"fmt"
	"os"
	"strings"

	"penstock/branches/workspace"
	"penstock/gateway/project"
	"penstock/sql/guard"
)

type checkCommand struct {
	Dir    string `arg:"" help:"Folder of the project."`
	Format string `default:"text" enum:"text,json,sarif" help:"How to print: text, json, or sarif for code hosts and editors."`
	rulesFlags
}

// Help shows an example and the exit codes.
func (checkCommand) Help() string {
	return `Reads every file of a project and says what is wrong, a line each, path:line:column: rule: sentence. It runs nothing,
asks no server, looks no name up, and takes every secret to exist.

Exit code: 0 nothing wrong (there may be warnings), 1 problems, 2 the command itself was wrong.

Example:
  penstock check demo`
}

// Run judges the folder.
func (c checkCommand) Run(std stdio) error {
	if err := needFolder(c.Dir); err != nil {
		return err
	}
	g, err := offlineGuard(c.rulesFlags)
	if err != nil {
		return err
	}
	files, problems, err := project.Check(c.Dir, g)
	if err != nil {
		return err
	}
	wrong := 0
	for _, p := range problems {
		if !p.Warning {
			wrong++
		}
	}
	switch c.Format {
	case "json":
		err = writeJSON(std.out, problems)
	case "sarif":
		err = writeSARIF(std.out, problems)
	default:
		for _, p := range problems {
			fmt.Fprintln(std.out, p)
			for _, line := range strings.SplitAfter(p.Excerpt, "\n") {
				if line != "" {
					fmt.Fprint(std.out, "    ", line)
				}
			}
		}
		fmt.Fprintf(std.out, "%s checked: %s, %s\n", count(files, "file"), count(wrong, "problem"), count(len(problems)-wrong, "warning"))
	}
	if err != nil {
		return err
	}
	if wrong > 0 {
		return exitCode(exitProblems)
	}
	return nil
}

// needFolder gives the error of a command whose folder is not there.
func needFolder(dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usageError{"there is no folder " + dir}
	}
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// offlineGuard judges as main's would, but looks no host name up.
func offlineGuard(r rulesFlags) (*guard.Guard, error) {
	policies, err := r.policies()
	if err != nil {
		return nil, usageError{err.Error()}
	}
	p := policies.of(string(workspace.Main))
	hosts, err := guard.NewHosts(p.hosts, nil, assumePublic)
	if err != nil {
		return nil, usageError{"--allow-host: " + err.Error()}
	}
	return guard.New(p.guard(workspace.Main, hosts, defaultQueryTimeout), 0), nil
}
