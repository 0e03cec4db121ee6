package templating

import (
	"slices"
	"unsafe"

	"penstock/sql/lexer"
)

// A run is the state of one rendering. Runs are kept in the template's pool, so that a rendering makes little garbage.
type run struct {
	t    *Template
	b    *lexer.Builder
	w    lexer.Writer  // into b
	src  *lexer.Source // of t
	in   Input
	most int // the length of the builder that is not to be passed

	args   []value // by the number of the parameter; kAbsent until asked for
	places []int   // by the number of the parameter: one more than its place in in.Params, 0 when it was not sent
	habit  []int   // by place in the in.Params of earlier renderings: the number of the parameter, -1 for none
	locals []value // by the number of the local name; kAbsent until assigned
	stack  []value // arguments of calls that are being evaluated
	memo   []value // by the number of the call: what it gave; kAbsent until it was evaluated
	// literals are where what a call gave was printed first; by the number of the call.
	literals []span
	arena    []value // memory of lists

	steps, turns, grown int    // what is left of the budgets
	scratch             []byte // of functions
	unions              map[[2]*origin]*origin
	// lately is what union gave, by how often it had been asked in that rendering: renderings are alike.
	lately  [32]joined
	asked   int
	facts   Facts
	printed []secretAt
}

// span is a piece of the output; the zero span is none.
type span struct{ start, end int }

// secretAt is where the literal of a secret stands in the output, and the tag that printed it.
type secretAt struct {
	span
	name string
	pos  int
}

func (r *run) step() *fault {
	if r.steps--; r.steps < 0 {
		return overLimit("steps", r.in.Limits.Steps)
	}
	return nil
}

// turnsUnseen is how many turns of loops go by between two looks at the context.
const turnsUnseen = 1000

func (r *run) turn() *fault {
	if r.turns--; r.turns < 0 {
		return overLimit("turns of loops", r.in.Limits.Turns)
	}
	if r.turns%turnsUnseen == 0 && r.in.Context != nil {
		if err := r.in.Context.Err(); err != nil {
			return &fault{err: err}
		}
	}
	return r.checkOutput()
}

// valueSize is what an item of a list counts for.
const valueSize = int(unsafe.Sizeof(value{}))

// grow takes n bytes from the budget of values.
func (r *run) grow(n int) *fault {
	if n < 0 || n > r.grown {
		return overLimit("bytes of values", r.in.Limits.Values)
	}
	r.grown -= n
	return nil
}

// count takes from the budget what it costs to go through the characters of a text: a loop could do so at every turn.
func (r *run) count(s string) *fault { return r.grow(len(s) / 16) }

// union is the origin of what was computed from both.
func (r *run) union(a, b *origin) *origin {
	if a == b || b == nil {
		return a
	}
	if a == nil {
		return b
	}
	key := [2]*origin{a, b}
	seen := &r.lately[r.asked%len(r.lately)]
	r.asked++
	if seen.of == key {
		return seen.is
	}
	o, ok := r.unions[key]
	if !ok {
		o = r.unite(key)
	}
	*seen = joined{key, o}
	return o
}

// joined is what union gave for two origins.
type joined struct {
	of [2]*origin
	is *origin
}

// unite is union for what was not asked for before.
func (r *run) unite(key [2]*origin) *origin {
	a, b := key[0], key[1]
	names := slices.Clip(*a) // so that appending never writes into the other set
	for _, n := range *b {
		if !slices.Contains(*a, n) {
			names = append(names, n)
		}
	}
	o := a
	if len(names) > len(*a) {
		o = &names
	}
	if r.unions == nil || len(r.unions) > 1000 {
		r.unions = make(map[[2]*origin]*origin)
	}
	r.unions[key] = o
	return o
}
