package embedded

import (
	"strings"

	"penstock/sql/lexer"
)

// statementKind says which way a statement goes through the library.
type statementKind uint8

const (
	kindCommand statementKind = iota // runs; a small output, if any
	kindSelect                       // has rows, which stream
	kindInsert                       // takes rows, which stream
	kindKill                         // KILL QUERY WHERE query_id = '…': ours to answer, since the ids of requests are
	kindEmpty
)

// statement is one statement taken apart, as far as sending it to the library needs.
type statement struct {
	kind statementKind
	text string // as it came; of an INSERT up to its rows
	sql  string // kindSelect: without its FORMAT; kindInsert: up to where FROM INFILE goes; else whole
	// tail is what stands behind the place of INTO OUTFILE (the SETTINGS that followed FORMAT) or FROM INFILE (SETTINGS).
	tail   string
	format string // the one that the statement names, or ""
	killID string
	data   int // kindInsert: where the rows begin in the text
}

// token is one of the lexer's that means something, as a word in capitals when it is one.
type token struct {
	lexer.Token
	word  string
	depth int // of brackets, outside the bracket itself
}

// takeApart reads a statement. more says that text is only the beginning of what the client sends: an INSERT's head must
// then be whole in it. The error is an *exception.
func takeApart(text string) (statement, error) {
	toks, err := scan(text)
	if err != nil {
		return statement{}, err
	}
	if len(toks) == 0 {
		return statement{kind: kindEmpty}, nil
	}
	first := 0
	for first < len(toks) && toks[first].Kind == lexer.OpenRound {
		first++
	}
	if first == len(toks) {
		return statement{kind: kindCommand, sql: text}, nil
	}
	if toks[first].word == "INSERT" {
		return insertOf(text, toks)
	}
	if err := judge(text, toks); err != nil {
		return statement{}, err
	}
	last := len(toks)
	for last > 0 && toks[last-1].Kind == lexer.Semicolon {
		last--
	}
	toks = toks[:last]
	if len(toks) == 0 {
		return statement{kind: kindEmpty}, nil
	}
	text = text[:toks[last-1].End]
	switch toks[first].word {
	case "SELECT", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK":
	case "WITH":
		for i, t := range toks {
			if t.depth == 0 && t.word == "INSERT" && i+1 < len(toks) && toks[i+1].word == "INTO" {
				return statement{kind: kindCommand, sql: text}, nil
			}
		}
	case "KILL":
		if len(toks) > 1 && toks[1].word == "QUERY" {
			return killOf(text, toks)
		}
		return statement{kind: kindCommand, sql: text}, nil
	default:
		return statement{kind: kindCommand, sql: text}, nil
	}
	return selectOf(text, toks), nil
}

// scan lexes up to the end, or up to where an INSERT's rows begin: those are not SQL.
func scan(text string) ([]token, error) {
	lex := lexer.New(text)
	var toks []token
	depth, insert := 0, false
	for {
		t := lex.Next()
		tok := token{Token: t, depth: depth}
		switch t.Kind {
		case lexer.End:
			return toks, nil
		case lexer.Space, lexer.Comment:
			continue
		case lexer.Error, lexer.Vertical:
			return nil, newException(codeSyntax, "SYNTAX_ERROR", "Syntax error: failed at position %d: a token that is not closed or not known", t.Start+1)
		case lexer.Word:
			tok.word = strings.ToUpper(text[t.Start:t.End])
		case lexer.OpenRound, lexer.OpenSquare, lexer.OpenCurly:
			depth++
		case lexer.CloseRound, lexer.CloseSquare, lexer.CloseCurly:
			depth = max(0, depth-1)
			tok.depth = depth
		}
		toks = append(toks, tok)
		if len(toks) == 1 {
			insert = tok.word == "INSERT"
		}
		if !insert || depth != 0 || len(toks) < 3 {
			continue
		}
		prev := toks[len(toks)-2]
		switch {
		case tok.word == "SELECT" || tok.word == "WITH" || tok.word == "FROM":
			insert = false // an INSERT without rows of its own: read to the end
		case tok.word == "VALUES" && prev.Kind != lexer.Dot, len(toks) > 4 && prev.word == "FORMAT" && isName(tok):
			return toks, nil
		}
	}
}

