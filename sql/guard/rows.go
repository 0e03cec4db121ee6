package guard

import (
	"slices"
	"strings"
)

// Rows out of nothing: a statement that compares a secret may read the rows of tables, but make none of its own. Every value
// that it makes would ask the secret another question, and one answer tells them all.

// rowSources finds what makes rows: tables and table functions are noted where they are judged.
func (j *judge) rowSources(n id) {
	switch x := &j.nodes[n]; x.kind {
	case kWith:
		if x.flag {
			j.rows = n
		}
	case kFill:
		j.rows = n
	case kArrayJoin:
		j.each(n, func(c id) {
			if !j.stored(c) {
				j.rows = c
			}
		})
	case kQuery:
		if j.constantArms(n) {
			j.rows = n
		}
	case kCall:
		switch name, _ := j.nameOf(x.name); strings.ToLower(name) {
		case "arrayjoin", "unnest":
			if arg := j.argument(n, 0); arg == 0 || !j.stored(arg) {
				j.rows = n
			}
		case "rownumberinallblocks", "rownumberinblock":
			j.rows = n
		}
	}
}

// stored tells whether an array surely holds only what tables hold: columns, and what picks among them, takes them apart or
// orders them. Constants beside a column are none of it: [id, 1, 2, 3] makes rows.
func (j *judge) stored(n id) bool {
	if n == 0 {
		return false
	}
	if known, ok := j.arrays[n]; ok {
		return known
	}
	if j.arrays == nil {
		j.arrays = map[id]bool{}
	}
	j.arrays[n] = true // for an alias that leads to itself: arrayJoin(tags) AS tags
	found := j.storedIn(n)
	j.arrays[n] = found
	return found
}

func (j *judge) storedIn(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kAlias, kCast, kSubscript, kElementOf:
		return j.stored(x.first)
	case kIdent:
		return j.storedName(n)
	case kArray, kTuple:
		for c := x.first; c != 0; c = j.nodes[c].next {
			if !j.stored(c) {
				return false
			}
		}
		return x.first != 0
	case kCall:
		return j.storedCall(n)
	case kSub:
		return j.storedQuery(x.first)
	}
	return false
}

// storedName judges a column: its name is what ClickHouse's tables have, and whatever the statement gives that name is
// stored.
func (j *judge) storedName(n id) bool {
	names := meanings(j.parts(n))
	for _, name := range names {
		if !plainName(name) || !j.storedBehind(name, n) {
			return false
		}
	}
	return len(names) > 0 && !j.mixed()
}

// meanings are the names that an alias would have to have to stand for a dotted name, or for what it is an element of: of a.b
// they are a, b and a.b. A quoted name with dots is read likewise. nil for what is too long to be a column.
func meanings(parts []string) (names []string) {
	parts = strings.Split(strings.Join(parts, "."), ".")
	if len(parts) > 6 {
		return nil
	}
	for i := range parts {
		for k := i + 1; k <= len(parts); k++ {
			names = append(names, strings.Join(parts[i:k], "."))
		}
	}
	return names
}

// storedBehind tells whether whatever the statement gives the name of n is stored.
func (j *judge) storedBehind(name string, n id) bool {
	for i, m := range j.givers(name) {
		if i == maxArms {
			return false
		}
		switch x := &j.nodes[m]; {
		case x.kind == kAlias && x.first == n: // props AS props
		case x.kind == kAlias && j.stored(x.first):
		case x.kind == kIdent && j.storedLambda(j.above(m, kLambda)):
		default:
			return false
		}
	}
	return true
}

// storedLambda tells whether a lambda gets one item after the other of what tables hold: the arrays beside it in a call.
func (j *judge) storedLambda(lambda id) bool {
	if known, ok := j.arrays[lambda]; ok {
		return known
	}
	if j.arrays == nil {
		j.arrays = map[id]bool{}
	}
	call := j.nodes[lambda].up
	found := j.nodes[call].kind == kCall && !strings.HasPrefix(strings.ToLower(j.functionOf(call)), "arrayfold")
	for a := j.nodes[call].first; found && a != 0; a = j.nodes[a].next {
		found = a == lambda || j.stored(a)
	}
	j.arrays[lambda] = found
	return found
}

// functionOf is the name of the function that a call calls.
func (j *judge) functionOf(call id) string {
	name, _ := j.nameOf(j.nodes[call].name)
	return name
}

// plainName tells the names that columns of tables have from those of expressions, such as `range(256)`.
func plainName(s string) bool {
	for _, c := range []byte(s) {
		if c < 0x80 && !(c == '_' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z') {
			return false
		}
	}
	return true
}

