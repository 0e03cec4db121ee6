// Package query is the use case of running something: an endpoint, a query over one, or SQL. Each run is admitted,
// rendered, composed, judged, executed and accounted for, in this order; nothing reaches the engine that was not judged
// in its finished form.
package query

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"penstock/branches/workspace"
	"penstock/gateway/pipes"
	"penstock/limits"
	"penstock/sql/engine"
	"penstock/sql/guard"
	"penstock/sql/lexer"

	"penstock/templating"
)

// A Request is what a caller wants to run: an endpoint (Pipe, maybe with Q over it) or SQL.
type Request struct {
	ID       string // the request's id, and the engine's query id
	Pipe     string
	Q        string // a SELECT over the endpoint, which it calls _
	SQL      string // a statement, or a template when it begins with '%'
	Pipeline string // the pipe that _ stands for in SQL; "" for none
	Params   templating.Args
	Format   string // the engine's name of the output format; a FORMAT clause of SQL wins
	Settings []engine.Setting
}

// An Answer is a result under way. The caller reads Body to its end or not, and calls Close, always.
type Answer struct {
	*engine.Result
	Format  string
	ctx     context.Context
	cancel  context.CancelFunc
	release func()
	veil    *veil
}

// Close ends the query if it still runs, and gives its place to the next one.
func (a *Answer) Close() {
	_ = a.Body.Close() // the query is over either way; there is nobody to tell
	a.cancel()
	a.release()
}

// Context ends when the query may run no longer: by its deadline, or because the client left.
func (a *Answer) Context() context.Context { return a.ctx }

// Err is the user's error for what Body's Read gave.
func (a *Answer) Err(err error) error { return engineError(err, a.veil) }

// secretSource gives the value of a secret as the workspace sees it.
type secretSource interface {
	Secret(ctx context.Context, w workspace.Workspace, name string) (value workspace.SecretValue, found bool, err error)
}

// Config is what a Service needs.
type Config struct {
	Pipes   *pipes.Registry
	Secrets secretSource
	Engine  engine.Streamer
	Guard   func(workspace.Workspace) *guard.Guard // the rules of a workspace
	Rates   *limits.Rates                          // queries per second of each workspace
	Running *limits.Running                        // queries at once of each workspace
	Timeout time.Duration                          // of one query, its rows included
}

// A Service runs requests. Safe for concurrent use.
type Service struct {
	cfg     Config
	lookups lookups
}

// New makes a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// Admit takes a request's share of the workspace's rate. It answers before anything is done for the request, and for
// requests that will fail: those cost too.
func (s *Service) Admit(caller workspace.Caller) limits.Decision {
	return s.cfg.Rates.Take(caller.Workspace.ID)
}

// Enter takes one of the workspace's places for queries that run at once. When it is allowed, release gives the place back;
// Run and the Answer see to that.
func (s *Service) Enter(caller workspace.Caller) (release func(), d limits.Decision) {
	return s.cfg.Running.Enter(caller.Workspace.ID)
}

// Run runs the request for the caller in the place that release gives back: with the Answer's Close, or at once when there
// is an error. Errors are *workspace.Error; their text has passed the redactor.
func (s *Service) Run(ctx context.Context, caller workspace.Caller, r Request, release func()) (a *Answer, err error) {
	defer func() {
		if a == nil { // a panic too gives the place back
			release()
		}
	}()
	if err := allowed(caller, r); err != nil {
		return nil, err
	}
	if a, err = s.start(ctx, caller, r); err != nil {
		return nil, err
	}
	a.release = release
	return a, nil
}

func allowed(caller workspace.Caller, r Request) error {
	if r.Pipe == "" {
		if !caller.IsAdmin() {
			return workspace.Errorf(workspace.Forbidden, "SQL needs a token with scope ADMIN; this token may call the endpoints that its scopes name")
		}
		if strings.TrimSpace(r.SQL) == "" {
			return workspace.Errorf(workspace.Invalid, "The parameter 'q' is missing: send the SQL in 'q', or as the body of a POST")
		}
		return nil
	}
	if !caller.MayRead(r.Pipe) {
		return workspace.Errorf(workspace.Forbidden, "The token may not call this pipe: it needs the scope PIPES:READ:%s or ADMIN", r.Pipe)
	}
	return nil
}

