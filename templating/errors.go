package templating

import (
	"strings"
	"unicode/utf8"

	"penstock/sql/lexer"
)

// The kinds of errors, named as clients of the reference and the recorded cases name them.
const (
	KindRequired        = "required"
	KindType            = "type"
	KindSyntax          = "syntax"
	KindUnknownFunction = "unknown_function"
	KindUnsupported     = "unsupported_op"
	KindReservedName    = "reserved_name"
	KindForbidden       = "import_forbidden"
	KindNull            = "null_expression"
	KindSecretMissing   = "secret_missing"
	KindCustom          = "custom_error"
	KindErrorCall       = "error_call"
	KindBadArgument     = "bad_argument"
	KindRuntime         = "runtime"
	KindLimit           = "resource_limit"
)

// An Error is why a template cannot be used or rendered. It never holds the value of a secret.
type Error struct {
	Kind    string
	Message string // the sentence for the caller
	Hint    string // how to mend it, for the author; may be empty
	Pos     lexer.Position
	// Code is what the template gave custom_error as code: nil, bool, int64, float64 or string.
	Code any
	// Body is the JSON of the dictionary or list that custom_error was given instead of a message; nil otherwise.
	Body []byte

	line string // the line of the source that Pos is in
}

// Error is the message and the place. What an author says by error() and custom_error() is the whole message.
func (e *Error) Error() string {
	if e.Kind == KindCustom || e.Kind == KindErrorCall {
		return e.Message
	}
	return e.Message + " at " + e.Pos.String()
}

// maxExcerpt is how much of a line an excerpt shows, in characters.
const maxExcerpt = 120

// Excerpt is the line of the source and a caret below the place, each ended by a line feed. Long lines are cut.
func (e *Error) Excerpt() string {
	line, col := []rune(strings.ToValidUTF8(e.line, "\uFFFD")), max(e.Pos.Column-1, 0)
	if e.Pos.Column > len(line)+1 {
		col = len(line)
	}
	cut := ""
	if start := col - maxExcerpt/2; start > 0 && len(line) > maxExcerpt {
		line, col, cut = line[start:], col-start, "…"
	}
	tail := ""
	if len(line) > maxExcerpt {
		line, tail = line[:maxExcerpt], "…"
	}
	var pad strings.Builder
	for i, r := range append([]rune(cut), line...) {
		if i >= col+utf8.RuneCountInString(cut) {
			break
		}
		if r == '\t' {
			pad.WriteByte('\t')
		} else {
			pad.WriteByte(' ')
		}
	}
	return cut + string(line) + tail + "\n" + pad.String() + "^\n"
}

// Errors are all the static mistakes of one template. The first is the one that the reference would report.
type Errors []*Error

// Error lists them, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
		if e.Hint != "" {
			lines[i] += " (" + e.Hint + ")"
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors to errors.As.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// newError places an error in a source.
func newError(src *lexer.Source, off int, kind, message, hint string) *Error {
	off = max(0, min(off, len(src.Text)))
	from := strings.LastIndexByte(src.Text[:off], '\n') + 1
	line := src.Text[from:]
	if n := strings.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	e := &Error{Kind: kind, Message: message, Hint: hint, Pos: src.Position(off), line: strings.TrimSuffix(line, "\r")}
	if e.Pos.Line == max(src.Line, 1) && src.Column > 1 {
		// The first line of the source begins in the middle of a line of its file.
		e.line = strings.Repeat(" ", src.Column-1) + e.line
	}
	return e
}
