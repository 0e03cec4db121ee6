package limits

import (
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"penstock/branches/workspace"
)

// Rates is one rule: so many requests a second for each workspace. Each has a token bucket that fills at that rate, holds
// as many tokens as come in a second, and starts full. A bucket that is full again is forgotten, so that memory follows
// the workspaces of the last second and not all that were ever seen. It is safe for concurrent use.
type Rates struct {
	perSecond int
	now       func() time.Time

	mu      sync.Mutex
	buckets map[workspace.ID]*rate.Limiter
	sweepAt int // sweep when there are so many buckets
}

const minSweep = 1024

// NewRates makes a rule that takes the time from now. With a perSecond of 0 or less there is no limit.
func NewRates(perSecond int, now func() time.Time) *Rates {
	return &Rates{perSecond: perSecond, now: now, buckets: map[workspace.ID]*rate.Limiter{}, sweepAt: minSweep}
}

// Take takes a token from the workspace's bucket, if there is one in it.
func (r *Rates) Take(ws workspace.ID) Decision {
	if r.perSecond <= 0 {
		return Decision{Allowed: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	b := r.buckets[ws]
	if b == nil {
		if len(r.buckets) >= r.sweepAt {
			r.sweep(now)
		}
		b = rate.NewLimiter(rate.Limit(r.perSecond), r.perSecond)
		r.buckets[ws] = b
	}
	allowed := b.AllowN(now, 1)
	tokens := b.TokensAt(now)
	d := Decision{Allowed: allowed, Limit: r.perSecond, Remaining: max(0, int(tokens))}
	if tokens < 1 {
		d.Reset = untilOne(tokens, r.perSecond)
	}
	if !allowed {
		d.RetryAfter = d.Reset
		d.Reason = fmt.Sprintf("Too many requests: the limit of this workspace is %d a second. Wait and try again", r.perSecond)
	}
	return d
}

// untilOne is the time until tokens have grown to one, rounded up so far that no error of rounding makes it too short.
func untilOne(tokens float64, perSecond int) time.Duration {
	micros := math.Ceil((1 - tokens) / float64(perSecond) * 1e6)
	return time.Duration(micros+1) * time.Microsecond
}

// sweep forgets full buckets, which are as good as none, and waits for twice as many as stay before the next time.
func (r *Rates) sweep(now time.Time) {
	for ws, b := range r.buckets {
		if b.TokensAt(now) >= float64(r.perSecond) {
			delete(r.buckets, ws)
		}
	}
	r.sweepAt = max(minSweep, 2*len(r.buckets))
}
