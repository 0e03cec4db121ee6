package guard

import (
	"fmt"
	"strings"

	"penstock/sql/lexer"
)

// Limits of the parser: MaxBytes is that of a statement in bytes. ClickHouse reads at most MaxBytes (max_query_size) and has limits of its own for the others
// (max_parser_depth and max_ast_depth are 1000): the guard gives up earlier, so that it never is the one that falls over.
const (
	MaxBytes = 262144
	maxDepth = 250
	maxChain = 500 // operators in a row, each of which ClickHouse nests
	maxArms  = 500 // of one UNION

	maxParams  = 50  // of a lambda
	maxSecrets = 200 // in one statement: each is judged by what stands around it

	maxFindings = 50 // of each severity in one report
)

// Rules of the shape of a statement.
const (
	ruleSyntax   = "syntax"         // the guard does not read it, so it does not run
	ruleToken    = "token"          // an unclosed string, name or comment, or a byte that is no SQL
	ruleLimit    = "too-complex"    // a limit of the guard
	ruleShape    = "not-one-select" // something else than one SELECT
	ruleParam    = "query-parameter"
	ruleOutfile  = "into-outfile"
	ruleLiteral  = "secret-literal" // the literal of a secret is not one string of its own
	ruleTooLarge = "too-long"
)

// Query is one parsed SELECT. It is immutable and safe to share; like its Statement it is valid until the Builder of the
// latter is used again.
type Query struct {
	tree
	st      lexer.Statement
	spans   []lexer.Span // of st
	tables  []TableRef
	ctes    map[string][]id // common table expressions by name
	aliases map[string][]id // what givers found; nil until resolve needs it
	valued  bool            // what was resolved depends on the value of a literal in a span
	// names of elements of FROM that isTableAlias looks for; nil until resolve needs them
	tableAliases map[string]bool
	unread       []id // places that name a table in a way that cannot be read for certain
	captured     []id // names of tables to which another text gives another meaning
}

// Parse reads st as one complete SELECT. Anything else, and anything that the guard does not understand, is an error of
// type *Finding. It takes time linear in the length, and judges nothing yet.
func Parse(st lexer.Statement) (*Query, error) {
	q := &Query{}
	if err := q.parse(st); err != nil {
		return nil, err
	}
	return q, nil
}

// parse reads st into q, whose tokens and nodes it overwrites.
func (q *Query) parse(st lexer.Statement) error {
	q.st, q.spans = st, st.AppendSpans(q.spans[:0])
	if st.Len() > MaxBytes {
		return q.finding(ruleTooLarge, 0, 0, fmt.Sprintf("The statement has more than %d bytes.", MaxBytes), "ClickHouse reads no more.")
	}
	q.sql = st.SQL()
	if q.toks == nil {
		q.toks = make([]token, 0, len(q.sql)/4+16)
	}
	toks, bad := tokenize(q.sql, q.toks)
	q.toks = toks
	if bad >= 0 {
		return q.badToken(toks[bad])
	}
	if f := q.unreadable(); f != nil {
		return f
	}
	if f := q.literalSpans(); f != nil {
		return f
	}
	p := parser{tree: &q.tree, q: q}
	if err := p.run(); err != nil {
		return err
	}
	q.resolve()
	return nil
}

// nameOf is that of the tree, noted where the value of a literal in a span is read.
func (q *Query) nameOf(tok int32) (string, bool) {
	q.valued = q.valued || q.varies(tok)
	return q.tree.nameOf(tok)
}

// varies tells whether a token is a literal that another value of a span would change.
func (q *Query) varies(tok int32) bool {
	t := &q.toks[tok]
	return (t.kind == lexer.String || t.kind == lexer.Number) && q.spanIn(int(t.start), int(t.end), 0)
}

func (q *Query) finding(rule string, start, end int, sentence, remedy string) *Finding {
	return &Finding{Rule: rule, Sentence: sentence, Remedy: remedy, Pos: q.st.Position(start), Start: start, End: end}
}

func (q *Query) badToken(t token) *Finding {
	what := "This byte is no part of SQL."
	switch c := q.sql[t.start]; {
	case c == '\'' || t.end-t.start > 1 && q.sql[t.start+1] == '\'':
		what = "The string that begins here is not closed."
	case c == '"' || c == '`':
		what = "The quoted name that begins here is not closed."
	case c == '/':
		what = "The comment that begins here is not closed; ClickHouse's comments nest."
	case c >= '0' && c <= '9':
		what = "This is no number."
	case c == 0xE2 && t.end-t.start > 1:
		what = "The typographic quote that begins here is not closed."
	}
	return q.finding(ruleToken, int(t.start), int(t.end), what, "")
}