func (s *Service) start(ctx context.Context, caller workspace.Caller, r Request) (a *Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer func() {
		if a == nil {
			cancel()
		}
	}()
	var asked templating.Settings
	st, err := s.compose(ctx, caller, r, &asked)
	if err != nil {
		return nil, composeError(err)
	}
	veil := newVeil(st, caller.Workspace.ID.Database(), !caller.IsAdmin())
	st, format, report, err := s.judge(caller, r, st, veil)
	if err != nil {
		return nil, err // the guard says nothing of a value; a redactor would show which of the caller's words agree with one
	}
	settings, err := s.settings(ctx, r, asked, report, veil)
	if err != nil {
		return nil, engineError(err, veil)
	}
	res, err := s.cfg.Engine.Stream(ctx, engine.Query{
		ID:       r.ID,
		SQL:      st.Bytes(),
		Database: caller.Workspace.ID.Database(),
		Format:   format,
		Settings: settings,
		ReadOnly: true,
	})
	if err != nil {
		return nil, engineError(err, veil)
	}
	if veil.compares && hasStatistics(format) {
		res.Body = withZeros(res.Body)
	}
	return &Answer{Result: res, Format: format, ctx: ctx, cancel: cancel, veil: veil}, nil
}

// compose gives the statement of the request, not yet judged as a whole.
func (s *Service) compose(ctx context.Context, caller workspace.Caller, r Request, asked *templating.Settings) (lexer.Statement, error) {
	w := caller.Workspace
	in := templating.Input{Params: r.Params, Mode: templating.Request, Secret: s.secrets(ctx, w), Context: ctx, Settings: asked, Now: time.Now()}
	scope := s.cfg.Pipes.For(w)
	if r.Pipe == "" {
		names := map[string]*pipes.Pipe{}
		if r.Pipeline != "" {
			p, err := s.endpoint(w, r.Pipeline)
			if err != nil {
				return lexer.Statement{}, err
			}
			names["_"] = p
		}
		return pipes.ComposeText(&lexer.Source{Text: r.SQL}, true, names, in, scope)
	}
	p, err := s.endpoint(w, r.Pipe)
	if err != nil {
		return lexer.Statement{}, err
	}
	if r.Q == "" {
		return p.Node("", in, scope)
	}
	q := &lexer.Source{Pipe: r.Pipe, Node: "q", Text: r.Q}
	if !caller.IsAdmin() {
		if err := onlyEndpoint(q); err != nil {
			return lexer.Statement{}, err
		}
	}
	return pipes.ComposeText(q, false, map[string]*pipes.Pipe{"_": p}, in, scope)
}

// secrets gives the values that the workspace sees, each the same for the whole of one statement.
func (s *Service) secrets(ctx context.Context, w workspace.Workspace) func(name string) (string, bool, error) {
	var known map[string]workspace.SecretValue
	return func(name string) (string, bool, error) {
		if v, ok := known[name]; ok {
			return v.Reveal(), true, nil
		}
		v, ok, err := s.cfg.Secrets.Secret(ctx, w, name)
		if err == nil && ok {
			if known == nil {
				known = make(map[string]workspace.SecretValue, 1)
			}
			known[name] = v
		}
		return v.Reveal(), ok, err
	}
}

func (s *Service) endpoint(w workspace.Workspace, name string) (*pipes.Pipe, error) {
	p, ok := s.cfg.Pipes.Endpoint(w, name)
	if !ok {
		return nil, workspace.Errorf(workspace.NotFound, "The pipe '%s' does not exist", name)
	}
	return p, nil
}

// onlyEndpoint refuses a q= that reads anything but the endpoint: a token for one pipe is no token for the tables.
func onlyEndpoint(q *lexer.Source) error {
	b := new(lexer.Builder)
	b.Text(q, 0, len(q.Text))
	parsed, err := guard.Parse(b.Statement())
	if err != nil {
		return pipes.GuardError(err)
	}
	outside := parsed.CallsOut()
	for _, t := range parsed.Tables() {
		outside = outside || t.Database != "" || t.Name != "_" || t.Maybe
	}
	if outside {
		return workspace.Errorf(workspace.Forbidden, "The token may read the endpoint only: in 'q', select from _ and from nothing else")
	}
	if !parsed.OnlyLimits() {
		return workspace.Errorf(workspace.Forbidden, "The token may read the endpoint only: the settings of 'q' may limit it, not change what it means")
	}
	return nil
}

// judge checks the finished statement, and takes a FORMAT clause off it, which only SQL may have. report tells what it must run with.
func (s *Service) judge(caller workspace.Caller, r Request, st lexer.Statement, v *veil) (_ lexer.Statement, format string, report guard.Report, err error) {
	format = r.Format
	if r.Pipe == "" {
		q, err := guard.Parse(st)
		if err != nil {
			return st, "", guard.Report{}, pipes.GuardError(err)
		}
		if name, start, end := q.Format(); name != "" {
			format = name
			b := new(lexer.Builder)
			b.Splice(st, 0, start)
			b.Splice(st, end, st.Len())
			st = b.Statement()
		}
	}
	report, err = s.cfg.Guard(caller.Workspace).Check(st)
	if err != nil {
		return st, "", guard.Report{}, pipes.GuardError(err)
	}
	for _, u := range report.Uses {
		v.use(u)
	}
	return st, format, report, nil
}

