package limits_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penstock/branches/workspace"
	"penstock/limits"
)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestRates(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := limits.NewRates(5, c.now)
	for i := range 5 {
		d := r.Take("main")
		if !d.Allowed || d.Limit != 5 || d.Remaining != 4-i || d.RetryAfter != 0 || d.Reason != "" || !d.Counted() {
			t.Errorf("take %d: got %+v", i, d)
		}
		if (d.Reset > 0) != (i == 4) {
			t.Errorf("take %d: reset %v with %d remaining", i, d.Reset, d.Remaining)
		}
	}
	d := r.Take("main")
	if d.Allowed || d.Limit != 5 || d.Remaining != 0 || d.RetryAfter <= 0 || d.RetryAfter > 201*time.Millisecond || d.Reset != d.RetryAfter || d.Reason == "" {
		t.Errorf("the sixth: got %+v", d)
	}
	if d := r.Take("branch"); !d.Allowed {
		t.Errorf("another workspace: got %+v", d)
	}
	c.advance(d.RetryAfter)
	if d := r.Take("main"); !d.Allowed {
		t.Errorf("after retry-after: got %+v", d)
	}
	if d := r.Take("main"); d.Allowed {
		t.Errorf("only one token came: got %+v", d)
	}
	c.advance(time.Hour)
	if d := r.Take("main"); !d.Allowed || d.Remaining != 4 {
		t.Errorf("after an hour: got %+v", d)
	}
}

func TestNoRate(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, -1} {
		r := limits.NewRates(n, newClock().now)
		for range 100 {
			if d := r.Take("main"); !d.Allowed || d.Counted() {
				t.Fatalf("got %+v", d)
			}
		}
	}
}

// Whatever came before: a refused caller who waits for retry-after is admitted, no window holds more than a bucket and what
// came in, and remaining says how many more are admitted at once.
func TestRatesKeepTheirWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 10000).Draw(t, "rate")
		c := newClock()
		start := c.now()
		r := limits.NewRates(rate, c.now)
		admitted := 0
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			c.advance(time.Duration(rapid.Int64Range(0, int64(2*time.Second)/int64(rate)).Draw(t, "wait")))
			d := r.Take("w")
			for range min(20, rapid.IntRange(0, rate).Draw(t, "burst")) {
				if d.Allowed {
					admitted++
				}
				next := r.Take("w")
				if next.Allowed != (d.Remaining > 0) {
					t.Fatalf("%+v, then %+v", d, next)
				}
				d = next
			}
			if d.Allowed {
				admitted++
				continue
			}
			c.advance(d.RetryAfter)
			if again := r.Take("w"); !again.Allowed {
				t.Fatalf("told to wait %v, then %+v", d.RetryAfter, again)
			}
			admitted++
		}
		if most := float64(rate)*(1+c.now().Sub(start).Seconds()) + 1e-6; float64(admitted) > most {
			t.Fatalf("%d admitted, at most %f", admitted, most)
		}
	})
}

// Forgetting full buckets changes no answer.
func TestSweepForgetsFullBucketsOnly(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := limits.NewRates(2, c.now)
	r.Take("kept")
	r.Take("kept")
	for i := range 5000 {
		if !r.Take(workspace.ID(fmt.Sprint(i))).Allowed {
			t.Fatal("a new workspace is refused")
		}
		if d := r.Take("kept"); d.Allowed {
			t.Fatalf("a bucket was forgotten before it was full: %+v", d)
		}
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	r := limits.NewRunning(2)
	a, d := r.Enter("w")
	if !d.Allowed || d.Limit != 2 || d.Remaining != 1 {
		t.Errorf("got %+v", d)
	}
	b, d := r.Enter("w")
	if !d.Allowed || d.Remaining != 0 {
		t.Errorf("got %+v", d)
	}
	if release, d := r.Enter("w"); release != nil || d.Allowed || d.RetryAfter < time.Second || d.Reason == "" || r.Count("w") != 2 {
		t.Errorf("got %+v", d)
	}
	if release, d := r.Enter("other"); !d.Allowed {
		t.Errorf("got %+v", d)
	} else {
		release()
	}
	a()
	a()
	if r.Count("w") != 1 {
		t.Errorf("releasing twice counts twice: %d run", r.Count("w"))
	}
	b()
	if r.Count("w") != 0 {
		t.Errorf("got %d", r.Count("w"))
	}
	none := limits.NewRunning(0)
	for range 100 {
		if _, d := none.Enter("w"); !d.Allowed || d.Counted() {
			t.Fatalf("got %+v", d)
		}
	}
	if none.Count("w") != 100 {
		t.Errorf("got %d", none.Count("w"))
	}
}

func TestRunningNeverExceedsItsLimit(t *testing.T) {
	t.Parallel()
	const limit = 3
	r := limits.NewRunning(limit)
	var mu sync.Mutex
	inside, most := 0, 0
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				release, d := r.Enter("w")
				if !d.Allowed {
					continue
				}
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				release()
			}
		})
	}
	wg.Wait()
	if most > limit || r.Count("w") != 0 {
		t.Errorf("%d at once, %d left", most, r.Count("w"))
	}
}

func BenchmarkRates(b *testing.B) {
	for _, n := range []int{1, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ids := make([]workspace.ID, n)
			for i := range ids {
				ids[i] = workspace.ID(fmt.Sprintf("%016x", i))
			}
			r := limits.NewRates(1000, time.Now)
			i := 0
			for b.Loop() {
				r.Take(ids[i%n])
				i++
			}
		})
	}
}

func BenchmarkRunning(b *testing.B) {
	r := limits.NewRunning(16)
	for b.Loop() {
		release, _ := r.Enter("w")
		release()
	}
}
