package templating

import (
	"slices"
	"strings"

	"penstock/sql/lexer"
	"penstock/templating/literal"
	"penstock/templating/parse"
)

// A SecretUse is one tb_secret in a template.
type SecretUse struct {
	Name       string
	HasDefault bool
	Pos        lexer.Position
}

// Secrets are the uses of secrets in the order of the source, found without running.
func (t *Template) Secrets() []SecretUse { return append([]SecretUse(nil), t.secrets...) }

// secretCall compiles tb_secret(name [, default]).
func (c *compiler) secretCall(x *parse.Call, fn string) eval {
	pos := c.pos(x)
	if len(x.Args) == 0 && len(x.Keywords) == 0 {
		return func(*run) (value, *fault) {
			return none, missingArgument().at(pos)
		}
	}
	var def eval
	switch {
	case len(x.Args) > 2:
		wrong := badType("%s() takes from 1 to 2 positional arguments but %d were given", fn, len(x.Args))
		return c.failing(x, wrong)
	case len(x.Args) == 2:
		def = c.exprOrSecret(x.Args[1])
	}
	for _, k := range x.Keywords {
		if k.Name != "default" || def != nil || len(x.Args) == 0 {
			return c.failing(x, badType("%s() got an unexpected keyword argument '%s'", fn, k.Name))
		}
		def = c.exprOrSecret(k.Value)
	}
	name, ok := x.Args[0].(*parse.Const)
	if !ok {
		c.expr(x.Args[0]) // for its own mistakes
		return c.reject(pos, unsupported("the name of a secret must be a constant text").hinted(
			"a name that a caller can choose would let him read any secret"))
	}
	if name.Kind != parse.Str || !literal.IsWord(name.Str) {
		spelled := name.Raw
		if name.Kind == parse.Str {
			spelled = name.Str
		}
		f := cannotAccess(spelled)
		f.hint = "names of secrets have letters, digits and underscores, and no digit first"
		return c.reject(pos, f)
	}
	c.noteSecret(name.Str, def != nil, pos)
	s := name.Str
	names := &lexer.Names{s}
	return func(r *run) (value, *fault) {
		return r.secret(names, def, pos)
	}
}

// noteSecret records a use once, though an expression may be compiled twice to find its mistakes.
func (c *compiler) noteSecret(name string, hasDefault bool, pos int) {
	if c.secrets[pos] {
		return
	}
	c.secrets[pos] = true
	c.t.secrets = append(c.t.secrets, SecretUse{Name: name, HasDefault: hasDefault, Pos: c.places.at(pos)})
}

// failing evaluates the arguments of a call and then fails.
func (c *compiler) failing(x *parse.Call, wrong *fault) eval {
	pos := c.pos(x)
	args := c.exprs(x.Args)
	for _, k := range x.Keywords {
		args = append(args, c.keyword(k.Value))
	}
	return func(r *run) (value, *fault) {
		if _, f := r.evals(args); f != nil {
			return none, f
		}
		f := *wrong
		return none, f.at(pos)
	}
}

func cannotAccess(name string) *fault {
	return faultf(KindSecretMissing, "SQLTemplateException", prefix+"Cannot access secret '%s'. Check the secret exists in the "+
		"Workspace and the token has the required scope.", name)
}

// secret looks a secret up.
func (r *run) secret(names *lexer.Names, def eval, pos int) (value, *fault) {
	if f := r.step(); f != nil {
		return none, f.at(pos)
	}
	name, d := (*names)[0], none
	if def != nil {
		var f *fault
		if d, f = def(r); f != nil {
			return none, f
		}
	}
	if r.in.Secret != nil {
		v, found, err := r.in.Secret(name)
		if err != nil {
			return none, &fault{err: err, pos: pos}
		}
		if found {
			if !slices.Contains(r.facts.Secrets, name) {
				r.facts.Secrets = append(r.facts.Secrets, name)
			}
			return value{kind: kSecret, obj: &secret{name: names, value: v}}, nil
		}
	}
	switch {
	case d.kind == kStr:
		// What stands in for a secret is one: it may stand where a secret may, and nowhere else.
		return value{kind: kSecret, obj: &secret{name: names, value: d.s}}, nil
	case d.kind != kNone && d.kind != kMissing:
		return d, nil
	case r.in.Mode == Validate:
		if !slices.Contains(r.facts.Missing, name) {
			r.facts.Missing = append(r.facts.Missing, name)
		}
		return value{kind: kSecret, obj: &secret{name: names, value: "{" + name + ": String}"}}, nil
	}
	return none, cannotAccess(name).at(pos)
}

// printSecret writes the literal of a secret. Whether one can stand here is known when the statement is whole.
func (r *run) printSecret(pos int, s *secret) *fault {
	start := r.w.Len()
	r.w.CloseSecret(r.src, pos, s.name, literal.Secret(r.w.Open(), s.value))
	r.printed = append(r.printed, secretAt{span{start, r.w.Len()}, (*s.name)[0], pos})
	return r.checkOutput()
}

// finishSecrets refuses a statement in which the literal of a secret is not one String token for itself: ClickHouse's
// own tokens decide, over the whole text.
func (r *run) finishSecrets() *fault {
	if len(r.printed) == 0 {
		return nil
	}
	sql := r.b.Statement().Bytes()
	lex := lexer.New(bytesText(sql))
	tok := lex.Next()
	for _, p := range r.printed {
		for tok.End <= p.start && tok.Kind != lexer.End {
			tok = lex.Next()
		}
		switch {
		case tok.Kind != lexer.String || tok.Start != p.start || tok.End != p.end:
			return misplaced(p.name, placeIn(tok, p.start)).at(p.pos)
		case p.start > 0 && touches(sql[p.start-1]):
			return misplaced(p.name, afterText).at(p.pos)
		case p.end < len(sql) && touches(sql[p.end]):
			return misplacedAfter().at(p.pos)
		}
	}
	return nil
}

const afterText = "directly after other text"

// placeIn says where in a token a literal stands.
func placeIn(tok lexer.Token, at int) string {
	switch {
	case tok.Kind == lexer.Comment:
		return "inside " + sqlLine.String()
	case tok.Kind == lexer.Heredoc:
		return "inside " + sqlHeredoc.String()
	case tok.Kind == lexer.QuotedName:
		return "inside " + sqlBacktick.String()
	case tok.Start < at && (tok.Kind == lexer.String || tok.Kind == lexer.Error):
		return "inside " + sqlString.String()
	}
	return afterText
}

func misplaced(name, why string) *fault {
	f := unsupported("the secret '%s' cannot stand %s", name, why)
	remedy := "write the tag where a String literal may stand, with nothing directly beside it: the quotes come with the value"
	if strings.Contains(why, "comment") {
		remedy = "a tag in an SQL comment is evaluated too; use {# … #} for what should be left out"
	}
	return f.hinted(remedy)
}

func misplacedAfter() *fault {
	return unsupported("a secret cannot stand directly before other text").hinted("put a blank or an operator between them")
}
