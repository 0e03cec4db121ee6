package templating

import (
	"sync"

	"penstock/sql/lexer"
	"penstock/templating/parse"
)

// A Template is a compiled text. It does not change and is safe to share.
type Template struct {
	src     *lexer.Source
	body    block
	verbat  bool // no template: the text is copied
	params  []string
	byName  map[string]int
	origins []*origin
	nones   []value        // by the number of the parameter: what it is when it was not sent
	preps   []*arrayType   // by the number of the parameter: how it is prepared, or nil
	memo    map[string]int // calls of type functions that give the same wherever they stand, by their print
	locals  int
	secrets []SecretUse
	tables  []string
	uses    []use
	notes   []Note
	probes  []probe
	clashes []string // names that the HTTP layer uses itself
	every   *origin  // all parameters
	pool    sync.Pool
}

// Activate tells where in a node's text the template begins: after leading white space and one percent sign. When ok is
// false the text is no template and is copied as it is.
func Activate(text string) (offset int, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ' ', '\t', '\n', '\r', '\v', '\f':
		case '%':
			return i + 1, true
		default:
			return 0, false
		}
	}
	return 0, false
}

// maxSource is the largest text that is compiled.
const maxSource = 4 << 20

// Compile makes a Template of a node's text. A text that is not activated gives a Template that copies it. The error, if
// any, is Errors: everything that can be refused without rendering. src is kept.
func Compile(src *lexer.Source) (*Template, error) {
	t := &Template{src: src}
	offset, ok := Activate(src.Text)
	if !ok {
		t.verbat = true
		return t, nil
	}
	if len(src.Text) > maxSource {
		return nil, Errors{newError(src, 0, KindLimit, prefix+"the template is larger than 4 MB", "")}
	}
	tree, err := parse.Parse(src.Text[offset:])
	var errs Errors
	if err != nil {
		for _, e := range err.(parse.Errors) {
			errs = append(errs, newError(src, offset+e.Pos, string(e.Kind), e.Message, e.Hint))
		}
		if tree == nil {
			return nil, errs
		}
	}
	c := newCompiler(t, offset)
	c.compile(tree)
	if errs = append(errs, c.errors()...); len(errs) > 0 {
		return nil, errs
	}
	return t, nil
}

// Render runs the template and appends what it prints to b. On an error what b holds is of no use.
//
// The error is an *Error for what the template or its input did, or the error of in.Secret or in.Context as it is.
func (t *Template) Render(b *lexer.Builder, in Input) (Facts, error) {
	if t.verbat {
		b.Text(t.src, 0, len(t.src.Text))
		return Facts{}, nil
	}
	r := t.begin(b, &in)
	j, f := t.body.run(r)
	if j != jumpNone {
		panic("templating: unreachable: a jump without a loop")
	}
	if f == nil {
		f = r.finishSecrets()
	}
	facts := r.facts
	facts.Warnings = t.clashes
	t.end(r)
	if f != nil {
		return Facts{}, t.errorOf(f)
	}
	if in.Settings != nil {
		in.Settings.add(facts.Settings)
	}
	return facts, nil
}

func (t *Template) begin(b *lexer.Builder, in *Input) *run {
	r, _ := t.pool.Get().(*run)
	if r == nil {
		r = &run{t: t, src: t.src, args: make([]value, len(t.params)), places: make([]int, len(t.params)), locals: make([]value, t.locals),
			memo: make([]value, len(t.memo)), literals: make([]span, len(t.memo))}
	}
	in.Limits.fill()
	r.b, r.w, r.in, r.most = b, b.Writer(), *in, b.Len()+in.Limits.Output
	r.sent()
	r.steps, r.turns, r.grown, r.asked = in.Limits.Steps, in.Limits.Turns, in.Limits.Values, 0
	return r
}

// end gives the run back. Nothing of the request stays in it.
func (t *Template) end(r *run) {
	clear(r.args)
	clear(r.locals)
	clear(r.memo)
	clear(r.literals)
	clear(r.stack[:cap(r.stack)])
	clear(r.arena)
	r.stack, r.arena = r.stack[:0], r.arena[:0]
	r.scratch = short(r.scratch)
	r.b, r.w, r.in, r.facts = nil, lexer.Writer{}, Input{}, Facts{}
	r.printed = r.printed[:0]
	t.pool.Put(r)
}

// kept is how many elements of a buffer stay with a run at most.
const kept = 4096

// short is an empty buffer with the memory of b, unless that is much.
func short(b []byte) []byte {
	if cap(b) > 16*kept {
		return nil
	}
	return b[:0]
}

func (t *Template) errorOf(f *fault) error {
	if f.err != nil {
		return f.err
	}
	e := newError(t.src, max(f.pos, 0), f.kind, f.msg, f.hint)
	e.Code, e.Body = f.code, f.body
	return e
}
