package query

import (
	"fmt"
	"regexp"
	"strings"

	"penstock/sql/guard"
	"penstock/sql/lexer"
	"penstock/sql/redact"
)

// A veil decides what a user may read of the engine's error about one statement.
//
// What is hidden must not depend on the value: a caller who can put texts of his own into an error, and sees which of them
// are taken out, reads the secret letter by letter, or a number at once. So of an error of the analysis, which comes before
// anything is computed, only the sentence is shown, up to the first thing that ClickHouse quotes: it does not escape what it
// quotes, so that nobody can tell where a quotation ends. Where a secret is compared, or cast for a comparison, an error of the computation may show
// a part of it: then it is named and not quoted. Where secrets are credentials, what the other host's error says is shown
// through the redactor: a caller of the endpoint writes nothing of it.
type veil struct {
	redactor *redact.Redactor
	secrets  bool // the statement has secrets
	compares bool // and not only as credentials
	foreign  bool // the user may call the pipe, but not read what is written in it
	database string
}

func newVeil(st lexer.Statement, database string, foreign bool) *veil {
	return &veil{redactor: redact.New(st), secrets: st.HasSecrets(), foreign: foreign, database: database}
}

// use notes what the statement does with a secret.
func (v *veil) use(u guard.Use) { v.compares = v.compares || u.Verdict != guard.Credential }

// Shown is what a user reads of err, which the engine gave for a statement that the guard let through with the report.
func Shown(st lexer.Statement, report guard.Report, database string, err error) error {
	v := newVeil(st, database, false)
	for _, u := range report.Uses {
		v.use(u)
	}
	return engineError(err, v)
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

// analysisCodes are ClickHouse's errors about names and shapes; no value is computed before one. TOO_MANY_ROWS (158) and
// MEMORY_LIMIT_EXCEEDED (241) are none of them: their figures are rows that an index found for a value, and bytes that a
// function asked for a value, which may be a secret. ILLEGAL_TYPE_OF_ARGUMENT (43) and NO_COMMON_TYPE (386) are none either: a
// type may hold what was computed, as FixedString(5) does.
var analysisCodes = map[int]bool{
	42:  true, // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
	46:  true, // UNKNOWN_FUNCTION
	47:  true, // UNKNOWN_IDENTIFIER
	60:  true, // UNKNOWN_TABLE
	81:  true, // UNKNOWN_DATABASE
	184: true, // ILLEGAL_AGGREGATION
	207: true, // AMBIGUOUS_IDENTIFIER
	215: true, // NOT_AN_AGGREGATE
	352: true, // AMBIGUOUS_COLUMN_NAME
}

var codeName = regexp.MustCompile(`\(([A-Z][A-Z0-9_]+)\)\s*$`)

// reaching are the names of errors about another host.
var reaching = regexp.MustCompile(`NETWORK|CONNECTION|SOCKET|DNS|TIMEOUT|AUTHENTICATION|S3|AZURE|REDIS|MONGO|MYSQL|POSTGRES|POCO|STD_EXCEPTION|` +
	`REMOTE|HTTP|FILE_DOESNT_EXIST|EXTRACT_TABLE_STRUCTURE|ACCESS_DENIED|ICEBERG|DELTA|CATALOG|UNKNOWN_DATABASE`)

// echo is where ClickHouse begins to quote the statement, or what it computed.
var echo = regexp.MustCompile(`(?i)[.:]?\s+(in scope|in query|while executing|maybe you meant)\b`)

func (v *veil) text(code int, message string) string {
	name := ""
	if m := codeName.FindStringSubmatch(message); m != nil {
		name = m[1]
	}
	head := message
	if i := echo.FindStringIndex(message); i != nil {
		head = message[:i[0]]
		if name != "" {
			head += ". (" + name + ")"
		}
	}
	switch {
	case !v.secrets && v.foreign:
		return head
	case !v.secrets:
		return message
	}
	running := strings.Contains(strings.ToLower(message), "while executing")
	switch {
	case analysisCodes[code] && !running:
		shown, cut := unquoted(head)
		if cut && name != "" {
			shown += "… (" + name + ")"
		}
		if cut {
			shown += ": the rest is withheld, because the statement has a secret"
		}
		return shown
	case !v.compares && reaching.MatchString(name):
		return v.redactor.Text(hideQuoted(head))
	}
	if name == "" {
		name = "ClickHouse's error"
	}
	return fmt.Sprintf("%s (code %d): ClickHouse's text is withheld, because the statement has a secret and the text could show a part of it", name, code)
}

// harmless is what may be shown although a quote stands in it: a name in backticks that is a plain word, and an apostrophe of
// ClickHouse's own.
var harmless = regexp.MustCompile("^(?:`[A-Za-z0-9_.]+`|'t match\\b)")

// unquoted is s up to the first quote of any kind that may open a text; cut tells that there was one.
func unquoted(s string) (head string, cut bool) {
	for i := 0; i < len(s); i++ {
		if n := strings.IndexAny(s[i:], "'\"`‘’“”"); n >= 0 {
			i += n
		} else {
			break
		}
		own := harmless.FindString(s[i:])
		if own == "" || own[0] == '\'' && !strings.HasSuffix(s[:i], " doesn") {
			return strings.TrimRight(s[:i], " (:"), true
		}
		i += len(own) - 1
	}
	return s, false
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
