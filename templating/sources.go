package templating

import (
	"strings"

	"penstock/sql/lexer"
	"penstock/templating/parse"
)

// Sources are the names in FROM and JOIN in the order of the text, each once, whichever way through the template's
// conditions leads to them. They are found without parsing SQL: names of columns (extract(day FROM at)) and of common table
// expressions are among them, and names behind an IN are not.
func (t *Template) Sources() []string {
	f := flattener{}
	if offset, ok := Activate(t.src.Text); !ok {
		f.text.WriteString(t.src.Text)
	} else if tree, err := parse.Parse(t.src.Text[offset:]); err == nil {
		f.block(tree.Root)
	}
	return f.sources()
}

// A flattener writes the branches of a template one behind the other, and notes where each of them begins.
type flattener struct {
	text  strings.Builder
	turns []turn
}

// A turn is a place in the text before which the reader is elsewhere in the template.
type turn struct {
	at   int
	kind turnKind
}

type turnKind uint8

const (
	enter turnKind = iota // the branches of a statement begin
	again                 // the next branch begins where the first did
	leave                 // all were read; whichever was taken, here it goes on
)

func (f *flattener) turn(k turnKind) {
	f.text.WriteByte(' ') // two branches make no word together
	f.turns = append(f.turns, turn{f.text.Len(), k})
}

func (f *flattener) block(b parse.Block) {
	for _, n := range b {
		switch n := n.(type) {
		case *parse.Text:
			f.text.WriteString(n.Text)
		case *parse.Print:
			f.text.WriteByte('?') // what it prints is not known, and is no name
		case *parse.If:
			bodies := make([]parse.Block, len(n.Branches))
			for i, br := range n.Branches {
				bodies[i] = br.Body
			}
			f.branches(n.Else, bodies...)
		case *parse.For:
			f.branches(n.Else, n.Body)
		case *parse.While:
			f.branches(n.Else, n.Body)
		case *parse.Try:
			bodies := []parse.Block{n.Body}
			for _, h := range n.Handlers {
				bodies = append(bodies, h.Body)
			}
			f.branches(n.Else, bodies...)
			if n.Finally != nil {
				f.block(*n.Finally)
			}
		}
	}
}

// branches are read each from the same beginning. Without an else none of them may be taken.
func (f *flattener) branches(otherwise *parse.Block, bodies ...parse.Block) {
	f.turn(enter)
	for _, b := range bodies {
		f.block(b)
		f.turn(again)
	}
	if otherwise != nil {
		f.block(*otherwise)
	}
	f.turn(leave)
}

// A place is a set of the things that the tokens read so far may have led to.
type place uint8

const (
	elsewhere place = 1 << iota
	wanted          // FROM, JOIN or a comma between tables: a name is next
	named           // behind the name of a table
)

// afterTables are the words that end a list of tables.
var afterTables = map[string]bool{"WHERE": true, "PREWHERE": true, "GROUP": true, "ORDER": true, "LIMIT": true, "OFFSET": true,
	"HAVING": true, "WINDOW": true, "QUALIFY": true, "SETTINGS": true, "UNION": true, "INTERSECT": true, "EXCEPT": true,
	"SAMPLE": true, "ON": true, "USING": true, "ARRAY": true, "SELECT": true, "FORMAT": true, "FETCH": true}

func (f *flattener) sources() []string {
	r := sourceReader{text: f.text.String(), seen: map[string]bool{}, now: elsewhere}
	var tokens []lexer.Token
	for _, t := range lexer.Tokens(r.text) {
		if t.Kind != lexer.Space && t.Kind != lexer.Comment {
			tokens = append(tokens, t)
		}
	}
	turns := f.turns
	for i, t := range tokens {
		for ; len(turns) > 0 && turns[0].at <= t.Start; turns = turns[1:] {
			r.turn(turns[0].kind)
		}
		r.token(t, tokens[i+1:])
	}
	return r.out
}

// A sourceReader goes over the tokens of a flattened template.
type sourceReader struct {
	text   string
	out    []string
	seen   map[string]bool
	now    place
	last   string                       // the token before, when it is a word, in capitals
	around []place                      // where each open parenthesis stands
	stack  []struct{ from, ends place } // the statements around, by where they begin and where their branches end
}

func (r *sourceReader) turn(k turnKind) {
	n := len(r.stack) - 1
	switch k {
	case enter:
		r.stack = append(r.stack, struct{ from, ends place }{from: r.now})
	case again:
		r.stack[n].ends |= r.now
		r.now = r.stack[n].from
	case leave:
		r.now |= r.stack[n].ends
		r.stack = r.stack[:n]
	}
}

func (r *sourceReader) token(t lexer.Token, rest []lexer.Token) {
	next, word := elsewhere, ""
	inTables := r.now&(wanted|named) != 0
	switch t.Kind {
	case lexer.Word, lexer.QuotedName:
		text := r.text[t.Start:t.End]
		if t.Kind == lexer.Word {
			word = strings.ToUpper(text)
		}
		switch {
		case word == "FROM", word == "JOIN" && r.last != "ARRAY":
			next = wanted
		case inTables && !afterTables[word]:
			next = named
			if r.now&wanted != 0 {
				r.name(text, rest)
			}
		}
	case lexer.Comma:
		if next = r.now; r.now&named != 0 {
			next = r.now&^named | wanted
		}
	case lexer.OpenRound:
		r.around = append(r.around, r.now)
	case lexer.CloseRound:
		if n := len(r.around) - 1; n >= 0 {
			if r.around[n]&(wanted|named) != 0 {
				next = named // behind a sub-query or the arguments of a table function
			}
			r.around = r.around[:n]
		}
	case lexer.Question, lexer.Dot:
		if inTables {
			next = named
		}
	}
	r.now, r.last = next, word
}

// name notes a name unless it is a part of something longer: a database's, or a function's.
func (r *sourceReader) name(text string, rest []lexer.Token) {
	if len(rest) > 0 && (rest[0].Kind == lexer.Dot || rest[0].Kind == lexer.OpenRound) {
		return
	}
	if name, ok := lexer.Unquote(text); ok && !r.seen[name] {
		r.seen[name] = true
		r.out = append(r.out, name)
	}
}
