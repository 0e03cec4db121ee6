package gateway

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
	"penstock/gateway/api"
	"penstock/limits"
	"penstock/templating"
)

// documentation is where errors point when they name no better place. It is no address: penstock has no site, and does not
// serve its README.
const documentation = "penstock's README, HTTP API"

var statuses = map[workspace.Code]int{
	workspace.Internal:    fiber.StatusInternalServerError,
	workspace.Invalid:     fiber.StatusBadRequest,
	workspace.Forbidden:   fiber.StatusForbidden,
	workspace.NotFound:    fiber.StatusNotFound,
	workspace.Timeout:     fiber.StatusRequestTimeout,
	workspace.Conflict:    fiber.StatusConflict,
	workspace.TooLarge:    fiber.StatusRequestEntityTooLarge,
	workspace.RateLimited: fiber.StatusTooManyRequests,
	workspace.Canceled:    499, // what proxies write down for a client that left
	workspace.Unavailable: fiber.StatusServiceUnavailable,
}

// answerError writes the body of an error. It is the only place that does; a cause never gets into it.
func (s *Server) answerError(c *fiber.Ctx, err error) error {
	e := userError(err)
	status := statuses[e.Code]
	var fe *fiber.Error
	if errors.As(err, &fe) {
		status = fe.Code
	}
	var te *templating.Error
	if errors.As(err, &te) && te.Kind == templating.KindCustom {
		// The author of the pipe chose status and body, as far as they are those of an error.
		if code, ok := te.Code.(int64); ok && code >= 400 && code < 600 {
			status = int(code)
		}
		if te.Body != nil {
			c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
			return c.Status(status).Send(te.Body)
		}
	}
	help := e.Help
	if help == "" {
		help = documentation
	}
	if e.RetryAfter > 0 || e.Code == workspace.RateLimited {
		c.Set(fiber.HeaderRetryAfter, wholeSeconds(e.RetryAfter))
	}
	return answer(c, status, api.Error{Error: e.Message, Documentation: help})
}

// userError is what a user may know of err.
func userError(err error) *workspace.Error {
	var e *workspace.Error
	if errors.As(err, &e) && e.Code != workspace.Internal {
		return e
	}
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return &workspace.Error{Code: workspace.Invalid, Message: sentence(fe), Cause: err}
	}
	return &workspace.Error{Code: workspace.Internal, Cause: err,
		Message: "Something went wrong in penstock: the operator finds it in the log under this answer's X-Request-Id"}
}

// sentence tells in our words what Fiber found wrong with the request itself.
func sentence(e *fiber.Error) string {
	switch e.Code {
	case fiber.StatusRequestEntityTooLarge:
		return "The body is larger than " + strconv.Itoa(maxBody>>20) + " MB: send less"
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return "The address and headers are larger than " + strconv.Itoa(maxHead>>10) + " KB: send long parameters as a form by POST"
	case fiber.StatusMethodNotAllowed:
		return e.Message // wrongMethod's: Fiber finds a route for everything
	case fiber.StatusNotFound:
		return "There is nothing at this address"
	}
	return "The request is not understood: send HTTP/1.1 with one method, address and set of headers"
}

// outside answers what never reached observe: requests that are no HTTP, or too large.
func (s *Server) outside(c *fiber.Ctx, err error) error {
	s.head(c)
	// The error may quote the head of the request, and with it a token: it is not written down.
	s.cfg.Logger.Warn("request refused before it was read", "request_id", c.GetRespHeader(requestIDHeader), "type", fmt.Sprintf("%T", err))
	return s.answerError(c, err)
}

// answer writes a JSON body.
func answer(c *fiber.Ctx, status int, body any) error {
	b, err := api.Marshal(body)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Status(status).Send(b)
}

const limitHeader = "X-RateLimit-Limit"

// limited writes what a limit decided into the headers; the first limit's figures stay unless a later one refuses. The error
// says that it did; its sentence ends with hint.
func limited(c *fiber.Ctx, d limits.Decision, hint string) error {
	if c.GetRespHeader(limitHeader) == "" || !d.Allowed {
		counted(c, d)
	}
	if d.Allowed {
		return nil
	}
	return &workspace.Error{Code: workspace.RateLimited, RetryAfter: d.RetryAfter, Message: d.Reason + hint}
}

// counted writes a decision into the headers. A request that no limit counted has none.
func counted(c *fiber.Ctx, d limits.Decision) {
	if !d.Counted() {
		return
	}
	c.Set(limitHeader, strconv.Itoa(d.Limit))
	c.Set("X-RateLimit-Remaining", strconv.Itoa(d.Remaining))
	c.Set("X-RateLimit-Reset", wholeSeconds(d.Reset))
}

// wholeSeconds rounds up, and is 1 at least: a client that is told 0 comes back at once.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}
