package chengine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"penstock/sql/engine"
)

const summaryHeader = "X-Clickhouse-Summary"

// Stream implements engine.Streamer. The statement is the request's body; its settings, format, database and id are in the
// URL, and the credentials in headers. SQL is not touched any more when Stream has returned.
func (c *Client) Stream(ctx context.Context, q engine.Query) (*engine.Result, error) {
	body := newBody(q.SQL)
	defer body.detach()
	start := time.Now()
	res, err := c.stream(ctx, q, body, int64(len(q.SQL)), c.remote)
	if err != nil && c.onDyingEngine(ctx, q, err, time.Since(start)) {
		c.transport.CloseIdleConnections() // they lead to the same place
		return c.stream(ctx, q, body.again(), int64(len(q.SQL)), c.remote)
	}
	return res, err
}

// dying is how long the connections of a killed process may still look open. It is short on purpose: a statement that ran
// for a while before its engine died may be why it died, and is not sent to the next one.
const dying = 250 * time.Millisecond

// onDyingEngine tells whether a statement went down an idle connection to an embedded engine that was already killed. The
// next one takes its place at the same address, so that such a statement, if it only reads, is simply sent again.
func (c *Client) onDyingEngine(ctx context.Context, q engine.Query, err error, took time.Duration) bool {
	var e *engine.Error
	return !c.remote && q.ReadOnly && took < dying && ctx.Err() == nil &&
		errors.As(err, &e) && e.Kind == engine.Unavailable && e.Code == 0
}

// stream sends a request whose body is the statement, or the rows of the statement in q.SQL when body is not made of it.
func (c *Client) stream(ctx context.Context, q engine.Query, body io.ReadCloser, length int64, kill bool) (*engine.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, translate(ctx, err)
	}
	if q.ID == "" {
		q.ID = rand.Text()
	}
	own, cancel := context.WithCancel(ctx)
	req := c.request(own, q, body, length)
	call := &call{ctx: ctx, cancel: cancel}
	if kill {
		call.unwatch = context.AfterFunc(ctx, func() { c.kill(q.ID) })
		call.kill = func() { c.kill(q.ID) }
	}
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		call.end()
		return nil, translate(ctx, err)
	}
	if res.StatusCode != http.StatusOK {
		err := refusal(ctx, res)
		res.Body.Close()
		call.end()
		return nil, err
	}
	rows := &rowReader{res: res, call: call, needle: marker(res.Header)}
	return &engine.Result{Body: rows, ContentType: res.Header.Get("Content-Type"), Summary: rows.summary}, nil
}

// request writes the HTTP request by hand: http.NewRequest would parse the address again.
func (c *Client) request(ctx context.Context, q engine.Query, body io.ReadCloser, length int64) *http.Request {
	var b strings.Builder
	param := func(name, value string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(value))
	}
	param("query_id", q.ID)
	if q.Format != "" {
		param("default_format", q.Format)
	}
	if q.Database != "" {
		param("database", q.Database)
	}
	if q.ReadOnly {
		param("readonly", "2")
	}
	for _, s := range q.Settings {
		if q.ReadOnly && s.Name == "readonly" {
			continue
		}
		param(s.Name, s.Value)
	}
	u := c.base
	u.RawQuery = b.String()
	req := &http.Request{
		Method: http.MethodPost, URL: &u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"X-Clickhouse-User": {c.user},
			"X-Clickhouse-Key":  {*c.password},
			"User-Agent":        {"penstock"},
		},
		Body: body, ContentLength: length,
	}
	if s, ok := body.(*sqlBody); ok {
		// Lets the transport try another connection when an idle one turned out to be closed before anything was sent.
		req.GetBody = func() (io.ReadCloser, error) { return s.again(), nil }
	}
	return req.WithContext(ctx)
}

// sqlBody is a request's body over bytes that belong to the caller. The transport may still read a body when the answer is
// there already, so it is detached before the bytes go back.
type sqlBody struct {
	src *sqlSource
	off int
}

type sqlSource struct {
	mu sync.Mutex
	b  []byte
}

func newBody(sql []byte) *sqlBody { return &sqlBody{src: &sqlSource{b: sql}} }

func (s *sqlBody) again() *sqlBody { return &sqlBody{src: s.src} }

func (s *sqlBody) Read(p []byte) (int, error) {
	s.src.mu.Lock()
	defer s.src.mu.Unlock()
	if s.off >= len(s.src.b) {
		return 0, io.EOF
	}
	n := copy(p, s.src.b[s.off:])
	s.off += n
	return n, nil
}

func (s *sqlBody) Close() error { return nil }

func (s *sqlBody) detach() {
	s.src.mu.Lock()
	defer s.src.mu.Unlock()
	s.src.b = nil
}

// call is what must be let go when a request is over.
type call struct {
	ctx     context.Context
	cancel  context.CancelFunc
	unwatch func() bool
	kill    func() // nil: closing the request is enough
	once    sync.Once
}

