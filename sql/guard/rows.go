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
		switch name, _ := j.nameOf(x.name); j.c.lower(name) {
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
	return n != 0 && j.recall(j.ofNode(n, isStored), true, func() bool { return j.storedIn(n) }) // an alias may lead to itself: arrayJoin(tags) AS tags
}

func (j *judge) storedIn(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kCast:
		return j.stored(x.first) && j.isPlainType(x.last)
	case kAlias, kSubscript, kElementOf:
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
		if !isColumnName(name) || j.mixes(name) || !j.storedBehind(name, n) {
			return false
		}
	}
	return len(names) > 0 && !j.untuples() && !j.namesQuery(n)
}

// meanings are the names that an alias would have to have to stand for a dotted name, or for what it is an element of: of a.b
// they are a, b and a.b. A quoted name with dots is read likewise. nil for what is too long to be a column.
func meanings(parts []string) (names []string) {
	if len(parts) == 1 && strings.IndexByte(parts[0], '.') < 0 {
		return parts
	}
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
	return j.recall(j.ofNode(lambda, isStored), true, func() bool {
		call := j.nodes[lambda].up
		found := j.nodes[call].kind == kCall && !strings.HasPrefix(j.functionOf(call), "arrayfold")
		for a := j.nodes[call].first; found && a != 0; a = j.nodes[a].next {
			found = a == lambda || j.stored(a)
		}
		return found
	})
}

// functionOf is the function that a call calls, in small letters. It is "" for a lambda of a WITH, and for a name that ClickHouse
// has no function of.
func (j *judge) functionOf(call id) string {
	tok := j.nodes[call].name
	name, _ := j.nameOf(tok)
	base, aggregate, ok := j.c.function(name)
	switch {
	case j.isLambda(name, tok):
		return ""
	case ok && !aggregate:
		return j.c.lower(base)
	case ok || hasNoCase(j.toks[tok].word):
		return j.c.lower(name)
	}
	return ""
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
	lower := j.functionOf(n)
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
	if !j.hasPlainType(n, lower) {
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
			if lower == "arraymap" && !j.maps(x.last) {
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

// maps tells whether the body of a lambda gives what it gets, or a part of that.
func (j *judge) maps(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kIdent:
		return j.isHeldName(n)
	case kElementOf:
		return j.maps(x.first)
	case kSubscript:
		return j.maps(x.first) && j.restConstant(x.first)
	case kCall:
		switch j.functionOf(n) {
		case "lower", "upper", "trim", "trimboth", "tostring", "assumenotnull", "jsonextractstring", "jsonextractraw", "simplejsonextractstring":
			return j.maps(x.first) && j.restConstant(x.first)
		}
	}
	return false
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
	return j.once(j.ofNode(s, readsTable), func() bool { return j.findsTable(s) })
}

func (j *judge) findsTable(s id) bool {
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
	return found
}

// mixes tells whether a union may give the name to a column that another arm than the first computes: a union has the names of
// its first arm.
func (j *judge) mixes(name string) bool {
	return j.recall(j.ofName(name, mixes), false, func() bool {
		return j.mixesWith(name, func(item id) bool { return j.isHeld(item) && !j.asks(item) })
	})
}

// mixesWith is mixes for columns that have to be such as ok tells.
func (j *judge) mixesWith(name string, ok func(item id) bool) bool {
	if j.unions == nil {
		j.unions = j.namesOfUnions()
	}
	return j.unions.unknown || slices.ContainsFunc(j.unions.columns[name], func(c unionColumn) bool {
		return slices.ContainsFunc(c.others, func(arm id) bool {
			items := j.items(arm)
			if slices.ContainsFunc(items, j.isStar) {
				return !j.readsColumns(arm)
			}
			return c.at >= len(items) || !ok(items[c.at])
		})
	})
}

// unionNames are the names that unions give to their columns.
type unionNames struct {
	columns map[string][]unionColumn
	unknown bool // the first arm of one has a star, and another one computes
}

// A unionColumn is a column of a union: its place, and the arms behind the first, which gives the names.
type unionColumn struct {
	others []id
	at     int
}

func (j *judge) namesOfUnions() *unionNames {
	out := &unionNames{columns: map[string][]unionColumn{}}
	for n := id(1); n < id(len(j.nodes)); n++ {
		if j.nodes[n].kind != kQuery {
			continue
		}
		arms := j.arms(nil, n)
		if len(arms) < 2 {
			continue
		}
		for at, c := range j.items(arms[0]) {
			given := ""
			switch x := &j.nodes[c]; {
			case j.isStar(c):
				out.unknown = out.unknown || slices.ContainsFunc(arms[1:], func(arm id) bool { return !j.readsColumns(arm) })
				continue
			case x.kind == kAlias:
				given, _ = j.nameOf(x.name)
			case x.kind == kIdent:
				if parts := j.parts(c); len(parts) > 0 {
					given = parts[len(parts)-1]
				}
			}
			out.columns[given] = append(out.columns[given], unionColumn{arms[1:], at})
		}
	}
	return out
}

func (j *judge) isStar(n id) bool { return j.nodes[n].kind == kStar || j.nodes[n].kind == kMatcher }

// arms appends the SELECTs that a query joins.
func (j *judge) arms(arms []id, q id) []id {
	j.each(q, func(c id) {
		switch j.nodes[c].kind {
		case kSelect:
			arms = append(arms, c)
		case kQuery:
			arms = j.arms(arms, c)
		}
	})
	return arms
}

// items are the expressions that a SELECT gives.
func (j *judge) items(s id) (items []id) {
	j.each(j.childOf(s, kProjection), func(c id) { items = append(items, c) })
	return items
}

// readsColumns tells whether a SELECT gives columns of the tables that it reads, as they are.
func (j *judge) readsColumns(s id) bool {
	return j.once(j.ofNode(s, readsColumns), func() bool { return j.givesColumns(s) })
}

func (j *judge) givesColumns(s id) bool {
	only := true
	for _, n := range j.items(s) {
		for j.nodes[n].kind == kAlias {
			n = j.nodes[n].first
		}
		x := &j.nodes[n]
		only = only && (j.isTableColumn(n) || x.kind == kStar && x.first == 0 && j.readsOnlyTables(s))
	}
	return only
}
