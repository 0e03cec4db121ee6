package guard

import (
	"slices"
	"strconv"

	"penstock/sql/lexer"
)

// A walker is what is known of a secret on the way up from its literal to the predicate.
//
// The danger is the error: ClickHouse computes what is constant beforehand, and an error of any function, of a comparison
// between a text and a number too, quotes what it computed. The redactor knows the value as it is, not reversed, cut or
// encoded. So a changed value may meet only what cannot fail: another text, when it is a text, or another number.
type walker struct {
	*judge
	from      id // the child that the way comes through
	level     int
	hidden    bool // a one-way or cipher function stands around it: what comes of it says nothing about it
	compared  bool // it is behind a comparison
	loose     bool // something else than the strict rule allows stands around it
	cut       bool // a part was taken out of it, or it was looked into: a hash of that is no hash of the value
	fitted    bool // a cast left of it what fits into a type
	guessable bool // of which there are so few that a caller can try them all
	iv        bool // it stands behind the key of a cipher: what an error could quote is no secret
	encoded   bool // it is written in another way, or joined to something
	twice     bool // it is compared with what holds a secret too
	list      bool // it was split: what is compared are its parts, each whole
	part      bool // a part of it is compared
	oracle    bool // the comparison tells about a part of it, or about something that the caller chooses
	parts     bool // and it is the caller who asks for a part
	ordering  bool // the comparison asks for the order
	rule      string
	sentence  string
	remedy    string
}

// maxInspected is in how many comparisons one statement may look at a part of a secret. Each tells something else.
const maxInspected = 8

// Levels of change.
const (
	raw      = iota // the literal itself, maybe in a list
	casted          // one cast around it: an error quotes it as it is
	measured        // a length, a position, a truth: it tells little
	changed         // anything else
)

func (w *walker) stop(rule, sentence string) {
	w.stopWith(rule, sentence, "Compare the secret itself, or a hash of it, with a column of a table of the workspace.")
}

func (w *walker) stopWith(rule, sentence, remedy string) {
	if w.rule == "" {
		w.rule, w.sentence, w.remedy = rule, sentence, remedy
	}
}

// toConstants is the remedy where a part of a secret meets more than it may.
const toConstants = "Compare the whole value, or a part of it with constants, joined by AND, OR and NOT."

// bare tells that an error here could quote the secret in a changed form.
func (w *walker) bare() bool { return w.level == changed && !w.hidden && !w.iv }

func (w *walker) throws() {
	if w.bare() {
		w.stop(ruleThrows, "An error here could quote the secret in a changed form.")
	}
}

// predicate judges a secret below WHERE, PREWHERE, HAVING or ON.
func (j *judge) predicate(n, clause id, u *Use) {
	w := walker{judge: j, from: n}
	for at := j.nodes[n].up; at != clause && w.rule == ""; at = j.nodes[at].up {
		w.step(at)
		w.from = at
	}
	if w.rule == "" && !w.compared {
		w.stop(ruleCompare, "The secret stands in a predicate but is compared with nothing.")
	}
	if w.rule == "" && j.sentAway(clause) {
		w.stop(ruleRemote, "This predicate is sent to another server together with the secret.")
	}
	u.Verdict = Exposed
	if w.rule != "" {
		j.sayAt(Error, w.rule, u.Start, u.End, w.sentence, w.remedy)
		return
	}
	if w.loose && j.p.Predicates == Strict {
		j.sayAt(Error, ruleStrict, u.Start, u.End, "This workspace allows around a secret only a cast, or a hash or cipher function.", "")
		return
	}
	j.compared = true
	j.report.Blind = j.report.Blind || !w.hidden || w.cut
	u.Verdict = Predicate
	if w.oracle && w.loose || w.ordering || w.iv || w.twice || w.fitted && !w.hidden {
		if j.inspected++; j.inspected > maxInspected {
			j.sayAt(Error, ruleRows, u.Start, u.End, "The statement looks at parts of secrets in more than "+strconv.Itoa(maxInspected)+" comparisons: together they give a value back.",
				"Compare the whole value, or a salted hash of it.")
			return
		}
	}
	if !w.oracle {
		return
	}
	u.Verdict = Oracle
	sev := Warning
	if j.p.Oracles == Refuse || j.p.Oracles == RefuseParts && w.parts {
		sev = Error
	}
	j.sayAt(sev, ruleOracle, u.Start, u.End, "Whoever may call this can find the secret out bit by bit.", "Compare a salted hash of it for equality instead.")
}

