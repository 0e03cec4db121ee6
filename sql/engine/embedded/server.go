package embedded

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"penstock/sql/engine"
	"strconv"
	"strings"
	"sync"
	"time"
)

// server is the child's HTTP side.
type server struct {
	lib      *library
	dir      string
	user     string
	password string
	memory   int64 // for all queries together, bytes; 0: no limit
	slots    chan struct{}
	info     serverInfo
	stuck    func() // called when a killed query does not end: the process is of no use any more

	mu      sync.Mutex
	running map[string]*run // by the client's query id
}

// serverInfo is what the engine says of itself.
type serverInfo struct{ version, name, timezone string }

// run is one statement that runs.
type run struct {
	id       string
	tag      string // what its log_comment begins with; known to nobody outside
	done     chan struct{}
	doneOnce sync.Once
	killOnce sync.Once
	killed   chan struct{} // closed when the engine was told

	mu      sync.Mutex
	wake    func() // lets go of a query that waits for its client
	patient bool   // wake may be called only when the engine surely knows of the kill
}

// finish says that the engine is done with the statement.
func (rn *run) finish() { rn.doneOnce.Do(func() { close(rn.done) }) }

// onKill sets how a query that waits for its client is let go of. With patient it happens only when the engine knows of
// the kill: an INSERT would take the end of its rows for the end of what the client sent, and keep half of it.
func (rn *run) onKill(wake func(), patient bool) {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	rn.wake, rn.patient = wake, patient
}

func (rn *run) release(known bool) {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	if rn.wake != nil && (known || !rn.patient) {
		rn.wake()
	}
}

