package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "rewrite what tests compare with")

// The README's table of options is made from the one that the flags are made from.
func TestReadmeOptions(t *testing.T) {
	t.Parallel()
	const begin, end = "-update -->\n", "<!-- /options -->"
	path := filepath.Join(root(t), "README.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the README has no place for the options")
	}
	want := optionsTable(t)
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("the README's options are old: go test ./cmd/penstock -run TestReadmeOptions -update\ngot\n%s\nwant\n%s", got, want)
	}
}

func optionsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| flag of `serve` | variable | default | |\n| --- | --- | --- | --- |\n")
	parser, err := kong.New(&commands{}, kong.BindTo(t.Context(), (*any)(nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Children {
		if n.Name != "serve" {
			continue
		}
		for _, f := range n.Flags {
			if f.Name == "help" {
				continue
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", strings.TrimSpace("--"+f.Name+" "+f.PlaceHolder), strings.Join(f.Envs, ", "), strings.TrimSuffix("`"+f.Default+"`", "``"), f.Help)
		}
	}
	for _, v := range otherVariables {
		fmt.Fprintf(&b, "| | `%s` | | %s |\n", v[0], v[1])
	}
	return b.String()
}
