package embedded

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"penstock/sql/engine"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
)

const (
	chunk     = 64 << 10
	headPause = 10 * time.Millisecond  // rows that stop this long go out before there is a chunk of them
	lastRows  = 500 * time.Millisecond // an INSERT that failed waits so long for the rows that are on their way
	// sendTimeout is how long a client may take for one chunk before it counts as gone.
	sendTimeout   = 2 * time.Minute
	summaryHeader = "X-ClickHouse-Summary"
	tagHeader     = "X-ClickHouse-Exception-Tag"
)

// answer writes one response. Small ones are known whole before the first byte goes out, so that a failure still has a
// status of its own; larger ones stream.
type answer struct {
	s      *server
	w      http.ResponseWriter
	ctl    *http.ResponseController
	req    *request
	start  time.Time
	tag    string
	out    io.Writer // through compression, when asked for
	bare   io.Writer // out without ClickHouse's own blocks
	zip    interface{ Flush() error }
	finish func() error
}

func (s *server) answer(w http.ResponseWriter, req *request, format string) *answer {
	a := &answer{s: s, w: w, ctl: http.NewResponseController(w), req: req, start: time.Now(), out: w, finish: func() error { return nil }}
	h := w.Header()
	h.Set("X-ClickHouse-Format", format)
	h.Set("Content-Type", contentType(format))
	return a
}

// open sets what makes the body: rows, in ClickHouse's blocks if asked for, in the content encoding if asked for.
func (a *answer) open() {
	switch a.req.zip {
	case "gzip":
		z, _ := gzip.NewWriterLevel(a.w, gzip.BestSpeed) // fails for an unknown level only
		a.out, a.zip, a.finish = z, z, z.Close
	case "deflate":
		z, _ := zlib.NewWriterLevel(a.w, zlib.BestSpeed)
		a.out, a.zip, a.finish = z, z, z.Close
	}
	if a.req.zip != "" {
		a.w.Header().Set("Content-Encoding", a.req.zip)
	}
	a.bare = a.out
	if a.req.compress {
		a.out = &blockWriter{w: a.out, c: compress.NewWriter(compress.LevelZero, a.req.blocks)}
	}
}