func newServer(lib *library, cfg childConfig, stuck func()) (*server, error) {
	s := &server{
		lib: lib, dir: cfg.Dir, user: cfg.User, password: cfg.Password, memory: cfg.MaxMemory,
		slots: make(chan struct{}, cfg.MaxQueries), stuck: stuck, running: map[string]*run{},
	}
	conn, err := lib.open(cfg.Dir, "--implicit_select=0")
	if err != nil {
		return nil, fmt.Errorf("open the engine's data folder %s: %w", cfg.Dir, err)
	}
	// This connection stays open: the engine would stop when its last one closes.
	out, _, err := conn.query("SELECT version(), displayName(), timezone()", "TabSeparated")
	if err != nil {
		return nil, fmt.Errorf("first query: %w", err)
	}
	fields := strings.Split(strings.TrimSuffix(string(out), "\n"), "\t")
	if len(fields) != 3 {
		return nil, errors.New("first query: the engine did not tell its version")
	}
	s.info = serverInfo{version: fields[0], name: fields[1], timezone: fields[2]}
	return s, nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-ClickHouse-Server-Display-Name", s.info.name)
	h.Set("X-ClickHouse-Timezone", s.info.timezone)
	params := r.URL.Query()
	switch {
	case r.URL.Path == "/ping" || r.URL.Path == "/replicas_status" || r.URL.Path == "/" && r.Method == http.MethodHead,
		r.URL.Path == "/" && r.Method == http.MethodGet && r.URL.RawQuery == "" && r.Header.Get("Authorization") == "":
		h.Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprint(w, "Ok.\n")
		return
	case r.URL.Path != "/":
		http.Error(w, "There is no handle for this path. Use / or /ping.", http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		h.Set("Allow", "GET, HEAD, POST")
		http.Error(w, "GET and POST are understood.", http.StatusMethodNotAllowed)
		return
	}
	if ok, given := authorized(r, params, s.user, s.password); !ok {
		ex := newException(codeAuthentication, "AUTHENTICATION_FAILED", "Authentication failed: password is incorrect, or there is no user with such name")
		if !given {
			h.Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
			s.fail(w, ex, http.StatusUnauthorized)
			return
		}
		s.fail(w, ex, ex.status())
		return
	}
	req, err := readRequest(r, params)
	if err != nil {
		s.failWith(w, err)
		return
	}
	if err := s.serve(w, r, req); err != nil {
		s.failWith(w, err)
	}
}

// serve runs the statement. An error that it gives back came before anything was sent.
func (s *server) serve(w http.ResponseWriter, r *http.Request, req *request) error {
	switch req.stmt.kind {
	case kindEmpty:
		return newException(codeSyntax, "SYNTAX_ERROR", "Syntax error: Empty query")
	case kindKill:
		return s.answerKill(w, req)
	}
	if req.native > 0 && isHello(req) {
		return s.answerHello(w, req)
	}
	rn, err := s.begin(req)
	if err != nil {
		return err
	}
	defer s.end(rn)
	w.Header().Set("X-ClickHouse-Query-Id", rn.id)
	conn, err := s.session(rn, req)
	if err != nil {
		return err
	}
	defer conn.close()
	switch req.stmt.kind {
	case kindSelect:
		return s.sendRows(w, r, rn, conn, req)
	case kindInsert:
		return s.takeRows(w, r, rn, conn, req)
	}
	return s.command(w, r, rn, conn, req)
}

// begin admits a statement and makes it known to KILL QUERY.
func (s *server) begin(req *request) (*run, error) {
	select {
	case s.slots <- struct{}{}:
	default:
		return nil, newException(codeTooManyQueries, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries. Maximum: %d", cap(s.slots))
	}
	rn := &run{id: req.id, tag: randomHex(16), done: make(chan struct{}), killed: make(chan struct{})}
	if rn.id == "" {
		rn.id = newQueryID()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.running[rn.id]; twice {
		<-s.slots
		return nil, newException(codeSameQueryID, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", "Query with id = %s is already running", rn.id)
	}
	s.running[rn.id] = rn
	return rn, nil
}

func (s *server) end(rn *run) {
	rn.finish()
	s.mu.Lock()
	delete(s.running, rn.id)
	s.mu.Unlock()
	<-s.slots
}

// session opens a connection for one request: its database, its settings, and last the right to write.
func (s *server) session(rn *run, req *request) (*chdbConn, error) {
	conn, err := s.lib.open(s.dir, "--implicit_select=0", "--log_comment="+rn.tag)
	if err != nil {
		return nil, err
	}
	var set strings.Builder
	// The library lets a statement look into the process, which a server does not; a URL may ask for it back.
	set.WriteString("SET allow_introspection_functions = 0")
	if s.memory > 0 {
		fmt.Fprintf(&set, ", max_memory_usage_for_user = %d", s.memory)
	}
	for _, st := range req.settings {
		fmt.Fprintf(&set, ", %s = %s", st.name, engine.Quote(st.value, '\''))
	}
	if req.comment != "" {
		set.WriteString(", log_comment = " + engine.Quote(rn.tag+" "+req.comment, '\''))
	}
	if req.readonly != "" {
		set.WriteString(", readonly = " + req.readonly)
	}
	for _, sql := range []string{"USE " + engine.Quote(req.database, '`'), set.String()} {
		if _, _, err := conn.query(sql, "Null"); err != nil {
			conn.close()
			return nil, err
		}
	}
	return conn, nil
}

// killGrace is how long a killed query may take to end. The engine looks at the kill between blocks of rows; a query that
// never comes to such a place would run for ever, so then the whole process goes, and the supervisor starts another.
const killGrace = 20 * time.Second

// kill ends a statement. It returns when the engine was told, and goes on telling it until the statement ended: a kill
// that comes before the engine has listed the query finds nothing.
func (s *server) kill(rn *run) {
	rn.killOnce.Do(func() {
		defer close(rn.killed)
		rn.release(s.tellKill(rn))
		go func() {
			pause, end := 10*time.Millisecond, time.NewTimer(killGrace)
			defer end.Stop()
			for {
				select {
				case <-rn.done:
					return
				case <-end.C:
					s.stuck()
					return
				case <-time.After(pause):
					pause = min(2*pause, time.Second)
					rn.release(s.tellKill(rn))
				}
			}
		}()
	})
	<-rn.killed
}

// tellKill tells the engine to end the statement, and gives back whether the engine knows it. Always ASYNC: SYNC from
// another connection hangs for ever.
func (s *server) tellKill(rn *run) bool {
	conn, err := s.lib.open(s.dir, "--implicit_select=0")
	if err != nil {
		return false // tried again by kill
	}
	defer conn.close()
	out, _, err := conn.query("KILL QUERY WHERE startsWith(Settings['log_comment'], '"+rn.tag+"') ASYNC", "TabSeparated")
	return err == nil && len(out) > 0
}

// watch kills the statement when its client goes away. The function that it gives ends the watch.
func (s *server) watch(ctx context.Context, rn *run) (stop func()) {
	ended := make(chan struct{})
	off := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.kill(rn)
	})
	return func() {
		if !off() {
			<-ended
		}
	}
}

func (s *server) answerKill(w http.ResponseWriter, req *request) error {
	s.mu.Lock()
	rn := s.running[req.stmt.killID]
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/tab-separated-values; charset=UTF-8")
	w.Header().Set("X-ClickHouse-Format", "TabSeparated")
	if rn != nil {
		s.kill(rn)
		fmt.Fprintf(w, "waiting\t%s\t%s\t\n", tsv(rn.id), tsv(s.user))
	}
	return nil
}

// failWith answers with an error that came before anything was sent.
func (s *server) failWith(w http.ResponseWriter, err error) {
	var ex *exception
	if !errors.As(err, &ex) {
		// The engine could not be reached, or the body could not be read: neither text holds a statement.
		ex = newException(codeAborted, "ABORTED", "%s", err)
	}
	s.fail(w, ex, ex.status())
}

func (s *server) fail(w http.ResponseWriter, ex *exception, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(ex.code))
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	w.WriteHeader(status)
	fmt.Fprintln(w, s.message(ex))
}

// message is an exception's text as a server ends it.
func (s *server) message(ex *exception) string {
	return ex.text + " (version " + s.info.version + " (official build))"
}

// tsv writes a value of a TabSeparated row.
func tsv(text string) string {
	return strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`).Replace(text)
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// newQueryID is a random UUID.
func newQueryID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
