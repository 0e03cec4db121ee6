package guard

import "penstock/sql/lexer"

// A Severity tells whether a finding refuses the statement.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // the statement must not run
	Warning                 // it may
)

// String is "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// A Finding is one thing that the guard has to say about a statement. It holds no value of a secret and none of a
// parameter: what it quotes stands in the template itself. As an error, its text is the sentence and the remedy.
type Finding struct {
	Rule     string // stable id such as "exposed-projection"
	Sentence string // what is wrong
	Remedy   string // what to do instead; may be empty
	Severity Severity
	// Pos is the place in the template that the text comes from; Start and End are the bytes of the judged SQL.
	Pos        lexer.Position
	Start, End int
}

// Error is the sentence and the remedy.
func (f *Finding) Error() string {
	if f.Remedy == "" {
		return f.Sentence
	}
	return f.Sentence + " " + f.Remedy
}

// A Verdict tells what a statement does with a secret.
type Verdict uint8

// The verdicts.
const (
	Credential Verdict = iota + 1 // it is handed to the host of a table function, and to nobody else
	Predicate                     // it is compared; no row shows it
	Oracle                        // it is compared in a way that lets the caller find it out bit by bit
	Exposed                       // it could reach the result, an error or a name: refused
	Forbidden                     // it stands where no secret may: refused
)

// String is the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Credential:
		return "credential"
	case Predicate:
		return "predicate"
	case Oracle:
		return "oracle"
	case Exposed:
		return "exposed"
	case Forbidden:
		return "forbidden"
	}
	return "unknown"
}

// A Use is one place where a secret stands in a statement.
type Use struct {
	Secret     string // its name
	Verdict    Verdict
	Function   string // for a credential: the table function
	Host       string // and host:port; "" when that is a secret itself
	Pos        lexer.Position
	Start, End int
}

// A Report is what a statement does. It is immutable.
type Report struct {
	Findings []Finding // in the order of the text
	Uses     []Use     // one for each span of a secret, in the order of the text
	// Stay are settings that the statement must run with, so that the hosts that were judged are those that are reached: a
	// public one could redirect the engine to an inner one.
	Stay map[string]string
	// CallsOut tells that the statement reads from another host, which may keep it waiting.
	CallsOut bool
	// Blind tells that a secret is compared as it is: run without keys and indexes, in which the engine would look it up. How much
	// it reads then, and which errors it comes to, would depend on the value.
	Blind bool
}

// Err is the first finding that refuses the statement, nil when it may run.
func (r Report) Err() error {
	for i := range r.Findings {
		if r.Findings[i].Severity == Error {
			return &r.Findings[i]
		}
	}
	return nil
}
