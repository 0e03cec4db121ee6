// Package gateway is the HTTP of penstock: routes, middleware, decoding, the mapping of errors, start and stop.
//
// The order of a request: observe (id, log line, metrics) → recoverPanics → routes → authenticate → admit → use case.
// Nothing of Fiber's outlives a handler: what use cases get are copies, with a context of the server's own. Errors have one
// way out, Server.answerError, which alone decides what a user reads and what an operator's log gets.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"penstock/branches/workspace"
	"penstock/gateway/auth"
	"penstock/gateway/pipes"
	"penstock/gateway/query"
	"penstock/gateway/secrets"
	"penstock/limits"
)

// Config is what a Server needs. All of it is required.
type Config struct {
	Auth       *auth.Auth
	Secrets    *secrets.Service
	SecretRate *limits.Rates
	Query      *query.Service
	Pipes      *pipes.Registry
	Ready      func(ctx context.Context) error // nil when pipes can be called
	Logger     *slog.Logger
	Metrics    *prometheus.Registry
	Now        func() time.Time
}

// The bounds of one request on the wire. A statement of 256 KB is the longest that the engine reads.
const (
	maxBody    = 1 << 20
	maxHead    = 64 << 10
	idleTime   = 2 * time.Minute
	readTime   = 30 * time.Second
	breakTime  = 2 * time.Second
	bufferSize = 64 << 10
)

// A Server serves the HTTP API.
type Server struct {
	cfg     Config
	app     *fiber.App
	metrics *metrics
	watch   *watch
	streams streams
	base    context.Context // of every request; ends when draining ends
	cancel  context.CancelFunc
}

// New makes a server that does not listen yet.
func New(cfg Config) (*Server, error) {
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	s := &Server{cfg: cfg, metrics: m, watch: newWatch()}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.app = fiber.New(fiber.Config{
		AppName:               "penstock",
		DisableStartupMessage: true,
		Immutable:             true, // Fiber would use the memory of strings again after the handler
		CaseSensitive:         true,
		BodyLimit:             maxBody,
		ReadBufferSize:        maxHead,
		ReadTimeout:           readTime,
		WriteTimeout:          readTime, // of a small answer; streams have the query's
		IdleTimeout:           idleTime,
		ErrorHandler:          s.outside,
	})
	s.app.Server().SecureErrorLogMessage = true // its errors would quote what was sent
	s.routes()
	s.knownMethods()
	return s, nil
}

// routes is the whole of the API on one page.
func (s *Server) routes() {
	s.app.Use(s.observe)
	s.registerOperations(s.app)
	s.registerSecrets(s.app)
	s.registerOpenAPI(s.app)
	s.registerQueries(s.app)
	s.app.Use(func(c *fiber.Ctx) error {
		return workspace.Errorf(workspace.NotFound, "There is nothing at %s: the API begins with /v0/secrets, /v0/variables, /v0/pipes and /v0/sql", c.Path())
	})
}

// knownMethods answers requests whose method is none: Fiber would, in plain text and before anything of ours.
func (s *Server) knownMethods() {
	server := s.app.Server()
	next := server.Handler
	known := map[string]bool{}
	for _, m := range fiber.DefaultMethods {
		known[m] = true
	}
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		if !known[string(ctx.Method())] {
			ctx.Request.Header.SetMethod(fiber.MethodTrace) // which no route has
		}
		next(ctx)
	}
}

// Serve answers on the listener until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.app.Listener(l); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}

// Shutdown takes no new connections, lets running requests and streams end, and cancels those that are left when ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.app.ShutdownWithContext(ctx)
	s.streams.wait(ctx)
	s.cancel()
	// What was cancelled breaks off before the engine below it is closed.
	last, cancel := context.WithTimeout(context.Background(), breakTime)
	defer cancel()
	s.streams.wait(last)
	s.watch.close()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down HTTP: %w", err)
	}
	return nil
}
