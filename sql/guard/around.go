package guard

import (
	"regexp"
	"strings"

	"penstock/sql/lexer"
)

// Functions, operators and casts around a secret: what each makes of it, and whether its error could quote it.

// quietness groups the functions of lists/quiet.txt.
type quietness uint16

const (
	oneWay quietness = 1 << iota
	cipher
	wrapper
	cast
	text
	measure
	structure
	truth
	patterns
	split
)

var quietGroups = map[string]quietness{"oneway": oneWay, "cipher": cipher, "wrapper": wrapper, "cast": cast, "text": text,
	"measure": measure, "structure": structure, "truth": truth, "regexp": patterns, "split": split}

// meetsItsKind tells whether the other operands of a comparison are surely of the type of the changed secret.
func (w *walker) meetsItsKind(at id) bool {
	is := w.isText
	switch {
	case w.isText(w.from):
	case w.isNumber(w.from):
		is = w.isNumber
	case !w.isSplit(w.from):
		return false
	}
	for c := w.nodes[at].first; c != 0; c = w.nodes[c].next {
		if c == w.from || is(c) {
			continue
		}
		if w.nodes[c].kind != kTuple && w.nodes[c].kind != kArray {
			return false
		}
		for e := w.nodes[c].first; e != 0; e = w.nodes[e].next {
			if !is(e) {
				return false
			}
		}
	}
	return true
}

func (w *walker) groupOf(call id) quietness { return w.c.quiet[w.functionOf(call)] }

// isText tells what is surely a String.
func (w *walker) isText(n id) bool {
	switch x := &w.nodes[n]; x.kind {
	case kLiteral:
		return w.isString(n)
	case kBinary:
		return x.sym == lexer.Concatenation
	case kCast:
		return strings.EqualFold(w.typeText(x.last), "String")
	case kCall:
		return w.groupOf(n)&(text|wrapper) != 0 || w.functionOf(n) == "tostring"
	}
	return false
}

// isNumber tells what is surely one number.
func (w *walker) isNumber(n id) bool {
	switch x := &w.nodes[n]; x.kind {
	case kLiteral:
		return w.toks[x.tok].kind == lexer.Number
	case kUnary:
		return x.op == wNone && w.isNumber(x.first)
	case kBinary:
		switch x.sym {
		case lexer.Plus, lexer.Minus, lexer.Asterisk, lexer.Slash:
			return w.isNumber(x.first) && w.isNumber(x.last)
		}
	case kCall:
		lower := w.functionOf(n)
		return w.groupOf(n)&measure != 0 || strings.HasPrefix(lower, "touint") || strings.HasPrefix(lower, "toint") ||
			strings.HasPrefix(lower, "tofloat") || lower == "count"
	}
	return false
}

func (w *walker) isSplit(n id) bool { return w.nodes[n].kind == kCall && w.groupOf(n)&split != 0 }

func (w *walker) binary(at id) {
	x := &w.nodes[at]
	switch {
	case x.op == wAnd || x.op == wOr:
	case x.op == wDiv || x.op == wMod || x.sym == lexer.Percent || x.sym == lexer.Plus || x.sym == lexer.Minus ||
		x.sym == lexer.Asterisk || x.sym == lexer.Slash: // divisions by zero, overflows of decimals
		w.throws()
		w.change()
		w.cut = w.cut || !w.hidden && !w.compared // 2 * x wraps, x % 10 is a digit
	case x.sym == lexer.Concatenation: // takes whatever type
		w.change()
	default:
		w.compare(at, false)
	}
}

// allText demands that a changed secret meets nothing but texts.
func (w *walker) allText(at id) {
	if w.bare() && !(w.isText(w.from) && w.meetsItsKind(at)) {
		w.throws()
	}
}

// wideType is at the end of types, and in the names of functions that convert to them, of which there are too many values to try.
var wideType = regexp.MustCompile(`(?i)^(?:to)?(?:U?Int(?:32|64|128|256)|UUID|String)`)

// cast judges a conversion, which is allowed directly on the literal, into a type that a text or the name of a function tells.
func (w *walker) cast(into string) {
	if w.compared || w.hidden {
		w.throws()
		return
	}
	if w.level != raw {
		w.stop(ruleThrows, "A conversion of a changed secret could quote it in an error.")
	}
	w.level, w.fitted, w.guessable = casted, true, !wideType.MatchString(into)
}