// unreadable finds a string or a quoted name of which ClickHouse would read something else than what is written: it makes a
// letter of \x7Z. A name that it reads and the guard does not would be nobody's for the guard. It also finds a dollar sign that
// begins no heredoc of its own text: put together with another text, or for another value, it could begin one.
func (q *Query) unreadable() *Finding {
	for i := range q.toks {
		t := &q.toks[i]
		if t.kind != lexer.End && q.sql[t.start] == '$' {
			start, end := int(t.start), int(t.end)
			if t.kind != lexer.Heredoc || !q.st.SameSource(start, end-1) || q.spanIn(start, end, 0) {
				return q.finding(ruleToken, start, start+1, "A dollar sign begins nothing here that its own text ends.", "Write the text as a string in quotes.")
			}
			continue
		}
		if t.kind != lexer.String && t.kind != lexer.QuotedName {
			continue
		}
		text := q.sql[t.start:t.end]
		if quoted := text[0] == '\'' || text[0] == '"' || text[0] == '`'; quoted && strings.IndexByte(text, '\\') < 0 {
			continue
		}
		if _, ok := lexer.Unquote(text); !ok {
			return q.finding(ruleToken, int(t.start), int(t.end), "This has an escape that ClickHouse reads in another way than it is written.",
				"Write two hexadecimal digits behind \\x, or double the backslash.")
		}
	}
	return nil
}

// literalSpans demands that each secret's span is one string token, with nothing glued to it.
func (q *Query) literalSpans() *Finding {
	i := 0
	for _, sp := range q.spans {
		if sp.Kind != lexer.Secret {
			continue
		}
		for int(q.toks[i].end) <= sp.Start && q.toks[i].kind != lexer.End {
			i++
		}
		t := q.toks[i]
		if t.kind == lexer.String && int(t.start) == sp.Start && int(t.end) == sp.End && q.sql[t.start] == '\'' && (!t.glued || !sticky(q.toks[i-1].kind)) {
			continue
		}
		return q.finding(ruleLiteral, sp.Start, sp.End, "The secret does not stand as one string of its own here.",
			"Put it outside of quotes, names and comments, with white space around it.")
	}
	return nil
}

// sticky tells which tokens may not stand right before a secret: together they could be read as something else.
func sticky(k lexer.Kind) bool {
	switch k {
	case lexer.Word, lexer.QuotedName, lexer.String, lexer.Heredoc, lexer.Number, lexer.Dollar:
		return true
	}
	return false
}

// parser reads the tokens by recursive descent. Every recursion passes enter, which counts.
type parser struct {
	*tree
	q     *Query
	pos   int32
	depth int
	cases int      // CASEs around: inside of one END is no name
	err   *Finding // the first; from then on the parser stands at the end and every demand fails
}

func (p *parser) run() error {
	if p.nodes == nil {
		p.nodes = make([]node, 0, len(p.toks)+16)
	}
	p.nodes = append(p.nodes[:0], node{})
	p.beginning()
	p.root = p.query()
	if p.err == nil {
		p.tail()
	}
	if p.err == nil {
		for p.at(lexer.Semicolon) { // one or several at the end are one statement
			p.pos++
		}
		if !p.at(lexer.End) {
			if p.pos > 0 && p.toks[p.pos-1].kind == lexer.Semicolon {
				p.fail(ruleShape, "There is a second statement behind the semicolon.", "Send one SELECT.")
			} else {
				p.unexpected("the end of the statement")
			}
		}
	}
	if p.err != nil {
		return p.err
	}
	return nil
}

// beginning refuses by a clear sentence what is no SELECT at all.
func (p *parser) beginning() {
	switch {
	case p.at(lexer.End):
		p.fail(ruleShape, "The statement is empty.", "Write a SELECT.")
	case p.is(wSelect), p.is(wWith), p.is(wFrom), p.at(lexer.OpenRound):
	case p.is(wExplain):
		p.fail(ruleShape, "EXPLAIN is not allowed.", "It would print the statement, with the secrets in it.")
	default:
		p.fail(ruleShape, "Only SELECT is allowed here.", "A statement begins with SELECT, WITH, FROM or a parenthesis.")
	}
}

// tail reads what may follow the last arm of the statement.
func (p *parser) tail() {
	for {
		switch {
		case p.is(wFormat):
			n := p.open(kFormat)
			p.pos++
			p.nodes[n].name = p.bareWord("the name of a format")
			p.close(n)
			p.add(p.root, n)
		case p.is(wSettings):
			p.add(p.root, p.settings())
		case p.is(wInto):
			p.fail(ruleOutfile, "INTO OUTFILE would write a file on the server.", "Leave it out: the answer comes to the caller.")
		case p.is(wParallel):
			p.fail(ruleShape, "PARALLEL WITH joins several statements.", "Send one SELECT.")
		default:
			return
		}
		if p.err != nil {
			return
		}
	}
}

// Looking at tokens.

// cur is the token to read next: the end, from the first error on.
func (p *parser) cur() *token {
	if p.pos >= int32(len(p.toks)) {
		p.stay()
	}
	return &p.toks[p.pos]
}

