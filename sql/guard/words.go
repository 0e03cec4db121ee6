package guard

import "penstock/sql/lexer"

// A word is a keyword of ClickHouse's grammar as far as the parser looks for it. ClickHouse reserves none of them; the
// parser reserves those that could continue or end an expression, so that it never has to guess (see reserved).
type word uint8

const (
	wNone word = iota
	wAll
	wAnd
	wAnti
	wAny
	wApply
	wArray
	wAs
	wAsc
	wAscending
	wAsof
	wAt
	wBetween
	wBoth
	wBy
	wCase
	wCast
	wCollate
	wColumns
	wCross
	wCube
	wCurrent
	wDate
	wDefault
	wDesc
	wDescending
	wDistinct
	wDiv
	wElse
	wEnd
	wEscape
	wExcept
	wExists
	wExplain
	wExtract
	wFalse
	wFetch
	wFill
	wFilter
	wFinal
	wFirst
	wFollowing
	wFor
	wFormat
	wFrom
	wFull
	wGlobal
	wGroup
	wGrouping
	wGroups
	wHaving
	wIgnore
	wIlike
	wIn
	wInf
	wInner
	wInsert
	wInterpolate
	wIntersect
	wInterval
	wInto
	wIs
	wJoin
	wLast
	wLateral
	wLeading
	wLeft
	wLike
	wLimit
	wLocal
	wMaterialized
	wMod
	wNan
	wNatural
	wNext
	wNot
	wNull
	wNulls
	wOffset
	wOn
	wOnly
	wOr
	wOrder
	wOuter
	wOver
	wOverlay
	wParallel
	wPartition
	wPaste
	wPlacing
	wPosition
	wPreceding
	wPrewhere
	wQualify
	wRange
	wRecursive
	wRegexp
	wReplace
	wRespect
	wRight
	wRollup
	wRow
	wRows
	wSample
	wSelect
	wSemi
	wSets
	wSettings
	wSome
	wStaleness
	wStep
	wStream
	wStrict
	wSubstr
	wSubstring
	wThen
	wTies
	wTime
	wTimestamp
	wTo
	wTop
	wTotals
	wTrailing
	wTrim
	wTrue
	wUnbounded
	wUnion
	wUnknown
	wUsing
	wValues
	wView
	wWhen
	wWhere
	wWindow
	wWith
	wZone
	wordCount
)

var wordTexts = [wordCount]string{
	wAll: "ALL", wAnd: "AND", wAnti: "ANTI", wAny: "ANY", wApply: "APPLY", wArray: "ARRAY", wAs: "AS", wAsc: "ASC",
	wAscending: "ASCENDING", wAsof: "ASOF", wAt: "AT", wBetween: "BETWEEN", wBoth: "BOTH", wBy: "BY", wCase: "CASE",
	wCast: "CAST", wCollate: "COLLATE", wColumns: "COLUMNS", wCross: "CROSS", wCube: "CUBE", wCurrent: "CURRENT",
	wDate: "DATE", wDefault: "DEFAULT", wDesc: "DESC", wDescending: "DESCENDING", wDistinct: "DISTINCT", wDiv: "DIV",
	wElse: "ELSE", wEnd: "END", wEscape: "ESCAPE", wExcept: "EXCEPT", wExists: "EXISTS", wExplain: "EXPLAIN",
	wExtract: "EXTRACT", wFalse: "FALSE", wFetch: "FETCH", wFill: "FILL", wFilter: "FILTER", wFinal: "FINAL",
	wFirst: "FIRST", wFollowing: "FOLLOWING", wFor: "FOR", wFormat: "FORMAT", wFrom: "FROM", wFull: "FULL",
	wGlobal: "GLOBAL", wGroup: "GROUP", wGrouping: "GROUPING", wGroups: "GROUPS", wHaving: "HAVING", wIgnore: "IGNORE",
	wIlike: "ILIKE", wIn: "IN", wInf: "INF", wInner: "INNER", wInsert: "INSERT", wInterpolate: "INTERPOLATE",
	wIntersect: "INTERSECT", wInterval: "INTERVAL", wInto: "INTO", wIs: "IS", wJoin: "JOIN", wLast: "LAST",
	wLateral: "LATERAL", wLeading: "LEADING", wLeft: "LEFT", wLike: "LIKE", wLimit: "LIMIT", wLocal: "LOCAL",
	wMaterialized: "MATERIALIZED", wMod: "MOD", wNan: "NAN", wNatural: "NATURAL", wNext: "NEXT", wNot: "NOT",
	wNull: "NULL", wNulls: "NULLS", wOffset: "OFFSET", wOn: "ON", wOnly: "ONLY", wOr: "OR", wOrder: "ORDER",
	wOuter: "OUTER", wOver: "OVER", wOverlay: "OVERLAY", wParallel: "PARALLEL", wPartition: "PARTITION", wPaste: "PASTE",
	wPlacing: "PLACING", wPosition: "POSITION", wPreceding: "PRECEDING", wPrewhere: "PREWHERE", wQualify: "QUALIFY",
	wRange: "RANGE", wRecursive: "RECURSIVE", wRegexp: "REGEXP", wReplace: "REPLACE", wRespect: "RESPECT",
	wRight: "RIGHT", wRollup: "ROLLUP", wRow: "ROW", wRows: "ROWS", wSample: "SAMPLE", wSelect: "SELECT", wSemi: "SEMI",
	wSets: "SETS", wSettings: "SETTINGS", wSome: "SOME", wStaleness: "STALENESS", wStep: "STEP", wStream: "STREAM",
	wStrict: "STRICT", wSubstr: "SUBSTR", wSubstring: "SUBSTRING", wThen: "THEN", wTies: "TIES", wTime: "TIME",
	wTimestamp: "TIMESTAMP", wTo: "TO", wTop: "TOP", wTotals: "TOTALS", wTrailing: "TRAILING", wTrim: "TRIM",
	wTrue: "TRUE", wUnbounded: "UNBOUNDED", wUnion: "UNION", wUnknown: "UNKNOWN", wUsing: "USING", wValues: "VALUES",
	wView: "VIEW", wWhen: "WHEN", wWhere: "WHERE", wWindow: "WINDOW", wWith: "WITH", wZone: "ZONE",
}

