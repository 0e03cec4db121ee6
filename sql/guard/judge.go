package guard

import (
	"cmp"
	"slices"
	"strings"

	"penstock/sql/lexer"
)

// A Mode tells what becomes of an oracle.
type Mode uint8

// The modes.
const (
	// RefuseParts refuses what lets a caller ask for a part of the value, by a pattern, a position or an order; a question
	// after the whole value, as a check of a password is, runs with a warning.
	RefuseParts Mode = iota
	Warn             // every one runs, with a warning
	Refuse           // none runs
)

// Predicates tells what may stand around a secret in a predicate.
type Predicates uint8

// The two rules; DESIGN.md compares them.
const (
	Lenient Predicates = iota // whatever cannot show the value
	Strict                    // nothing, one cast, or a keyed or salted one-way or cipher function
)

// A Policy is what the operator allows one workspace. Its maps are read-only once it is in use, and its Host may be called
// by several goroutines.
type Policy struct {
	Database    string             // the workspace's own
	Tables      map[string]bool    // "database.table" of others that are allowed
	Functions   map[string]bool    // further functions and table functions, by exact name
	Limits      map[string]float64 // the most that a setting of the form "limit" may be given
	Oracles     Mode
	Predicates  Predicates
	AllowFormat bool // a FORMAT clause may stand at the end
	// Host judges the host:port that a table function would reach; listed demands one that the operator lists. Nil allows none.
	Host func(hostport string, listed bool) error
}

// Rules of reach, settings and functions.
const (
	ruleTable         = "foreign-table"
	ruleTableName     = "table-name"
	ruleCaptured      = "captured-name"
	ruleFunction      = "function"
	ruleTableFunction = "table-function"
	ruleArgument      = "table-function-argument"
	ruleHost          = "host"
	ruleSetting       = "setting"
	ruleFormat        = "format"
	ruleEndless       = "endless-rows"
)

// Judge tells what q does under p.
func (q *Query) Judge(p Policy) Report {
	r, _ := q.judge(&p)
	return r
}

type judge struct {
	*Query
	p        *Policy
	c        *catalog
	report   Report
	varying  bool            // the verdict depends on a value in a span or on how a name resolves: it may not be kept
	rows     id              // a place that makes rows out of nothing, 0 for none
	compared bool            // a secret stands in a predicate
	leaves   []leaf          // the literals of secrets
	lambdas  map[string][]id // scopes of the lambdas of WITH by name
	// sendsText tells that a table function sends parts of the statement to another host.
	sendsText bool
	unions    *unionNames // nil before mixesWith needs it
	inspected int         // comparisons that look at a part of a secret
	stars     answer      // of untuples
	recalled  recalled
	said      [2]int // findings of each severity
}

// A leaf is a literal and its first byte.
type leaf struct {
	at   int
	node id
}