func (p *parser) at(k lexer.Kind) bool { return p.cur().kind == k }
func (p *parser) is(w word) bool       { return p.cur().word == w }
func (p *parser) peek(n int32) *token  { return &p.toks[min(p.pos+n, int32(len(p.toks)-1))] }

func (p *parser) peekIs(n int32, w word) bool { return p.peek(n).word == w }

func (p *parser) take(w word) bool {
	if p.is(w) {
		p.pos++
		return true
	}
	return false
}

// take2 takes two keywords or none.
func (p *parser) take2(a, b word) bool {
	if p.is(a) && p.peekIs(1, b) {
		p.pos += 2
		return true
	}
	return false
}

func (p *parser) takeKind(k lexer.Kind) bool {
	if p.at(k) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) want(w word) {
	if !p.take(w) {
		p.unexpected(wordTexts[w])
	}
}

func (p *parser) wantKind(k lexer.Kind) {
	if !p.takeKind(k) {
		p.unexpected(k.String())
	}
}

// bareWord takes one word, whatever it is.
func (p *parser) bareWord(what string) int32 {
	if !p.at(lexer.Word) {
		p.unexpected(what)
	}
	p.pos++
	p.stay()
	return p.pos - 1
}

// isName tells whether a name may be read here: quoted, or a word that is no reserved one.
func (p *parser) isName() bool {
	t := p.cur()
	return t.kind == lexer.QuotedName || t.kind == lexer.Word && !reserved[t.word]
}

// name takes a name; what tells the error what was looked for.
func (p *parser) name(what string) int32 {
	if !p.isName() {
		p.unexpected(what)
	}
	p.pos++
	p.stay()
	return p.pos - 1
}

// label takes the name behind AS or a dot, where any word may stand.
func (p *parser) label(what string) int32 {
	if !p.at(lexer.QuotedName) && !p.at(lexer.Word) {
		p.unexpected(what)
	}
	p.pos++
	p.stay()
	return p.pos - 1
}

// stay keeps the position inside the tokens once the parser failed.
func (p *parser) stay() {
	if p.pos >= int32(len(p.toks)) {
		p.pos = int32(len(p.toks)) - 1
	}
}

// Errors. After the first one the parser stands at the end token, so that every loop ends.

func (p *parser) fail(rule, sentence, remedy string) {
	if p.err == nil {
		t := p.cur()
		p.err = p.q.finding(rule, int(t.start), int(t.end), sentence, remedy)
	}
	p.pos = int32(len(p.toks)) - 1
}

func (p *parser) unexpected(wanted string) {
	t := p.cur()
	found := t.kind.String()
	switch t.kind {
	case lexer.Word:
		if t.word != wNone {
			found = wordTexts[t.word]
		} else if !p.q.spanIn(int(t.start), int(t.end), 0) && t.end-t.start < 60 {
			found = p.text(p.pos)
		}
	case lexer.OpenCurly:
		p.fail(ruleParam, "Query parameters such as {name:Type} are not allowed.", "Use the template's own parameters.")
		return
	}
	p.fail(ruleSyntax, fmt.Sprintf("Found %s where %s was expected.", found, wanted), "What the guard does not understand is not run.")
}

// enter counts one level of nesting; leave gives it back.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.fail(ruleLimit, fmt.Sprintf("The statement is nested deeper than %d levels.", maxDepth), "")
	}
	return p.err == nil
}

func (p *parser) leave() { p.depth-- }

// Building nodes.

// open begins a node at the current token.
func (p *parser) open(k kind) id { return p.openAt(k, p.pos) }

func (p *parser) openAt(k kind, tok int32) id {
	p.nodes = append(p.nodes, node{kind: k, tok: tok, end: tok})
	return id(len(p.nodes) - 1)
}

// close ends a node before the current token.
func (p *parser) close(n id) id {
	p.nodes[n].end = p.pos
	return n
}

// leaf is a node of the current token, which it takes.
func (p *parser) leaf(k kind) id {
	n := p.open(k)
	p.pos++
	p.stay()
	return p.close(n)
}

// add makes c the last child of n.
func (p *parser) add(n, c id) {
	if c == 0 || n == 0 {
		return
	}
	x, y := &p.nodes[n], &p.nodes[c]
	y.up = n
	if x.last == 0 {
		x.first = c
	} else {
		p.nodes[x.last].next = c
	}
	x.last = c
	if y.height >= x.height {
		if x.height = y.height + 1; x.height > maxChain {
			p.fail(ruleLimit, fmt.Sprintf("More than %d operators build on each other.", maxChain), "")
		}
	}
}

// wrap makes a node of kind k that begins where c does and has c as its first child.
func (p *parser) wrap(k kind, c id) id {
	n := p.openAt(k, p.nodes[c].tok)
	p.add(n, c)
	return n
}
