package guard

import "penstock/sql/lexer"

// A kind tells what a node of the tree is. A clause of a SELECT is a node of its own, so that the chain of parents from
// any leaf to the statement names every place that the leaf stands in.
type kind uint8

const (
	_ kind = iota // no node: what the first of an empty arena is

	// Queries. A query's children are its arms; a select's are its clauses.
	kQuery  // arms joined by UNION, INTERSECT, EXCEPT; also what every sub-query holds
	kSelect // one arm
	kSetOp  // between two arms: op is UNION, INTERSECT, EXCEPT; mod is ALL or DISTINCT

	// Clauses.
	kWith
	kDistinctOn
	kTop
	kProjection
	kFrom
	kPrewhere
	kWhere
	kGroupBy
	kHaving
	kWindow
	kQualify
	kOrderBy
	kInterpolate
	kLimit
	kLimitBy
	kOffset
	kSettings
	kFormat // only at the end of the statement

	// In WITH and FROM.
	kCTE       // name; children: kName for each column, kQuery
	kTable     // name and its parts: children kName
	kTableFunc // name; children: arguments
	kTableSub  // sub-query in FROM: child kQuery
	kTableJoin // parenthesised join in FROM
	kElement   // one element of FROM with its alias (name), FINAL (flag) and kSample
	kSample    // children: ratio and offset
	kJoin      // the kind of the join, between two elements; children: kOn or kUsing
	kOn
	kUsing
	kArrayJoin // children: expressions

	// Expressions.
	kLiteral
	kIdent // children: kName for each part
	kName
	kStar // t.* has kNames before it
	kMatcher
	kTransform // behind a star: op is EXCEPT, REPLACE, APPLY
	kCall      // name; children: kParams, arguments, kFilter, kOver
	kParams    // the first of the two argument lists of a parametric function
	kBinary    // op and children; AND, OR and || have as many as stand in a row
	kUnary     // NOT, -
	kIs        // x IS [NOT] NULL and its like
	kDistinctFrom
	kBetween
	kIn
	kQuantified // x = ANY (SELECT …)
	kLike
	kTernary
	kCase
	kCast    // CAST(x AS T) and x::T; children: operand, kType
	kType    // a data type's tokens
	kTypeLit // DATE '…', TIMESTAMP '…'
	kInterval
	kTuple // also the empty one
	kArray
	kSubscript
	kElementOf // x.1, x.name
	kLambda
	kSub // scalar sub-query
	kExists
	kAlias // expression and name
	kZone  // x AT TIME ZONE z

	// Parts of windows and ORDER BY.
	kOver
	kWindowDef // name; child kWindowSpec
	kWindowSpec
	kPartitionBy
	kFrame
	kFilter
	kOrderItem
	kFill
	kSetting // name and value
)

// id is the index of a node; 0 is none.
type id = int32

// A node covers the tokens [tok, end).
type node struct {
	kind                  kind
	op                    word // what tells nodes of a kind apart
	mod                   word
	sym                   lexer.Kind // likewise, where it is no word
	flag                  bool       // FINAL, NOT, DISTINCT, RECURSIVE, …
	height                int32
	tok, end              int32
	name                  int32 // token of its name, 0 for none (token 0 is never a name: a statement begins with a keyword or a bracket)
	up, first, last, next id
}

// tree is a parsed statement: its tokens and nodes in flat slices, without pointers.
type tree struct {
	sql   string
	toks  []token
	nodes []node
	root  id // a kQuery
}

func (t *tree) text(tok int32) string { return t.sql[t.toks[tok].start:t.toks[tok].end] }

// nameOf is the unquoted text of a name or string token; ok is false for what cannot be read for certain.
func (t *tree) nameOf(tok int32) (string, bool) { return lexer.Unquote(t.text(tok)) }

func (t *tree) start(n id) int { return int(t.toks[t.nodes[n].tok].start) }

func (t *tree) endByte(n id) int {
	if x := &t.nodes[n]; x.end > x.tok {
		return int(t.toks[x.end-1].end)
	}
	return t.start(n)
}

// each calls f for every child.
func (t *tree) each(n id, f func(id)) {
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		f(c)
	}
}

// child is the n-th child, from 0; 0 when there are fewer.
func (t *tree) child(n id, i int) id {
	c := t.nodes[n].first
	for ; c != 0 && i > 0; i-- {
		c = t.nodes[c].next
	}
	return c
}

// childOf is the first child of kind k.
func (t *tree) childOf(n id, k kind) id {
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		if t.nodes[c].kind == k {
			return c
		}
	}
	return 0
}

func (t *tree) count(n id) (count int) {
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		count++
	}
	return count
}

// above is the nearest node of kind k above n, 0 for none.
func (t *tree) above(n id, k kind) id {
	for n = t.nodes[n].up; n != 0 && t.nodes[n].kind != k; n = t.nodes[n].up {
	}
	return n
}

// within calls f for n and everything below it while f tells to go on below.
func (t *tree) within(n id, f func(id) bool) {
	if !f(n) {
		return
	}
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		t.within(c, f)
	}
}