// end lets go of a request that came to its end.
func (c *call) end() {
	c.once.Do(func() {
		if c.unwatch != nil {
			c.unwatch()
		}
		c.cancel()
	})
}

// abandon ends a request that still runs.
func (c *call) abandon() {
	c.once.Do(func() {
		// When the watch is off already, it has sent the kill.
		if c.unwatch != nil && c.unwatch() {
			c.kill()
		}
		c.cancel()
	})
}

// rowReader gives the rows and looks out for ClickHouse's mark of a failure in the middle of them.
type rowReader struct {
	res    *http.Response
	call   *call
	needle []byte
	held   []byte // the end of what came, while it may be the beginning of the mark
	small  []byte // what a Read with little room has not taken
	err    error
}

// minRead is the least room in which a mark can be looked for at once.
const minRead = 512

func (r *rowReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.small) == 0 && len(p) >= minRead {
		return r.read(p)
	}
	if len(r.small) == 0 {
		buf := make([]byte, 4<<10)
		n, err := r.read(buf)
		if n == 0 {
			return 0, err
		}
		r.small = buf[:n]
	}
	n := copy(p, r.small)
	r.small = r.small[n:]
	return n, nil
}

func (r *rowReader) read(p []byte) (int, error) {
	for r.err == nil {
		n := copy(p, r.held)
		r.held = r.held[:0]
		m, err := r.res.Body.Read(p[n:])
		n += m
		if i := index(p[:n], r.needle); i >= 0 {
			r.err = r.failure(p[i:n])
			n = i
		} else if err == nil {
			keep := overlap(p[:n], r.needle)
			r.held = append(r.held, p[n-keep:n]...)
			n -= keep
		} else {
			r.err = r.ended(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// failure reads the rest of a body behind the mark, which is the engine's message.
func (r *rowReader) failure(head []byte) error {
	defer r.call.end()
	rest, _ := io.ReadAll(io.LimitReader(r.res.Body, maxMessage)) // may be cut off: the message is what there is
	text := messageOf(string(append(append([]byte(nil), head...), rest...)))
	r.res.Body.Close()
	return failed(r.call.ctx, codeOf(text), text)
}

// ended judges the end of the body.
func (r *rowReader) ended(err error) error {
	defer r.call.end()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return translate(r.call.ctx, err)
}

// Close ends the statement when it still runs.
func (r *rowReader) Close() error {
	if r.err == nil {
		r.err = &engine.Error{Kind: engine.Canceled, Cause: errors.New("closed")}
		r.call.abandon()
	}
	return r.res.Body.Close()
}

// summary reads what ClickHouse said last: in a trailer, or in the header.
func (r *rowReader) summary() engine.Summary {
	text := r.res.Header.Get(summaryHeader)
	if errors.Is(r.err, io.EOF) {
		if t := r.res.Trailer.Get(summaryHeader); t != "" {
			text = t
		}
	}
	var s struct {
		ReadRows   uint64 `json:"read_rows,string"`
		ReadBytes  uint64 `json:"read_bytes,string"`
		ResultRows uint64 `json:"result_rows,string"`
	}
	if json.Unmarshal([]byte(text), &s) != nil {
		return engine.Summary{}
	}
	return engine.Summary{ReadRows: s.ReadRows, ReadBytes: s.ReadBytes, ResultRows: s.ResultRows}
}

// InsertRaw sends rows that are formatted already (JSONEachRow, CSVWithNames, …) into a table, as they come from r. With no
// columns the rows say, or the table's order does. r is not read any more when InsertRaw has returned. The error is an
// *engine.Error; a part of the rows may then have been stored.
func (c *Client) InsertRaw(ctx context.Context, database, table string, columns []string, format string, r io.Reader) error {
	var sql strings.Builder
	sql.WriteString("INSERT INTO " + engine.Quote(table, '`'))
	for i, name := range columns {
		sql.WriteString(map[bool]string{true: " (", false: ", "}[i == 0])
		sql.WriteString(engine.Quote(name, '`'))
	}
	if len(columns) > 0 {
		sql.WriteByte(')')
	}
	fmt.Fprintf(&sql, " FORMAT %s", engine.Quote(format, '`'))
	body := &rowsBody{r: r}
	defer body.detach()
	q := engine.Query{Database: database, Settings: []engine.Setting{{Name: "query", Value: sql.String()}}}
	res, err := c.stream(ctx, q, body, -1, c.remote)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// rowsBody is a request's body over a reader that belongs to the caller.
type rowsBody struct {
	mu sync.Mutex
	r  io.Reader
}

func (b *rowsBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.r == nil {
		return 0, io.ErrClosedPipe
	}
	return b.r.Read(p)
}

func (b *rowsBody) Close() error { return nil }

func (b *rowsBody) detach() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.r = nil
}
