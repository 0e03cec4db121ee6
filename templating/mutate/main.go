//go:build mutate

// Mutate changes the evaluator and the literal writer in 60 places, one at a time, and tells how many of the changes the
// tests notice. It fails below nine in ten. The working tree is not touched: the compiler takes the changed file from a
// temporary folder.
//
//	go run -tags mutate ./templating/mutate
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// files are what is changed: how values are computed, checked and written.
var files = []string{
	"templating/literal/literal.go", "templating/arith.go", "templating/compare.go", "templating/container.go", "templating/text.go",
	"templating/numbers.go", "templating/types.go", "templating/arraytype.go", "templating/identifiers.go", "templating/methods.go",
	"templating/python.go", "templating/output.go", "templating/sqland.go", "templating/compileexpr.go", "templating/strptime.go",
	"templating/jsontype.go",
}

// A mutant is one change of one file.
type mutant struct {
	file, what string
	source     []byte
}

func main() {
	count := flag.Int("n", 60, "how many places to change")
	from := flag.Int("from", 0, "how many of them to skip")
	seed := flag.Uint64("seed", 1, "which places: another seed, other places")
	flag.Parse()
	if err := run(*count, *from, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(count, from int, seed uint64) error {
	mutants, err := allMutants()
	if err != nil {
		return err
	}
	if out, err := exec.Command("go", "test", "-count=1", "./templating", "./templating/literal").CombinedOutput(); err != nil {
		return fmt.Errorf("the tests fail without a change:\n%s", out)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })
	tried, noticed := 0, 0
	for _, m := range mutants {
		if tried == count {
			break
		}
		outcome, err := try(m, tried < from)
		if err != nil {
			return err
		}
		if outcome == doesNotCompile {
			continue
		}
		tried++
		if tried <= from {
			continue
		}
		if outcome == unnoticed {
			fmt.Printf("%2d UNNOTICED %s: %s\n", tried, m.file, m.what)
			continue
		}
		noticed++
		fmt.Printf("%2d noticed   %s: %s\n", tried, m.file, m.what)
	}
	n := tried - from
	fmt.Printf("%d of %d changes noticed, of %d possible ones\n", noticed, n, len(mutants))
	if noticed*10 < n*9 {
		return fmt.Errorf("the tests notice fewer than nine in ten")
	}
	return nil
}

type outcome int

const (
	noticed outcome = iota
	unnoticed
	doesNotCompile
)

// try runs the tests on a mutant; compileOnly stops before running them.
func try(m mutant, compileOnly bool) (outcome, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, filepath.Base(m.file))
	if err := os.WriteFile(changed, m.source, 0o600); err != nil {
		return 0, err
	}
	abs, err := filepath.Abs(m.file)
	if err != nil {
		return 0, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{abs: changed}})
	if err != nil {
		return 0, err
	}
	over := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(over, overlay, 0o600); err != nil {
		return 0, err
	}
	if err := exec.Command("go", "build", "-overlay", over, "./templating").Run(); err != nil {
		return doesNotCompile, nil
	}
	if compileOnly {
		return noticed, nil
	}
	// A change may make a loop endless; that it does not come back is noticed too.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", over, "-count=1", "-failfast", "-timeout", "50s", "./templating", "./templating/literal")
	if cmd.Run() == nil {
		return unnoticed, nil
	}
	return noticed, nil
}

// allMutants are the changes that can be made, in the order of the files.
func allMutants() ([]mutant, error) {
	var out []mutant
	for _, file := range files {
		for n := 0; ; n++ {
			source, what, ok, err := change(file, n)
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			out = append(out, mutant{file, what, source})
		}
	}
	return out, nil
}

// change makes the n-th change of a file; ok is false when it has fewer.
func change(file string, n int) (source []byte, what string, ok bool, err error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
	if err != nil {
		return nil, "", false, err
	}
	at := 0
	ast.Inspect(tree, func(node ast.Node) bool {
		if ok || node == nil {
			return false
		}
		if d, isGen := node.(*ast.GenDecl); isGen && d.Tok == token.IMPORT {
			return false
		}
		if isEstimate(node) {
			return false
		}
		for _, m := range changesOf(node) {
			if at == n {
				line := fset.Position(node.Pos()).Line
				what, ok = fmt.Sprintf("line %d: %s", line, m.what), true
				m.apply()
				return false
			}
			at++
		}
		return true
	})
	if !ok {
		return nil, "", false, nil
	}
	var b bytes.Buffer
	err = printer.Fprint(&b, fset, tree)
	return b.Bytes(), what, true, err
}

// isEstimate tells that an expression only says how much memory something takes: no outcome depends on it.
func isEstimate(node ast.Node) bool {
	call, ok := node.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		return fn.Name == "make"
	case *ast.SelectorExpr:
		return fn.Sel.Name == "grow" || fn.Sel.Name == "values"
	}
	return false
}

type possible struct {
	what  string
	apply func()
}

// swaps are operators and what they become.
var swaps = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.ADD,
}

func changesOf(node ast.Node) []possible {
	switch x := node.(type) {
	case *ast.BinaryExpr:
		if to, ok := swaps[x.Op]; ok {
			return []possible{{fmt.Sprintf("%s becomes %s", x.Op, to), func() { x.Op = to }}}
		}
	case *ast.BasicLit:
		return literalChanges(x)
	case *ast.IfStmt:
		return []possible{{"a condition is turned round", func() {
			x.Cond = &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: x.Cond}}
		}}}
	case *ast.IncDecStmt:
		to := map[token.Token]token.Token{token.INC: token.DEC, token.DEC: token.INC}[x.Tok]
		return []possible{{fmt.Sprintf("%s becomes %s", x.Tok, to), func() { x.Tok = to }}}
	}
	return nil
}

// literalChanges change a number by one and a character to another. Texts are left alone: most of them are sentences,
// and not all of these are anybody's contract.
func literalChanges(x *ast.BasicLit) []possible {
	switch x.Kind {
	case token.INT:
		n, err := strconv.ParseInt(x.Value, 0, 64)
		if err != nil {
			return nil
		}
		return []possible{{fmt.Sprintf("%s becomes %d", x.Value, n+1), func() { x.Value = strconv.FormatInt(n+1, 10) }}}
	case token.CHAR:
		return []possible{{fmt.Sprintf("%s becomes '~'", x.Value), func() { x.Value = "'~'" }}}
	}
	return nil
}