// longestWord is the length of the longest keyword.
const longestWord = 12

// words are the keywords by length and first letter: most words of a statement are names, which share both with few.
var words = func() (byShape [longestWord + 1][26][]word) {
	for w, text := range wordTexts {
		if text != "" {
			list := &byShape[len(text)][text[0]-'A']
			*list = append(*list, word(w))
		}
	}
	return byShape
}()

// reserved words are neither names of columns nor aliases without AS unless quoted: everything that ClickHouse takes, or
// might take, for an operator or the beginning of a clause behind an expression or a table.
var reserved = func() (r [wordCount]bool) {
	for _, w := range []word{wAll, wAnd, wAnti, wAny, wApply, wArray, wAs, wAsc, wAscending, wAsof, wAt, wBetween, wBy, wCase,
		wCollate, wCross, wDesc, wDescending, wDiv, wElse, wEnd, wEscape, wExcept, wExplain, wFetch, wFilter, wFinal,
		wFormat, wFrom, wFull, wGlobal, wGroup, wHaving, wIlike, wIn, wInner, wInsert, wInterpolate, wIntersect, wInto, wIs,
		wJoin, wLeft, wLike, wLimit, wMod, wNatural, wNot, wNulls, wOffset, wOn, wOnly, wOr, wOrder, wOuter, wOver, wParallel,
		wPartition, wPaste, wPrewhere, wQualify, wRegexp, wRight, wSample, wSelect, wSemi, wSettings, wStream, wThen,
		wUnion, wUsing, wWhen, wWhere, wWindow, wWith} {
		r[w] = true
	}
	return r
}()

// columnWords are reserved words that are a column's name all the same where an operand must stand: nothing that begins
// with them could stand there instead.
var columnWords = func() (r [wordCount]bool) {
	for _, w := range []word{wAll, wAnti, wAny, wApply, wArray, wAsc, wAscending, wAt, wCollate, wCross, wDesc, wDescending, wEscape, wFetch,
		wFilter, wFinal, wFormat, wFull, wGlobal, wGroup, wInner, wLeft, wLimit, wNatural, wNulls, wOffset, wOnly, wOrder, wOuter, wOver,
		wParallel, wPartition, wPaste, wQualify, wRight, wSample, wSemi, wSettings, wStream, wWindow} {
		r[w] = true
	}
	return r
}()

// A token is one that is neither white space nor a comment.
type token struct {
	kind       lexer.Kind
	word       word
	glued      bool // nothing stands between it and the token before it
	start, end int32
}

// tokenize gives the tokens of sql that mean something, with one of kind End behind them; bad is the place of the first that
// ClickHouse would not read, -1 for none.
func tokenize(sql string, buf []token) (toks []token, bad int) {
	toks, bad = buf[:0], -1
	l, glued := lexer.New(sql), false
	for {
		t := l.Next()
		switch t.Kind {
		case lexer.Space, lexer.Comment:
			glued = false
			continue
		}
		tok := token{kind: t.Kind, glued: glued, start: int32(t.Start), end: int32(t.End)}
		if t.Kind == lexer.Word {
			tok.word = wordOf(sql[t.Start:t.End])
		}
		toks = append(toks, tok)
		if t.Kind == lexer.End {
			return toks, bad
		}
		if t.Kind == lexer.Error && bad < 0 {
			bad = len(toks) - 1
		}
		glued = true
	}
}

// wordOf tells which keyword s is, in whatever case.
func wordOf(s string) word {
	var buf [longestWord]byte
	if len(s) > len(buf) || len(s) < 2 {
		return wNone
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c < 'A' || c > 'Z' {
			return wNone
		}
		buf[i] = c
	}
	for _, w := range words[len(s)][buf[0]-'A'] {
		if wordTexts[w] == string(buf[:len(s)]) {
			return w
		}
	}
	return wNone
}
