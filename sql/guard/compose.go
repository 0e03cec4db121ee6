package guard

import "penstock/sql/lexer"

// Compose writes q's SQL into b, with each table that resolve knows replaced by the SQL that it gives: in FROM by (SQL) AS
// its alias or its own name, right of IN by (SQL). The places that the bytes come from, and their spans, go along. A line
// break ends each replacement, which may end in a line comment. Only unqualified names are asked for, and only where a
// sub-query may stand; the replacement must be a statement that Compose
// wrote, or one that Parse took without a semicolon or FORMAT at its end.
//
// An error of type *Finding tells of FINAL or SAMPLE behind a replaced name: a sub-query has neither.
func Compose(b *lexer.Builder, q *Query, resolve func(TableRef) (replacement lexer.Statement, ok bool)) error {
	at := 0
	for _, t := range q.tables {
		if t.Database != "" || t.Kind != InFrom && t.Kind != RightOfIn {
			continue
		}
		with, ok := resolve(t)
		if !ok {
			continue
		}
		if t.Final || t.Sample {
			return q.finding(ruleTableName, t.Start, t.End, "FINAL and SAMPLE stand behind a node, but only tables have them.",
				"Put them into the node.")
		}
		b.Splice(q.st, at, t.Start)
		b.Generated(nil, 0, "(")
		b.Splice(with, 0, with.Len())
		b.Generated(nil, 0, "\n)")
		if t.Kind == InFrom && !t.HasAlias {
			b.Generated(nil, 0, " AS ")
			b.Splice(q.st, t.Start, t.End) // its own name, as it was written
		}
		at = t.End
	}
	b.Splice(q.st, at, q.End())
	return nil
}

// End is the byte behind the last one that belongs to the query: a semicolon at the end of the statement does not, nor do
// the comments behind it.
func (q *Query) End() int {
	for i := len(q.toks) - 1; i > 0; i-- {
		if k := q.toks[i-1].kind; k != lexer.Semicolon {
			if q.toks[i].kind == lexer.End {
				return q.st.Len()
			}
			return int(q.toks[i].start)
		}
	}
	return 0
}
