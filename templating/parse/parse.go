package parse

import (
	"strings"
	"unicode"
)

// maxBlocks is how deep statements may nest.
const maxBlocks = 99

// Parse reads a template. The error, if any, is Errors: every mistake that can be found without guessing. Where all of them are
// uses in a {{ }} of what the language leaves out, there is a tree too, with an empty text for each: it is good for finding
// further mistakes, and for nothing else.
func Parse(src string) (*Tree, error) {
	p := &parser{src: src}
	p.blocks = []*open{{body: new(Block)}}
	root := p.blocks[0].body
	p.items()
	tree := &Tree{Source: src, Root: *root}
	errs := append(p.structure, p.content...)
	switch {
	case len(errs) == 0:
		return tree, nil
	case len(errs) == p.leftOut:
		return tree, errs
	}
	return nil, errs
}

// open is a statement whose end has not come yet.
type open struct {
	word  string // if, for, while or try; "" for the template itself
	pos   int
	line  int
	body  *Block // where nodes go now
	els   bool   // the else has begun
	final bool   // the finally has begun
	if_   *If
	for_  *For
	while *While
	try   *Try
}

type parser struct {
	src     string
	space   Space
	blocks  []*open
	line    lineCounter
	leftOut int // mistakes that are no more than the use, in a {{ }}, of what the language leaves out
	// Mistakes of the nesting come before those inside of tags, wherever they stand: so the reference reports them.
	structure Errors
	content   Errors
}

// lineCounter counts lines in a source that is read from front to back.
type lineCounter struct{ pos, line int }

func (c *lineCounter) at(src string, pos int) int {
	if pos > c.pos {
		c.line += strings.Count(src[c.pos:pos], "\n")
		c.pos = pos
	}
	return c.line + 1
}

func (p *parser) top() *open { return p.blocks[len(p.blocks)-1] }

func (p *parser) add(n Node) {
	b := p.top().body
	*b = append(*b, n)
}

// fail records a mistake of the nesting.
func (p *parser) fail(pos int, hint, format string, args ...any) {
	e := syntaxAt(pos, format, args...)
	e.Hint = hint
	p.structure = append(p.structure, e)
}

func (p *parser) reject(err *Error) {
	if err != nil {
		p.content = append(p.content, err)
	}
}

func (p *parser) items() {
	lex := NewLexer(p.src)
	for {
		it, ok := lex.Next()
		if !ok {
			break
		}
		pos := Pos(it.Start)
		switch it.Kind {
		case ItemText:
			p.add(&Text{Pos: pos, End: it.End, Text: fold(p.src[it.Start:it.End], p.space), Space: p.space})
		case ItemEscape:
			p.add(&Escape{Pos: pos, Braces: p.src[it.Start : it.Start+2]})
		case ItemComment:
			p.add(&Comment{Pos: pos, Text: p.src[it.Start+2 : it.End-2]})
		case ItemUnclosed:
			p.unclosed(it)
		case ItemPrint:
			p.print(it)
		case ItemBlock:
			p.statement(it)
		}
	}
	for i := len(p.blocks) - 1; i > 0; i-- {
		b := p.blocks[i]
		p.fail(b.pos, "", "Missing {%% end %%} block for %s at line %d", b.word, b.line)
	}
}

func (p *parser) unclosed(it Item) {
	what := map[byte]string{'{': "expression }}", '%': "block %}", '#': "comment #}"}[p.src[it.Start+1]]
	p.fail(it.Start, "braces that are no tag are written {{! or {%! or {#!",
		"Missing end %s at <string>:%d", what, p.line.at(p.src, it.Start))
}

// fold applies a white space mode to text.
func fold(s string, mode Space) string {
	if mode == SpaceAll {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		n := i
		line := false
		for n < len(s) && (s[n] == ' ' || s[n] == '\t' || s[n] >= '\n' && s[n] <= '\r') {
			line = line || s[n] == '\n'
			n++
		}
		switch {
		case n == i:
			b.WriteByte(s[i])
			i++
			continue
		case mode == SpaceSingle && line:
			b.WriteByte('\n')
		default:
			b.WriteByte(' ')
		}
		i = n
	}
	return b.String()
}

