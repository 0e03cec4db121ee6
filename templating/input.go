package templating

import (
	"context"
	"time"
)

// An Arg is the value of one request parameter: a text, or a list of texts when the key was repeated.
type Arg struct {
	Text   string
	List   []string
	IsList bool
}

// A NamedArg is a parameter that was sent.
type NamedArg struct {
	Name string
	Arg
}

// Args are the parameters of a request, each name once, in the order in which they came: the next request of the same client
// is likely to have the same names in the same order, which makes it cheap to find them.
type Args []NamedArg

// ArgsOf makes Args of a map.
func ArgsOf(m map[string]Arg) Args {
	out := make(Args, 0, len(m))
	for name, a := range m {
		out = append(out, NamedArg{name, a})
	}
	return out
}

// A Mode says what a rendering is for.
type Mode uint8

// The modes.
const (
	Request  Mode = iota // to be run
	Validate             // to be checked: parameters and secrets that are missing have stand-ins
)

// Limits bound what one rendering may cost. A zero field takes its default.
type Limits struct {
	Steps  int // operations evaluated; 1,000,000
	Turns  int // turns of loops and items of ranges and comprehensions; 100,000
	Output int // bytes of SQL; 4 MB
	Values int // bytes of texts and lists made while evaluating; 16 MB
	Depth  int // how deep lists and dictionaries nest; 100
}

var defaultLimits = Limits{Steps: 1_000_000, Turns: 100_000, Output: 4 << 20, Values: 16 << 20, Depth: 100}

// fill gives the fields that are zero their defaults.
func (l *Limits) fill() {
	set := func(n *int, def int) {
		if *n <= 0 {
			*n = def
		}
	}
	set(&l.Steps, defaultLimits.Steps)
	set(&l.Turns, defaultLimits.Turns)
	set(&l.Output, defaultLimits.Output)
	set(&l.Values, defaultLimits.Values)
	set(&l.Depth, defaultLimits.Depth)
}

// Input is what a rendering works on. Params are only read.
type Input struct {
	Params Args
	// Secret looks a secret up. It is called when a tb_secret is evaluated; nil means that there are none. An error
	// that it returns ends the rendering and is returned as it is.
	Secret func(name string) (value string, found bool, err error)
	// Context ends the rendering: loops look at it now and then. The error is the context's, as it is. nil is none.
	Context context.Context
	// Settings takes what the template asks of its run, beside what other templates of the statement asked before; nil: nobody
	// wants to know.
	Settings *Settings
	// Now is what job_timestamp is when it was not sent, so that it is the same in all templates of a run; zero: the time of
	// the rendering.
	Now    time.Time
	Mode   Mode
	Limits Limits
}

func (in *Input) now() time.Time {
	if in.Now.IsZero() {
		return time.Now()
	}
	return in.Now
}

// Settings are what a template asks of its run; a nil or empty field was not asked.
type Settings struct {
	MaxThreads  *int64
	CacheTTL    *string
	BackendHint *string
	Activate    []string
	Disable     []string
}

// add takes what another template asked later: the last one wins, lists add up.
func (s *Settings) add(t Settings) {
	if t.MaxThreads != nil {
		s.MaxThreads = t.MaxThreads
	}
	if t.CacheTTL != nil {
		s.CacheTTL = t.CacheTTL
	}
	if t.BackendHint != nil {
		s.BackendHint = t.BackendHint
	}
	s.Activate, s.Disable = append(s.Activate, t.Activate...), append(s.Disable, t.Disable...)
}

// Facts are what became known while rendering.
type Facts struct {
	Settings Settings
	// Secrets are the names of the secrets that were looked up and found, each once, in the order of use.
	Secrets []string
	// Missing are, in a validation, the secrets that do not exist.
	Missing []string
	// Warnings are the names in the template that the HTTP layer uses for parameters of its own. Read-only.
	Warnings []string
}
