package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A method that an address does not know is answered with those that it does.
func TestWrongMethods(t *testing.T) {
	t.Parallel()
	ts := startServer(t, time.Minute, 0, nil)
	for path, want := range map[string]string{
		"/v0/sql":          "use GET or POST here",
		"/v0/pipes/a.json": "use GET or POST here",
		"/v0/secrets/a":    "use GET, PUT or DELETE here",
	} {
		req, err := http.NewRequest("PATCH", ts.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, body := ts.do(t, req)
		if status != 405 || !strings.Contains(body, want) || !strings.Contains(body, `"documentation":"penstock's README, HTTP API"`) {
			t.Errorf("%s: got %d %s, want 405 and %q", path, status, body, want)
		}
	}
}
