package templating

import (
	"strings"

	"penstock/templating/literal"
	"penstock/templating/parse"
)

// An arrayType is the item type of an Array.
type arrayType struct {
	name  string // as errors show it
	typed numType
	check checker // nil: texts
	kind  arrayItem
}

type arrayItem uint8

const (
	itemText arrayItem = iota
	itemNumber
	itemChecked // a text with a form, such as a date
	itemBoolean
	itemSymbol
	itemNone // there is no text that is one
	itemAny  // no type was given as a text: numbers that a parameter was prepared as stay numbers
)

func arrayTypeOf(name string) *arrayType {
	t := &arrayType{name: name}
	switch name {
	case "Boolean", "bool":
		t.kind = itemBoolean
	case "Symbol", "Column":
		t.kind = itemSymbol
	case "Int", "Integer":
		t.kind, t.typed = itemNumber, typeInt32
	case "Date", "DateTime", "DateTime64":
		t.kind, t.check = itemChecked, scalar(name)
	default:
		if strings.HasPrefix(name, "Array(") {
			t.kind = itemNone
		}
		if n := numTypeOf(name); n != 0 {
			t.kind, t.typed = itemNumber, n
		}
	}
	return t
}

// array compiles Array(name, type, default, …).
func (c *compiler) array(x *parse.Call) eval {
	fn := &function{name: "Array", params: []string{"x", "_type", "default", "defined"}, need: 1, notes: documentation, rest: true, typed: true}
	c.checkListArgument("Array", x.Args)
	wellDefined := true
	if len(x.Args) > 0 {
		switch a := x.Args[0].(type) {
		case *parse.Seq:
			wellDefined = a.Kind == parse.List
		case *parse.Const:
			wellDefined = a.Kind == parse.Str
		}
	}
	fn.call = func(r *run, a []value) (value, *fault) {
		if !wellDefined {
			return none, notWellDefined()
		}
		return r.array(a)
	}
	return c.apply(x, fn)
}

func notWellDefined() *fault { return badArgument("transform type function Array is not well defined") }

func (r *run) array(a []value) (value, *fault) {
	t := &arrayType{name: "String", kind: itemAny}
	switch typ := a[1]; {
	case typ.isStr():
		t = arrayTypeOf(typ.s)
	case typ.kind == kFunc, typ.kind == kAbsent, typ.kind == kNone, typ.kind == kMissing:
	case typ.hidden():
		return none, secretFault("used as a type")
	default:
		return none, badArgument("the type of an Array has to be a text such as 'Int32'")
	}
	v, ok := r.given(a[0], a[2])
	switch {
	case ok:
	case v.kind == kMissing:
		return r.arrayStandIn(t).with(v.from), nil
	case a[3].kind == kBool && a[3].n == 0:
		return none.with(v.from), nil
	default:
		return none, required(v)
	}
	items, f := r.arrayItems(t, v)
	if f != nil {
		return none, f
	}
	from := v.from
	out := make([]byte, 0, 64)
	out = append(out, '[')
	for i, it := range items {
		if i > 0 {
			out = append(out, ',')
		}
		from = r.union(from, it.from)
		out = appendArrayItem(out, it)
	}
	out = append(out, ']')
	return value{kind: kRaw, s: string(out), from: from}, r.grow(len(out))
}

func appendArrayItem(dst []byte, it value) []byte {
	switch it.kind {
	case kStr:
		return literal.String(dst, it.s)
	case kSym:
		return append(dst, it.s...)
	}
	return appendNumber(dst, it)
}

// arrayStandIn is what a validation takes for an array.
func (r *run) arrayStandIn(t *arrayType) value {
	switch {
	case t.kind == itemText, t.kind == itemAny:
		return value{kind: kRaw, s: "['']"}
	case t.kind == itemNumber && numTypes[t.typed].bits == 0:
		return value{kind: kRaw, s: "[0.0,0.0]"}
	case t.kind == itemSymbol:
		return value{kind: kRaw, s: "[`placeholder`,`placeholder`]"}
	case t.kind == itemChecked:
		s := "'" + standInOf(t.name).s + "'"
		return value{kind: kRaw, s: "[" + s + "," + s + "]"}
	}
	return value{kind: kRaw, s: "[0,0]"}
}

// arrayItems checks the items of a comma text or a list.
func (r *run) arrayItems(t *arrayType, v value) ([]value, *fault) {
	var items []value
	switch {
	case v.isStr():
		n := strings.Count(v.s, ",") + 1
		if f := r.grow(n * valueSize); f != nil {
			return nil, f
		}
		items = make([]value, 0, n)
		for rest := v.s; ; {
			s, after, more := strings.Cut(rest, ",")
			items = append(items, value{kind: kStr, s: s, from: v.from})
			if !more {
				break
			}
			rest = after
		}
	case v.kind == kList || v.kind == kTuple || v.kind == kIter:
		if f := r.grow(len(v.list().items) * valueSize); f != nil {
			return nil, f
		}
		items = append(make([]value, 0, len(v.list().items)), v.list().items...)
	case v.kind == kMissing:
		items = []value{v, v}
	case v.hidden():
		return nil, secretFault("put into an array")
	default:
		return nil, notWellDefined()
	}
	for i, it := range items {
		got, f := r.arrayItem(t, it)
		if f == nil {
			items[i] = got
			continue
		}
		if f.kind != KindType {
			return nil, f
		}
		return nil, r.invalidItem(t, v, i, it)
	}
	return items, nil
}

func (r *run) arrayItem(t *arrayType, it value) (value, *fault) {
	if it.hidden() {
		return none, secretFault("put into an array")
	}
	switch t.kind {
	case itemAny:
		if it.isNumber() {
			return it.plain(), nil
		}
	case itemNumber:
		whole := numTypes[t.typed].bits > 0
		if it.kind == kFloat && !whole || (it.kind == kInt || it.kind == kBig) && whole && inRange(t.typed, it) {
			return it.plain(), nil
		}
		n, f := r.number(t.typed, t.name, it)
		return n.plain(), f
	case itemChecked:
		return t.check(r, it)
	case itemNone:
		if it.isStr() && it.s == "" {
			return none, outsideText() // the reference looks for a bracket
		}
		return none, invalid("", t.name)
	case itemBoolean:
		return booleanType(r, []value{it, absent})
	case itemSymbol:
		s, f := r.str(it)
		return value{kind: kSym, s: string(literal.Ident(nil, s, '`')), from: it.from}, f
	}
	return stringType(r, it)
}

// invalidItem is the error for an item that is not of its type.
func (r *run) invalidItem(t *arrayType, v value, i int, it value) *fault {
	whole, f := r.str(v)
	if f != nil {
		return f
	}
	s, f := r.str(it)
	if f != nil {
		return f
	}
	if t.name == "Int" || t.name == "Integer" {
		return invalid(s, "Int32")
	}
	if s == "" {
		s = "empty string"
	}
	return faultf(KindType, "ValueError", prefix+"Error validating [%s][%d] (%s) to type %s", whole, i, s, t.name)
}

// prepared is the list that a parameter is everywhere when its first use is an Array, or v as it is when an item is not
// of the type.
func (r *run) prepared(t *arrayType, v value) (value, *fault) {
	items, f := r.arrayItems(t, v)
	if f != nil {
		if f.kind != KindType {
			return none, f
		}
		return v, nil
	}
	l, f := r.newList(kList, items)
	return l.with(v.from), f
}