func (j *judge) storedCall(n id) bool {
	name, _ := j.nameOf(j.nodes[n].name)
	lower := strings.ToLower(name)
	switch lower {
	case "arrayenumerate": // of an array that was aggregated it would number the rows
		arg := j.argument(n, 0)
		return j.nodes[arg].kind == kIdent && !slices.ContainsFunc(meanings(j.parts(arg)), j.isAlias) && j.stored(arg)
	case "arrayfilter", "arraymap", "arraysort", "arrayreversesort", "arraydistinct", "arrayreverse", "arrayslice", "arrayzip", "arrayconcat",
		"arraycompact", "arrayflatten", "flatten", "arrayintersect", "arrayjoin", "mapkeys", "mapvalues", "mapfilter",
		"splitbychar", "splitbystring", "splitbywhitespace", "splitbynonalpha", "splitbyalpha", "splitbyregexp", "extractall",
		"tokens", "alphatokens", "jsonextractarrayraw", "jsonextractkeys", "jsonextract", "jsonextractstring", "jsonextractkeysandvalues",
		"jsonextractraw", "grouparray", "groupuniqarray", "grouparrayarray", "groupuniqarrayarray", "any", "assumenotnull", "tostring",
		"lower", "upper", "trim", "tuple", "cast":
	default:
		return false
	}
	columns, splits := false, strings.HasPrefix(lower, "split") || strings.HasPrefix(lower, "extract") || strings.HasSuffix(lower, "tokens")
	for c := j.nodes[n].first; c != 0; c = j.nodes[c].next {
		if splits && !j.isColumnText(c) {
			return false
		}
		switch x := &j.nodes[c]; x.kind {
		case kLiteral, kParams: // a separator, a pattern, a number
		case kLambda:
			if j.grows(x.last) {
				return false
			}
		default:
			if !j.stored(c) {
				return false
			}
			columns = true
		}
	}
	return columns
}

// isColumnText tells what may be split: a constant, or a column or a part of one. A text that the statement made may be a list
// of questions.
func (j *judge) isColumnText(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kLiteral, kParams:
		return true
	case kIdent:
		return !slices.ContainsFunc(meanings(j.parts(n)), j.isAlias)
	case kSubscript, kElementOf, kCast, kAlias:
		return j.nodes[x.first].kind == kIdent && j.isColumnText(x.first)
	}
	return false
}

// grows tells whether the body of a lambda may make an array of one value.
func (j *judge) grows(n id) (grows bool) {
	j.within(n, func(c id) bool {
		switch x := &j.nodes[c]; x.kind {
		case kArray, kSub, kLambda:
			grows = true
		case kCall:
			name, _ := j.nameOf(x.name)
			if j.c.quiet[strings.ToLower(name)]&(text|measure|wrapper|cast) == 0 {
				grows = true
			}
		}
		return !grows
	})
	return grows
}

func (j *judge) storedQuery(q id) bool {
	for s := j.nodes[q].first; s != 0; s = j.nodes[s].next {
		switch j.nodes[s].kind {
		case kQuery:
			if !j.storedQuery(s) {
				return false
			}
		case kSelect:
			if j.childOf(s, kFrom) == 0 {
				return false
			}
			for c := j.nodes[j.childOf(s, kProjection)].first; c != 0; c = j.nodes[c].next {
				if !j.stored(c) {
					return false
				}
			}
		}
	}
	return true
}

// constantArms tells a union of two or more SELECTs that read no table, or whose rows are written by hand.
func (j *judge) constantArms(n id) bool {
	arms := 0
	j.each(n, func(c id) {
		if j.nodes[c].kind == kSelect && (j.byHand(c) || !j.readsTable(c)) {
			arms++
		}
	})
	return arms > 1
}

// byHand tells whether a SELECT gives nothing but constants.
func (j *judge) byHand(s id) bool {
	p := j.childOf(s, kProjection)
	if j.childOf(s, kFrom) == 0 {
		return true
	}
	constant := p != 0
	j.within(p, func(c id) bool {
		switch j.nodes[c].kind {
		case kIdent, kStar, kMatcher, kCall, kSub:
			constant = false
		}
		return constant
	})
	return constant
}

// readsTable tells whether the FROM of a SELECT leads to a table.
func (j *judge) readsTable(s id) bool {
	if known, ok := j.tabled[s]; ok {
		return known
	}
	if j.tabled == nil {
		j.tabled = map[id]bool{}
	}
	j.tabled[s] = false
	found := false
	j.within(j.childOf(s, kFrom), func(c id) bool {
		switch j.nodes[c].kind {
		case kTableFunc:
			found = true
		case kTable:
			parts := j.parts(c)
			if len(parts) != 1 || len(j.ctes[parts[0]]) == 0 {
				found = true
				break
			}
			all := true
			for _, with := range j.ctes[parts[0]] { // whichever it is
				reads := false
				j.within(with, func(d id) bool {
					reads = reads || j.nodes[d].kind == kSelect && j.readsTable(d)
					return !reads
				})
				all = all && reads
			}
			found = found || all
		}
		return !found
	})
	j.tabled[s] = found
	return found
}

