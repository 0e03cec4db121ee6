package guard

import (
	"cmp"
	"fmt"
	"slices"
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

// secrets judges each secret by its chain of parents.
func (j *judge) secrets() {
	if !j.st.HasSecrets() {
		return
	}
	for n := id(1); n < id(len(j.nodes)); n++ {
		switch x := &j.nodes[n]; x.kind {
		case kLiteral:
			if t := &j.toks[x.tok]; t.kind == lexer.String && x.up != 0 && j.spanIn(int(t.start), int(t.end), lexer.Secret) {
				j.leaves = append(j.leaves, leaf{int(t.start), n})
			}
		case kTableFunc:
			if parts := j.parts(n); len(parts) == 1 {
				f, _ := knownTableFunction(parts[0])
				j.sendsText = j.sendsText || f.clickhouse
			}
		}
	}
	slices.SortFunc(j.leaves, func(a, b leaf) int { return cmp.Compare(a.at, b.at) })
	secrets := 0
	for _, sp := range j.spans {
		if sp.Kind != lexer.Secret {
			continue
		}
		if secrets++; secrets > maxSecrets {
			j.sayAt(Error, ruleLimit, sp.Start, sp.End, fmt.Sprintf("More than %d secrets stand in one statement.", maxSecrets), "")
			break
		}
		u := Use{Pos: j.st.Position(sp.Start), Start: sp.Start, End: sp.End}
		if len(sp.Names) > 0 {
			u.Secret = sp.Names[0]
		}
		j.secret(j.leafAt(sp.Start), &u)
		j.report.Uses = append(j.report.Uses, u)
	}
	if j.compared {
		j.refuseFigures()
	}
	if j.compared && j.rows != 0 {
		j.refuse(ruleRows, j.rows, "This makes rows out of nothing in a statement that compares a secret: together they give the whole value back.",
			"Compare the secret with a column of a table.")
	}
}

// refuseFigures refuses what tells how much was read for a secret, or what an index knows of it.
func (j *judge) refuseFigures() {
	for n := id(1); n < id(len(j.nodes)); n++ {
		if j.nodes[n].kind == kCall && j.functionOf(n) == "indexhint" {
			j.refuse(ruleFunction, n, "indexHint would tell what an index knows of the secret that the statement compares.", "")
		}
		if j.nodes[n].kind != kSettings {
			continue
		}
		j.each(n, func(s id) {
			name, _ := j.nameOf(j.nodes[s].name)
			for _, prefix := range [...]string{"max_rows_", "max_bytes_to_", "max_bytes_in_", "max_memory_", "force_", "use_", "optimize_use_"} {
				if strings.HasPrefix(name, prefix) {
					j.refuse(ruleSetting, s, "The setting "+name+" may not be given here: how much is read would tell of the secret that the statement compares.", "")
					return
				}
			}
		})
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

// leafAt is the literal of a secret that begins at a byte, 0 for none.
func (j *judge) leafAt(at int) id {
	i, ok := slices.BinarySearchFunc(j.leaves, at, func(l leaf, at int) int { return cmp.Compare(l.at, at) })
	if !ok {
		return 0
	}
	return j.leaves[i].node
}

// sentAway tells whether the predicate goes to another server: its SELECT reads from one, directly or through sub-queries
// and common table expressions. A remote() anywhere may send any part of the statement as text: what stands around it, in its
// arguments, and the common table expressions that its SELECT names.
func (j *judge) sentAway(clause id) bool {
	scopes, _ := j.scopes(clause)
	return j.sendsText || slices.ContainsFunc(scopes, j.readsOutside)
}

// readsOutside tells whether the FROM of a SELECT reads from another host.
func (j *judge) readsOutside(s id) bool {
	return j.once(j.ofNode(s, readsOutside), func() bool { return j.findsOutside(s) }) // a recursive WITH comes here again
}

func (j *judge) findsOutside(s id) bool {
	found := false
	look := func(n id) bool {
		switch x := &j.nodes[n]; x.kind {
		case kTableFunc:
			if parts := j.parts(n); len(parts) == 1 {
				f, _ := knownTableFunction(parts[0])
				found = found || f.class == tableOutbound
			}
		case kTable:
			if parts := j.parts(n); len(parts) == 1 {
				for _, c := range j.ctes[parts[0]] { // whichever it is
					found = found || j.cteReads(c)
				}
			}
		}
		return !found
	}
	if from := j.childOf(s, kFrom); from != 0 {
		j.within(from, look)
	}
	return found
}

// cteReads tells the same of a common table expression.
func (j *judge) cteReads(c id) bool {
	found := false
	j.within(c, func(n id) bool {
		if j.nodes[n].kind == kSelect {
			found = found || j.readsOutside(n)
		}
		return !found
	})
	return found
}
