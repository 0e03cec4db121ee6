// Package lexer splits ClickHouse SQL into tokens as ClickHouse itself does, and holds the Statement: rendered SQL
// together with what is known about its bytes.
//
// The model. A Source is the text of one node as somebody wrote it. Rendering copies pieces of it and writes literals
// between them, through a Builder; the outcome is a Statement, which knows for every byte where in which Source it comes
// from, and where the literal of each secret and of each request parameter stands (its Spans). Redaction, the judgement
// of the guard, and the form for logs all follow from the spans. A Statement never prints its SQL: under every verb and
// encoder it gives its Log form, in which each secret is replaced by [[SENSITIVE]].
package lexer
