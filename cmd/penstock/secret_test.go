package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penstock/branches/workspace"
)

// The secret commands speak to the penstock that serves the data folder.
func TestSecretCommands(t *testing.T) {
	t.Parallel()
	g := serve(t, "--secret-rate", "0")
	file := filepath.Join(t.TempDir(), "value")
	writeFile(t, file, "from a file\n")
	command := func(stdin string, args ...string) (code int, out, err string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "stdin")
		writeFile(t, path, stdin)
		in, e := os.Open(path)
		if e != nil {
			t.Fatal(e)
		}
		defer in.Close()
		o, l := &output{}, &output{}
		code = run(t.Context(), append([]string{"secret"}, append(args, "--data", g.data)...), stdio{in, o, l})
		return code, o.String(), l.String()
	}
	for _, c := range []struct {
		stdin string
		args  []string
	}{
		{"from standard input\n", []string{"set", "a"}},
		{"", []string{"set", "b", "--file", file}},
		{"", []string{"set", "c", "from an argument"}},
		{"changed\n", []string{"set", "a"}},
	} {
		code, out, err := command(c.stdin, c.args...)
		if code != exitOK || strings.Contains(out, "from") {
			t.Errorf("%v: got %d %s %s", c.args, code, out, err)
		}
		if warned := strings.Contains(err, "history"); warned != (len(c.args) == 3) {
			t.Errorf("%v: got %q, want a warning about the history only for a value as an argument", c.args, err)
		}
	}
	if code, out, _ := command("", "ls"); code != exitOK || !strings.Contains(out, "token: 'admin token'") || strings.Count(out, "\n") != 4 {
		t.Errorf("ls: got %d %s, want three secrets", code, out)
	}
	if code, _, err := command("", "rm", "c"); code != exitOK {
		t.Errorf("rm: got %d %s", code, err)
	}
	if code, _, err := command("", "rm", "../tokens"); code != exitProblems || !strings.Contains(err, "not found") {
		t.Errorf("rm of an odd name: got %d %s, want that there is none", code, err)
	}
	if code, _, err := command("", "set", "d"); code != exitProblems || !strings.Contains(err, "value") {
		t.Errorf("an empty value: got %d %s, want a refusal", code, err)
	}
	second := &output{}
	if code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--data", g.data}, stdio{os.Stdin, &output{}, second}); code != exitProblems || !strings.Contains(second.String(), "another penstock") {
		t.Errorf("a second serve: got %d %s, want a refusal", code, second)
	}
	g.stop()
	db, err := openStore(t.Context(), dataDir(g.data), storeFlags{}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, want := range map[string]string{"a": "changed", "b": "from a file\n"} {
		v, err := db.SecretValue(t.Context(), workspace.Main, name)
		if err != nil || v.Reveal() != want {
			t.Errorf("%s: got %q, %v; want %q", name, v.Reveal(), err, want)
		}
	}
}
