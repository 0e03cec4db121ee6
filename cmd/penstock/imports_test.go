package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// The table of packages: what each imports of ours, tests left out. A package or an arrow that is not here fails the build,
// and so does one that is here only; change it when the design changes, on purpose.
var importTable = map[string]string{
	"branches/workspace":    "",
	"branches":              "branches/workspace",
	"limits":                "branches/workspace",
	"templating/parse":      "",
	"templating/literal":    "",
	"templating/datafile":   "",
	"templating":            "templating/parse templating/literal sql/lexer",
	"sql/lexer":             "",
	"sql/guard":             "sql/lexer",
	"sql/guard/guardtest":   "",
	"sql/redact":            "sql/lexer",
	"sql/migrations":        "",
	"sql/seal":              "",
	"sql/store":             "branches/workspace sql/migrations sql/seal",
	"sql/storetest":         "branches/workspace sql/store sql/seal",
	"sql/engine":            "",
	"sql/engine/chengine":   "sql/engine",
	"sql/engine/embedded":   "sql/engine sql/lexer",
	"sql/engine/enginetest": "sql/engine sql/engine/chengine sql/engine/embedded",
	"gateway/api":           "",
	"gateway/auth":          "branches/workspace",
	"gateway/secrets":       "branches/workspace branches",
	// A compiled pipe composes itself: loading a project and running a query need the same composition.
	"gateway/pipes":   "branches/workspace templating templating/datafile sql/guard sql/lexer",
	"gateway/project": "branches/workspace templating templating/datafile sql/guard sql/lexer sql/engine gateway/pipes",
	"gateway/query":   "branches/workspace limits templating sql/guard sql/lexer sql/redact sql/engine gateway/pipes",
	"gateway":         "branches/workspace limits templating sql/engine gateway/api gateway/auth gateway/secrets gateway/query gateway/pipes",
	"cmd/penstock":    "*",
}

func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "penstock/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, imports, _ := strings.Cut(line, ":")
		path = strings.TrimPrefix(path, "penstock/")
		allowed, known := importTable[path]
		seen[path] = true
		if !known {
			t.Errorf("the package %s is not in the table", path)
			continue
		}
		unused := map[string]bool{}
		for _, ours := range strings.Fields(allowed) {
			unused[ours] = ours != "*"
		}
		for _, imported := range strings.Fields(imports) {
			ours, ok := strings.CutPrefix(imported, "penstock/")
			if !ok || allowed == "*" && !strings.HasPrefix(ours, "cmd/") {
				continue
			}
			if _, ok := unused[ours]; !ok {
				t.Errorf("%s may not import %s", path, ours)
			}
			unused[ours] = false
		}
		for ours, still := range unused {
			if still {
				t.Errorf("the table lets %s import %s, which it does not: take that out", path, ours)
			}
		}
	}
	for path := range importTable {
		if !seen[path] {
			t.Errorf("the table has %s, which is not there", path)
		}
	}
}

// The top level is fixed: a newcomer sees the parts at one look.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	const want = "CHANGELOG.md LICENSE Makefile README.md branches cmd gateway go.mod go.sum limits sql templating"
	out, err := exec.Command("git", "-C", root(t), "ls-files").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	tops := map[string]bool{}
	for _, f := range strings.Fields(string(out)) {
		top, _, _ := strings.Cut(f, "/")
		if !strings.HasPrefix(top, ".") {
			tops[top] = true
		}
	}
	var got []string
	for top := range tops {
		got = append(got, top)
	}
	sort.Strings(got)
	if g := strings.Join(got, " "); g != want {
		t.Errorf("top level: got %s, want %s", g, want)
	}
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}
