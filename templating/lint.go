package templating

import (
	"penstock/sql/lexer"
	"penstock/templating/parse"
)

// A Note is something in a template that works but is likely not meant, or that other engines refuse.
type Note struct {
	Message string
	Pos     lexer.Position
}

// Notes are for the author of the template, in no particular order of weight.
func (t *Template) Notes() []Note { return append([]Note(nil), t.notes...) }

func (c *compiler) note(pos int, message string) {
	if len(c.t.notes) < maxErrors {
		c.t.notes = append(c.t.notes, Note{message, c.t.src.Position(pos)})
	}
}

// checkContexts follows the SQL's own quoting through the constant text around the tags: a secret where no literal can
// stand is a mistake, a parameter there a note. Where branches leave different contexts nothing is known until the text
// is rendered.
func (c *compiler) checkContexts(b parse.Block) {
	w := contextWalker{c: c, known: true}
	w.block(b)
}

type contextWalker struct {
	c     *compiler
	at    sqlContext
	known bool
	after *parse.Print // a tag with a secret that nothing was printed after yet
}

func (w *contextWalker) block(b parse.Block) {
	for _, n := range b {
		switch n := n.(type) {
		case *parse.Text:
			w.text(n.Text)
		case *parse.Escape:
			w.text(n.Braces)
		case *parse.Print:
			w.print(n)
		case *parse.If:
			w.branches(n)
		case *parse.For:
			w.loop(n.Body, n.Else)
		case *parse.While:
			w.loop(n.Body, n.Else)
		case *parse.Try:
			// Where the body was left is not known, nor what follows its tags.
			for i, inner := range blocksOf(n) {
				w.known, w.after = w.known && i == 0, nil
				w.block(inner)
			}
			w.known, w.after = false, nil
		}
	}
}

func (w *contextWalker) text(s string) {
	if s == "" {
		return
	}
	if w.after != nil && touches(s[0]) {
		w.c.faults = append(w.c.faults, misplacedAfter().at(w.c.pos(w.after)))
	}
	w.after = nil
	w.at.feed(s)
}

func (w *contextWalker) print(n *parse.Print) {
	pos := w.c.pos(n)
	name := printedSecret(n.X)
	if !w.known {
		w.after = nil
		return
	}
	if name != "" {
		if why := w.at.refusal(); why != "" {
			w.c.faults = append(w.c.faults, misplaced(name, why).at(pos))
		} else if w.after != nil {
			w.c.faults = append(w.c.faults, misplacedAfter().at(pos))
		}
		w.at = sqlContext{last: [2]byte{0, '\''}}
		w.after = n
		return
	}
	w.after = nil
	switch w.at.state {
	case sqlString, sqlDouble, sqlBacktick:
		w.c.note(pos, "a tag within quotes of the SQL: what it prints brings its own quotes, which end these")
		w.known = false
	case sqlBlock, sqlHeredoc, sqlCurlySingle, sqlCurlyDouble:
		w.c.note(pos, "a tag inside "+w.at.state.String()+": what it prints may end it early; use {# … #} for what should be left out")
		w.known = false
	case sqlCode:
		// It prints whole tokens; which is the last byte is not known.
		w.at = sqlContext{}
	}
}

// branches walks an if; afterwards the context is known when all ways lead to the same one.
func (w *contextWalker) branches(n *parse.If) {
	start, known := *w, w.known
	var ends []contextWalker
	walk := func(b parse.Block) {
		*w = start
		w.block(b)
		known = known && w.known
		ends = append(ends, *w)
	}
	for _, b := range n.Branches {
		walk(b.Body)
	}
	if n.Else != nil {
		walk(*n.Else)
	} else {
		ends = append(ends, start)
	}
	*w = ends[0]
	for _, e := range ends[1:] {
		known = known && e.at.state == w.at.state && e.at.depth == w.at.depth && e.at.tag == w.at.tag
	}
	w.known, w.after = known, nil
	// The ways may differ in the last byte: only the state counts from here.
	w.at.last, w.at.word, w.at.tagging, w.at.escaped, w.at.matched = [2]byte{}, false, false, false, 0
}

// loop walks a body once as the first turn, and knows the context after it only when a turn leaves it as it was.
func (w *contextWalker) loop(body parse.Block, els *parse.Block) {
	state := w.at.state
	w.after = nil
	w.block(body)
	if els != nil {
		w.block(*els)
	}
	w.known = w.known && w.at.state == state && state == sqlCode
	w.at, w.after = sqlContext{}, nil
}

// printedSecret is the name of the secret that a tag prints whole, when that is plain to see.
func printedSecret(x parse.Expr) string {
	switch x := x.(type) {
	case *parse.Call:
		fn, ok := x.Fn.(*parse.Name)
		if ok && (fn.Ident == "tb_secret" || fn.Ident == "tb_var") && len(x.Args) > 0 {
			if name, ok := x.Args[0].(*parse.Const); ok && name.Kind == parse.Str {
				return name.Str
			}
		}
	case *parse.Cond:
		if s := printedSecret(x.Then); s != "" {
			return s
		}
		return printedSecret(x.Else)
	}
	return ""
}
