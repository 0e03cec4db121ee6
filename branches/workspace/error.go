package workspace

import (
	"errors"
	"fmt"
	"time"
)

// Code is the class of an Error; each has one HTTP status.
type Code uint8

// The codes. Internal is the zero Code: what nobody translated is nobody's message to users.
const (
	Internal    Code = iota
	Invalid          // 400: the request is wrong; the message says what to change
	Forbidden        // 403
	NotFound         // 404
	Timeout          // 408
	Conflict         // 409
	TooLarge         // 413
	RateLimited      // 429
	Canceled         // the client left; nobody reads the answer
	Unavailable      // 503
)

// An Error is the one error that reaches users: a code, a sentence for them, and a cause for operators.
type Error struct {
	Code       Code
	Message    string        // a sentence that says what to do next; never holds a secret
	Help       string        // address or path of the page that helps; "" for the default of the transport
	RetryAfter time.Duration // with RateLimited and Unavailable
	Cause      error         // for the log; never sent
}

// Error gives message and cause: for logs, not for users.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.Cause)
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the code of the first Error in err's chain; Internal when there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