// judge also tells whether the verdict would be the same for other values in the spans.
func (q *Query) judge(p *Policy) (r Report, steady bool) {
	j := judge{Query: q, p: p, c: catalogOf()}
	j.reach()
	j.walk()
	j.aggregateTypes()
	j.secrets()
	j.recalled.forget()
	slices.SortStableFunc(j.report.Findings, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	return j.report, !j.varying
}

// nameOf is that of the query, noted where the value of a literal in a span is read.
func (j *judge) nameOf(tok int32) (string, bool) {
	j.varying = j.varying || j.varies(tok)
	return j.tree.nameOf(tok)
}

func (j *judge) say(sev Severity, rule string, n id, sentence, remedy string) {
	j.sayAt(sev, rule, j.start(n), j.endByte(n), sentence, remedy)
}

func (j *judge) sayAt(sev Severity, rule string, start, end int, sentence, remedy string) {
	if j.said[sev]++; j.said[sev] > maxFindings {
		return
	}
	f := j.finding(rule, start, end, sentence, remedy)
	f.Severity = sev
	j.report.Findings = append(j.report.Findings, *f)
}

func (j *judge) refuse(rule string, n id, sentence, remedy string) {
	j.say(Error, rule, n, sentence, remedy)
}

// shown quotes a piece of the statement for a message: nothing of it when a parameter or a secret wrote it.
func (j *judge) shown(start, end int) string {
	if j.spanIn(start, end, 0) || end-start > 120 {
		return "this"
	}
	return strings.Join(strings.Fields(j.sql[start:end]), " ")
}

// spanIn tells whether a span of the kind (0 for any) touches the bytes.
func (q *Query) spanIn(start, end int, kind lexer.SpanKind) bool {
	spans := q.spans
	i, _ := slices.BinarySearchFunc(spans, start, func(s lexer.Span, at int) int {
		if s.End <= at {
			return -1
		}
		return 1
	})
	for ; i < len(spans) && spans[i].Start < end; i++ {
		if kind == 0 || spans[i].Kind == kind {
			return true
		}
	}
	return false
}

func (q *Query) paramIn(n id) bool { return q.spanIn(q.start(n), q.endByte(n), lexer.Param) }

// reach judges the tables that the statement names.
func (j *judge) reach() {
	for _, n := range j.unread {
		j.refuse(ruleTableName, n, "The guard cannot tell which table is meant here.", "Write its name as it is, or as one plain string.")
	}
	for _, n := range j.captured {
		j.refuse(ruleCaptured, n, "The name "+j.shown(j.start(n), j.endByte(n))+" would mean here what the statement around this node or pipe calls so.",
			"Give that common table expression or alias another name.")
	}
	for _, t := range j.tables {
		if t.Kind == ByFunction {
			j.varying = j.varying || j.spanIn(t.Start, t.End, 0)
		}
		if t.Database == "" || t.Database == j.p.Database || j.p.Tables[t.Database+"."+t.Name] {
			continue
		}
		j.sayAt(Error, ruleTable, t.Start, t.End, "The table "+j.shown(t.Start, t.End)+" is not one of this workspace.",
			"Use tables of the workspace's own database, without a database in front.")
	}
	for _, t := range j.tables {
		if t.Database == "system" && (t.Name == "numbers" || t.Name == "numbers_mt" || t.Name == "zeros" || t.Name == "zeros_mt") {
			j.rows = t.node
		}
	}
}

// walk judges every node that calls, sets or reads something.
func (j *judge) walk() {
	var lambdas []id // of WITHs
	for n := id(1); n < id(len(j.nodes)); n++ {
		if j.st.HasSecrets() {
			j.rowSources(n)
		}
		switch j.nodes[n].kind {
		case kCall:
			j.call(n)
		case kAlias:
			j.lambdaName(n)
		case kLambda:
			if j.isNamedLambda(n) {
				lambdas = append(lambdas, n)
			}
		case kStar, kMatcher:
			j.transformers(n)
		case kTableFunc:
			j.tableFunction(n)

		case kSettings:
			if j.nodes[j.nodes[n].up].kind != kParams { // those of a table function are judged with it
				j.settings(n)
			}
		case kFormat:
			if !j.p.AllowFormat {
				j.refuse(ruleFormat, n, "A FORMAT clause is not allowed here.", "The address of the endpoint chooses the format.")
			}
		}
	}
	if lambdas != nil || j.ctes != nil {
		j.expansion(lambdas)
	}
}

// call judges a function by its name.
func (j *judge) call(n id) {
	x := &j.nodes[n]
	name, ok := j.nameOf(x.name)
	if !ok {
		j.refuse(ruleFunction, n, "The guard cannot read the name of this function.", "")
		return
	}
	lower := j.c.lower(name)
	if hasNoCase(j.toks[x.name].word) {
		name = lower
	}
	j.functionName(x.name, name)
	switch lower {
	case "arrayreduce", "arrayreduceinranges", "initializeaggregation":
		j.aggregateInText(n)
	default:
		j.typeInText(n, lower)
	}
	if isHigherOrder(lower) {
		j.functionAsArgument(n)
	}
}

// hasNoCase tells the functions that are words of the grammar.
func hasNoCase(w word) bool {
	switch w {
	case wCast, wExtract, wPosition, wSubstring, wSubstr, wTrim, wOverlay:
		return true
	}
	return false
}

// aggregateInText judges the aggregate function that a call names in its first argument: 'quantiles(0.5)'.
func (j *judge) aggregateInText(n id) {
	arg := j.argument(n, 0)
	if arg == 0 {
		return // the engine says what is missing
	}
	if !j.isString(arg) {
		j.refuse(ruleFunction, arg, "The guard cannot read the name of the aggregate function.", "Write it as one plain string.")
		return
	}
	j.varying = j.varying || j.spanIn(j.start(arg), j.endByte(arg), 0)
	text, ok := j.nameOf(j.nodes[arg].tok)
	name, _, _ := strings.Cut(text, "(")
	name = strings.TrimSpace(name)
	if _, known := j.c.aggregate(name); !ok || !known && !j.p.Functions[name] {
		j.refuse(ruleFunction, arg, "The aggregate function "+j.shown(j.start(arg), j.endByte(arg))+" is not one that the guard knows.",
			"Mind the case of its name; an operator allows further functions with --allow-function.")
	}
}

func (j *judge) functionName(tok int32, name string) {
	if _, _, ok := j.c.function(name); ok || j.p.Functions[name] || j.isLambda(name, tok) {
		return
	}
	t := &j.toks[tok]
	shown := j.shown(int(t.start), int(t.end))
	if reason := j.c.refused[j.c.lower(name)]; reason != "" {
		j.sayAt(Error, ruleFunction, int(t.start), int(t.end), "The function "+shown+" is not allowed: it "+reason+".", "")
		return
	}
	j.sayAt(Error, ruleFunction, int(t.start), int(t.end), "The function "+shown+" is not one that the guard knows.",
		"Mind the case of its name; an operator allows further functions with --allow-function.")
}

// isNamedLambda tells a lambda to which a WITH gives a name.
func (j *judge) isNamedLambda(n id) bool {
	up := &j.nodes[j.nodes[n].up]
	return j.nodes[n].kind == kLambda && up.kind == kAlias && j.nodes[up.up].kind == kWith
}

// isLambda tells whether name means the lambda of a WITH that stands above the token.
func (j *judge) isLambda(name string, tok int32) bool {
	if j.lambdas == nil {
		j.lambdas = map[string][]id{}
		for n := range j.nodes {
			x := &j.nodes[n]
			if x.kind == kAlias && j.nodes[x.first].kind == kLambda && j.nodes[x.up].kind == kWith {
				if a, ok := j.nameOf(x.name); ok && len(j.lambdas[a]) < maxArms {
					j.lambdas[a] = append(j.lambdas[a], j.nodes[x.up].up)
				}
			}
		}
	}
	for _, scope := range j.lambdas[name] {
		if s := &j.nodes[scope]; tok >= s.tok && tok < s.end {
			return true
		}
	}
	return false
}

// lambdaName refuses a lambda that has the name of a function: ClickHouse would call it instead, for an operator as well. So that
// no other name leads to one, only a WITH names a lambda, and once.
func (j *judge) lambdaName(n id) {
	x := &j.nodes[n]
	first := x.first
	for j.nodes[first].kind == kAlias {
		first = j.nodes[first].first
	}
	switch y := &j.nodes[first]; y.kind {
	case kLambda:
		if first != x.first || j.nodes[x.up].kind != kWith {
			j.refuse(ruleFunction, n, "A lambda gets a name here.", "Name it in a WITH.")
			return
		}
	case kIdent: // WITH x -> x AS f, f AS g
		j.isLambda("", 0)
		if parts := j.parts(first); len(parts) > 0 && len(j.lambdas[parts[len(parts)-1]]) > 0 {
			j.refuse(ruleFunction, n, "A lambda gets another name here.", "Call it by the one that its WITH gives it.")
		}
		return
	default:
		return
	}
	name, ok := j.nameOf(x.name)
	lower := j.c.lower(name)
	_, _, known := j.c.function(name)
	if !ok || known || j.c.folded[lower] || j.c.refused[lower] != "" || j.c.quiet[lower] != 0 || j.p.Functions[name] {
		j.refuse(ruleFunction, n, "A lambda has the name of a function.", "Give it another name.")
	}
}

// isHigherOrder tells the functions that take a lambda first; ClickHouse takes the bare name of a function there as well.
func isHigherOrder(lower string) bool {
	return strings.HasPrefix(lower, "array") || strings.HasPrefix(lower, "map")
}

// functionAsArgument judges a bare name in the place of a lambda: arrayMap(upper, list).
func (j *judge) functionAsArgument(n id) {
	first := j.argument(n, 0)
	if first == 0 || j.argument(n, 1) == 0 {
		return
	}
	for j.nodes[first].kind == kAlias {
		first = j.nodes[first].first
	}
	if j.nodes[first].kind != kIdent {
		return
	}
	parts := j.parts(first)
	if len(parts) != 1 {
		return
	}
	lower := strings.ToLower(parts[0])
	if j.takesLambda(n) && (namesDictionary(lower) || isInFunction(lower)) {
		j.refuse(ruleTableName, first, "The guard cannot tell which table this function would read.", "Call it in a lambda.")
	}
	if _, refused := j.c.refused[lower]; refused || j.takesLambda(n) {
		j.functionName(j.nodes[first].tok, parts[0])
	}
}

// takesLambda tells the functions that, with two or more arguments, take nothing but a lambda first.
func (j *judge) takesLambda(n id) bool {
	name, _ := j.nameOf(j.nodes[n].name)
	switch j.c.lower(name) {
	case "arraymap", "arrayfilter", "arrayexists", "arrayall", "arraycount", "arrayfirst", "arrayfirstindex", "arrayfirstornull",
		"arraylast", "arraylastindex", "arraylastornull", "arrayfold", "arraysum", "arraymin", "arraymax", "arrayavg", "arrayproduct",
		"arraysort", "arrayreversesort", "arrayfill", "arrayreversefill", "arraysplit", "arrayreversesplit", "arraycumsum",
		"arraycumsumnonnegative", "arraycompact", "arraydifference", "mapapply", "mapfilter", "mapexists", "mapall", "mapsort",
		"mapreversesort":
		return true
	case "arraypartialsort", "arraypartialreversesort", "arraytopk", "arraybottomk", "mappartialsort", "mappartialreversesort":
		return j.argument(n, 2) != 0 // with two a number comes first
	}
	return false
}
