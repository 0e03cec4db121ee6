package parse

import "strings"

// A Kind is the class of an error, as clients and the recorded cases name it.
type Kind string

// The kinds of errors that parsing can find.
const (
	Syntax      Kind = "syntax"           // not the language
	Unsupported Kind = "unsupported_op"   // Python, but left out of the language on purpose
	Forbidden   Kind = "import_forbidden" // statements that load other code
	TooLarge    Kind = "resource_limit"   // nested deeper, or more of it, than is accepted
)

// An Error is one mistake in a template, found without rendering it.
type Error struct {
	Kind    Kind
	Message string // the sentence, as clients of the reference know it where they may match it
	Hint    string // how to mend it; may be empty
	Pos     int    // the byte in the source
}

func (e *Error) Error() string { return e.Message }

// Errors are all the mistakes found in one template. The first is the one that the reference would report.
type Errors []*Error

func (es Errors) Error() string {
	var b strings.Builder
	for i, e := range es {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Message)
	}
	return b.String()
}