// inside is the content of a tag without the blanks around it.
func (p *parser) inside(it Item) (from, to int) {
	from, to = it.Start+2, it.End-2
	s := strings.TrimLeftFunc(p.src[from:to], isBlank)
	from = to - len(s)
	return from, from + len(strings.TrimRightFunc(s, isBlank))
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func (p *parser) print(it Item) {
	from, to := p.inside(it)
	if from == to {
		p.fail(it.Start, "", "Empty expression at <string>:%d", p.line.at(p.src, it.End))
		return
	}
	q := newExprParser(p.src, from, to)
	n := &Print{Pos: Pos(it.Start), tag: tag{Source: p.src[from:to]}}
	x, err := q.printed()
	if err != nil {
		p.reject(err)
		if err.Kind != Unsupported {
			return
		}
		p.leftOut++
		x = &Const{Pos: Pos(from), Kind: Str} // so that the rest of the template can be judged
	}
	n.X, n.Kept = x, q.sc.comment
	p.add(n)
}

// printed parses the content of {{ }}: one expression and nothing else.
func (p *exprParser) printed() (Expr, *Error) {
	if p.tok.kind == tokName {
		switch p.tok.text {
		case "pass", "break", "continue", "return", "raise", "del", "assert", "global", "nonlocal", "import":
			word, at := p.tok.text, p.tok.start
			p.advance()
			if p.tok.kind == tokEnd && strings.Contains("del assert global nonlocal import", word) {
				return nil, p.unexpected()
			}
			return nil, unsupportedAt(at, "Invalid expression type: %s is a statement", word)
		case "from":
			return nil, p.unexpected()
		}
	}
	if err := p.noSpread(); err != nil {
		return nil, err
	}
	x, err := p.expr()
	if err != nil {
		return nil, err
	}
	if _, isName := x.(*Name); isName && p.is(":") {
		return nil, p.annotation()
	}
	if p.is(",") {
		return nil, syntaxAt(p.tok.start, "invalid syntax: a tag prints one expression; brackets make a tuple")
	}
	if p.tok.kind == tokOp && strings.HasSuffix(p.tok.text, "=") && p.tok.text != ":=" {
		return nil, unsupportedAt(p.tok.start, "Invalid expression type: Assign; use {%% set %%} to assign and == to compare")
	}
	return x, p.finish()
}

// annotation refuses x: y.
func (p *exprParser) annotation() *Error {
	colon := p.tok
	p.advance()
	if _, err := p.expr(); err != nil {
		return err
	}
	return unsupportedAt(colon.start, "Invalid expression type: AnnAssign")
}

// statement handles one {% %}.
func (p *parser) statement(it Item) {
	from, to := p.inside(it)
	content := p.src[from:to]
	if content == "" {
		p.fail(it.Start, "", "Empty block tag ({%% %%}) at <string>:%d", p.line.at(p.src, it.End))
		return
	}
	word, rest, _ := strings.Cut(content, " ")
	at := to - len(rest)
	at += len(rest) - len(strings.TrimLeftFunc(rest, isBlank))
	switch word {
	case "end":
		p.end(it)
	case "else", "elif", "except", "finally":
		p.middle(it, word, at, to)
	case "if", "for", "while", "try":
		p.begin(it, word, at, to)
	case "set":
		p.set(it, at, to)
	case "break", "continue":
		p.jump(it, word, at, to)
	case "comment":
		p.add(&Comment{Pos: Pos(it.Start), Text: p.src[at:to], Tag: true})
	case "whitespace":
		p.whitespace(it, p.src[at:to])
	case "import", "from", "include", "extends", "module", "apply", "raw", "block", "autoescape":
		if word == "from" {
			word = "import"
		}
		e := &Error{Kind: Forbidden, Pos: it.Start}
		e.Message = syntaxAt(0, "%s is forbidden at <string>:%d", word, p.line.at(p.src, it.End)).Message
		p.structure = append(p.structure, e)
	default:
		p.fail(it.Start, operatorHint(word), "unknown operator: '%s' at <string>:%d", word, p.line.at(p.src, it.End))
	}
}

// operatorHint helps with what people coming from other template languages write.
func operatorHint(word string) string {
	for _, w := range []string{"if", "elif", "for", "while", "set", "else"} {
		if strings.HasPrefix(word, w) && !IsIdent(word) && word != w {
			return "write a blank after " + w
		}
	}
	switch word {
	case "endif", "endfor", "endwhile", "endtry", "END":
		return "did you mean {% end %}?"
	case "elseif", "elsif":
		return "did you mean {% elif … %}?"
	case "unless":
		return "did you mean {% if not … %}?"
	}
	return ""
}

func (p *parser) whitespace(it Item, mode string) {
	switch mode {
	case "all":
		p.space = SpaceAll
	case "single":
		p.space = SpaceSingle
	case "oneline":
		p.space = SpaceOneline
	default:
		p.fail(it.Start, "the modes are all, single and oneline", "invalid whitespace mode %s", mode)
		return
	}
	p.add(&Whitespace{Pos: Pos(it.Start), Mode: mode})
}

func (p *parser) end(it Item) {
	b := p.top()
	if len(p.blocks) == 1 {
		p.fail(it.Start, "", "Extra {%% end %%} block at <string>:%d", p.line.at(p.src, it.End))
		return
	}
	if b.try != nil && len(b.try.Handlers) == 0 && b.try.Finally == nil {
		p.reject(syntaxAt(b.pos, "expected 'except' or 'finally' block"))
	}
	p.blocks = p.blocks[:len(p.blocks)-1]
}

func (p *parser) jump(it Item, word string, from, to int) {
	for _, b := range p.blocks {
		// In its own else a loop is over: what stands there belongs to a loop around it.
		if (b.word == "for" || b.word == "while") && !b.els {
			if from < to {
				p.reject(syntaxAt(from, "invalid syntax after %s", word))
			}
			p.add(&Jump{Pos: Pos(it.Start), Word: word})
			return
		}
	}
	p.fail(it.Start, "", "%s outside {'for', 'while'} block at <string>:%d", word, p.line.at(p.src, it.End))
}
