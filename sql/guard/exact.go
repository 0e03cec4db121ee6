package guard

import (
	"regexp"
	"slices"
	"strings"

	"penstock/sql/lexer"
)

// What a secret is compared with as it is decides what the engine makes of it: beside a Date it reads a date and forgets the
// time behind it, beside a Decimal(2, 1) or a float it cuts or rounds. So the other side is one that the engine reads a text
// for whole or not at all: a text, a whole number of 64 bits, a column as it is. Whatever else counts as a cast of the secret.

// isExact tells such an expression. Of a column it believes that its type is one: the guard knows none.
func (j *judge) isExact(n id) bool {
	switch j.nodes[n].kind {
	case kTuple, kArray, kCall: // which may be long, and asked for by each secret
		return j.recall(j.ofNode(n, isExact), true, func() bool { return j.isExactNode(n) })
	}
	return j.isExactNode(n)
}

func (j *judge) isExactNode(n id) bool {
	switch x := &j.nodes[n]; x.kind {
	case kLiteral:
		return j.isString(n) || wholeNumber.MatchString(j.sql[j.start(n):j.endByte(n)]) || j.toks[x.tok].word == wNull
	case kUnary:
		return x.sym == lexer.Minus && j.isExact(x.first)
	case kBinary:
		return x.sym == lexer.Concatenation
	case kCast:
		return exactType.MatchString(j.typeText(x.last))
	case kAlias, kSubscript, kElementOf:
		return j.isExact(x.first)
	case kTuple, kArray:
		return j.areExact(x.first)
	case kTernary, kCase:
		return j.choosesOnly(n, j.isExact)
	case kCall:
		return j.isExactCall(n)
	case kSub:
		return j.isExactQuery(x.first)
	case kIdent:
		return j.isExactName(n)
	case kType:
		return true // of the cast around it
	}
	return false
}

// wholeNumber is a number of at most 18 digits.
var wholeNumber = regexp.MustCompile(`^\d{1,18}$`)

// exactType are the types that are read whole or not at all. Integers of more bits wrap.
var exactType = regexp.MustCompile(`^(?:(?:Array|Nullable|LowCardinality)\s*\(\s*)*(?:String|U?Int(?:8|16|32|64)|UUID|IPv[46])[\s)]*$`)

// typeText is a type as the grammar or a text names it.
func (j *judge) typeText(n id) string {
	if j.isString(n) {
		text, _ := j.nameOf(j.nodes[n].tok)
		return text
	}
	return j.sql[j.start(n):j.endByte(n)]
}

// areExact tells it of a node and those behind it.
func (j *judge) areExact(n id) bool {
	for ; n != 0; n = j.nodes[n].next {
		if !j.isExact(n) {
			return false
		}
	}
	return true
}

func (j *judge) isExactCall(n id) bool {
	lower, first := j.functionOf(n), j.nodes[n].first
	group := j.c.quiet[lower]
	switch arg := j.typeArgument(n, lower); {
	case arg != 0:
		return exactType.MatchString(j.typeText(arg))
	case group&cast != 0:
		return exactCast.MatchString(lower)
	case group&(text|wrapper|oneWay|split) != 0, givesText[lower], dictionaryValue.MatchString(lower) && !strings.Contains(lower, "date") && !strings.Contains(lower, "float"):
		return true
	case lower == "if", lower == "multiif":
		return j.choosesOnly(n, j.isExact)
	case picks[lower]:
		return j.isExact(first)
	case lower == "arraymap":
		return j.nodes[first].kind == kLambda && j.isExact(j.nodes[first].last)
	case lower == "arrayfilter":
		return j.areExact(j.nodes[first].next)
	}
	return keepsType[lower] && j.areExact(first)
}

// exactCast are the functions that convert to exactType.
var exactCast = regexp.MustCompile(`^to(?:u?int(?:8|16|32|64)|uuid|ipv[46])(?:ornull|orzero|ordefault)?$`)

