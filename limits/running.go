package limits

import (
	"fmt"
	"sync"
	"time"

	"penstock/branches/workspace"
)

// retryRunning is what a refused caller is told to wait: nobody knows when a query will end.
const retryRunning = time.Second

// Running bounds how much of a workspace's work runs at once. It is safe for concurrent use.
type Running struct {
	max int

	mu      sync.Mutex
	running map[workspace.ID]int
}

// NewRunning admits at most limit at once for each workspace; with 0 or less there is no limit, and it only counts.
func NewRunning(limit int) *Running {
	return &Running{max: max(0, limit), running: map[workspace.ID]int{}}
}

// Enter admits one piece of work or refuses it. When it is allowed, the caller calls release once the work has ended;
// further calls do nothing. When it is refused, release is nil.
func (r *Running) Enter(ws workspace.ID) (release func(), d Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.running[ws]
	if r.max > 0 && n >= r.max {
		return nil, Decision{
			Limit: r.max, RetryAfter: retryRunning, Reset: retryRunning,
			Reason: fmt.Sprintf("Too many queries at once: %d of this workspace run, and its limit is %d. Wait and try again", n, r.max),
		}
	}
	n++
	r.running[ws] = n
	d = Decision{Allowed: true, Limit: r.max, Remaining: max(0, r.max-n)}
	if r.max > 0 && d.Remaining == 0 {
		d.Reset = retryRunning
	}
	return sync.OnceFunc(func() { r.leave(ws) }), d
}

func (r *Running) leave(ws workspace.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[ws]--; r.running[ws] == 0 {
		delete(r.running, ws)
	}
}

// Count tells how many run for the workspace.
func (r *Running) Count(ws workspace.ID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running[ws]
}
