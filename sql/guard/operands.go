package guard

import (
	"slices"
	"strings"
)

// Operands: what a secret, or a part of it, may be compared with. DESIGN.md has the table and why it is so short.

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
