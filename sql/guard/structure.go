package guard

import (
	"strings"

	"penstock/sql/lexer"
)

// Texts in the arguments of table functions are more than data. The structure of a table may compute columns
// ('x String ALIAS file(…)'), and a row of the format Values may be any expression: both would run what nobody judged.

const ruleStructure = "table-structure"

// texts judges the strings among the arguments of a table function.
func (j *judge) texts(name string, f tableFunction, args id) {
	lower := strings.ToLower(name)
	reads := lower == "format" || f.class == tableOutbound && f.outbound.address == webURL
	i, count := 0, j.count(args)
	j.each(args, func(a id) {
		i++
		if reads && j.isValues(a) {
			j.refuse(ruleStructure, a, "The format Values runs what it reads as expressions.", "Take another format, such as JSONEachRow or CSV.")
		}
		switch {
		case lower == "format" && i == count && count > 1, lower == "values" && i > 1: // data
		case f.class == tableOutbound && !f.outbound.structured(): // names, and credentials
		case j.isQuotedName(a):
			j.refuse(ruleStructure, a, "A quoted name stands for a text here.", "Write texts as strings.")
		case j.computes(a): // wherever it stands: which place is the structure's depends on the other arguments
			j.refuse(ruleStructure, a, "The structure of a table may not compute columns here.", "Write names and types only, without DEFAULT, MATERIALIZED, EPHEMERAL or ALIAS.")
		}
	})
}

// isQuotedName tells a name that may hold whatever a string may: ClickHouse takes names in these places for texts.
func (j *judge) isQuotedName(a id) bool {
	if j.nodes[a].kind != kIdent {
		return false
	}
	for c := j.nodes[a].first; c != 0; c = j.nodes[c].next {
		if x := &j.nodes[c]; x.kind == kName && j.toks[x.name].kind != lexer.Word {
			return true
		}
	}
	return false
}

// takesText tells the generators of rows that read a text: a structure, or rows.
func takesText(name string) bool {
	switch strings.ToLower(name) {
	case "format", "null", "generaterandom", "values":
		return true
	}
	return false
}

// fixedTexts demands plain arguments of the functions that take a structure or a format: one that is computed cannot be read.
func (j *judge) fixedTexts(name string, args id) {
	switch {
	case !takesText(name):
	case !strings.EqualFold(name, "values"):
		j.plainArguments(args)
	default: // what stands for a text there is the structure
		j.each(args, func(a id) {
			name, _ := j.nameOf(j.nodes[a].name)
			if k := j.nodes[a].kind; k == kIdent || k == kCall && j.isLambda(name, j.nodes[a].tok) {
				j.refuse(ruleArgument, a, "The arguments of values must be values.", "Write the values themselves.")
			}
		})
	}
}

// isValues tells the name of the format Values, in whatever case, and an address with its ending, by which ClickHouse finds it.
func (j *judge) isValues(a id) bool {
	switch x := &j.nodes[a]; x.kind {
	case kIdent:
		parts := j.parts(a)
		return len(parts) == 1 && strings.EqualFold(parts[0], "values")
	case kLiteral:
		j.varying = j.varying || j.spanIn(j.start(a), j.endByte(a), 0)
		text, _ := j.nameOf(x.tok)
		file := strings.ToLower(text[strings.LastIndexByte(text, '/')+1:])
		return file == "values" && !strings.Contains(text, "/") || strings.Contains(file, ".values")
	}
	return false
}

// computes tells whether a string, read as the structure of a table, has a column with an expression. What a secret holds is
// a credential.
func (j *judge) computes(a id) bool {
	if !j.isString(a) || j.spanIn(j.start(a), j.endByte(a), lexer.Secret) {
		return false
	}
	j.varying = j.varying || j.spanIn(j.start(a), j.endByte(a), 0)
	text, ok := j.nameOf(j.nodes[a].tok)
	if !ok {
		return true
	}
	last := lexer.Comma
	l := lexer.New(text)
	for t := l.Next(); t.Kind != lexer.End; t = l.Next() {
		switch t.Kind {
		case lexer.Space, lexer.Comment:
			continue
		case lexer.Word:
			if last == lexer.Comma || last == lexer.OpenRound {
				break // the name of a column
			}
			switch strings.ToUpper(text[t.Start:t.End]) {
			case "DEFAULT", "MATERIALIZED", "EPHEMERAL", "ALIAS", "TTL":
				return true
			}
		}
		last = t.Kind
	}
	return false
}

