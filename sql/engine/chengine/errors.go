package chengine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"penstock/sql/engine"
)

// maxMessage bounds an engine's message, in bytes. ClickHouse's own bound in the middle of rows is 16 KB.
const maxMessage = 64 << 10

// ClickHouse's error codes that say something else than that the statement failed.
var kinds = map[int]engine.Kind{
	159: engine.Timeout,     // TIMEOUT_EXCEEDED
	160: engine.Timeout,     // TOO_SLOW
	394: engine.Canceled,    // QUERY_WAS_CANCELLED
	734: engine.Canceled,    // QUERY_WAS_CANCELLED_BY_CLIENT
	202: engine.Unavailable, // TOO_MANY_SIMULTANEOUS_QUERIES
	439: engine.Unavailable, // CANNOT_SCHEDULE_TASK
	192: engine.Unavailable, // UNKNOWN_USER: of the gateway, not of the statement
	193: engine.Unavailable, // WRONG_PASSWORD
	194: engine.Unavailable, // REQUIRED_PASSWORD
	516: engine.Unavailable, // AUTHENTICATION_FAILED
}

// failed makes the error of a statement that the engine ended with a code. The reason for which the context ended goes
// before the engine's, which is only its consequence.
func failed(ctx context.Context, code int, message string) error {
	e := &engine.Error{Kind: engine.Failed, Code: code, Message: message}
	if k, ok := kinds[code]; ok {
		e.Kind = k
	}
	if k := ended(ctx); k != 0 && (e.Kind == engine.Canceled || code == 0) {
		e.Kind = k
	}
	return e
}

// ended tells how a context ended, or 0.
func ended(ctx context.Context) engine.Kind {
	switch err := ctx.Err(); {
	case err == nil:
		return 0
	case errors.Is(err, context.DeadlineExceeded):
		return engine.Timeout
	default:
		return engine.Canceled
	}
}

// refusal reads an answer whose status is not 200.
func refusal(ctx context.Context, res *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(res.Body, maxMessage)) // cut off or not, it is the message
	text := string(raw)
	if i := strings.Index(text, exceptionMarker); i >= 0 {
		text = messageOf(text[i:])
	}
	code, _ := strconv.Atoi(res.Header.Get("X-Clickhouse-Exception-Code"))
	if code == 0 {
		code = codeOf(text)
	}
	if code == 0 {
		// Not ClickHouse's: a proxy's, or somebody else's server. Its text is not for users.
		return &engine.Error{Kind: engine.Unavailable, Cause: fmt.Errorf("ClickHouse's address answered with HTTP status %d", res.StatusCode)}
	}
	return failed(ctx, code, strings.TrimRight(text, "\r\n"))
}

// translate makes an *engine.Error of any error of the transport or the library. Their texts may hold the address with its
// parameters, or bytes of what was sent, so that only known causes are kept.
func translate(ctx context.Context, err error) error {
	var own *engine.Error
	if errors.As(err, &own) {
		return own
	}
	var ex *clickhouse.Exception
	if errors.As(err, &ex) {
		text := fmt.Sprintf("Code: %d. %s: %s", ex.Code, ex.Name, ex.Message)
		return failed(ctx, int(ex.Code), text)
	}
	e := &engine.Error{Kind: engine.Unavailable, Cause: cause(err)}
	if k := ended(ctx); k != 0 {
		e.Kind, e.Cause = k, ctx.Err()
	}
	return e
}

func cause(err error) error {
	var op *net.OpError
	var dns *net.DNSError
	var status *clickhouse.HTTPError
	switch {
	case errors.As(err, &op):
		return op
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &status):
		return fmt.Errorf("ClickHouse's address answered with HTTP status %d", status.StatusCode)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, clickhouse.ErrAcquireConnTimeout):
		return clickhouse.ErrAcquireConnTimeout
	case errors.As(err, new(*url.Error)):
		return errors.New("the request to ClickHouse failed")
	}
	return errors.New("the connection to ClickHouse broke")
}

const exceptionMarker = "__exception__\r\n"

// marker is what stands before the message of a failure in the middle of rows. Since 25.11 a tag that only this answer has
// makes it sure; older servers announce none, and then the marker with what every message begins with has to do.
func marker(h http.Header) []byte {
	if tag := h.Get("X-Clickhouse-Exception-Tag"); tag != "" {
		return []byte("\r\n" + exceptionMarker + tag + "\r\n")
	}
	return []byte(exceptionMarker + "Code: ")
}

func index(b, needle []byte) int { return bytes.Index(b, needle) }

// overlap is the length of the longest end of b that the needle begins with.
func overlap(b, needle []byte) int {
	for n := min(len(b), len(needle)-1); n > 0; n-- {
		if b[len(b)-n] == needle[0] && bytes.HasPrefix(needle, b[len(b)-n:]) {
			return n
		}
	}
	return 0
}

// trailerLine ends a message since 25.11: its length and the tag.
var trailerLine = regexp.MustCompile(`\n\d+ [0-9A-Za-z]+\r?\n(?:__exception__\r?\n?)?$`)

var codePrefix = regexp.MustCompile(`^Code: (\d+)\.`)

// messageOf takes the message out of what begins with the mark.
func messageOf(block string) string {
	i := strings.Index(block, "Code: ")
	if i < 0 {
		return ""
	}
	text := block[i:]
	if loc := trailerLine.FindStringIndex(text); loc != nil {
		text = text[:loc[0]]
	}
	return strings.TrimRight(text, "\r\n")
}

func codeOf(text string) int {
	m := codePrefix.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	code, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return code
}