// mixed tells whether a union names a column by its first arm that another arm may compute: then no name tells what is stored.
func (j *judge) mixed() bool {
	if j.unions == unknown {
		j.unions = no
		for n := id(1); n < id(len(j.nodes)); n++ {
			if j.nodes[n].kind == kSelect && j.isLaterArm(n) && !j.readsColumns(n) {
				j.unions = yes
			}
		}
	}
	return j.unions == yes
}

// isLaterArm tells the SELECTs of a union whose columns have the names of another one.
func (j *judge) isLaterArm(n id) bool {
	for u := j.nodes[n].up; u != 0 && j.nodes[u].kind == kQuery; n, u = u, j.nodes[u].up {
		if j.nodes[u].first != n {
			return true
		}
	}
	return false
}

// readsColumns tells whether a SELECT gives columns of the tables that it reads, as they are.
func (j *judge) readsColumns(s id) bool {
	for c := j.nodes[j.childOf(s, kProjection)].first; c != 0; c = j.nodes[c].next {
		n := c
		for j.nodes[n].kind == kAlias {
			n = j.nodes[n].first
		}
		if x := &j.nodes[n]; !(x.kind == kIdent && j.isTableColumn(n) || x.kind == kStar && x.first == 0 && j.readsTables(s)) {
			return false
		}
	}
	return true
}

// isTableColumn tells a name that surely is a column of a table of the workspace: nothing in the statement gives it to anything
// else, and the SELECT around it reads tables and nothing else.
func (j *judge) isTableColumn(n id) bool {
	if j.nodes[n].kind != kIdent {
		return false
	}
	names := meanings(j.parts(n))
	for _, name := range names {
		if !plainName(name) || j.isAlias(name) {
			return false
		}
	}
	return len(names) > 0 && j.readsTables(j.above(n, kSelect))
}

// readsTables tells whether a SELECT reads tables and nothing else.
func (j *judge) readsTables(s id) bool {
	from := j.childOf(s, kFrom)
	only := from != 0 && j.childOf(s, kArrayJoin) == 0
	j.within(from, func(n id) bool {
		switch j.nodes[n].kind {
		case kSelect, kTableFunc, kArrayJoin:
			only = false
		case kTable:
			parts := j.parts(n)
			only = only && len(parts) > 0 && (len(parts) > 1 || len(j.ctes[parts[0]]) == 0)
		}
		return only
	})
	return only
}

// isTableText tells a column of a table, or a form of one that asks no more than it does.
func (j *judge) isTableText(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kIdent:
		return j.isTableColumn(n)
	case kCast, kElementOf:
		return j.isTableText(x.first)
	case kSubscript:
		return j.isTableText(x.first) && j.isConstant(j.nodes[x.first].next)
	case kCall:
		switch strings.ToLower(j.functionOf(n)) {
		case "lower", "upper", "tostring", "assumenotnull":
			return j.count(n) == 1 && j.isTableText(x.first)
		}
	}
	return false
}

// isConstant tells what is the same for each row, whatever the statement calls it: values of the text and what functions that
// depend on nothing else make of them.
func (j *judge) isConstant(n id) bool {
	if n == 0 {
		return false
	}
	switch x := &j.nodes[n]; x.kind {
	case kLiteral, kType, kTypeLit:
		return true
	case kCast, kUnary, kBinary, kInterval, kTuple, kArray, kSubscript, kElementOf, kTernary:
	case kCall:
		name := j.functionOf(n)
		base, _, _ := j.c.function(name)
		if lower := strings.ToLower(base); j.c.quiet[lower] == 0 && !sameEachRow[lower] {
			return false
		}
	default:
		return false
	}
	for c := j.nodes[n].first; c != 0; c = j.nodes[c].next {
		if !j.isConstant(c) {
			return false
		}
	}
	return true
}

// sameEachRow are functions beside the quiet ones that give one value for all rows if their arguments do.
var sameEachRow = map[string]bool{"now": true, "now64": true, "today": true, "yesterday": true, "pi": true, "e": true, "currentdatabase": true,
	"tostring": true, "map": true, "repeat": true, "todecimal64": true, "tointervalday": true}

