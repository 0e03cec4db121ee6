package guard

import (
	"cmp"
	"slices"
	"strings"

	"penstock/sql/lexer"
)

// A TableKind tells in what place a name of a table stands.
type TableKind uint8

// The kinds of places.
const (
	InFrom     TableKind = iota // an element of FROM or JOIN
	RightOfIn                   // x IN name, in(x, name)
	ByFunction                  // an argument: dictGet('name', …), joinGet, dictionary('name'), merge
	View                        // a parameterized view: name(parameter = …)
)

// A TableRef is one place where a statement names a table that no common table expression hides.
type TableRef struct {
	Kind           TableKind
	Database, Name string // unquoted; Database is "" for an unqualified name
	Start, End     int    // the bytes of the name, the database included
	// Of an element of FROM: its alias and what else stands with it.
	Alias         string
	HasAlias      bool
	Final, Sample bool
	// Maybe tells of a name that something else in the statement has as well, so that perhaps no table is read: right of IN an
	// alias, a parameter of a lambda or a column that may be visible there; a common table expression that leads back to itself.
	// It is always unqualified.
	Maybe bool
	node  id
}

// Tables are the places where q names tables, in the order of the text. Read-only.
func (q *Query) Tables() []TableRef { return q.tables }

// TableFunctions are the names of the table functions that q calls, as written and unquoted, parameterized views among them.
func (q *Query) TableFunctions() []string {
	var names []string
	for n := range q.nodes {
		if q.nodes[n].kind == kTableFunc {
			if name, ok := q.nameOf(q.nodes[n].name); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// CallsOut tells whether q calls a table function that does more than count up and reads no table of Tables: one that reaches
// another host, that reads a text, or that the guard does not know.
func (q *Query) CallsOut() bool {
	for n := range q.nodes {
		if q.nodes[n].kind != kTableFunc {
			continue
		}
		parts := q.parts(id(n))
		if len(parts) != 1 {
			continue // a view of a database, which stands in Tables
		}
		switch f, known := knownTableFunction(parts[0]); {
		case !known: // likewise
		case f.class == tableGenerator && takesText(parts[0]), f.class != tableGenerator && f.class != tableOwn && f.class != tableView:
			return true
		}
	}
	return false
}

// OnlyLimits tells whether the settings that q gives do no more than limit it: others could change what the statements mean
// that are put into it.
func (q *Query) OnlyLimits() bool {
	for n := range q.nodes {
		if q.nodes[n].kind != kSettings {
			continue
		}
		for s := q.nodes[n].first; s != 0; s = q.nodes[s].next {
			if name, _ := q.nameOf(q.nodes[s].name); catalogOf().settings[name] != "limit" {
				return false
			}
		}
	}
	return true
}

// Format is the name of the FORMAT at the end and the bytes of that clause; "" when there is none.
func (q *Query) Format() (name string, start, end int) {
	n := q.childOf(q.root, kFormat)
	if n == 0 {
		return "", 0, 0
	}
	return q.text(q.nodes[n].name), q.start(n), q.endByte(n)
}

// resolve finds the names of tables.
func (q *Query) resolve() {
	for n := range q.nodes {
		if x := &q.nodes[n]; x.kind == kCTE {
			if name, ok := q.nameOf(x.name); ok && len(q.ctes[name]) < maxArms {
				if q.ctes == nil {
					q.ctes = map[string][]id{}
				}
				q.ctes[name] = append(q.ctes[name], id(n))
			}
		}
	}
	for n := id(1); n < id(len(q.nodes)); n++ {
		switch x := &q.nodes[n]; x.kind {
		case kTable:
			q.addTable(InFrom, n)
		case kTableFunc:
			q.tableFunctionName(n)
		case kIn:
			q.rightOfIn(q.child(n, 1))
		case kCall:
			if name, ok := q.nameOf(x.name); ok {
				q.functionNames(n, strings.ToLower(name))
			}
		}
	}
	// Nodes are made in another order than the text where operators wrap what stands before them.
	slices.SortStableFunc(q.tables, func(a, b TableRef) int { return cmp.Compare(a.Start, b.Start) })
}

// addTable records the name that the kNames below n make, unless a common table expression hides it.
func (q *Query) addTable(kind TableKind, n id) {
	ref := TableRef{Kind: kind, Start: q.start(n), End: q.endByte(n), node: n}
	parts := q.parts(n)
	if len(parts) == 0 || len(parts) > 2 {
		if kind != RightOfIn { // there it is a column: no table has three parts
			q.unread = append(q.unread, n)
		}
		return
	}
	ref.Name = parts[len(parts)-1]
	if len(parts) == 2 {
		ref.Database = parts[0]
	} else if c := q.cteOf(ref.Name, n); q.isCaptured(ref.Name, n, c) {
		q.captured = append(q.captured, n)
	} else if c != 0 {
		if q.surely(c, ref.Name, n) {
			return
		}
		ref.Maybe = true
	}
	if e := q.nodes[n].up; kind == InFrom && q.nodes[e].kind == kElement {
		if a := q.nodes[e].name; a != 0 {
			ref.Alias, _ = q.nameOf(a)
			ref.HasAlias = true
		}
		ref.Final = q.nodes[e].flag
		ref.Sample = q.childOf(e, kSample) != 0
	}
	q.tables = append(q.tables, ref)
}

// parts are the unquoted parts of a dotted name; nil when one of them cannot be read for certain.
func (q *Query) parts(n id) (parts []string) {
	for c := q.nodes[n].first; c != 0; c = q.nodes[c].next {
		if q.nodes[c].kind != kName {
			continue
		}
		part, ok := q.nameOf(q.nodes[c].name)
		if !ok || part == "" || q.nodes[c].sym != lexer.End {
			return nil
		}
		parts = append(parts, part)
	}
	return parts
}

// cteOf is the common table expression that an unqualified name at n means: the innermost one of a WITH that n stands below,
// 0 for none. The WITH of the first arm of a union holds for all arms. It does not see itself, unless it is recursive.
func (q *Query) cteOf(name string, n id) (found id) {
	at, inner := q.nodes[n].tok, int32(-1)
	if view := q.above(n, kTableFunc); view != 0 {
		inner = q.nodes[view].tok // view(SELECT …) sees nothing of the statement around it
	}
	for _, c := range q.ctes[name] {
		with := q.nodes[c].up
		if x := &q.nodes[c]; at >= x.tok && at < x.end && !q.nodes[with].flag {
			continue
		}
		scope := q.nodes[with].up
		for u := q.nodes[scope].up; u != 0 && q.nodes[u].kind == kQuery && q.nodes[u].first == scope; u = q.nodes[u].up {
			scope = u
		}
		if x := &q.nodes[scope]; at >= x.tok && at < x.end && x.tok > inner {
			found, inner = c, x.tok
		}
	}
	return found
}

// surely tells whether name at n means the common table expression c in every reading. ClickHouse resolves the names in the
// body of one where the body is used, and reads a table instead of an expression that leads back to itself. Where each name is
// given once, before it is used, nothing leads back.
func (q *Query) surely(c id, name string, n id) bool {
	if len(q.ctes[name]) > 1 || q.nodes[c].end > q.nodes[n].tok {
		return false
	}
	arm := q.nodes[q.nodes[c].up].up
	for u := n; u != 0; u = q.nodes[u].up {
		if u == q.nodes[arm].up {
			return true
		}
	}
	return false // the union in whose first arm it stands is an arm itself
}

// rightOfIn records the table that stands to the right of IN without a sub-query.
func (q *Query) rightOfIn(right id) {
	for right != 0 && q.nodes[right].kind == kAlias {
		right = q.nodes[right].first
	}
	if right == 0 || q.nodes[right].kind != kIdent {
		return
	}
	parts := q.parts(right)
	alias := len(parts) == 1 && q.isAlias(parts[0])
	if alias && q.isOwnAlias(parts[0], right) {
		return // WITH [1, 2] AS list … IN list: its expression is read where it stands
	}
	if alias && q.isForeignAlias(parts[0], right) {
		q.captured = append(q.captured, right)
	}
	before := len(q.tables)
	q.addTable(RightOfIn, right)
	if len(q.tables) > before {
		q.tables[before].Maybe = q.tables[before].Maybe || alias
	}
}

// written tells whether the text that wrote n wrote the token too. Nodes and pipes are put into one another, and a name that
// one of them gives to something means nothing in another: where ClickHouse would think that it does, the statement is refused.
func (q *Query) written(tok int32, n id) bool {
	return q.st.SameSource(int(q.toks[tok].start), q.start(n))
}

// isCaptured tells whether a common table expression of another text may stand for the table that n names. Where it stands says
// little: ClickHouse resolves the body of one, with the text that was put into it, where it is used. Only the one whose own body
// n stands in is none, since it does not see itself. own is what the name means where it stands.
func (q *Query) isCaptured(name string, n, own id) bool {
	if own != 0 && q.written(q.nodes[own].name, n) {
		return false
	}
	around := 0
	for _, c := range q.ctes[name] {
		x := &q.nodes[c]
		switch {
		case q.written(x.name, n):
		case q.nodes[n].tok >= x.tok && q.nodes[n].tok < x.end:
			around++
		default:
			return true
		}
	}
	return around > 1 || len(q.ctes[name]) == maxArms
}

// isForeignAlias tells whether a text other than that of n gives the name to an expression, anywhere in the statement.
func (q *Query) isForeignAlias(name string, n id) bool {
	givers := q.givers(name)
	return len(givers) > maxArms || slices.ContainsFunc(givers, func(g id) bool { return !q.written(q.aliasToken(g), n) })
}

// isOwnAlias tells whether name surely means, at n, the alias of an expression in a WITH above n or a parameter of a lambda
// around n, in the same text. Of a name that is given too often that is not sure.
func (q *Query) isOwnAlias(name string, n id) bool {
	givers := q.givers(name)
	if len(givers) == 0 || len(givers) > maxArms {
		return false
	}
	view := q.above(n, kTableFunc)
	return slices.ContainsFunc(givers, func(g id) bool {
		scope, but := q.lambdaOf(g), q.nodes[g].up
		if scope != 0 {
			but = q.nodes[scope].first
		} else if q.nodes[g].kind == kAlias && q.nodes[but].kind == kWith {
			scope = q.nodes[but].up
		}
		return scope != 0 && q.encloses(scope, n) && !q.encloses(but, n) && !(view != 0 && view != scope && q.encloses(scope, view)) &&
			q.written(q.aliasToken(g), n)
	})
}

// lambdaOf is the lambda that g is a parameter of, 0 for none.
func (q *Query) lambdaOf(g id) id {
	if q.nodes[g].kind != kIdent {
		return 0
	}
	up := q.nodes[g].up
	if q.nodes[up].kind == kTuple && q.nodes[q.nodes[up].up].first == up {
		g, up = up, q.nodes[up].up
	}
	if q.nodes[up].kind != kLambda || q.nodes[up].first != g {
		return 0
	}
	return up
}

// encloses tells whether n stands in u.
func (q *Query) encloses(u, n id) bool {
	x := &q.nodes[u]
	return q.nodes[n].tok >= x.tok && q.nodes[n].tok < x.end
}

// isAlias tells whether name is an alias of an expression, a parameter of a lambda or a column of a common table expression
// anywhere in the statement.
func (q *Query) isAlias(name string) bool { return len(q.givers(name)) > 0 }

// givers are the nodes anywhere in the statement that give an expression that name. Of more than maxArms there are
// maxArms+1.
func (q *Query) givers(name string) []id {
	if q.aliases == nil {
		q.aliases = map[string][]id{}
		for n := range q.nodes {
			if tok := q.aliasToken(id(n)); tok != 0 {
				if a, ok := q.nameOf(tok); ok && len(q.aliases[a]) <= maxArms {
					q.aliases[a] = append(q.aliases[a], id(n))
				}
			}
		}
	}
	return q.aliases[name]
}

// isTableAlias tells whether name is the alias of an element of FROM anywhere in the statement.
func (q *Query) isTableAlias(name string) bool {
	if q.tableAliases == nil {
		q.tableAliases = map[string]bool{}
		for n := range q.nodes {
			if x := &q.nodes[n]; x.kind == kElement && x.name != 0 {
				if a, ok := q.nameOf(x.name); ok {
					q.tableAliases[a] = true
				}
			}
		}
	}
	return q.tableAliases[name]
}

// aliasToken is the token of the name that n gives to something, 0 for none.
func (q *Query) aliasToken(n id) int32 {
	x := &q.nodes[n]
	up := &q.nodes[x.up]
	switch x.kind {
	case kAlias:
		return x.name
	case kName:
		if up.kind == kCTE || up.kind == kElement {
			return x.name
		}
	case kIdent:
		if q.lambdaOf(n) != 0 {
			return x.tok
		}
	}
	return 0
}

// isInFunction tells the function forms of IN, whose second argument may be a table.
func isInFunction(lower string) bool {
	switch strings.TrimSuffix(lower, "ignoreset") {
	case "in", "notin", "globalin", "globalnotin", "nullin", "notnullin", "globalnullin", "globalnotnullin":
		return true
	}
	return false
}

// namesDictionary tells the functions whose first argument names a dictionary or a Join table.
func namesDictionary(lower string) bool {
	return strings.HasPrefix(lower, "dictget") || lower == "dicthas" || lower == "dictisin" || strings.HasPrefix(lower, "joinget")
}

func (q *Query) functionNames(n id, lower string) {
	switch {
	case isInFunction(lower):
		q.rightOfIn(q.argument(n, 1))
	case namesDictionary(lower):
		q.byFunction(q.argument(n, 0), n)
	}
}

// byFunction records the table that an argument of call names; one that cannot be read is refused by Judge.
func (q *Query) byFunction(arg, call id) {
	db, name, ok := q.tableText(arg)
	if !ok {
		q.unread = append(q.unread, max(arg, call))
		return
	}
	q.tables = append(q.tables, TableRef{Kind: ByFunction, Database: db, Name: name, Start: q.start(arg), End: q.endByte(arg), node: arg})
}

// argument is the i-th argument of a call, from 0, the list of parameters of a parametric one left out.
func (q *Query) argument(call id, i int) id {
	c := q.nodes[call].first
	if c != 0 && q.nodes[c].kind == kParams {
		c = q.nodes[c].next
	}
	for ; c != 0; c = q.nodes[c].next {
		if k := q.nodes[c].kind; k == kFilter || k == kOver {
			return 0
		}
		if i == 0 {
			return c
		}
		i--
	}
	return 0
}

// tableText reads an argument that names a table: a plain string 'db.name', or a name. ok is false for anything else, for
// what is computed, and for a name that an alias could give another meaning.
func (q *Query) tableText(arg id) (db, name string, ok bool) {
	if arg == 0 {
		return "", "", false
	}
	text := ""
	switch x := &q.nodes[arg]; x.kind {
	case kLiteral:
		if text, ok = q.nameOf(x.tok); !ok || x.end != x.tok+1 {
			return "", "", false
		}
		if k := q.toks[x.tok].kind; k != lexer.String && k != lexer.Heredoc {
			return "", "", false
		}
	case kIdent:
		parts := q.parts(arg)
		if len(parts) == 0 || len(parts) > 2 || q.isAlias(parts[0]) { // of a tuple as well, whose element the second part is
			return "", "", false
		}
		if len(parts) == 2 && q.isTableAlias(parts[0]) {
			return "", "", false
		}
		text = strings.Join(parts, ".")
	default:
		return "", "", false
	}
	db, name, dotted := strings.Cut(text, ".")
	if !dotted {
		db, name = "", db
	}
	return db, name, name != "" && !strings.Contains(name, ".") && (!dotted || db != "")
}

// tableFunctionName records what a table function names: the table of dictionary, the database of merge, or the
// parameterized view that it is itself.
func (q *Query) tableFunctionName(n id) {
	parts := q.parts(n)
	if len(parts) == 0 || len(parts) > 2 {
		q.unread = append(q.unread, n)
		return
	}
	args := q.childOf(n, kParams)
	if len(parts) == 1 {
		if f, known := knownTableFunction(parts[0]); known {
			if f.class == tableOwn {
				q.ownName(parts[0], n, args)
			}
			return
		}
	}
	ref := TableRef{Kind: View, Name: parts[len(parts)-1], Start: q.start(n), End: int(q.toks[q.nodes[args].tok-1].end), node: n}
	if len(parts) == 2 {
		ref.Database = parts[0]
	}
	q.tables = append(q.tables, ref)
}

func (q *Query) ownName(function string, n, args id) {
	first, count := q.nodes[args].first, q.count(args)
	switch {
	case function == "dictionary" && count == 1:
		q.byFunction(first, n)
	case function == "merge" && count == 1 && q.isString(first):
		q.own(first)
	case function == "merge" && count == 2 && q.isString(q.nodes[first].next):
		db, ok := q.databaseText(first)
		switch {
		case !ok:
			q.unread = append(q.unread, first)
		case db == "":
			q.own(first)
		default:
			q.tables = append(q.tables, TableRef{Kind: ByFunction, Database: db, Name: "*", Start: q.start(first), End: q.endByte(first), node: first})
		}
	default:
		q.unread = append(q.unread, n)
	}
}

// own records that n stands for tables of the own database, whichever.
func (q *Query) own(n id) {
	q.tables = append(q.tables, TableRef{Kind: ByFunction, Name: "*", Start: q.start(n), End: q.endByte(n), node: n})
}

// isString tells a plain string literal.
func (q *Query) isString(n id) bool {
	if n == 0 || q.nodes[n].kind != kLiteral {
		return false
	}
	k := q.toks[q.nodes[n].tok].kind
	return (k == lexer.String || k == lexer.Heredoc) && q.nodes[n].end == q.nodes[n].tok+1
}

// databaseText reads an argument that names a database: a plain string, a name, or currentDatabase(), which gives "".
func (q *Query) databaseText(n id) (db string, ok bool) {
	switch x := &q.nodes[n]; x.kind {
	case kLiteral:
		if q.isString(n) {
			db, ok = q.nameOf(x.tok)
			return db, ok && db != ""
		}
	case kIdent:
		if parts := q.parts(n); len(parts) == 1 && !q.isAlias(parts[0]) {
			return parts[0], true
		}
	case kCall:
		name, _ := q.nameOf(x.name)
		return "", name == "currentDatabase" && x.first == 0 && !q.isAlias(name) // a WITH may give a lambda that name
	}
	return "", false
}
