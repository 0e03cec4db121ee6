package guard

import (
	"strings"

	"penstock/sql/lexer"
)

// Rules of exposure.
const (
	ruleExposed    = "exposed"           // in a place that shapes or shows the result; the clause follows
	ruleAlias      = "exposed-alias"     // an alias makes it readable elsewhere
	ruleThrows     = "exposed-error"     // an error could quote it in another form
	ruleCompare    = "not-compared"      // in a predicate, but in no comparison
	ruleRemote     = "exposed-remote"    // the predicate is sent to another server
	ruleRows       = "oracle-rows"       // with rows out of nothing one statement gives the value back
	ruleOracle     = "oracle"            // the caller can find the value out bit by bit
	ruleStrict     = "predicates-strict" // the workspace's rule
	ruleCredential = "not-a-credential"  // in a table function, but in no credential position
)

// quietness groups the functions of lists/quiet.txt.
type quietness uint8

const (
	oneWay quietness = 1 << iota
	cipher
	wrapper
	cast
	quiet
	regexp
	truth
)

var quietGroups = map[string]quietness{"oneway": oneWay, "cipher": cipher, "wrapper": wrapper, "cast": cast,
	"never throws": quiet, "regexp": regexp, "truth": truth}

// secrets judges each secret by its chain of parents.
func (j *judge) secrets() {
	if !j.st.HasSecrets() {
		return
	}
	j.leaves = map[int]id{}
	for n := id(1); n < id(len(j.nodes)); n++ {
		if x := &j.nodes[n]; x.kind == kLiteral && j.toks[x.tok].kind == lexer.String && x.up != 0 {
			j.leaves[int(j.toks[x.tok].start)] = n
		}
	}
	for _, sp := range j.st.Spans() {
		if sp.Kind != lexer.Secret {
			continue
		}
		u := Use{Pos: j.st.Position(sp.Start), Start: sp.Start, End: sp.End}
		if len(sp.Names) > 0 {
			u.Secret = sp.Names[0]
		}
		j.secret(j.leaves[sp.Start], &u)
		j.report.Uses = append(j.report.Uses, u)
	}
	if j.compared && j.rows != 0 {
		j.refuse(ruleRows, j.rows, "This makes rows out of nothing in a statement that compares a secret: together they give the whole value back.",
			"Compare the secret with a column of a table.")
	}
}

// secret fills in the verdict about the literal n.
func (j *judge) secret(n id, u *Use) {
	u.Verdict = Forbidden
	if n == 0 {
		j.sayAt(Error, ruleExposed, u.Start, u.End, "A secret may not stand here.", "Use it in a comparison of WHERE, or as a credential of a table function.")
		return
	}
	clause := j.clauseOf(n)
	switch k := j.nodes[clause].kind; k {
	case kWhere, kPrewhere, kHaving, kOn:
		j.predicate(n, clause, u)
	case kTableFunc:
		j.credential(n, clause, u)
	default:
		u.Verdict = Exposed
		if k == kSettings || k == kLimit || k == kOffset || k == kTop || k == kSample || k == kFormat {
			u.Verdict = Forbidden
		}
		rule, where := describe(k)
		j.sayAt(Error, ruleExposed+"-"+rule, u.Start, u.End, "The secret stands "+where+", where it could reach the result or its shape.",
			"Use it in a comparison of WHERE, or as a credential of a table function.")
	}
}

// clauseOf is the nearest clause, or call of a table function, above n.
func (j *judge) clauseOf(n id) id {
	for n = j.nodes[n].up; n != 0; n = j.nodes[n].up {
		switch j.nodes[n].kind {
		case kWith, kDistinctOn, kTop, kProjection, kPrewhere, kWhere, kGroupBy, kHaving, kWindow, kQualify, kOrderBy, kInterpolate,
			kLimit, kLimitBy, kOffset, kSettings, kFormat, kCTE, kTableFunc, kSample, kOn, kUsing, kArrayJoin, kFilter, kOver, kTransform:
			return n
		}
	}
	return n
}

