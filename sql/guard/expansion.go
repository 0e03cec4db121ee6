package guard

import (
	"fmt"
	"slices"
)

// A few bytes can mean much: ClickHouse puts a common table expression in wherever it is named, and a lambda of a WITH wherever
// it is called, and does so before its own limits look. What a statement grows to is bounded here.
const (
	maxExpandedSelects = 2000
	maxExpandedCalls   = 20_000
	maxTransforms      = 50 // behind one star
	callsOfSelect      = 10 // calls that cost about what a SELECT does
)

// transformers refuses a star with too many.
func (j *judge) transformers(star id) {
	count := 0
	j.each(star, func(c id) {
		if j.nodes[c].kind == kTransform {
			count++
		}
	})
	if count > maxTransforms {
		j.refuse(ruleLimit, star, fmt.Sprintf("More than %d transformers stand behind one star.", maxTransforms), "Put them into one lambda: APPLY(x -> …).")
	}
}

// expansion refuses a statement that grows too far. lambdas are those of all WITHs.
func (j *judge) expansion(lambdas []id) {
	e := expander{judge: j, selects: map[id]int{}, growth: map[id]growth{}, bodies: map[string][]id{}}
	for _, n := range lambdas {
		if name, ok := j.nameOf(j.nodes[j.nodes[n].up].name); ok && len(e.bodies[name]) < maxArms {
			e.bodies[name] = append(e.bodies[name], n)
		}
	}
	if len(j.ctes) > 0 && e.countSelects(j.root) > maxExpandedSelects {
		j.refuse(ruleLimit, j.root, fmt.Sprintf("The statement grows to more than %d SELECTs when its common table expressions are put in.", maxExpandedSelects),
			"Name each of them fewer times.")
	}
	if len(e.bodies) > 0 && e.grow(j.root, 0).size > maxExpandedCalls {
		j.refuse(ruleLimit, j.root, "The statement grows too large when its lambdas are put in.", "Call them fewer times, or less deep in one another.")
	}
}

type expander struct {
	*judge
	selects map[id]int      // of each common table expression
	growth  map[id]growth   // of each lambda
	bodies  map[string][]id // the lambdas of all WITHs by name
}

// countSelects is how many SELECTs n has once every common table expression is put in.
func (e *expander) countSelects(n id) int {
	sum := 0
	e.within(n, func(c id) bool {
		switch x := &e.nodes[c]; x.kind {
		case kCTE:
			return c == n // it counts where it is named
		case kLambda:
			if e.isNamedLambda(c) {
				return false // likewise
			}
		case kSelect:
			sum++
		case kTable:
			sum += e.namedHere(c)
		case kIdent:
			if up := e.nodes[x.up].kind; up == kIn || up == kAlias || up == kCall { // x IN name, in(x, name)
				sum += e.namedHere(c)
			}
		case kCall:
			if name, ok := e.nameOf(x.name); ok && len(e.bodies) > 0 {
				f, _ := e.named(name)
				sum += f.size / callsOfSelect
			}
		}
		return sum <= maxExpandedSelects
	})
	return min(sum, maxExpandedSelects+1)
}

// namedHere is how many SELECTs stand for a name.
func (e *expander) namedHere(n id) int {
	if parts := e.parts(n); len(parts) == 1 && len(e.ctes[parts[0]]) > 0 {
		if cte := e.cteOf(parts[0], n); cte != 0 {
			return e.ofCTE(cte)
		}
	}
	return 0
}

func (e *expander) ofCTE(cte id) int {
	if known, ok := e.selects[cte]; ok {
		return known
	}
	e.selects[cte] = 0 // one that leads back to itself is not put in again
	e.selects[cte] = e.countSelects(cte)
	return e.selects[cte]
}

// growth is what an expression becomes once every lambda is put in: its nodes, and how many of them are parameters of the
// lambda that it is the body of.
type growth struct{ size, params int }

func (g growth) add(h growth) growth {
	return growth{min(g.size+h.size, maxExpandedCalls+1), min(g.params+h.params, maxExpandedCalls+1)}
}

func (g growth) times(n int) growth {
	return growth{min(g.size*n, maxExpandedCalls+1), min(g.params*n, maxExpandedCalls+1)}
}

// grow tells the growth of n in the body of a lambda, 0 for none. The bodies of lambdas count where they are called.
func (e *expander) grow(n, lambda id) (sum growth) {
	x := &e.nodes[n]
	if n != lambda && e.isNamedLambda(n) {
		return growth{size: 1}
	}
	for c := x.first; c != 0; c = e.nodes[c].next {
		if n == lambda && c == x.first {
			continue // its parameters
		}
		sum = sum.add(e.grow(c, lambda))
	}
	switch x.kind {
	case kCall:
		if name, ok := e.nameOf(x.name); ok {
			if f, ok := e.named(name); ok {
				return growth{size: f.size}.add(sum.times(f.params))
			}
		}
	case kIdent:
		if parts := e.parts(n); len(parts) == 1 {
			if f, ok := e.named(parts[0]); ok {
				return f
			}
			if lambda != 0 && slices.ContainsFunc(e.givers(parts[0]), func(g id) bool { return e.lambdaOf(g) == lambda }) {
				return growth{size: 1, params: 1}
			}
		}
	}
	return sum.add(growth{size: 1})
}

// named is the most that a lambda of that name grows to.
func (e *expander) named(name string) (most growth, ok bool) {
	for _, body := range e.bodies[name] {
		g := e.ofLambda(body)
		most = growth{max(most.size, g.size), max(most.params, g.params)}
	}
	return most, len(e.bodies[name]) > 0
}

func (e *expander) ofLambda(lambda id) growth {
	if known, ok := e.growth[lambda]; ok {
		return known
	}
	e.growth[lambda] = growth{maxExpandedCalls + 1, maxExpandedCalls + 1} // one that calls itself has no end
	e.growth[lambda] = e.grow(lambda, lambda)
	return e.growth[lambda]
}
