package guard

import "sync"

// The rules ask the same questions about nodes and names again and again, and names and queries may lead back to themselves.
// What is kept here answers each of them once.

// A question is one that is asked about a node.
type question uint8

const (
	isStored question = iota
	isHeld
	isHeldQuery
	isConstant
	asks
	readsTable
	readsColumns
	readsOnlyTables
	readsOutside
	isCast
	isDenser
	isExact
	questions
)

// A nameQuestion is one that is asked about a name.
type nameQuestion uint8

const (
	mixes nameQuestion = iota
	isHeldName
	isOrderedName
	isExactName
	nameQuestions
)

// An answer is that of a question which is answered once.
type answer uint8

const (
	unknown answer = iota
	no
	yes
	assumedNo // while it is being answered
	assumedYes
)

// recalled is what was answered about one statement.
type recalled struct {
	nodes                    *[][questions]answer // by node; nil before the first
	names                    map[string]*[nameQuestions]answer
	depth, assumptions, work int
}

// ofNode is the place of an answer about a node.
func (j *judge) ofNode(n id, q question) *answer {
	r := &j.recalled
	if r.nodes == nil {
		r.nodes, _ = answersPool.Get().(*[][questions]answer)
		if r.nodes == nil || cap(*r.nodes) < len(j.nodes) {
			kept := make([][questions]answer, len(j.nodes), cap(j.nodes))
			r.nodes = &kept
		}
		*r.nodes = (*r.nodes)[:len(j.nodes)]
		clear(*r.nodes)
	}
	return &(*r.nodes)[n][q]
}

// answersPool keeps the memory of answers about nodes.
var answersPool sync.Pool // of *[][questions]answer

// forget gives the memory back.
func (r *recalled) forget() {
	if r.nodes != nil {
		answersPool.Put(r.nodes)
		r.nodes = nil
	}
}

// ofName is the place of an answer about a name.
func (j *judge) ofName(name string, q nameQuestion) *answer {
	r := &j.recalled
	kept := r.names[name]
	if kept == nil {
		if r.names == nil {
			r.names = map[string]*[nameQuestions]answer{}
		}
		kept = new([nameQuestions]answer)
		r.names[name] = kept
	}
	return &kept[q]
}

// maxRecalls bounds how many questions are answered about one statement.
const maxRecalls = 50_000

// recall answers a question once. What is asked while it is being answered is assumed to be as assume says, the better answer.
// Such an answer is kept only once nothing rests on an assumption any more; the worse one holds whatever was assumed. Of too
// many questions all have the worse answer.
func (j *judge) recall(kept *answer, assume bool, f func() bool) bool {
	r := &j.recalled
	switch *kept {
	case no:
		return false
	case yes:
		return true
	case assumedNo, assumedYes:
		r.assumptions++
		return assume
	}
	if r.work++; r.work > maxRecalls {
		return !assume
	}
	*kept = assumedNo
	if assume {
		*kept = assumedYes
	}
	before := r.assumptions
	r.depth++
	found := f()
	r.depth--
	switch {
	case found == assume && r.assumptions > before && r.depth > 0:
		*kept = unknown
	case found:
		*kept = yes
	default:
		*kept = no
	}
	return found
}

// once answers a question once; where it leads back to itself the answer is no.
func (j *judge) once(kept *answer, f func() bool) bool {
	if *kept != unknown {
		return *kept == yes
	}
	*kept = no
	found := f()
	if found {
		*kept = yes
	}
	return found
}
