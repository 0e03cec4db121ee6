package templating

import (
	"penstock/templating/literal"
	"penstock/templating/parse"
)

// What this file compiles: for, while, and the loop over enumerate_with_last.

// A walk goes over the items of a loop.
type walk struct {
	items  []value // what is left
	rest   string  // of a text whose parts between commas are the items: it is split as the walk goes
	splits bool    // there is a rest
	from   *origin
}

// inList says of the bytes of a list between commas what they are: 0 for those that stand for themselves wherever they are
// printed, comma or other.
var inList = func() (t [256]byte) {
	for c := range t {
		switch {
		case c == ',':
			t[c] = comma
		case !literal.IsWord("_" + string([]byte{byte(c)})):
			t[c] = other
		}
	}
	return t
}()

const (
	comma = 1
	other = 2
)

// next gives the next item; ok is false behind the last one.
func (w *walk) next(v *value) (ok bool) {
	if w.splits {
		s := w.rest
		n, seen := 0, byte(0)
		for ; n < len(s); n++ {
			c := inList[s[n]]
			if c == comma {
				break
			}
			seen |= c
		}
		if w.splits = n < len(s); w.splits {
			w.rest = s[n+1:]
		}
		if s = s[:n]; seen == 0 {
			v.become(kStr, isPlain, s, w.from)
		} else {
			v.become(kStr, 0, trim(s), w.from)
		}
		return true
	}
	if len(w.items) == 0 {
		return false
	}
	*v, w.items = w.items[0], w.items[1:]
	return true
}

// last tells whether no item is left.
func (w *walk) last() bool { return !w.splits && len(w.items) == 0 }

// A walker begins the walk over what an expression gives.
type walker func(r *run) (walk, *fault)

// walker compiles the sequence of a loop; items are those of a value.
func (c *compiler) walker(x parse.Expr, items func(*run, value) ([]value, *fault)) walker {
	iter, pos := c.expr(x), c.pos(x)
	general := func(r *run) (walk, *fault) {
		v, f := iter(r)
		if f != nil {
			return walk{}, f
		}
		list, f := items(r, v)
		return walk{items: list, from: v.from}, f.at(pos)
	}
	call, fn := c.functionCall(x)
	if fn != "split_to_array" || len(call.Args) == 0 || len(call.Args) > 2 || len(call.Keywords) > 0 || !constantArgs(call) {
		return general
	}
	n, ok := c.plainParam(call.Args[0])
	if !ok {
		return general
	}
	return func(r *run) (walk, *fault) {
		if v := &r.args[n]; v.kind == kStr {
			return walk{rest: v.s, splits: true, from: v.from}, nil
		}
		return general(r)
	}
}

func (c *compiler) forLoop(n *parse.For) stmt {
	if loop := c.lastLoop(n); loop != nil {
		return loop
	}
	pos := c.pos(n)
	begin := c.walker(n.Iter, (*run).items)
	set := c.target(n.Target)
	body := c.block(n.Body)
	var els block
	if n.Else != nil {
		els = c.block(*n.Else)
	}
	return func(r *run) (jump, *fault) {
		w, f := begin(r)
		if f != nil {
			return jumpNone, f
		}
		var it value
		for w.next(&it) {
			if f := r.turn(); f != nil {
				return jumpNone, f.at(pos)
			}
			if f := set(r, it.with(r.union(w.from, it.from))); f != nil {
				return jumpNone, f.at(pos)
			}
			j, f := body.run(r)
			if f != nil {
				return jumpNone, f
			}
			if j == jumpBreak {
				return jumpNone, nil
			}
		}
		return els.run(r)
	}
}

// lastLoop compiles {% for last, x in enumerate_with_last(items) %} without making the pairs; nil for another loop.
func (c *compiler) lastLoop(n *parse.For) stmt {
	call, fn := c.functionCall(n.Iter)
	target, isTuple := n.Target.(*parse.Seq)
	if fn != "enumerate_with_last" || len(call.Args) != 1 || len(call.Keywords) > 0 || n.Else != nil || !isTuple || len(target.Items) != 2 {
		return nil
	}
	last, isName := target.Items[0].(*parse.Name)
	item, isName2 := target.Items[1].(*parse.Name)
	if !isName || !isName2 || last.Ident == item.Ident {
		return nil
	}
	pos := c.pos(n)
	begin, body := c.walker(call.Args[0], (*run).countable), c.block(n.Body)
	a, b := c.locals[last.Ident], c.locals[item.Ident]
	return func(r *run) (jump, *fault) {
		w, f := begin(r)
		if f != nil {
			return jumpNone, f
		}
		for !w.last() {
			if f := r.turn(); f != nil {
				return jumpNone, f.at(pos)
			}
			it := &r.locals[b]
			w.next(it)
			if it.from != w.from {
				it.from = r.union(w.from, it.from)
			}
			atEnd := int64(0)
			if w.last() {
				atEnd = 1
			}
			r.locals[a].become(kBool, atEnd, "", w.from)
			j, f := body.run(r)
			if f != nil {
				return jumpNone, f
			}
			if j == jumpBreak {
				return jumpNone, nil
			}
		}
		return jumpNone, nil
	}
}

func (c *compiler) while(n *parse.While) stmt {
	pos := c.pos(n)
	cond := c.test(n.Cond)
	body := c.block(n.Body)
	var els block
	if n.Else != nil {
		els = c.block(*n.Else)
	}
	return func(r *run) (jump, *fault) {
		for {
			ok, f := cond(r)
			if f != nil {
				return jumpNone, f
			}
			if !ok {
				return els.run(r)
			}
			if f := r.turn(); f != nil {
				return jumpNone, f.at(pos)
			}
			j, f := body.run(r)
			if f != nil {
				return jumpNone, f
			}
			if j == jumpBreak {
				return jumpNone, nil
			}
		}
	}
}