// step judges one node above the secret.
func (w *walker) step(at id) {
	x := &w.nodes[at]
	if (w.part || w.compared && (w.ordering || w.fitted) && !w.hidden) && !w.joins(at) {
		w.stopWith(ruleRows, "What is asked of a part of a secret may be joined by AND, OR and NOT only: whatever else could put many answers into one.", toConstants)
	}
	if w.iv && !w.compared && !w.equates(at) {
		w.stop(ruleThrows, "What a cipher makes with this secret may be compared for equality as it is, and nothing else.")
	}
	if w.hidden && w.cut && !w.compared && !w.keeps(at) {
		w.stop(ruleThrows, "A hash of a part of the secret may be compared as it is or written in hex, and nothing else.")
	}
	switch x.kind {
	case kAlias:
		w.stop(ruleAlias, "An alias around the secret makes it readable in other clauses.")
	case kCase:
		w.throws()
		w.condition(at)
		if x.flag && !w.compared && !w.hidden { // CASE secret WHEN …
			w.stop(ruleThrows, "CASE compares the secret here in a way that the guard does not follow: write CASE WHEN … = … THEN.")
		}
	case kTernary:
		w.throws()
		w.condition(at)
	case kTuple, kArray:
		w.throws()
	case kLambda:
		w.lambda(at)
	case kUnary:
		if x.op != wNot {
			w.throws()
			w.change()
		}
	case kBinary:
		w.binary(at)
	case kLike:
		if w.from != x.first || x.op == wRegexp {
			w.throws() // errors quote the pattern
		}
		w.compare(at, true)
	case kIs:
		w.compare(at, true)
	case kIn, kDistinctFrom, kQuantified, kBetween:
		w.compare(at, false)
	case kCast:
		w.cast(w.typeText(x.last))
	case kTypeLit, kInterval:
		w.cast("")
	case kCall:
		w.call(at)
	case kSubscript, kElementOf:
		w.throws()
		w.change()
		w.cut = w.cut || !w.hidden && !w.compared
	default:
		w.stop(ruleThrows, "The secret stands inside something that the guard does not allow around one.")
	}
}

// condition refuses a secret that is what a choice is made by, and compared with nothing.
func (w *walker) condition(at id) {
	i, x := 0, &w.nodes[at]
	for c := x.first; c != 0 && c != w.from; c = w.nodes[c].next {
		i++
	}
	if !w.compared && !(x.kind == kCase && x.flag) && i%2 == 0 && w.nodes[w.from].next != 0 {
		w.stop(ruleCompare, "The secret chooses something here but is compared with nothing.")
	}
}

// equates tells a comparison for equality of two values.
func (w *walker) equates(at id) bool {
	switch x := &w.nodes[at]; x.kind {
	case kBinary:
		return x.sym == lexer.Equals || x.sym == lexer.NotEquals
	case kCall:
		name := w.functionOf(at)
		return name == "equals" || name == "notequals"
	}
	return false
}

// keeps tells what may stand around a hash of a part: a comparison, or another way to write it.
func (w *walker) keeps(at id) bool {
	switch x := &w.nodes[at]; x.kind {
	case kLike, kIs, kIn, kDistinctFrom, kQuantified, kBetween:
		return true
	case kBinary:
		return w.equates(at) || w.orders(at)
	case kCall:
		return w.groupOf(at)&(wrapper|truth) != 0
	}
	return false
}

// joins tells AND, OR and NOT.
func (w *walker) joins(at id) bool {
	switch x := &w.nodes[at]; x.kind {
	case kBinary:
		return x.op == wAnd || x.op == wOr
	case kUnary:
		return x.op == wNot
	case kCall:
		switch w.functionOf(at) {
		case "and", "or", "not":
			return true
		}
	}
	return false
}

// lambda judges a comparison for each item of an array. The items are what tables hold: others would be rows out of nothing.
func (w *walker) lambda(at id) {
	switch call := w.nodes[at].up; w.functionOf(call) {
	case "arrayexists", "arrayall", "arraycount", "arrayfilter", "arrayfirst", "arraylast", "arrayfirstindex", "arraylastindex", "mapexists", "mapall":
		if w.compared && w.storedLambda(at) {
			return
		}
	}
	w.stop(ruleRows, "Each item would ask something else about the secret here: together they give the whole value back.")
}

func (w *walker) change() {
	if !w.hidden && !w.compared {
		w.level, w.loose, w.encoded = changed, true, true
	}
}

