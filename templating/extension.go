package templating

import (
	"strings"

	"penstock/templating/parse"
)

// noteExtension notes what a {{ }} uses that other engines of the language allow only inside {% %}.
func (c *compiler) noteExtension(n *parse.Print) {
	if what := extension(n.X); what != "" {
		c.note(c.pos(n), what+" inside {{ }} is an extension: other engines allow it inside {% %} only")
	}
}

// extension names the first such thing in an expression. The values of keywords are exempt everywhere.
func extension(x parse.Expr) string {
	switch x := x.(type) {
	case *parse.Compare:
		return "a comparison"
	case *parse.Bool:
		return "and or or"
	case *parse.Comp:
		return "a comprehension"
	case *parse.Unary:
		if x.Op == "+" {
			return "the sign +"
		}
	case *parse.Binary:
		if !strings.Contains("+-*", x.Op) || x.Op == "**" {
			return "the operator " + x.Op
		}
	case *parse.Call:
		return extensionCall(x)
	}
	for _, y := range children(x) {
		if y != nil {
			if what := extension(y); what != "" {
				return what
			}
		}
	}
	return ""
}

func extensionCall(x *parse.Call) string {
	switch fn := x.Fn.(type) {
	case *parse.Attr:
		switch fn.Name {
		case "get", "split", "join", "replace":
		default:
			return "the method " + fn.Name
		}
		if what := extension(fn.X); what != "" {
			return what
		}
	case *parse.Name:
		switch fn.Ident {
		case "str", "range", "sum", "enumerate", "sorted", "reversed", "zip":
			return "the function " + fn.Ident
		}
	}
	for _, a := range x.Args {
		if what := extension(a); what != "" {
			return what
		}
	}
	return ""
}

// noteBoolean notes a default that reads like no but counts as yes.
func (c *compiler) noteBoolean(x *parse.Call) {
	for i, a := range x.Args {
		k, ok := a.(*parse.Const)
		if !ok || i == 0 || k.Kind != parse.Str {
			continue
		}
		switch strings.ToLower(k.Str) {
		case "no", "off", "f", "n", "none", "null":
			c.note(c.pos(a), "Boolean takes every text for true but 0, false and the empty one, so also '"+k.Str+"'")
		}
	}
}
