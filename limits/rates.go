package limits

import (
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"penstock/branches/workspace"
)

// A Key names a bucket.
type Key struct {
	Workspace workspace.ID
	Resource  string // e.g. "secrets", "queries"
}

// Rates holds token buckets: each fills with a number of tokens a second, holds as many, and starts full. A bucket that is
// full again is forgotten, so that memory follows the keys of the last second and not all that were ever seen. It is safe
// for concurrent use.
type Rates struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[Key]*bucket
	sweepAt int // sweep when there are so many buckets
}

type bucket struct {
	limiter   *rate.Limiter
	perSecond int
}

const minSweep = 1024

// NewRates makes Rates that take the time from now.
func NewRates(now func() time.Time) *Rates {
	return &Rates{now: now, buckets: map[Key]*bucket{}, sweepAt: minSweep}
}

// Take takes a token from the key's bucket, if it has one. perSecond is both the rate and the size of the bucket; with 0
// or less there is no limit. A key whose perSecond changes gets a new, full bucket.
func (r *Rates) Take(k Key, perSecond int) Decision {
	if perSecond <= 0 {
		return Decision{Allowed: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	b := r.buckets[k]
	if b == nil || b.perSecond != perSecond {
		if b == nil && len(r.buckets) >= r.sweepAt {
			r.sweep(now)
		}
		b = &bucket{rate.NewLimiter(rate.Limit(perSecond), perSecond), perSecond}
		r.buckets[k] = b
	}
	allowed := b.limiter.AllowN(now, 1)
	tokens := b.limiter.TokensAt(now)
	d := Decision{Allowed: allowed, Limit: perSecond, Remaining: max(0, int(tokens))}
	if tokens < 1 {
		d.Remaining = 0
		d.Reset = untilOne(tokens, perSecond)
	}
	if !allowed {
		d.RetryAfter = d.Reset
		d.Reason = fmt.Sprintf("Too many requests: the limit of this workspace is %d a second. Wait and try again", perSecond)
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
	for k, b := range r.buckets {
		if b.limiter.TokensAt(now) >= float64(b.perSecond) {
			delete(r.buckets, k)
		}
	}
	r.sweepAt = max(minSweep, 2*len(r.buckets))
}