// whole sends an answer that is known to its end.
func (a *answer) whole(body []byte, fig figures) error {
	a.w.Header().Set(summaryHeader, fig.summary(time.Since(a.start)))
	if len(body) == 0 {
		a.w.Header().Set("Content-Length", "0")
		return nil
	}
	a.open()
	if a.req.zip == "" && !a.req.compress {
		a.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	_, err := a.out.Write(body)
	return errors.Join(err, a.finish())
}

// stream sends what is there and then the rest of rows as it comes. wait gives how the statement ended, when rows is at its
// end; a failure then breaks the answer off, so that nobody takes it for whole.
func (a *answer) stream(head []byte, rows io.Reader, buf []byte, wait func() (figures, error)) error {
	a.tag = randomHex(8)
	h := a.w.Header()
	h.Set(tagHeader, a.tag)
	h.Set(summaryHeader, figures{}.summary(time.Since(a.start)))
	a.open()
	if err := a.send(head, true); err != nil {
		return err
	}
	for {
		n, err := rows.Read(buf)
		if n > 0 {
			if err := a.send(buf[:n], n < len(buf)); err != nil {
				return err
			}
		}
		if err == nil {
			continue
		}
		fig, failure := wait()
		if failure == nil && !errors.Is(err, io.EOF) {
			failure = newException(codeAborted, "ABORTED", "the rows broke off")
		}
		if failure != nil {
			a.breakOff(failure)
		}
		if err := a.finish(); err != nil {
			return err
		}
		h.Set(http.TrailerPrefix+summaryHeader, fig.summary(time.Since(a.start)))
		return nil
	}
}

func (a *answer) send(p []byte, flush bool) error {
	_ = a.ctl.SetWriteDeadline(time.Now().Add(sendTimeout)) // the connection of a test has none
	if _, err := a.out.Write(p); err != nil {
		return err
	}
	if !flush {
		return nil
	}
	return a.flush()
}

func (a *answer) flush() error {
	if a.zip != nil {
		if err := a.zip.Flush(); err != nil {
			return err
		}
	}
	return a.ctl.Flush()
}

// breakOff ends a body in the middle, as ClickHouse does since 25.11: the marker with the tag that the header announced,
// and, since a client may not know of it, no last chunk either. It never stands in a compressed block: clickhouse-go looks
// for it where a block should begin.
func (a *answer) breakOff(failure error) {
	var ex *exception
	if !errors.As(failure, &ex) {
		ex = newException(codeAborted, "ABORTED", "%s", failure)
	}
	text := a.s.message(ex)
	if limit := 16 << 10; len(text) > limit {
		text = text[:limit]
	}
	a.out = a.bare
	_ = a.send(fmt.Appendf(nil, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", a.tag, text, len(text)+1, a.tag), true)
	panic(http.ErrAbortHandler)
}

func (f figures) summary(elapsed time.Duration) string {
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","total_rows_to_read":"0","result_rows":"%d","result_bytes":"%d","elapsed_ns":"%d"}`,
		f.readRows, f.readBytes, f.writtenRows, f.writtenBytes, f.resultRows, f.resultBytes, elapsed.Nanoseconds())
}

// blockWriter writes ClickHouse's own compressed blocks, each whole.
type blockWriter struct {
	w io.Writer
	c *compress.Writer
}

func (b *blockWriter) Write(p []byte) (int, error) {
	if err := b.c.Compress(p); err != nil {
		return 0, err
	}
	if _, err := b.w.Write(b.c.Data); err != nil {
		return 0, err
	}
	return len(p), nil
}

// retell asks the engine what is wrong with a statement as it came, when what is wrong with it as it was sent shows the
// pipe that was written into it. EXPLAIN AST reads it and does not run it.
func retell(conn *chdbConn, text string, failure error) error {
	const explain = "EXPLAIN AST "
	var ex *exception
	if !errors.As(failure, &ex) || ex.code != codeSyntax || !strings.Contains(ex.text, pipeDir) {
		return failure
	}
	_, _, err := conn.query(explain+text, "Null")
	if errors.As(err, &ex) && ex.code == codeSyntax {
		return ex.shiftBack(len(explain))
	}
	return newException(codeSyntax, "SYNTAX_ERROR", "Syntax error")
}

// withoutPipe takes out of an error about rows that they came by a pipe, of which the client knows nothing.
func withoutPipe(failure error, path string) error {
	var ex *exception
	if !errors.As(failure, &ex) {
		return failure
	}
	text := strings.NewReplacer(": (in file/uri "+path+")", "", ": data for INSERT was parsed from file", "", path, "the rows").Replace(ex.text)
	return &exception{code: ex.code, text: text}
}

// pipePath is where the library opens an end of a pipe, anew and thus in blocking mode.
func pipePath(f *os.File) string { return fmt.Sprintf("%s%d", pipeDir, f.Fd()) }

// sendRows runs a statement with rows, which the engine writes into a pipe.
func (s *server) sendRows(w http.ResponseWriter, r *http.Request, rn *run, conn *chdbConn, req *request) error {
	pr, pw, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	defer pr.Close()
	growPipe(pr)
	format := first(req.stmt.format, req.format)
	// Line ends, because the statement may end in a comment.
	sql := req.stmt.sql + "\nINTO OUTFILE '" + pipePath(pw) + "' TRUNCATE FORMAT " + engine.Quote(format, '`') + " " + req.stmt.tail
	var fig figures
	var failure error
	rn.onKill(func() { pr.Close() }, false) // a query that is blocked on a full pipe does not hear of a kill
	a := s.answer(w, req, format)
	go func() {
		defer rn.finish()
		// The library's own format must not be Null: SHOW would then give no rows, whatever the statement's FORMAT.
		_, fig, failure = conn.query(sql, "TabSeparated")
		failure = retell(conn, req.stmt.text, failure)
		pw.Close() // ours, so that the reader finds the end only now
	}()
	stop := s.watch(r.Context(), rn)
	// The connection may be closed only when the query has left it.
	defer func() { <-rn.done }()
	defer stop()
	wait := func() (figures, error) { <-rn.done; return fig, failure }

	if req.wait {
		err = s.spool(a, pr, wait)
	} else {
		err = s.pass(a, pr, wait)
	}
	if err != nil && !errors.As(err, new(*exception)) {
		s.kill(rn) // the client does not take it
		panic(http.ErrAbortHandler)
	}
	return err
}

// pass answers with the rows as they come.
func (s *server) pass(a *answer, pr *os.File, wait func() (figures, error)) error {
	buf := make([]byte, chunk)
	n := 0
	for n < len(buf) {
		m, err := pr.Read(buf[n:])
		n += m
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			fig, failure := wait()
			if failure != nil {
				return failure
			}
			return a.whole(buf[:n], fig)
		}
		_ = pr.SetReadDeadline(time.Now().Add(headPause))
	}
	_ = pr.SetReadDeadline(time.Time{})
	head := append([]byte(nil), buf[:n]...)
	return a.stream(head, pr, buf, wait)
}

// spool answers when all is known: wait_end_of_query. What does not fit into one chunk goes through a file.
func (s *server) spool(a *answer, pr *os.File, wait func() (figures, error)) error {
	f, err := os.CreateTemp(s.dir, "answer-")
	if err != nil {
		return newException(codeAborted, "ABORTED", "make a file for the answer")
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return newException(codeAborted, "ABORTED", "unlink the answer's file")
	}
	n, err := io.Copy(f, pr)
	fig, failure := wait()
	if failure != nil {
		return failure
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return newException(codeAborted, "ABORTED", "keep the answer in a file")
	}
	a.w.Header().Set(summaryHeader, fig.summary(time.Since(a.start)))
	a.open()
	if a.req.zip == "" && !a.req.compress {
		a.w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	}
	buf := make([]byte, chunk)
	for {
		n, err := f.Read(buf)
		if n > 0 {
			if err := a.send(buf[:n], false); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return a.finish()
		}
		if err != nil {
			return err
		}
	}
}

// takeRows runs an INSERT whose rows the engine reads from a pipe.
func (s *server) takeRows(w http.ResponseWriter, r *http.Request, rn *run, conn *chdbConn, req *request) error {
	pr, pw, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	defer pw.Close()
	growPipe(pw)
	format := first(req.stmt.format, req.format)
	sql := req.stmt.sql + "\nFROM INFILE '" + pipePath(pr) + "' " + req.stmt.tail + " FORMAT " + engine.Quote(format, '`')
	rn.onKill(func() { pw.Close() }, true)
	var fig figures
	var failure error
	a := s.answer(w, req, format)
	go func() {
		defer rn.finish()
		_, fig, failure = conn.query(sql, "Null")
		failure = withoutPipe(retell(conn, req.stmt.text, failure), pipePath(pr))
		pr.Close()
	}()
	ctl := http.NewResponseController(w)
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(pw, req.rows)
		copied <- err
		if brokeOff(err) {
			s.kill(rn) // and let go of it when the engine knows: what broke off must not look like what ended
			return
		}
		pw.Close()
	}()
	stop := s.watch(r.Context(), rn)
	<-rn.done
	stop()
	pw.Close()
	var bodyErr error
	select {
	case bodyErr = <-copied:
	case <-time.After(lastRows):
		// The engine ended before the rows did, and the client is slow: whoever waits for its bytes gives up. Not at once,
		// because a connection that is closed while rows arrive takes the answer with it.
		_ = ctl.SetReadDeadline(time.Now())
		w.Header().Set("Connection", "close")
		bodyErr = <-copied
	}
	if failure != nil {
		return failure
	}
	if brokeOff(bodyErr) {
		return newException(codeAborted, "ABORTED", "the rows broke off")
	}
	return a.whole(nil, fig)
}