// isOrdered tells what a secret may be ordered with: constants, and columns in forms that put no more values between two of
// theirs. With whatever is computed, each row would be a step of a search.
func (j *judge) isOrdered(n id) bool {
	if j.isConstant(n) {
		return true
	}
	switch x := &j.nodes[n]; x.kind {
	case kIdent:
		return j.isOrderedName(n)
	case kAlias, kCast, kElementOf:
		return j.isOrdered(x.first)
	case kTuple, kArray:
		for c := x.first; c != 0; c = j.nodes[c].next {
			if !j.isOrdered(c) {
				return false
			}
		}
		return true
	case kSubscript:
		return j.isOrdered(x.first) && j.isConstant(j.nodes[x.first].next)
	case kCall:
		lower := strings.ToLower(j.functionOf(n))
		if !keepsOrder[lower] && j.c.quiet[lower]&cast == 0 && !strings.HasPrefix(lower, "tostartof") || !j.isOrdered(x.first) {
			return false
		}
		for c := j.nodes[x.first].next; c != 0; c = j.nodes[c].next {
			if !j.isConstant(c) {
				return false
			}
		}
		return true
	}
	return false
}

// keepsOrder are functions that make fewer values of those of their first argument, not more.
var keepsOrder = map[string]bool{"lower": true, "upper": true, "trim": true, "tostring": true, "length": true, "substring": true, "left": true,
	"assumenotnull": true, "tonullable": true, "date": true, "tomonday": true, "tounixtimestamp": true, "min": true, "max": true, "any": true,
	"anylast": true, "ifnull": true, "coalesce": true}

// isOrderedName judges a name: what the statement gives it, or a column if it gives it to nothing.
func (j *judge) isOrderedName(n id) bool {
	names := meanings(j.parts(n))
	for _, name := range names {
		if !plainName(name) {
			return false
		}
		if j.ordered == nil {
			j.ordered = map[string]answer{}
		}
		if j.ordered[name] == unknown {
			j.ordered[name] = yes // for a name that leads to itself: ts AS ts
			for i, g := range j.givers(name) {
				if x := &j.nodes[g]; i == maxArms || x.kind != kAlias || !j.isOrdered(x.first) {
					j.ordered[name] = no
					break
				}
			}
		}
		if j.ordered[name] == no {
			return false
		}
	}
	return len(names) > 0 && !j.mixed()
}

// numbered tells whether numbers that the statement gave to its rows are below n. They count up without a gap, as numbers()
// does.
func (j *judge) numbered(n id) bool {
	if !j.numbersRows() {
		return false
	}
	found, known := j.numberedIn[n]
	if known {
		return found
	}
	if j.numberedIn == nil {
		j.numberedIn = map[id]bool{}
	}
	j.within(n, func(c id) bool {
		switch x := &j.nodes[c]; x.kind {
		case kCall:
			found = found || j.numbersRow(c)
		case kStar, kMatcher:
			found = true
		case kIdent:
			names := meanings(j.parts(c))
			found = found || len(names) == 0 || j.mixed() || slices.ContainsFunc(names, j.isNumbered)
		}
		return !found
	})
	j.numberedIn[n] = found
	return found
}

// isNumbered tells whether something that has the name is a number of a row.
func (j *judge) isNumbered(name string) bool {
	if !plainName(name) || j.untuples && !j.isAlias(name) {
		return true
	}
	if j.counts == nil {
		j.counts = map[string]answer{}
	}
	if j.counts[name] == unknown {
		j.counts[name] = no // for a name that leads to itself
		for i, g := range j.givers(name) {
			if i == maxArms || j.numbered(j.expressionOf(g)) {
				j.counts[name] = yes
				break
			}
		}
	}
	return j.counts[name] == yes
}

// expressionOf is what an alias stands for, or where a name that is none comes from: the call around a lambda, the query of a
// common table expression or of an element of FROM.
func (j *judge) expressionOf(giver id) id {
	if x := &j.nodes[giver]; x.kind == kAlias {
		return x.first
	}
	up := j.nodes[giver].up
	if lambda := j.above(giver, kLambda); lambda != 0 && j.nodes[giver].kind == kIdent {
		up = j.nodes[lambda].up
	}
	return up
}

// numbersRows tells whether anything in the statement numbers rows, or takes tuples apart, whose elements have names that no
// alias gave.
func (j *judge) numbersRows() bool {
	if j.windows == unknown {
		j.windows = no
		for n := id(1); n < id(len(j.nodes)); n++ {
			switch x := &j.nodes[n]; x.kind {
			case kCall:
				if j.windows == no && j.numbersRow(n) {
					j.windows = yes
				}
			case kStar:
				j.untuples = j.untuples || slices.ContainsFunc(j.parts(n), j.isAlias)
			}
		}
	}
	return j.windows == yes
}

// numbersRow tells the calls that give each row another number: all window functions, and what adds up over rows.
func (j *judge) numbersRow(call id) bool {
	return j.childOf(call, kOver) != 0 || strings.HasPrefix(strings.ToLower(j.functionOf(call)), "running")
}
