package embedded

import (
	"fmt"
	"net/http"
	"regexp"
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

var (
	innerVersion = regexp.MustCompile(` \(version [0-9.]+(?: \([^()']*\))?\)(\. \([A-Z_0-9]+\))?$`)
	repeatedName = regexp.MustCompile(`\(([A-Z_0-9]+)\)\. \(([A-Z_0-9]+)\)$`)
)

// parseException reads the engine's text. One that does not begin with a code is taken for an internal error. What the
// library repeats, because an exception went through several of its layers, is said once; so is the version, at the end.
func parseException(text string) *exception {
	text = strings.TrimRight(text, "\n")
	rest, ok := strings.CutPrefix(text, "Code: ")
	digits, _, _ := strings.Cut(rest, ".")
	code, err := strconv.Atoi(digits)
	if !ok || err != nil || code <= 0 {
		return newException(codeLogical, "LOGICAL_ERROR", "%s", text)
	}
	prefix := "Code: " + digits + ". DB::Exception: "
	for {
		text = innerVersion.ReplaceAllString(text, "$1")
		m := repeatedName.FindStringSubmatchIndex(text)
		if !strings.HasPrefix(text, prefix+prefix) || m == nil || text[m[2]:m[3]] != text[m[4]:m[5]] {
			return &exception{code: code, text: text}
		}
		text = text[len(prefix) : m[3]+1]
	}
}

var (
	failedPosition = regexp.MustCompile(`failed at position (\d+)`)
	firstLine      = regexp.MustCompile(`\(line 1, col (\d+)\)`)
)

// shiftBack takes n bytes that stood before the statement out of the positions of a syntax error.
func (e *exception) shiftBack(n int) *exception {
	shift := func(re *regexp.Regexp, text string) string {
		loc := re.FindStringSubmatchIndex(text)
		if loc == nil {
			return text
		}
		at, err := strconv.Atoi(text[loc[2]:loc[3]])
		if err != nil || at <= n {
			return text
		}
		return text[:loc[2]] + strconv.Itoa(at-n) + text[loc[3]:]
	}
	return &exception{code: e.code, text: shift(firstLine, shift(failedPosition, e.text))}
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