func (w *walker) call(at id) {
	x := &w.nodes[at]
	lower := w.functionOf(at)
	if lower == "" {
		w.stop(ruleThrows, "The guard does not know what this function does with the secret.")
		return
	}
	if w.nodes[w.from].kind == kParams {
		w.stop(ruleThrows, "A parameter of an aggregate function becomes part of its name.")
		return
	}
	group := w.c.quiet[lower]
	index := w.indexOf(at)
	switch {
	case w.compared:
		if lower != "and" && lower != "or" && lower != "not" {
			w.throws()
		}
	case w.hidden:
		if group&truth != 0 {
			w.compare(at, false)
		}
	case group&cipher != 0:
		w.cipher(at, index)
	case group&oneWay != 0:
		if lower == "hmac" && index == 0 {
			w.throws()
		}
		// A hash of a part, or of what a cast left of the value, is as good as that part.
		w.cut = w.cut || w.list || w.fitted
		w.hidden, w.loose = true, w.cut
	case group&truth != 0:
		if group&patterns != 0 {
			w.throws()
		}
		w.cut = w.cut || lower == "bittest"
		asksNothing := lower == "isnull" || lower == "isnotnull" || lower == "empty" || lower == "notempty" // but whether a function failed
		w.compare(at, group&structure == 0 || asksNothing)
	case group&cast != 0 && index == 0:
		for c := w.nodes[w.from].next; c != 0; c = w.nodes[c].next {
			if w.paramIn(c) {
				w.stop(ruleThrows, "A request parameter chooses what the secret is converted to.")
			}
		}
		into := lower
		if arg := w.typeArgument(at, lower); arg != 0 {
			into = w.typeText(arg)
		}
		w.cast(into)
	case lower == "tostring" && index == 0:
	case lower == "nullif":
		w.stop(ruleThrows, "nullIf compares the secret in a way that the guard does not follow: write if(… = …, NULL, …).")
	case group&structure != 0:
		w.throws()
		if lower == "if" || lower == "multiif" {
			w.condition(at)
		}
	case group&measure != 0:
		w.allText(at)
		w.level, w.loose, w.cut = measured, true, true
	case group&(text|wrapper|split) != 0:
		if lower != "concat" { // which takes whatever type
			w.allText(at)
		}
		switch {
		case group&split != 0 && w.splits(at):
			w.list, w.level, w.loose = true, changed, true
			return
		case !wholeTexts[lower] || strings.Contains(lower, "trim") && w.count(at) > 1:
			w.cut = true
		}
		w.change()
	default:
		w.stop(ruleThrows, "An error of "+w.shown(w.start(at), int(w.toks[x.name].end))+" could quote the secret in a changed form.")
	}
}

// splits tells whether a secret as it is is split into what its author would call its parts.
func (w *walker) splits(at id) bool {
	sep := w.argument(at, 0)
	text, ok := w.nameOf(w.nodes[sep].tok)
	return w.level == raw && !w.hidden && !w.compared && w.count(at) == 2 && w.isString(sep) && sep != w.from && ok && text != "" &&
		strings.Trim(text, ",;|: \t\r\n/-") == ""
}

// wholeTexts are the functions of the groups text and wrapper that keep a value whole.
var wholeTexts = map[string]bool{"concat": true, "concatassumeinjective": true, "concatwithseparator": true, "concat_ws": true,
	"reverse": true, "reverseutf8": true, "lower": true, "upper": true, "lowerutf8": true, "upperutf8": true, "lcase": true, "ucase": true,
	"initcap": true, "bin": true, "hex": true, "base64encode": true, "base32encode": true, "base58encode": true,
	"trim": true, "trimleft": true, "trimright": true, "trimboth": true, "ltrim": true, "rtrim": true}

// cipher judges encrypt and its like. The key, as it is, is hidden by what comes out. The text is not, for who knows the key, and
// neither is what stands behind it: that may be compared whole, where the key is a secret too, and what comes out tells of the
// whole of it or nothing. In stream modes a byte tells a byte; the padding of what cbc decrypts tells one too, unless a wrong one ends
// the statement; and where both sides vary, one meets the other in the middle.
func (w *walker) cipher(at id, index int) {
	if w.level != raw || index < 2 {
		w.stop(ruleThrows, "A secret may be the key of this, as it is, or stand behind it.")
	}
	if w.paramIn(w.argument(at, 0)) {
		w.stop(ruleThrows, "A request parameter chooses the mode of the cipher.")
	}
	if index == 2 {
		w.hidden, w.loose = true, w.cut
		return
	}
	w.level = changed
	mode, ok := w.nameOf(w.nodes[w.argument(at, 0)].tok)
	lower := w.functionOf(at)
	if mode = strings.ToLower(mode); !ok || !w.isString(w.argument(at, 0)) ||
		!strings.HasSuffix(mode, "-gcm") && !(lower != "trydecrypt" && strings.HasSuffix(mode, "-cbc")) {
		w.stop(ruleThrows, "A part of what comes out tells a part of the secret here: take encrypt or decrypt in gcm mode.")
	}
	if key := w.argument(at, 2); !w.isString(key) || !w.spanIn(w.start(key), w.endByte(key), lexer.Secret) {
		w.stop(ruleThrows, "Who knows the key finds this secret in what the function gives: let the key be a secret too.")
	}
	w.iv = true
}

// indexOf is the place of the argument that the way comes through, from 0.
func (w *walker) indexOf(call id) int {
	i := 0
	for c := w.nodes[call].first; c != 0 && c != w.from; c = w.nodes[c].next {
		if w.nodes[c].kind != kParams {
			i++
		}
	}
	return i
}