// aggregateTypes judges the aggregate functions that types name: AggregateFunction(name, …) makes one as a call does. Types
// stand in the grammar and in strings: CAST(x, 'T'), JSONExtract(x, 'T').
func (j *judge) aggregateTypes() {
	if !strings.Contains(j.sql, "AggregateFunction") && !strings.ContainsRune(j.sql, '\\') {
		return
	}
	for n := id(1); n < id(len(j.nodes)); n++ {
		text, ok := "", false
		switch x := &j.nodes[n]; {
		case x.kind == kType:
			text, ok = j.sql[j.start(n):j.endByte(n)], true
		case x.kind == kLiteral && j.isString(n):
			text, ok = j.nameOf(x.tok)
		case x.kind == kName: // value.:`AggregateFunction(name, …)`
			text, ok = j.nameOf(x.name)
		}
		if ok && strings.Contains(text, "AggregateFunction") {
			j.aggregateType(n, text)
		}
	}
}

// typeArguments are the functions that read the name of a type from a text, and where it stands among their arguments; -1 is the
// last.
var typeArguments = map[string]int{"cast": 1, "_cast": 1, "accuratecast": 1, "accuratecastornull": 1, "accuratecastordefault": 1, "reinterpret": 1,
	"defaultvalueoftypename": 0, "dynamicelement": 1, "variantelement": 1, "getsubcolumn": 1, "jsonextract": -1, "jsonextractcaseinsensitive": -1,
	"jsonextractkeysandvalues": -1, "jsonextractkeysandvaluescaseinsensitive": -1}

// typeArgument is the argument of a call that names a type, 0 for none.
func (q *Query) typeArgument(n id, lower string) (arg id) {
	i, ok := typeArguments[lower]
	switch {
	case !ok:
		return 0
	case i >= 0:
		return q.argument(n, i)
	}
	for c := q.argument(n, 0); c != 0 && q.nodes[c].kind != kFilter && q.nodes[c].kind != kOver; c = q.nodes[c].next {
		arg = c
	}
	return arg
}

// typeInText demands that a type is named by a plain text, which aggregateTypes has read: a computed one may name whatever
// aggregate function there is.
func (j *judge) typeInText(n id, lower string) {
	if arg := j.typeArgument(n, lower); arg != 0 && !j.isPlainText(arg) {
		j.refuse(ruleFunction, arg, "The guard cannot read the type that is named here.", "Write it as one plain string.")
	}
}

// isPlainText tells a string, and a name that the statement gives to strings only.
func (j *judge) isPlainText(n id) bool {
	for j.nodes[n].kind == kAlias {
		n = j.nodes[n].first
	}
	if j.nodes[n].kind != kIdent {
		j.varying = j.varying || j.isString(n) && j.varies(j.nodes[n].tok)
		return j.isString(n)
	}
	parts := j.parts(n)
	if len(parts) != 1 {
		return false
	}
	givers := j.givers(parts[0])
	for i, g := range givers {
		if x := &j.nodes[g]; i == maxArms || x.kind != kAlias || !j.isString(x.first) {
			return false
		} else if j.varies(j.nodes[x.first].tok) {
			j.varying = true
		}
	}
	return len(givers) > 0
}

func isAggregateType(token string) bool {
	name, ok := lexer.Unquote(token)
	return ok && token[0] != '\'' && (name == "AggregateFunction" || name == "SimpleAggregateFunction")
}

func (j *judge) aggregateType(n id, text string) {
	type step uint8
	const (
		none step = iota
		word
		open
	)
	at := none
	l := lexer.New(text)
	for t := l.Next(); t.Kind != lexer.End; t = l.Next() {
		name := text[t.Start:t.End]
		switch {
		case t.Kind == lexer.Space || t.Kind == lexer.Comment:
		case isAggregateType(name):
			at = word
		case at == word && t.Kind == lexer.OpenRound:
			at = open
		case at == open && (t.Kind == lexer.Number || t.Kind == lexer.Comma): // the version of the state
		case at == open && (t.Kind == lexer.Word || t.Kind == lexer.QuotedName):
			name, _ = lexer.Unquote(name)
			if _, known := j.c.aggregate(name); !known && !j.p.Functions[name] {
				j.refuse(ruleFunction, n, "The type here names an aggregate function that the guard does not know.", "Mind the case of its name; an operator allows further functions with --allow-function.")
			}
			at = none
		default:
			at = none
		}
	}
}
