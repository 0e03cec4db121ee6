package query

import (
	"fmt"
	"regexp"
	"strings"

	"penstock/sql/lexer"
	"penstock/sql/redact"
)

// A veil decides what a user may read of the engine's error about one statement.
//
// What is hidden must not depend on the value: a caller who can put texts of his own into an error, and sees which of them
// are taken out, reads the secret letter by letter. So every quoted text goes, whosever it is. And where a secret is
// compared, or cast for a comparison, an error of the computation may show a part of it without quotes: then only errors
// of the analysis, which come before anything is computed, have their text.
type veil struct {
	redactor *redact.Redactor
	secrets  bool // the statement has secrets
	compares bool // and not only as credentials
	database string
}

// hint is what ClickHouse adds about a table or dictionary that it does not find: the nearest name of all databases.
var hint = regexp.MustCompile(`\.? ?Maybe you meant ([^?]*)\?`)

// atHome leaves out hints that name a table of another database: its names are nobody's here.
func (v *veil) atHome(message string) string {
	return hint.ReplaceAllStringFunc(message, func(s string) string {
		name := hint.FindStringSubmatch(s)[1]
		if strings.HasPrefix(strings.ReplaceAll(name, "`", ""), v.database+".") {
			return s
		}
		return ""
	})
}

// analysisCodes are ClickHouse's errors about names and shapes; no value is computed before one.
var analysisCodes = map[int]bool{
	10:  true, // NOT_FOUND_COLUMN_IN_BLOCK
	42:  true, // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
	43:  true, // ILLEGAL_TYPE_OF_ARGUMENT
	46:  true, // UNKNOWN_FUNCTION
	47:  true, // UNKNOWN_IDENTIFIER
	60:  true, // UNKNOWN_TABLE
	81:  true, // UNKNOWN_DATABASE
	158: true, // TOO_MANY_ROWS
	184: true, // ILLEGAL_AGGREGATION
	207: true, // AMBIGUOUS_IDENTIFIER
	215: true, // NOT_AN_AGGREGATE
	241: true, // MEMORY_LIMIT_EXCEEDED
	352: true, // AMBIGUOUS_COLUMN_NAME
	386: true, // NO_COMMON_TYPE
}

var codeName = regexp.MustCompile(`\(([A-Z][A-Z0-9_]+)\)\s*$`)

func (v *veil) text(code int, message string) string {
	switch {
	case !v.secrets:
		return message
	case !v.compares || analysisCodes[code]:
		return v.redactor.Text(hideQuoted(message))
	}
	name := "Code: " + fmt.Sprint(code)
	if m := codeName.FindStringSubmatch(message); m != nil {
		name = m[1] + " (code " + fmt.Sprint(code) + ")"
	}
	return name + ": ClickHouse's text is withheld, because the statement compares a secret and the text could show a part of it"
}

// hideQuoted takes out what stands in single quotes, to the end where the closing one is missing. An apostrophe behind a
// letter (doesn't) opens nothing.
func hideQuoted(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] != '\'' || i > 0 && isLetter(s[i-1]) {
			continue
		}
		b.WriteString(lexer.Sensitive)
		for i++; i < len(s) && s[i] != '\''; i++ {
			if s[i] == '\\' {
				i++
			}
		}
		if i < len(s) {
			b.WriteByte('\'')
		}
	}
	return b.String()
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
