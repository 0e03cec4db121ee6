package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"penstock/branches/workspace"
	"penstock/sql/engine"
)

const (
	requestIDHeader = "X-Request-Id"
	recordKey       = "record"
)

// A record is what the log line and the metrics of one request are made of.
type record struct {
	id        string
	start     time.Time
	method    string
	path      string // without the query: a token may stand there
	route     string
	workspace string
	pipe      string
	summary   engine.Summary
	bytes     int64
	// streaming says that the answer goes on after the handler: the stream writes the line when it ends.
	streaming bool
}

func recordOf(c *fiber.Ctx) *record { return c.Locals(recordKey).(*record) }

// head sets what every answer has.
func (s *Server) head(c *fiber.Ctx) string {
	id := uuid.NewString()
	c.Set(requestIDHeader, id)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return id
}

// observe gives the request its id, answers its errors, and writes its log line and metrics.
func (s *Server) observe(c *fiber.Ctx) error {
	rec := &record{start: s.cfg.Now(), method: c.Method(), path: c.Path()}
	rec.id = s.head(c)
	c.Locals(recordKey, rec)
	s.metrics.inFlight.Inc()
	err := s.recoverPanics(c)
	if rec.streaming {
		return nil
	}
	rec.route = c.Route().Path
	if err != nil {
		if e := s.answerError(c, err); e != nil {
			err = errors.Join(err, e)
			c.Status(fiber.StatusInternalServerError)
		}
	}
	rec.bytes = int64(len(c.Response().Body()))
	s.finish(rec, c.Response().StatusCode(), err)
	return nil
}

// recoverPanics makes an error of a panic: one request's bug ends no other request.
func (s *Server) recoverPanics(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return c.Next()
}

// panicked is the error of a panic. Its value may be anything, a statement among it: type and place are enough to find it.
func panicked(p any) error { return fmt.Errorf("panic of type %T: %s", p, debug.Stack()) }

// finish writes the log line and the metrics of a request that was answered, or whose answer was broken off.
func (s *Server) finish(rec *record, status int, err error) {
	s.metrics.inFlight.Dec()
	took := s.cfg.Now().Sub(rec.start)
	s.metrics.requests(rec.route, rec.method, status).Observe(took.Seconds())
	s.metrics.rows.Add(float64(rec.summary.ReadRows))
	attrs := []slog.Attr{
		slog.String("request_id", rec.id),
		slog.String("method", rec.method),
		slog.String("path", rec.path),
		slog.String("workspace", rec.workspace),
		slog.String("pipe", rec.pipe),
		slog.Int("status", status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.Uint64("read_rows", rec.summary.ReadRows),
		slog.Uint64("read_bytes", rec.summary.ReadBytes),
		slog.Int64("sent_bytes", rec.bytes),
	}
	level := slog.LevelInfo
	if err != nil {
		attrs = append(attrs, slog.String("error", causeOf(err)))
		if status >= 500 || isOurs(err) {
			level = slog.LevelError
		}
	}
	s.cfg.Logger.LogAttrs(s.base, level, "request", attrs...)
}

// isOurs tells a failure of penstock or its engine. A stream that broke off by one had its status before.
func isOurs(err error) bool {
	code := userError(err).Code
	return code == workspace.Internal || code == workspace.Unavailable
}

// causeOf is the text of an error for the log: the user's sentence, and what stands behind it.
func causeOf(err error) string {
	var e *workspace.Error
	if errors.As(err, &e) && e.Cause != nil && e.Code != workspace.Invalid {
		return e.Message + ": " + e.Cause.Error()
	}
	if e != nil {
		return e.Message
	}
	return err.Error()
}
