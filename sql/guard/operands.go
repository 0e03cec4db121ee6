package guard

import (
	"regexp"
	"slices"
	"strings"

	"penstock/sql/lexer"
)

// Operands: what a secret, or a part of it, may be compared with. DESIGN.md has the table and why it is so short.

// isTableColumn tells a name that surely is a column of a table of the workspace: nothing in the statement gives it to anything
// else, and every SELECT whose columns it could mean reads tables and nothing else.
func (j *judge) isTableColumn(n id) bool {
	if j.nodes[n].kind != kIdent {
		return false
	}
	names := meanings(j.parts(n))
	for _, name := range names {
		if !isColumnName(name) || j.isAlias(name) {
			return false
		}
	}
	if j.namesQuery(n) {
		return false
	}
	scopes, sure := j.scopes(n)
	return sure && len(names) > 0 && !slices.ContainsFunc(scopes, func(s id) bool { return !j.readsOnlyTables(s) })
}

// namesQuery tells a name behind IN that may be a common table expression's.
func (j *judge) namesQuery(n id) bool {
	parts := j.parts(n)
	return len(parts) == 1 && len(j.ctes[parts[0]]) > 0
}

// isColumnName tells the names that columns of tables have, without those that number the rows of a table, and those that
// ClickHouse gives to what has none: 31, NULL, _subquery1.
func isColumnName(name string) bool {
	if !plainName(name) || name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, prefix := range [...]string{"_part", "_block", "_row", "_subquery", "__"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	switch strings.ToLower(name) {
	case "null", "true", "false", "inf", "nan", "infinity":
		return false
	}
	return true
}

// scopes are the SELECTs whose columns a name at n could mean: the one that it stands in and those around it, up to one in whose
// FROM it stands. sure is false below a WITH, whose body is resolved where it is used.
func (j *judge) scopes(n id) (scopes []id, sure bool) {
	on := false // below an ON, which sees what the FROM reads
	for u := n; u != 0; u = j.nodes[u].up {
		switch j.nodes[u].kind {
		case kOn:
			on = true
		case kFrom:
			if !on {
				return scopes, true
			}
		case kSelect:
			scopes, on = append(scopes, u), false
		case kWith:
			return scopes, false
		}
	}
	return scopes, true
}

// readsOnlyTables tells whether a SELECT reads tables and nothing else, or what queries read of tables as it is.
func (j *judge) readsOnlyTables(s id) bool {
	return j.once(j.ofNode(s, readsOnlyTables), func() bool { return j.findsOnlyTables(s) })
}

func (j *judge) findsOnlyTables(s id) bool {
	from := j.childOf(s, kFrom)
	only := from != 0 && j.childOf(s, kArrayJoin) == 0
	j.within(from, func(n id) bool {
		switch j.nodes[n].kind {
		case kOn: // whose queries give no columns
			return false
		case kSelect: // which gives these columns as they are, or reads them
			only = only && j.readsColumns(n)
			return false
		case kTableFunc, kArrayJoin:
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
	switch x := &j.nodes[n]; {
	case x.kind == kCast:
		return j.isTableText(x.first) && j.isPlainType(x.last)
	case x.kind == kCall && j.functionOf(n) == "tostring":
		return j.count(n) == 1 && j.isTableText(x.first)
	}
	return j.isForm(n, j.isTableText)
}

// isTextColumn tells a column of a table, not a text that is made of a number or a date: all short ones of those may be there.
func (j *judge) isTextColumn(n id) bool { return j.isForm(n, j.isTextColumn) }

// isForm tells a column of a table, an element of what inner tells, or the same in other letters.
func (j *judge) isForm(n id, inner func(id) bool) bool {
	switch x := &j.nodes[n]; x.kind {
	case kIdent:
		return j.isTableColumn(n)
	case kElementOf:
		return inner(x.first)
	case kSubscript:
		return inner(x.first) && j.restConstant(x.first)
	case kCall:
		switch j.functionOf(n) {
		case "lower", "upper", "assumenotnull":
			return j.count(n) == 1 && inner(x.first)
		}
	}
	return false
}

// restConstant tells whether what stands behind a node, as the next arguments, is constant.
func (j *judge) restConstant(n id) bool {
	for c := j.nodes[n].next; c != 0; c = j.nodes[c].next {
		if !j.isConstant(c) {
			return false
		}
	}
	return true
}

// plainType are the types of one value each of which is written as what it is. The names of an Enum would be texts of the
// statement's own for the values of a column.
var plainType = regexp.MustCompile(`^(?:(?:Array|Nullable|LowCardinality)\s*\(\s*)*(?:String|FixedString\s*\(\s*\d+\s*\)|U?Int\d+|Float\d+|Decimal\d*(?:\s*\([\d\s,]*\))?|Bool|UUID|` +
	`Date(?:32|Time|Time32|Time64)?(?:\s*\([\w\s,'/]*\))?)[\s)]*$`)

// isPlainType tells a plain type, as the grammar or a text names it.
func (j *judge) isPlainType(n id) bool {
	return plainType.MatchString(j.typeText(n))
}

// isConstant tells what is the same for each row, whatever the statement calls it: values of the text and what functions that
// depend on nothing else make of them.
func (j *judge) isConstant(n id) bool {
	switch x := &j.nodes[n]; {
	case n == 0:
		return false
	case x.first == 0:
		return j.isConstantNode(n)
	}
	return j.once(j.ofNode(n, isConstant), func() bool {
		all := j.isConstantNode(n)
		for c := j.nodes[n].first; all && c != 0; c = j.nodes[c].next {
			all = j.isConstant(c)
		}
		return all
	})
}

// isConstantNode tells it of a node apart from what stands below it.
func (j *judge) isConstantNode(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kLiteral, kType, kTypeLit, kCast, kUnary, kBinary, kInterval, kTuple, kArray, kSubscript, kElementOf, kTernary:
		return true
	case kCall:
		lower := j.functionOf(n)
		return j.c.quiet[lower] != 0 || sameEachRow[lower]
	}
	return false
}

// sameEachRow are functions beside the quiet ones that give one value for all rows if their arguments do.
var sameEachRow = map[string]bool{"now": true, "now64": true, "today": true, "yesterday": true, "pi": true, "e": true, "currentdatabase": true,
	"tostring": true, "map": true, "repeat": true, "todecimal64": true, "tointervalday": true}

// isHeld tells what a whole secret may be compared with beside constants: values that tables hold, and forms that make fewer of
// them. With whatever is computed each row would be another guess, and there are as many as the statement likes.
func (j *judge) isHeld(n id) bool {
	return j.recall(j.ofNode(n, isHeld), true, func() bool { return j.isConstant(n) || j.stored(n) || j.isHeldForm(n) })
}

// isHeldForm tells it of a node that is neither constant nor stored.
func (j *judge) isHeldForm(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kIdent:
		return j.isHeldName(n)
	case kAlias, kElementOf:
		return j.isHeld(x.first)
	case kCast:
		return j.isHeld(x.first) && j.isPlainType(x.last)
	case kTuple, kArray:
		return j.areHeld(x.first)
	case kBinary:
		return x.sym == lexer.Concatenation && j.areHeld(x.first)
	case kSubscript:
		return j.isHeld(x.first) && j.restConstant(x.first)
	case kCall:
		return j.isHeldCall(n)
	case kTernary, kCase:
		return j.choosesOnly(n, j.isHeld)
	case kSub:
		return j.isHeldQuery(x.first)
	}
	return false
}

// choosesOnly tells whether all that a choice may give is such as ok tells; what it is chosen by is free.
func (j *judge) choosesOnly(n id, ok func(id) bool) bool {
	x := &j.nodes[n]
	c, value := x.first, false // conditions and values take turns
	if x.kind == kCase && x.flag {
		c = j.nodes[c].next
	}
	for ; c != 0; c, value = j.nodes[c].next, !value {
		if (value || j.nodes[c].next == 0) && !ok(c) {
			return false
		}
	}
	return true
}

// hasPlainType tells whether the type that a call names, if it names one, is plain.
func (j *judge) hasPlainType(call id, lower string) bool {
	arg := j.typeArgument(call, lower)
	return arg == 0 || j.isPlainType(arg)
}

// areHeld tells it of a node and those behind it.
func (j *judge) areHeld(n id) bool {
	for ; n != 0; n = j.nodes[n].next {
		if !j.isHeld(n) {
			return false
		}
	}
	return true
}

func (j *judge) isHeldCall(n id) bool {
	lower, first := j.functionOf(n), j.nodes[n].first
	switch group := j.c.quiet[lower]; {
	case j.childOf(n, kOver) != 0 || first == 0:
		return false
	case strings.HasPrefix(lower, "concat"), lower == "tuple", lower == "ifnull", lower == "coalesce":
		return j.areHeld(first)
	case !j.hasPlainType(n, lower):
		return false
	case picks[lower]:
		return j.isHeld(first)
	case lower == "if", lower == "multiif":
		return j.choosesOnly(n, j.isHeld)
	case dictionaryValue.MatchString(lower):
		return true // a dictionary holds what it gives, whatever it is asked
	case !keepsHeld[lower] && group&cast == 0 && !strings.HasPrefix(lower, "tostartof") || !j.isHeld(first):
		return false
	}
	return j.restConstant(first)
}

// dictionaryValue are the functions that give attributes of a dictionary, not the keys that they were asked for.
var dictionaryValue = regexp.MustCompile(`^dictget(?:ornull|string|u?int\d+|float\d+|date(?:time)?|uuid|ipv[46])?$`)

// keepsHeld are functions that make no more values than their first argument has, parts of it or less.
var keepsHeld = map[string]bool{"lower": true, "upper": true, "lowerutf8": true, "upperutf8": true, "trim": true, "trimleft": true, "trimright": true,
	"trimboth": true, "ltrim": true, "rtrim": true, "tostring": true, "substring": true, "substr": true, "mid": true, "left": true, "right": true,
	"substringindex": true, "substringutf8": true, "replace": true, "replaceone": true, "replaceall": true, "replaceregexpone": true, "replaceregexpall": true, "extract": true,
	"assumenotnull": true, "tonullable": true, "tolowcardinality": true, "identity": true, "materialize": true, "date": true, "tomonday": true,
	"toyyyymm": true, "toyyyymmdd": true, "toyear": true, "tounixtimestamp": true, "min": true, "max": true, "any": true, "anylast": true,
	"jsonextractstring": true, "jsonextractint": true, "jsonextractuint": true, "jsonextractraw": true, "jsonextract": true,
	"simplejsonextractstring": true, "visitparamextractstring": true, "extracturlparameter": true, "decodeurlcomponent": true, "domain": true, "path": true}

// picks are functions that give one of the values of their first argument, which the others choose.
var picks = map[string]bool{"argmax": true, "argmin": true, "argmaxif": true, "argminif": true, "anyif": true, "anylastif": true, "maxif": true,
	"minif": true, "nullif": true}

// madeOfTables tells a call whose arguments are constants and columns of tables.
func (j *judge) madeOfTables(call id) bool {
	for c := j.nodes[call].first; c != 0; c = j.nodes[c].next {
		if !j.isConstant(c) && !j.isTableText(c) {
			return false
		}
	}
	return true
}

// isTableQuery tells a query that gives columns of tables as they are.
func (j *judge) isTableQuery(n id) bool {
	return j.nodes[n].kind == kSub && !slices.ContainsFunc(j.arms(nil, j.nodes[n].first), func(s id) bool { return !j.readsColumns(s) })
}

// isHashed tells what a one-way function gives, in its usual writings.
func (j *judge) isHashed(n id) bool {
	for j.nodes[n].kind == kCall {
		switch group := j.c.quiet[j.functionOf(n)]; {
		case group&oneWay != 0:
			return true
		case group&wrapper == 0:
			return false
		}
		n = j.nodes[n].first
	}
	return false
}

// isHeldQuery tells a query that gives what tables hold.
func (j *judge) isHeldQuery(q id) bool {
	return j.recall(j.ofNode(q, isHeldQuery), true, func() bool {
		return !slices.ContainsFunc(j.arms(nil, q), func(s id) bool {
			p := j.childOf(s, kProjection)
			return p == 0 || !j.areHeld(j.nodes[p].first)
		})
	})
}

// isHeldName judges a name: what the statement gives it to, or a column if it gives it to nothing.
func (j *judge) isHeldName(n id) bool {
	if j.namesQuery(n) {
		return !slices.ContainsFunc(j.ctes[j.parts(n)[0]], func(c id) bool { return !j.isHeldQuery(c) })
	}
	if j.isTableColumn(n) {
		return true
	}
	names := meanings(j.parts(n))
	for _, name := range names {
		if !isColumnName(name) || j.mixes(name) {
			return false
		}
		held := j.recall(j.ofName(name, isHeldName), true, func() bool { // which may lead to itself: ts AS ts
			givers := j.givers(name)
			return len(givers) <= maxArms && !slices.ContainsFunc(givers, func(g id) bool { return !j.givesHeld(g) })
		})
		if !held {
			return false
		}
	}
	return len(names) > 0 && !j.untuples()
}

// givesHeld tells whether what gives a name is an alias of what tables hold, or gets it as the parameter of a lambda.
func (j *judge) givesHeld(g id) bool {
	if lambda := j.lambdaOf(g); lambda != 0 {
		return j.storedLambda(lambda)
	}
	return j.nodes[g].kind == kAlias && j.isHeld(j.nodes[g].first)
}

// isOrdered tells what the order of a secret may be asked with: constants, and columns of tables as they are, or rounded. Whatever
// is joined or cut could be made to follow a search.
func (j *judge) isOrdered(n id) bool {
	if j.isConstant(n) {
		return true
	}
	switch x := &j.nodes[n]; x.kind {
	case kIdent:
		return j.isOrderedName(n)
	case kAlias, kElementOf:
		return j.isOrdered(x.first)
	case kCast: // one: of two the first may change what the second counts
		return j.isOrdered(x.first) && !j.isCast(x.first) && j.isPlainType(x.last)
	case kSubscript:
		return j.isOrdered(x.first) && j.restConstant(x.first)
	case kTuple:
		for c := x.first; c != 0; c = j.nodes[c].next {
			if !j.isOrdered(c) {
				return false
			}
		}
		return true
	case kCall:
		lower := j.functionOf(n)
		if j.childOf(n, kOver) != 0 || !keepsOrder[lower] && j.c.quiet[lower]&cast == 0 && !strings.HasPrefix(lower, "tostartof") ||
			!j.hasPlainType(n, lower) || !j.isOrdered(x.first) || j.isCast(n) && j.isCast(x.first) {
			return false
		}
		return x.first != 0 && j.restConstant(x.first)
	}
	return false
}

func (j *judge) isCast(n id) bool {
	for j.nodes[n].kind == kAlias {
		n = j.nodes[n].first
	}
	switch j.nodes[n].kind {
	case kCast:
		return true
	case kCall:
		return j.c.quiet[j.functionOf(n)]&cast != 0
	case kIdent:
		return j.recall(j.ofNode(n, isCast), false, func() bool { return j.isGiven(n, j.isCast) })
	}
	return false
}

// isGiven tells whether an alias gives the name at n to what is such as f tells. In toDate(ts) AS ts the inner ts is not the
// alias.
func (j *judge) isGiven(n id, f func(id) bool) bool {
	at := j.nodes[n].tok
	return slices.ContainsFunc(meanings(j.parts(n)), func(name string) bool {
		return slices.ContainsFunc(j.givers(name), func(g id) bool {
			x := &j.nodes[g]
			return x.kind == kAlias && (at < x.tok || at >= x.end) && f(x.first)
		})
	})
}

// isUncast tells what no cast makes denser than a table holds it; a date of a time is less.
func (j *judge) isUncast(n id) bool {
	for j.nodes[n].kind == kAlias {
		n = j.nodes[n].first
	}
	switch x := &j.nodes[n]; x.kind {
	case kCast:
		return strings.HasPrefix(j.typeText(x.last), "Date")
	case kCall:
		return strings.HasPrefix(j.functionOf(n), "todate") || !j.isCast(n)
	case kIdent:
		return !j.recall(j.ofNode(n, isDenser), false, func() bool {
			return j.isGiven(n, func(x id) bool { return !j.isUncast(x) })
		})
	}
	return true
}

// keepsOrder are functions that make fewer values of those of a column, and none that is not one of them or a rounded one.
var keepsOrder = map[string]bool{"lower": true, "upper": true, "tostring": true, "assumenotnull": true, "tonullable": true, "date": true,
	"tomonday": true, "toyyyymm": true, "toyyyymmdd": true, "toyear": true, "tounixtimestamp": true, "min": true, "max": true, "any": true, "anylast": true}

// isOrderedName judges a name: what the statement gives it to, or a column if it gives it to nothing.
func (j *judge) isOrderedName(n id) bool {
	if j.isTableColumn(n) {
		return true
	}
	names := meanings(j.parts(n))
	for _, name := range names {
		ordered := isColumnName(name) && j.recall(j.ofName(name, isOrderedName), true, func() bool {
			givers := j.givers(name)
			return len(givers) <= maxArms && !j.mixesWith(name, j.isOrdered) && !slices.ContainsFunc(givers, func(g id) bool {
				return j.nodes[g].kind != kAlias || !j.isOrdered(j.nodes[g].first)
			})
		})
		if !ordered {
			return false
		}
	}
	return len(names) > 0 && !j.untuples() && !j.namesQuery(n)
}

// untuples tells whether something takes a tuple apart or is applied to a star: both give names that no alias gave.
func (j *judge) untuples() bool {
	return j.once(&j.stars, func() bool {
		for n := id(1); n < id(len(j.nodes)); n++ {
			switch x := &j.nodes[n]; {
			case x.kind == kStar && slices.ContainsFunc(j.parts(n), j.isAlias), x.kind == kTransform && x.op == wApply,
				x.kind == kCall && j.functionOf(n) == "untuple":
				return true
			}
		}
		return false
	})
}
