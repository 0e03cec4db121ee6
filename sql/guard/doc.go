// Package guard reads a finished statement as ClickHouse would, tells what it does, and refuses what it may not do.
//
// The model. Parse reads one SELECT into a flat tree of nodes; whatever the parser does not know is an error, so nothing is
// sent that was not understood. Query.Tables names the tables, for the composition of nodes (Compose). Query.Judge walks the
// tree with a Policy: which tables, functions, table functions, settings and hosts are reached, and, for each secret's
// literal, the whole chain of parents from the literal up to the statement. A secret may be a credential of a known table
// function or an operand of a comparison in a predicate; anywhere else it could reach the result, and the statement is
// refused. Everything is allowed by list (the files in lists, and the table of table functions in outbound.go); DESIGN.md
// states what is promised and what is not.
//
// Guard keeps a Policy together with a cache of judgements by the shape of the statement.
package guard