// brokeOff tells whether copying rows ended by the client's fault, and not because the engine wants no more.
func brokeOff(err error) bool {
	return err != nil && !errors.Is(err, os.ErrClosed) && !errors.Is(err, syscall.EPIPE)
}

// command runs a statement whose output, if any, is small.
func (s *server) command(w http.ResponseWriter, r *http.Request, rn *run, conn *chdbConn, req *request) error {
	a := s.answer(w, req, req.format)
	defer s.watch(r.Context(), rn)()
	defer rn.finish()
	out, fig, err := conn.query(req.stmt.sql, req.format)
	if err != nil {
		return err
	}
	return a.whole(out, fig)
}

// helloSQL is the first question of every connection of clickhouse-go.
const helloSQL = "SELECT displayName(), version(), revision(), timezone()"

func isHello(req *request) bool {
	return req.format == "Native" && strings.TrimSpace(req.stmt.sql) == helloSQL
}

// answerHello tells clickhouse-go whom it talks to. This one block is in the form of the client's revision, with block
// info, which the library cannot write; and it says that the server's revision is 0, which means: from here on Native
// blocks in the plain form, which the library does write.
func (s *server) answerHello(w http.ResponseWriter, req *request) error {
	var name, version, zone proto.ColStr
	var revision proto.ColUInt32
	name.Append(s.info.name)
	version.Append(s.info.version)
	revision.Append(0)
	zone.Append(s.info.timezone)
	input := []proto.InputColumn{
		{Name: "displayName()", Data: name}, {Name: "version()", Data: version},
		{Name: "revision()", Data: revision}, {Name: "timezone()", Data: zone},
	}
	var buf proto.Buffer
	if err := (proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: len(input), Rows: 1}).EncodeBlock(&buf, req.native, input); err != nil {
		return newException(codeLogical, "LOGICAL_ERROR", "write the hello block")
	}
	return s.answer(w, req, "Native").whole(buf.Buf, figures{resultRows: 1})
}

// contentType is ClickHouse's of a format.
func contentType(format string) string {
	switch f := strings.ToLower(format); {
	case f == "jsoneachrow" || f == "jsonlines" || f == "ndjson" || strings.HasPrefix(f, "jsoncompacteachrow"), f == "jsonstringseachrow":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(f, "json"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(f, "csv"):
		return "text/csv; charset=UTF-8; header=" + map[bool]string{true: "present", false: "absent"}[strings.Contains(f, "withnames")]
	case strings.HasPrefix(f, "tabseparated"), strings.HasPrefix(f, "tsv"):
		return "text/tab-separated-values; charset=UTF-8"
	case f == "xml":
		return "application/xml; charset=UTF-8"
	case f == "parquet", f == "native", f == "orc", f == "rowbinary", strings.HasPrefix(f, "arrow"), strings.HasPrefix(f, "rowbinary"), f == "avro":
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}