// describe gives the end of a rule's id and the words for a clause.
func describe(k kind) (rule, where string) {
	switch k {
	case kProjection, kTransform:
		return "projection", "in the list of a SELECT"
	case kWith, kCTE:
		return "with", "in a WITH"
	case kGroupBy:
		return "group-by", "in GROUP BY"
	case kOrderBy, kInterpolate:
		return "order-by", "in ORDER BY"
	case kLimit, kLimitBy, kOffset, kTop:
		return "limit", "in LIMIT, OFFSET or TOP"
	case kSettings:
		return "settings", "in SETTINGS"
	case kWindow, kOver:
		return "window", "in a window"
	case kQualify:
		return "qualify", "in QUALIFY"
	case kFilter:
		return "filter", "in the FILTER of an aggregate function, which becomes part of a column's name"
	case kArrayJoin:
		return "array-join", "in ARRAY JOIN"
	case kDistinctOn:
		return "distinct-on", "in DISTINCT ON"
	case kSample:
		return "sample", "in SAMPLE"
	case kUsing:
		return "using", "in USING"
	}
	return "place", "in a place"
}

// credential judges a secret among the arguments of a table function.
func (j *judge) credential(n, call id, u *Use) {
	u.Verdict = Exposed
	args := j.childOf(call, kParams)
	parts := j.parts(call)
	if j.nodes[n].up == args && len(parts) == 1 {
		f, _ := knownTableFunction(parts[0])
		if f.class == tableOutbound {
			list, at := []id{}, -1
			j.each(args, func(a id) {
				if j.nodes[a].kind == kSettings {
					return
				}
				if a == n {
					at = len(list)
				}
				list = append(list, a)
			})
			j.varying = true // a key that is the name of a format would be something else
			if at >= 0 && (j.isCredential(list, f.outbound, at) && !j.isFormat(n) || at == f.shift && f.hostSecret) {
				u.Verdict, u.Function, u.Host = Credential, parts[0], j.hostOf(list, f.outbound)
				return
			}
		}
	}
	j.sayAt(Error, ruleCredential, u.Start, u.End, "The secret stands among the arguments of a table function, but not alone in a place for a credential.",
		"Write it there as it is, without a function around it.")
}

// A walker is what is known of a secret on the way up from its literal to the predicate.
type walker struct {
	*judge
	from     id   // the child that the way comes through
	level    int  // how far the value is changed: see below
	hidden   bool // a one-way or cipher function stands around it
	compared bool // it is behind a comparison
	loose    bool // something else than the strict rule allows stands around it
	oracle   bool // the comparison tells about a part of it, or about something that the caller chooses
	rule     string
	sentence string
	at       id
}

// Levels of change.
const (
	raw     = iota // the literal itself
	casted         // one cast around it: an error quotes it as it is
	changed        // anything else: an error could quote it in a form that the redactor does not know
)

func (w *walker) stop(rule string, at id, sentence string) {
	if w.rule == "" {
		w.rule, w.sentence, w.at = rule, sentence, at
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
		w.stop(ruleCompare, n, "The secret stands in a predicate but is compared with nothing.")
	}
	if w.rule == "" && j.sentAway(clause) {
		w.stop(ruleRemote, n, "This predicate is sent to another server together with the secret.")
	}
	u.Verdict = Exposed
	if w.rule != "" {
		j.sayAt(Error, w.rule, u.Start, u.End, w.sentence, "Compare the secret itself, or a hash of it, with a column of a table of the workspace.")
		return
	}
	if w.loose && j.p.Predicates == Strict {
		j.sayAt(Error, ruleStrict, u.Start, u.End, "This workspace allows around a secret only a cast, or a hash or cipher function.", "")
		return
	}
	j.compared = true
	u.Verdict = Predicate
	if !w.oracle {
		return
	}
	u.Verdict = Oracle
	sev := Warning
	if j.p.Oracles == Refuse {
		sev = Error
	}
	j.sayAt(sev, ruleOracle, u.Start, u.End, "Whoever may call this can find the secret out bit by bit.", "Compare a salted hash of it for equality instead.")
}