// compare notes a comparison; inspects tells that it looks at parts of the value.
func (w *walker) compare(at id, inspects bool) {
	if w.compared {
		w.throws()
		return
	}
	if w.bare() && !w.meetsItsKind(at) {
		w.stopWith(ruleThrows, "The other side may be of another type, and then the error quotes the secret in a changed form.",
			"Say of what type it is: toString(column) = lower(…).")
	}
	w.compared = true
	if w.hidden && !w.cut {
		return
	}
	for c := w.nodes[at].first; c != 0 && !w.fitted && w.level == raw; c = w.nodes[c].next {
		w.fitted = c != w.from && !w.isExact(c)
		w.guessable = w.fitted
	}
	w.part = inspects || w.cut || w.list || w.iv
	w.loose = w.loose || w.part && !w.iv
	w.ordering = w.orders(at)
	for c := w.nodes[at].first; c != 0; c = w.nodes[c].next {
		w.operand(at, c)
	}
	asked := w.asks(at)
	w.oracle = w.loose || asked
	w.parts = asked && (w.part || w.ordering || w.guessable) // what is joined to it leaves the value whole
}

// operand judges one side of a comparison, the secret's own included, by the table in DESIGN.md.
func (w *walker) operand(at, c id) {
	own := c == w.from
	w.twice = w.twice || !own && w.spanIn(w.start(c), w.endByte(c), lexer.Secret)
	if w.nodes[c].kind == kType || w.isConstant(c) {
		return
	}
	switch {
	case w.iv && (own && w.madeOfTables(c) || !own && w.isTableText(c) && w.isConstant(w.from)):
	case w.part:
		if own || !w.partMeets(at, c) {
			w.stopWith(ruleRows, "Each row would ask something else about a part of the secret here: together they give the whole value back.", toConstants)
		}
	case w.ordering:
		if own || w.encoded || !w.isOrdered(c) {
			w.stopWith(ruleRows, "The secret is ordered with what each row computes: together they give the whole value back.",
				"Order it with a column as it is, or with a constant.")
		}
	case w.fitted && !own && !(w.isOrdered(c) && w.isUncast(c)) && !w.isTableQuery(c), !w.isHeld(c) && (own || !w.isHashed(c)):
		w.stop(ruleRows, "The secret is compared with what each row computes: of all of these one is it.")
	}
}

// partMeets tells whether a part of a secret as it is may be compared with a column: an element of its list, a beginning or an end
// of it, and, where the secret is what is looked for, whatever it is looked for in.
func (w *walker) partMeets(at, c id) bool {
	if w.cut || w.encoded {
		return false
	}
	x := &w.nodes[at]
	switch {
	case w.list, x.kind == kLike && w.from != x.first:
		return w.isTableText(c)
	case x.kind == kCall:
		switch w.functionOf(at) {
		case "hastoken", "hastokencaseinsensitive", "hastokenornull", "like", "notlike", "ilike", "notilike", "multisearchany",
			"multisearchanycaseinsensitive", "has", "hasany", "hasall", "indexof", "countequal":
			return w.indexOf(at) > 0 && w.isTableText(c)
		case "startswith", "endswith", "startswithutf8", "endswithutf8", "startswithcaseinsensitive", "endswithcaseinsensitive":
			return w.isTextColumn(c)
		}
	}
	return false
}

// asks tells whether the caller chooses something in a comparison.
func (j *judge) asks(at id) bool {
	return j.recall(j.ofNode(at, asks), false, func() bool { return j.paramIn(at) || j.paramBehind(at) })
}

// paramBehind tells whether a name in a comparison may stand for a parameter of the request: one that the statement itself
// gives, to whatever, or one of an expression.
func (j *judge) paramBehind(at id) (found bool) {
	if !j.hasParams() {
		return false
	}
	j.within(at, func(n id) bool {
		if j.nodes[n].kind == kIdent {
			names := meanings(j.parts(n))
			found = found || len(names) == 0 || slices.ContainsFunc(names, func(s string) bool {
				return j.isAlias(s) || len(j.ctes[s]) > 0 || !plainName(s) || j.mixes(s)
			})
		}
		return !found
	})
	return found
}

func (q *Query) hasParams() bool {
	for _, sp := range q.spans {
		if sp.Kind == lexer.Param {
			return true
		}
	}
	return false
}

// orders tells a comparison that ordering a value down by halves.
func (w *walker) orders(at id) bool {
	switch x := &w.nodes[at]; x.kind {
	case kBetween:
		return true
	case kBinary, kQuantified:
		return x.sym == lexer.Less || x.sym == lexer.LessEquals || x.sym == lexer.Greater || x.sym == lexer.GreaterEquals
	case kCall:
		switch w.functionOf(at) {
		case "less", "greater", "lessorequals", "greaterorequals":
			return true
		}
	}
	return false
}
