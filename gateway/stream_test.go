package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"penstock/branches/workspace"
	"penstock/gateway/auth"
	"penstock/gateway/pipes"
	"penstock/gateway/query"
	"penstock/limits"
	"penstock/sql/engine"
	"penstock/sql/guard"
)

// everybody is an admin, whatever the token.
type everybody struct{}

func (everybody) CallerByToken(context.Context, string) (workspace.Caller, error) {
	return workspace.Caller{Workspace: workspace.Workspace{ID: workspace.Main, Name: "main"}, Scopes: []workspace.Scope{{Type: workspace.ScopeAdmin}}}, nil
}

// bodies is an engine that answers every statement with a body of its own.
type bodies func(ctx context.Context) io.Reader

func (b bodies) Stream(ctx context.Context, _ engine.Query) (*engine.Result, error) {
	return &engine.Result{Body: io.NopCloser(b(ctx)), ContentType: "text/plain", Summary: func() engine.Summary { return engine.Summary{} }}, nil
}

// read makes a reader of a func.
type read func(p []byte) (int, error)

func (r read) Read(p []byte) (int, error) { return r(p) }

// lines collects the log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A testServer is a Server on a port, before the engine that a test gives.
type testServer struct {
	url string
	log lines
}

func startServer(t *testing.T, timeout time.Duration, running int, e engine.Streamer) *testServer {
	t.Helper()
	registry, err := pipes.NewRegistry(1)
	if err != nil {
		t.Fatal(err)
	}
	ts := &testServer{}
	g := guard.New(guard.Policy{}, 1)
	s, err := New(Config{
		Auth: auth.New(everybody{}, 1),
		Query: query.New(query.Config{
			Pipes: registry, Engine: e, Guard: func(workspace.Workspace) *guard.Guard { return g },
			Rates: limits.NewRates(0, time.Now), Running: limits.NewRunning(running), Timeout: timeout,
		}),
		SecretRate: limits.NewRates(0, time.Now),
		Pipes:      registry,
		Logger:     slog.New(slog.NewJSONHandler(&ts.log, nil)),
		Metrics:    prometheus.NewRegistry(),
		Now:        time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ts.url = "http://" + l.Addr().String()
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := errors.Join(s.Shutdown(ctx), <-ended); err != nil {
			t.Error(err)
		}
	})
	return ts
}

// query sends a statement. It gives the status, 0 when the connection broke before one, and the body as far as it came.
func (ts *testServer) query(t *testing.T) (status int, body string) {
	t.Helper()
	return ts.get(t, "/v0/sql?token=x&q=SELECT+1")
}

func (ts *testServer) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequest("GET", ts.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ts.do(t, req)
}

func (ts *testServer) do(t *testing.T, req *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// A deadline that passes while the first bytes are read ends the stream in another goroutine than the handler's: its log
// line and its figures know the route all the same.
func TestStreamThatEndsAtOnce(t *testing.T) {
	t.Parallel()
	ts := startServer(t, time.Millisecond, 0, bodies(func(ctx context.Context) io.Reader {
		return read(func(p []byte) (int, error) { <-ctx.Done(); return len(p), nil })
	}))
	for range 300 {
		ts.query(t)
	}
	status, figures := ts.get(t, "/metrics")
	if status != 200 || !strings.Contains(figures, `route="/v0/sql"`) || strings.Contains(figures, `route=""`) {
		t.Errorf("got %d %s, want the figures of /v0/sql and of no other", status, figures)
	}
}

// A panic while the first bytes are read gives the query's place back.
func TestPanicGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	ts := startServer(t, time.Minute, 1, bodies(func(context.Context) io.Reader {
		return read(func([]byte) (int, error) { panic("broken") })
	}))
	for range 2 {
		if status, body := ts.query(t); status != 500 {
			t.Errorf("got %d %s, want 500", status, body)
		}
	}
}

// A stream that broke off has the status 200: its log line tells by its level whose fault that was.
func TestLevelOfBrokenStreams(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func() error
		want string
	}{
		"the engine died":         {func() error { return &engine.Error{Kind: engine.Unavailable} }, "ERROR"},
		"an error of no class":    {func() error { return errors.New("odd") }, "ERROR"},
		"a panic":                 {func() error { panic("broken") }, "ERROR"},
		"the statement is broken": {func() error { return &engine.Error{Kind: engine.Failed, Code: 395} }, "INFO"},
		"too long":                {func() error { return &engine.Error{Kind: engine.Timeout} }, "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ts := startServer(t, time.Minute, 0, bodies(func(context.Context) io.Reader {
				n := 0
				return read(func(p []byte) (int, error) {
					if n += len(p); n > bufferSize {
						return 0, c.end()
					}
					return len(p), nil
				})
			}))
			ts.query(t)
			for deadline := time.Now().Add(30 * time.Second); ts.log.String() == "" && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond) // the line is written after the connection was broken
			}
			if got := ts.log.String(); !strings.Contains(got, `"level":"`+c.want+`"`) || !strings.Contains(got, `"status":200`) {
				t.Errorf("got %s, want the level %s and the status 200", got, c.want)
			}
		})
	}
}
