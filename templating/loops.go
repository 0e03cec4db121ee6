package templating

import "penstock/templating/parse"

// What this file compiles: for, while, and the loop over enumerate_with_last.

func (c *compiler) forLoop(n *parse.For) stmt {
	pos := c.pos(n)
	if loop := c.lastLoop(n); loop != nil {
		return loop
	}
	iter := c.expr(n.Iter)
	set := c.target(n.Target)
	body := c.block(n.Body)
	var els block
	if n.Else != nil {
		els = c.block(*n.Else)
	}
	iterPos := c.pos(n.Iter)
	return func(r *run) (jump, *fault) {
		v, f := iter(r)
		if f != nil {
			return jumpNone, f
		}
		items, f := r.items(v)
		if f != nil {
			return jumpNone, f.at(iterPos)
		}
		for _, it := range items {
			if f := r.turn(); f != nil {
				return jumpNone, f.at(pos)
			}
			if f := set(r, it.with(r.union(v.from, it.from))); f != nil {
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
	call, ok := n.Iter.(*parse.Call)
	if !ok || len(call.Args) != 1 || len(call.Keywords) > 0 || n.Else != nil {
		return nil
	}
	fn, ok := call.Fn.(*parse.Name)
	target, isTuple := n.Target.(*parse.Seq)
	_, local := c.locals["enumerate_with_last"]
	if !ok || fn.Ident != "enumerate_with_last" || local || !isTuple || len(target.Items) != 2 {
		return nil
	}
	last, isName := target.Items[0].(*parse.Name)
	item, isName2 := target.Items[1].(*parse.Name)
	if !isName || !isName2 || last.Ident == item.Ident {
		return nil
	}
	pos, iterPos := c.pos(n), c.pos(n.Iter)
	iter, body := c.expr(call.Args[0]), c.block(n.Body)
	a, b := c.locals[last.Ident], c.locals[item.Ident]
	return func(r *run) (jump, *fault) {
		v, f := iter(r)
		if f != nil {
			return jumpNone, f
		}
		items, f := r.countable(v)
		if f != nil {
			return jumpNone, f.at(iterPos)
		}
		for i := range items {
			if f := r.turn(); f != nil {
				return jumpNone, f.at(pos)
			}
			r.locals[a] = value{kind: kBool, from: v.from}
			if i == len(items)-1 {
				r.locals[a].n = 1
			}
			r.locals[b] = items[i]
			if items[i].from != v.from {
				r.locals[b].from = r.union(v.from, items[i].from)
			}
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