// step judges one node above the secret.
func (w *walker) step(at id) {
	x := &w.nodes[at]
	switch x.kind {
	case kAlias:
		w.stop(ruleAlias, at, "An alias around the secret makes it readable in other clauses.")
	case kTuple, kArray, kLambda, kTernary, kCase:
	case kUnary:
		if x.op != wNot {
			w.change()
		}
	case kBinary:
		w.binary(at)
	case kLike:
		w.text(at, w.from != x.first)
		w.compare(at, true)
	case kIn, kIs, kDistinctFrom, kQuantified:
		w.compare(at, false)
	case kBetween:
		w.compare(at, false)
	case kCast, kTypeLit, kInterval:
		w.cast(at)
	case kCall:
		w.call(at)
	case kSubscript, kElementOf:
		w.change()
	default:
		w.stop(ruleThrows, at, "The secret stands inside something that the guard does not allow around one.")
	}
}

func (w *walker) change() {
	if !w.hidden && !w.compared {
		w.level, w.loose = changed, true
	}
}

// compare notes a comparison; inspects tells that it looks at parts of the value.
func (w *walker) compare(at id, inspects bool) {
	if w.compared {
		return
	}
	w.compared = true
	if w.hidden {
		return
	}
	if inspects {
		w.loose = true
	}
	if inspects || w.loose || w.paramIn(at) {
		w.oracle = true
	}
}

func (w *walker) binary(at id) {
	x := &w.nodes[at]
	switch {
	case x.op == wAnd || x.op == wOr:
	case x.op == wDiv || x.op == wMod || x.sym == lexer.Percent || x.sym == lexer.Plus || x.sym == lexer.Minus ||
		x.sym == lexer.Asterisk || x.sym == lexer.Slash: // divisions by zero, overflows of decimals
		w.throws(at)
		w.change()
	case x.sym == lexer.Concatenation:
		w.change()
	default:
		w.compare(at, false)
	}
}

// throws refuses a function whose error would quote what stands in it, unless that is a hash or the literal as it is.
func (w *walker) throws(at id) {
	if w.level == changed && !w.hidden {
		w.stop(ruleThrows, at, "An error of this could quote the secret in a changed form.")
	}
}

// text judges LIKE, REGEXP and the functions of regular expressions, whose errors quote the pattern.
func (w *walker) text(at id, pattern bool) {
	if pattern {
		w.throws(at)
	}
}

// cast judges a conversion, which is allowed directly on the literal.
func (w *walker) cast(at id) {
	if w.compared || w.hidden {
		w.throws(at)
		return
	}
	if w.level != raw {
		w.stop(ruleThrows, at, "A conversion of a changed secret could quote it in an error.")
	}
	w.level = casted
}

func (w *walker) call(at id) {
	x := &w.nodes[at]
	name, _ := w.nameOf(x.name)
	base, aggregate, ok := w.c.function(name)
	if !ok {
		w.stop(ruleThrows, at, "The guard does not know what this function does with the secret.")
		return
	}
	if w.nodes[w.from].kind == kParams {
		w.stop(ruleThrows, at, "A parameter of an aggregate function becomes part of its name.")
		return
	}
	lower := strings.ToLower(base)
	group := w.c.quiet[lower]
	if group&truth != 0 {
		defer w.compare(at, group&quiet != 0 && inspects(lower))
	}
	index := w.indexOf(at)
	switch {
	case group&cipher != 0:
		w.cipher(at, index)
	case group&oneWay != 0:
		if lower == "hmac" && index == 0 {
			w.throws(at)
		}
		if !w.compared {
			w.hidden, w.loose = true, false
		}
	case group&regexp != 0:
		w.throws(at)
		w.change()
		w.inspect()
	case lower == "tostring":
	case group&cast != 0:
		if index != 0 {
			w.throws(at)
			w.change()
			return
		}
		w.cast(at)
	case group&wrapper != 0, structural(lower):
		if group&wrapper != 0 {
			w.change()
		}
	case group&quiet != 0 && aggregate:
	case group&quiet != 0:
		if group&truth == 0 || inspects(lower) {
			w.change()
		}
	case w.hidden, w.compared && w.level != changed:
	default:
		w.stop(ruleThrows, at, "An error of "+w.shown(w.start(at), int(w.toks[x.name].end))+" could quote the secret in a changed form.")
	}
}

