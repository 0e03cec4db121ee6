package parse

import "strings"

// String is the template in its canonical layout: text as it is, tags with one blank inside their braces and expressions
// spaced as in Python's style guide. It parses to an equal tree.
func (t *Tree) String() string {
	p := &printer{src: t.Source}
	p.block(t.Root)
	return p.b.String()
}

type printer struct {
	src string
	b   strings.Builder
}

func (p *printer) block(b Block) {
	for _, n := range b {
		n.write(p)
	}
}

func (p *printer) tag(words ...string) {
	p.b.WriteString("{%")
	for _, w := range words {
		if w != "" {
			p.b.WriteByte(' ')
			p.b.WriteString(w)
		}
	}
	p.b.WriteString(" %}")
}

func (p *printer) end() { p.tag("end") }

func (p *printer) els(b *Block) {
	if b != nil {
		p.tag("else")
		p.block(*b)
	}
}

// or is the content of a tag: laid out, or as it is when that would lose a comment.
func (t tag) or(laidOut string) string {
	if t.Kept {
		return t.Source
	}
	return laidOut
}

// apart keeps braces apart that would end a {{ }}. No text in one holds them: they would have ended it.
func apart(s string) string {
	for strings.Contains(s, "}}") {
		s = strings.ReplaceAll(s, "}}", "} }")
	}
	return s
}

func (n *Text) write(p *printer) { p.b.WriteString(p.src[n.Pos:n.End]) }

func (n *Escape) write(p *printer) {
	p.b.WriteString(n.Braces)
	p.b.WriteByte('!')
}

func (n *Comment) write(p *printer) {
	if n.Tag {
		p.tag("comment", n.Text)
		return
	}
	p.b.WriteString("{#" + n.Text + "#}")
}

func (n *Whitespace) write(p *printer) { p.tag("whitespace", n.Mode) }

func (n *Print) write(p *printer) { p.b.WriteString("{{ " + n.or(apart(n.X.String())) + " }}") }

func (n *Assign) write(p *printer) {
	var b strings.Builder
	for _, t := range n.Targets {
		b.WriteString(bare(t) + " " + n.Op + " ")
	}
	p.tag("set", n.or(b.String()+bare(n.X)))
}

func (n *If) write(p *printer) {
	for i, b := range n.Branches {
		word := "if"
		if i > 0 {
			word = "elif"
		}
		p.tag(word, b.or(b.Cond.String()))
		p.block(b.Body)
	}
	p.els(n.Else)
	p.end()
}

func (n *For) write(p *printer) {
	p.tag("for", n.or(bare(n.Target)+" in "+bare(n.Iter)))
	p.block(n.Body)
	p.els(n.Else)
	p.end()
}

func (n *While) write(p *printer) {
	p.tag("while", n.or(n.Cond.String()))
	p.block(n.Body)
	p.els(n.Else)
	p.end()
}

func (n *Try) write(p *printer) {
	p.tag("try")
	p.block(n.Body)
	for _, h := range n.Handlers {
		what := ""
		if h.Type != nil {
			what = h.Type.String()
			if h.Name != "" {
				what += " as " + h.Name
			}
		}
		p.tag("except", h.or(what))
		p.block(h.Body)
	}
	p.els(n.Else)
	if n.Finally != nil {
		p.tag("finally")
		p.block(*n.Finally)
	}
	p.end()
}

func (n *Jump) write(p *printer) { p.tag(n.Word) }
