package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
	"penstock/gateway/query"
)

// A small answer is sent with its length. A larger one takes the connection over: fasthttp would copy it through 4 KB
// buffers with a system call each, and would not tell that the client left: see DESIGN.md.

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// streams counts the answers that own their connection, so that a shutdown waits for them.
type streams struct{ wg sync.WaitGroup }

func (s *streams) wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// send writes a result. When it streams, the stream calls over at its end; else that is left to the caller.
func (s *Server) send(c *fiber.Ctx, a *query.Answer, over func()) (streams bool, err error) {
	rec := recordOf(c)
	buf := buffers.Get().(*[]byte)
	n, whole, err := fill(a.Body, *buf)
	if err == nil && !whole && c.Method() != fiber.MethodHead {
		s.takeOver(c, rec, a, buf, over)
		return true, nil
	}
	defer buffers.Put(buf)
	if err != nil {
		return false, a.Err(err)
	}
	if whole {
		rec.summary = a.Summary()
	}
	if c.Method() != fiber.MethodHead {
		c.Response().SetBody((*buf)[:n])
	}
	return false, nil
}

// takeOver makes the rest of the answer a stream that owns the connection. buf is full of its first bytes.
func (s *Server) takeOver(c *fiber.Ctx, rec *record, a *query.Answer, buf *[]byte, over func()) {
	ctx := c.Context()
	h := &c.Response().Header
	h.SetContentLength(-1)
	chunked := c.Request().Header.IsHTTP11()
	if !chunked {
		h.Del(fiber.HeaderTransferEncoding)
	}
	h.SetConnectionClose()
	head := append([]byte(nil), h.Header()...)
	// From here on the record is the stream's, whose end may come in another goroutine at any time: observe leaves it alone.
	rec.streaming, rec.route = true, c.Route().Path
	s.streams.wg.Add(1)
	var once sync.Once
	end := func(err error) {
		rec.summary = a.Summary()
		over()
		buffers.Put(buf)
		if err != nil {
			s.metrics.broken.Inc()
		}
		s.finish(rec, fiber.StatusOK, err)
		s.streams.wg.Done()
	}
	// fasthttp does not call the function when the connection broke before: then the query's own end ends the answer.
	never := context.AfterFunc(a.Context(), func() {
		once.Do(func() { end(clientLeft(context.Cause(a.Context()))) })
	})
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(conn net.Conn) {
		never()
		once.Do(func() {
			rec.bytes = bufferSize
			err := s.streamSafely(conn, head, chunked, a, rec, *buf)
			if err != nil {
				abort(conn)
			}
			end(err)
		})
	})
}

func clientLeft(cause error) error {
	return &workspace.Error{Code: workspace.Canceled, Message: "The client left before the answer ended", Cause: cause}
}

// streamSafely makes an error of a panic: nothing else would catch it here, and one answer's bug ends no other.
func (s *Server) streamSafely(conn net.Conn, head []byte, chunked bool, a *query.Answer, rec *record, buf []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return s.stream(conn, head, chunked, a, rec, buf)
}

func (s *Server) stream(conn net.Conn, head []byte, chunked bool, a *query.Answer, rec *record, buf []byte) error {
	// A client that takes longer than the query may is no reason to keep the query.
	deadline, _ := a.Context().Deadline()
	if err := conn.SetWriteDeadline(deadline); err != nil {
		return clientLeft(err)
	}
	var w io.Writer = conn
	if t, ok := tcpConn(conn); ok {
		w = t // takes all the pieces of a chunk in one system call
	}
	var size [24]byte
	var pieces [5][]byte
	n, ended := len(buf), false
	for {
		out := net.Buffers(append(pieces[:0], head))
		if head = nil; chunked {
			out = append(out, strconv.AppendInt(size[:0], int64(n), 16), crlf, buf[:n], crlf)
		} else {
			out = append(out, buf[:n])
		}
		if _, err := out.WriteTo(w); errors.Is(err, os.ErrDeadlineExceeded) {
			return &workspace.Error{Code: workspace.Timeout, Message: "The client did not take the answer within the query's time limit", Cause: err}
		} else if err != nil {
			return clientLeft(err)
		}
		if !ended {
			var err error
			if n, ended, err = fill(a.Body, buf); err != nil {
				return a.Err(err)
			}
			rec.bytes += int64(n)
			if n > 0 {
				continue
			}
		}
		if chunked {
			if _, err := conn.Write(lastChunk); err != nil {
				return clientLeft(err)
			}
		}
		return nil
	}
}

// fill reads until buf is full or the rows have ended. io.ReadFull would not do: it gives the same error for an end that
// came early as for a connection that broke, and the one is the whole answer and the other is not.
func fill(r io.Reader, buf []byte) (n int, ended bool, err error) {
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err == io.EOF { // the body's own end, never one that stands behind another error
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

var (
	crlf      = []byte("\r\n")
	lastChunk = []byte("0\r\n\r\n")
)

// abort ends the connection so that no client takes what it got for the whole: with a reset where the network has one.
func abort(conn net.Conn) {
	if t, ok := tcpConn(conn); ok {
		_ = t.SetLinger(0) // without it the missing last chunk still tells
	}
	_ = conn.Close()
}

// tcpConn finds the TCP connection below what fasthttp hands out.
func tcpConn(conn net.Conn) (*net.TCPConn, bool) {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c, true
		case interface{ UnsafeConn() net.Conn }:
			conn = c.UnsafeConn()
		default:
			return nil, false
		}
	}
}

// watchPeriod is how often the connections of running requests are looked at: half of what a client that left may cost.
const watchPeriod = 250 * time.Millisecond

// A watch sees clients leave while their query runs: fasthttp does not tell.
type watch struct {
	mu    sync.Mutex
	conns map[*net.TCPConn]context.CancelFunc
	stop  chan struct{}
	once  sync.Once
}

func newWatch() *watch {
	w := &watch{conns: make(map[*net.TCPConn]context.CancelFunc), stop: make(chan struct{})}
	go w.run()
	return w
}

func (w *watch) close() { w.once.Do(func() { close(w.stop) }) }

// add calls cancel when the peer of conn has closed it. The func that it returns ends the watching.
func (w *watch) add(conn net.Conn, cancel context.CancelFunc) (done func()) {
	t, ok := tcpConn(conn)
	if !ok {
		return func() {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[t] = cancel
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.conns, t)
	}
}

func (w *watch) run() {
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
		w.mu.Lock()
		for conn, cancel := range w.conns {
			if peerLeft(conn) {
				cancel()
				delete(w.conns, conn)
			}
		}
		w.mu.Unlock()
	}
}
