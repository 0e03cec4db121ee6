// Package limits admits work or refuses it: Rates by how many requests a second, Running by how many run at once. Both
// answer with a Decision, from which alone a transport makes its headers. Limits are kept per workspace, a branch being a
// workspace of its own, and in memory.
package limits

import "time"

// A Decision says whether a piece of work may start, and what the limit looks like after it.
type Decision struct {
	Allowed   bool
	Limit     int // 0 when there is no limit: nothing was counted, and the answer has no headers of limits
	Remaining int // what may start at once now
	// RetryAfter is 0 when allowed; else a time after which the same work is admitted if nothing else comes.
	RetryAfter time.Duration
	Reset      time.Duration // until there is room for one more; 0 when there is room now
	Reason     string        // a sentence for the user when not allowed
}

// Counted tells whether the limit counted the work: whether an answer has headers of limits.
func (d Decision) Counted() bool { return d.Limit > 0 }
