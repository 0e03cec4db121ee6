package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"penstock/templating"
	"penstock/templating/datafile"
)

type fmtCommand struct {
	Paths []string `arg:"" help:"Files, or folders whose .pipe files are meant."`
	Check bool     `help:"Change nothing; list the files that would change, and exit 1 when there are any."`
}

// Help shows an example.
func (fmtCommand) Help() string {
	return `Writes the {{ }}, {% %} and {# #} of templates in one layout and leaves everything else to the byte as it is. What a
pipe renders never changes.

Example:
  penstock fmt demo`
}

// Run formats.
func (c fmtCommand) Run(std stdio) error {
	changed := 0
	var broken []error // one file that cannot be read keeps no other from being laid out
	for _, path := range c.Paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".pipe" {
				return err
			}
			different, err := c.file(path)
			if different {
				changed++
				fmt.Fprintln(std.out, path)
			}
			if err != nil {
				broken = append(broken, err)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("format: %w", err)
		}
	}
	if broken != nil {
		return errors.Join(broken...)
	}
	if c.Check && changed > 0 {
		return exitCode(exitProblems)
	}
	return nil
}

// file formats one file; it tells whether that changes it.
func (c fmtCommand) file(path string) (bool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	text := string(b)
	parsed, err := datafile.ParsePipe(path, text)
	if err != nil {
		return false, err
	}
	out, done := "", 0
	for _, n := range parsed.Nodes {
		formatted, err := templating.Format(n.SQL)
		if err != nil {
			return false, fmt.Errorf("%s, node %s: %w", path, n.Name, err)
		}
		start := lineStart(text, n.Line) + n.Column - 1 // nothing but ASCII stands before SQL in its line
		if !strings.HasPrefix(text[start:], n.SQL) {
			continue // a node with comment lines is not in the file as it is: it stays
		}
		out += text[done:start] + formatted
		done = start + len(n.SQL)
	}
	out += text[done:]
	if out == text || c.Check {
		return out != text, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(path, []byte(out), info.Mode().Perm())
}

// lineStart gives the byte with which a line of the text begins.
func lineStart(text string, line int) int {
	off := 0
	for ; line > 1; line-- {
		off += strings.IndexByte(text[off:], '\n') + 1
	}
	return off
}
