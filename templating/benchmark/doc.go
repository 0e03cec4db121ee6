// Package benchmark renders the five templates of ../testdata/bench.jsonl with this engine, text/template and pongo2, in
// one run:
//
//	cd templating/benchmark && go test -bench .
//
// The others get the same work: the same checks of types and the same literals, as functions, and give the same text.
// It is a module of its own, so that the binary's go.mod does not name what only a comparison needs.
package benchmark