// settings are those of the request and of its templates, then ours, which win.
func (s *Service) settings(ctx context.Context, r Request, asked templating.Settings, report guard.Report, v *veil) ([]engine.Setting, error) {
	// The engine's own limit stands a second behind ours: it ends what a closed connection does not.
	behind := int64((s.cfg.Timeout + 2*time.Second - 1) / time.Second)
	out := append(make([]engine.Setting, 0, len(r.Settings)+len(report.Stay)+12), r.Settings...)
	if asked.MaxThreads != nil {
		out = append(out, engine.Setting{Name: "max_threads", Value: fmt.Sprint(*asked.MaxThreads)})
	}
	for _, name := range slices.Sorted(maps.Keys(report.Stay)) {
		out = append(out, engine.Setting{Name: name, Value: report.Stay[name]})
	}
	if v.compares {
		out = append(out, engine.Setting{Name: "output_format_write_statistics", Value: "0"})
	}
	if report.Blind {
		lookups, err := s.lookups.off(ctx, s.cfg.Engine, r.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, lookups...)
	}
	if report.CallsOut {
		// A host that says nothing holds the engine no longer than the query may take: the engine hears of no kill meanwhile.
		for _, name := range []string{"external_storage_connect_timeout_sec", "external_storage_rw_timeout_sec", "receive_timeout", "http_receive_timeout"} {
			out = append(out, engine.Setting{Name: name, Value: fmt.Sprint(behind)})
		}
		out = append(out, engine.Setting{Name: "connections_with_failover_max_tries", Value: "1"})
	}
	return append(out,
		// A text is never an expression. The guard refuses the format whose rows are; these hold for a file that is one unnamed.
		engine.Setting{Name: "input_format_values_interpret_expressions", Value: "0"},
		engine.Setting{Name: "input_format_values_deduce_templates_of_expressions", Value: "0"},
		engine.Setting{Name: "max_execution_time", Value: fmt.Sprint(behind)},
		// What a function makes of one block cannot be stopped before it is made: range() is where much comes of little.
		engine.Setting{Name: "function_range_max_elements_in_block", Value: "10000000"},
		engine.Setting{Name: "http_write_exception_in_output_format", Value: "0"}), nil
}

// engineError translates what the engine answered; its text passes the redactor.
func engineError(err error, v *veil) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("run statement: %w", err)
	}
	switch e.Kind {
	case engine.Timeout:
		return timeout(err)
	case engine.Canceled:
		return canceled(err)
	case engine.Failed:
		return &workspace.Error{Code: workspace.Invalid, Message: "[Error] " + v.text(e.Code, v.atHome(plain(e.Message))), Cause: err}
	default:
		return &workspace.Error{Code: workspace.Unavailable, RetryAfter: time.Second, Cause: err,
			Message: "ClickHouse cannot be reached at the moment: try again in a second"}
	}
}

// composeError translates the end of the query's context while it was rendered; the caller reads the same as when it ends
// in the engine.
func composeError(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return timeout(err)
	case errors.Is(err, context.Canceled):
		return canceled(err)
	}
	return err
}

func timeout(cause error) error {
	return &workspace.Error{Code: workspace.Timeout, Cause: cause,
		Message: "The query ran past its time limit and was stopped: make it read less, or ask the operator for a higher --query-timeout"}
}

func canceled(cause error) error {
	return &workspace.Error{Code: workspace.Canceled, Message: "The query was canceled", Cause: cause}
}

// plain leaves out what ClickHouse says about itself around the sentence: "Code: 62. DB::Exception: … (version …)", and where in
// its program it was.
func plain(message string) string {
	message = strings.TrimSpace(message)
	if strings.HasPrefix(message, "Code: ") {
		if _, rest, ok := strings.Cut(message, "DB::Exception: "); ok {
			message = rest
		}
	}
	if i := strings.LastIndex(message, " (version "); i >= 0 && strings.HasSuffix(message, ")") {
		message = message[:i]
	}
	if i := strings.Index(message, "Stack trace"); i >= 0 {
		name := codeName.FindString(message[i:])
		message = strings.TrimRight(message[:i], " ,.:\n")
		if name != "" {
			message += ". " + name
		}
	}
	return message
}
