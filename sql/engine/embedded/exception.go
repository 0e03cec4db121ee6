package embedded

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// ClickHouse's error codes that the child gives by itself.
const (
	codeBadArguments      = 36
	codeLogical           = 49
	codeNotImplemented    = 48
	codeSyntax            = 62
	codeUnknownSetting    = 115
	codeTooManyQueries    = 202
	codeSameQueryID       = 216
	codeUnknownCompress   = 89
	codeOutfileNotAllowed = 309
	codeQueryTooLarge     = 307
	codeConstraint        = 452
	codeAuthentication    = 516
	codeAborted           = 236
)

// exception is a failure as ClickHouse tells it. Its text may quote the statement: it goes to the client that sent the
// statement and nowhere else.
type exception struct {
	code int
	text string // "Code: 62. DB::Exception: … (SYNTAX_ERROR)", without the version
}

func (e *exception) Error() string { return e.text }

func newException(code int, name, format string, args ...any) *exception {
	return &exception{code: code, text: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}

// parseException reads the engine's text. One that does not begin with a code is taken for an internal error.
func parseException(text string) *exception {
	text = strings.TrimRight(text, "\n")
	// The library repeats the code in front of what the engine said, and only the inner text has the version.
	if i := strings.LastIndex(text, " (version "); i >= 0 && strings.HasPrefix(text[i:], " (version ") {
		if j := strings.IndexByte(text[i:], ')'); j >= 0 && !strings.ContainsAny(text[i+len(" (version "):i+j], " '") {
			text = text[:i] + text[i+j+1:]
		}
	}
	if rest, ok := strings.CutPrefix(text, "Code: "); ok {
		digits, _, _ := strings.Cut(rest, ".")
		if code, err := strconv.Atoi(digits); err == nil && code > 0 {
			return &exception{code: code, text: text}
		}
	}
	return newException(codeLogical, "LOGICAL_ERROR", "%s", text)
}

// status is the HTTP status that ClickHouse's own server gives to an error code.
func (e *exception) status() int {
	switch e.code {
	case 193, 194, 192, codeAuthentication, 511, 497:
		return http.StatusForbidden
	case 6, 8, 10, 15, 20, 25, 26, 27, 34, 35, codeBadArguments, 38, 41, 42, 43, 44, 53, codeSyntax, 69, 70, 72, 117, 130, 167, 168,
		190, 207, 223, 321, 376, 386, 395, 427, 456, 457, 467, 675, 676, codeUnknownCompress:
		return http.StatusBadRequest
	case 16, 46, 47, 50, 56, 60, 63, 73, 78, 81, codeUnknownSetting, 336:
		return http.StatusNotFound
	case codeQueryTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeNotImplemented:
		return http.StatusNotImplemented
	case 159:
		return http.StatusRequestTimeout
	case 209, 439, codeTooManyQueries:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