// judge refuses what must not reach the library by way of a request.
func judge(text string, toks []token) error {
	ended := false
	for i, t := range toks {
		if t.Kind == lexer.Semicolon {
			ended = true
			continue
		}
		if ended {
			return newException(codeSyntax, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed): failed at position %d", t.Start+1)
		}
		next := func(n int) token {
			if i+n < len(toks) {
				return toks[i+n]
			}
			return token{}
		}
		switch {
		case t.word == "INTO" && next(1).word == "OUTFILE":
			return newException(codeOutfileNotAllowed, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed")
		case t.word == "FROM" && next(1).word == "INFILE":
			return newException(codeNotImplemented, "NOT_IMPLEMENTED", "FROM INFILE is not allowed: send the rows as the request's body")
		case (t.word == "SETTINGS" || t.Kind == lexer.Comma) && next(2).Kind == lexer.Equals && strings.EqualFold(name(text, next(1)), "log_comment"):
			return newException(codeConstraint, "SETTING_CONSTRAINT_VIOLATION", "Setting log_comment should not be changed by the statement")
		}
	}
	return nil
}

func isName(t token) bool { return t.Kind == lexer.Word || t.Kind == lexer.QuotedName }

// name is what a token names.
func name(text string, t token) string {
	n, _ := lexer.Unquote(text[t.Start:t.End])
	return n
}

// selectOf splits a statement that has output at the place where INTO OUTFILE goes: before a FORMAT at the end, with the
// SETTINGS that may follow it.
func selectOf(text string, toks []token) statement {
	st := statement{kind: kindSelect, text: text, sql: text}
	for i := len(toks) - 2; i > 0; i-- {
		t, n := toks[i], toks[i+1]
		if t.word != "FORMAT" || t.depth != 0 || !isName(n) || toks[i-1].Kind == lexer.Dot {
			continue
		}
		if i+2 == len(toks) || toks[i+2].word == "SETTINGS" {
			st.sql, st.format = text[:t.Start], name(text, n)
			if i+2 < len(toks) {
				st.tail = text[toks[i+2].Start:toks[len(toks)-1].End]
			}
		}
		break // an earlier FORMAT is somebody's name
	}
	return st
}

// insertOf finds where an INSERT's rows begin and where FROM INFILE goes. An INSERT … SELECT is a plain command.
func insertOf(text string, toks []token) (statement, error) {
	if err := judge(text, toks); err != nil {
		return statement{}, err
	}
	for i, t := range toks {
		if i > 1 && t.depth == 0 && (t.word == "SELECT" || t.word == "WITH" || t.word == "FROM") ||
			i > 2 && toks[i-1].Kind == lexer.OpenRound && t.word == "SELECT" && toks[i-1].depth == 0 {
			return statement{kind: kindCommand, sql: text}, nil
		}
	}
	last := len(toks) - 1
	st := statement{kind: kindInsert}
	end := 0 // of the head: table, columns, SETTINGS
	switch {
	case last > 3 && toks[last-1].word == "FORMAT" && isName(toks[last]):
		st.format, end = name(text, toks[last]), toks[last-1].Start
		st.data = skipBlank(text, toks[last].End)
	case toks[last].word == "VALUES":
		st.format, end, st.data = "Values", toks[last].Start, toks[last].End
	default: // the request's default format says what the rows are in
		for last > 0 && toks[last].Kind == lexer.Semicolon {
			last--
		}
		end, st.data = toks[last].End, len(text)
	}
	st.text, st.sql = text[:st.data], text[:end]
	for i, t := range toks {
		if i > 2 && t.depth == 0 && t.word == "SETTINGS" && t.Start < end {
			st.sql, st.tail = text[:t.Start], text[t.Start:end]
			break
		}
	}
	return st, nil
}

// skipBlank passes over what ClickHouse does not count as rows: blanks, then one line end.
func skipBlank(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\f') {
		i++
	}
	if i < len(text) && text[i] == '\r' {
		i++
	}
	if i < len(text) && text[i] == '\n' {
		i++
	}
	return i
}

// killOf reads KILL QUERY WHERE query_id = '…' [SYNC|ASYNC|TEST]: the ids that clients know are the requests', not the
// engine's. Other conditions would look at the engine's, which mean nothing outside, and SYNC would hang.
func killOf(text string, toks []token) (statement, error) {
	if (len(toks) == 6 || len(toks) == 7 && (toks[6].word == "ASYNC" || toks[6].word == "SYNC")) &&
		toks[2].word == "WHERE" && toks[3].word == "QUERY_ID" && toks[4].Kind == lexer.Equals && toks[5].Kind == lexer.String {
		id, ok := lexer.Unquote(text[toks[5].Start:toks[5].End])
		if ok {
			return statement{kind: kindKill, killID: id}, nil
		}
	}
	return statement{}, newException(codeNotImplemented, "NOT_IMPLEMENTED", "the embedded engine knows KILL QUERY WHERE query_id = '…' ASYNC and no other condition")
}
