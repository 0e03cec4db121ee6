// Package templating compiles the SQL templates of pipes and renders them to statements.
//
// The model. Compile turns a text into a Template: a tree (package parse) becomes closures, names become numbered
// parameters and local variables, and everything that can be refused without running is refused, all mistakes at once.
// A Template does not change and is shared. Render runs it with the parameters of one request and writes to a
// lexer.Builder: text as it stands in the source, and the literals of values.
//
// A value is a text, a number, a list and so on, together with the set of request parameters that it was computed from.
// Printing it records one span with these names. A secret is a value of its own kind: nothing in the language can look
// at it, and it is printed as exactly one String literal, outside of anything that quotes.
//
// What a template may cost is bounded: see Limits.
package templating