// givesText are functions beside those of lists/quiet.txt that give texts, lists of texts or whole numbers.
var givesText = map[string]bool{"tostring": true, "extract": true, "extractall": true, "replaceregexpone": true, "replaceregexpall": true,
	"substringindex": true, "jsonextractraw": true, "jsonextractarrayraw": true, "jsonextractkeys": true, "jsonextractint": true,
	"jsonextractuint": true, "extracturlparameter": true, "decodeurlcomponent": true, "arraystringconcat": true, "splitbywhitespace": true,
	"splitbynonalpha": true, "splitbyalpha": true, "splitbyregexp": true, "tokens": true, "alphatokens": true, "toyyyymm": true,
	"toyyyymmdd": true, "toyear": true, "tounixtimestamp": true, "unhex": true, "char": true, "repeat": true}

// keepsType are functions that give what is of the type of their arguments, or lists of it.
var keepsType = map[string]bool{"assumenotnull": true, "tonullable": true, "tolowcardinality": true, "identity": true, "materialize": true,
	"min": true, "max": true, "any": true, "anylast": true, "ifnull": true, "coalesce": true, "nullif": true, "tuple": true, "array": true,
	"arrayjoin": true, "arraydistinct": true, "arrayreverse": true, "arraysort": true, "arrayreversesort": true, "arrayconcat": true,
	"arrayslice": true, "arraycompact": true, "arrayflatten": true, "flatten": true, "arrayintersect": true, "arrayelement": true,
	"grouparray": true, "groupuniqarray": true, "grouparrayarray": true, "groupuniqarrayarray": true, "mapkeys": true, "mapvalues": true,
	"tupleelement": true, "laginframe": true, "leadinframe": true, "first_value": true, "last_value": true}

// isExactQuery tells it of the columns that a query gives, which may read from itself.
func (j *judge) isExactQuery(q id) bool {
	return j.recall(j.ofNode(q, isExact), true, func() bool {
		return !slices.ContainsFunc(j.arms(nil, q), func(s id) bool {
			return slices.ContainsFunc(j.items(s), func(item id) bool {
				if j.isStar(item) {
					return !j.starIsExact(s)
				}
				return !j.isExact(item)
			})
		})
	})
}

// starIsExact tells it of all columns that a SELECT reads.
func (j *judge) starIsExact(s id) bool {
	exact := true
	j.within(j.childOf(s, kFrom), func(n id) bool {
		switch x := &j.nodes[n]; x.kind {
		case kOn: // whose queries give no columns
			return false
		case kSub:
			exact = exact && j.isExact(n)
			return false
		case kTable:
			if parts := j.parts(n); len(parts) == 1 {
				exact = exact && j.areExactQueries(j.ctes[parts[0]])
			}
		}
		return exact
	})
	return exact
}

func (j *judge) areExactQueries(ctes []id) bool {
	return !slices.ContainsFunc(ctes, func(c id) bool {
		exact := true
		j.within(c, func(n id) bool {
			if j.nodes[n].kind == kQuery {
				exact = exact && j.isExactQuery(n)
				return false
			}
			return exact
		})
		return !exact
	})
}

// isExactName tells it of what the statement gives a name to, and of a column if it gives it to nothing.
func (j *judge) isExactName(n id) bool {
	if j.namesQuery(n) {
		return j.areExactQueries(j.ctes[j.parts(n)[0]])
	}
	return !slices.ContainsFunc(meanings(j.parts(n)), func(name string) bool {
		return !j.recall(j.ofName(name, isExactName), true, func() bool { // which may lead to itself: min(ts) AS ts
			return !j.mixesWith(name, j.isExact) && !slices.ContainsFunc(j.givers(name), func(g id) bool { return !j.givesExact(g) })
		})
	})
}

// givesExact tells it of what gives a name: an alias, or a lambda to its parameter.
func (j *judge) givesExact(g id) bool {
	lambda := j.lambdaOf(g)
	if lambda == 0 {
		return j.nodes[g].kind == kAlias && j.isExact(j.nodes[g].first)
	}
	for a := j.nodes[j.nodes[lambda].up].first; a != 0; a = j.nodes[a].next {
		if a != lambda && !j.isExact(a) {
			return false
		}
	}
	return true
}
