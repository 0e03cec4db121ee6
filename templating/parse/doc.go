// Package parse turns the source of a template into a tree.
//
// The model. A Lexer cuts the source into items: text, and the tags {{ expression }}, {% statement %} and {# comment #}.
// The items, one after the other, are the source again. The parser nests the statements and parses what stands inside
// the tags: a subset of Python's expressions. Every node knows the byte where it begins in the source.
//
// A tree prints itself in one canonical layout, and the print parses to the same tree. What a name means, which
// functions exist and what may be printed where is the business of package templating.
package parse