// inspect notes that a part of the value is looked at.
func (w *walker) inspect() {
	if !w.hidden && !w.compared {
		w.loose = true
	}
}

// cipher judges encrypt and its like: the secret may be the key or what stands behind it, as it is; as the text it is
// changed in a way that the key undoes.
func (w *walker) cipher(at id, index int) {
	if w.compared || w.hidden {
		return
	}
	if w.level == changed || index == 0 {
		w.throws(at)
	}
	if index >= 2 {
		w.hidden, w.loose = true, false
		return
	}
	w.change()
}

// indexOf is the place of the argument that the way comes through, from 0.
func (w *walker) indexOf(call id) int {
	i := 0
	for c := w.nodes[call].first; c != 0 && c != w.from; c = w.nodes[c].next {
		if w.nodes[c].kind != kParams {
			i++
		}
	}
	return i
}

// structural functions pass a value on as it is.
func structural(lower string) bool {
	switch lower {
	case "if", "multiif", "coalesce", "ifnull", "nullif", "assumenotnull", "tonullable", "tolowcardinality", "materialize", "identity",
		"tuple", "array", "not", "and", "or", "xor":
		return true
	}
	return false
}

// inspects tells the tests that look at parts of a text.
func inspects(lower string) bool {
	switch lower {
	case "equals", "notequals", "less", "greater", "lessorequals", "greaterorequals", "isdistinctfrom", "isnotdistinctfrom", "in", "notin",
		"globalin", "globalnotin", "nullin", "notnullin", "isnull", "isnotnull", "empty", "notempty":
		return false
	}
	return true
}

// sentAway tells whether the predicate goes to another server: its SELECT reads from one, directly or through sub-queries
// and common table expressions, or stands inside the text that remote() sends.
func (j *judge) sentAway(clause id) bool {
	s := j.above(clause, kSelect)
	if j.readsOutside(s, false) {
		return true
	}
	for s = j.above(s, kSelect); s != 0; s = j.above(s, kSelect) {
		if j.readsOutside(s, true) {
			return true
		}
	}
	return false
}

// readsOutside tells whether the FROM of a SELECT reads from another host; text asks only for those that get the statement.
func (j *judge) readsOutside(s id, text bool) bool {
	key := s
	if text {
		key = -s
	}
	if known, ok := j.reads[key]; ok {
		return known
	}
	if j.reads == nil {
		j.reads = map[id]bool{}
	}
	j.reads[key] = false // a recursive WITH comes here again
	found := false
	look := func(n id) bool {
		switch x := &j.nodes[n]; x.kind {
		case kTableFunc:
			if parts := j.parts(n); len(parts) == 1 {
				f, _ := knownTableFunction(parts[0])
				found = found || f.class == tableOutbound && (!text || f.text)
			}
		case kTable:
			if parts := j.parts(n); len(parts) == 1 {
				if c := j.cteOf(parts[0], n); c != 0 {
					found = found || j.cteReads(c, text)
				}
			}
		}
		return !found
	}
	if from := j.childOf(s, kFrom); from != 0 {
		j.within(from, look)
	}
	j.reads[key] = found
	return found
}

// cteReads tells the same of a common table expression.
func (j *judge) cteReads(c id, text bool) bool {
	found := false
	j.within(c, func(n id) bool {
		if j.nodes[n].kind == kSelect {
			found = found || j.readsOutside(n, text)
		}
		return !found
	})
	return found
}
