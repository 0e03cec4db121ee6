// Package chengine runs statements on ClickHouse over its HTTP interface, near (the embedded engine) or far (a server or
// a cluster).
//
// There are two ways in. Result streams and raw rows go through a small round tripper of this package on net/http, which
// costs a third of the library's CPU, shows ClickHouse's summary, and keeps the statement out of URLs, logs and errors.
// All typed work (DDL, descriptions, counts) goes through clickhouse-go, which is never given a logger, since it would
// write statements to it. Both share one transport, its addresses and its limits.
package chengine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"penstock/sql/engine"
)

// Config says where ClickHouse is and how to use it.
type Config struct {
	URL      string // http or https, host and port; may hold user and password, which User and Password overrule
	User     string // "": the URL's, or "default"
	Password string
	MaxConns int // to keep open for the next statement; more may run; 0: 64
	// Remote is for a ClickHouse that is not the embedded one: closing a request does not end its statement there, so
	// that a KILL QUERY is sent too.
	Remote bool
}

// Client runs statements. It is safe for concurrent use. It implements engine.Streamer.
type Client struct {
	base      url.URL // without user, query and fragment
	user      string
	password  *string // behind a pointer, so that no verb prints it
	remote    bool
	transport *http.Transport
	typed     driver.Conn

	closing context.Context // ended by Close: kills must not outlive the client
	end     context.CancelFunc
	kills   sync.WaitGroup
}

// Open makes a client; it connects when it is first used. The caller closes it.
func Open(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, errors.New("open ClickHouse: its address is no URL") // the cause would quote it, password and all
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("open ClickHouse: its address must look like http://host:8123")
	}
	c := &Client{base: url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}, user: cfg.User, remote: cfg.Remote}
	if p := strings.TrimRight(u.Path, "/"); p != "" {
		c.base.Path = p + "/"
	}
	password := cfg.Password
	if u.User != nil {
		if c.user == "" {
			c.user = u.User.Username()
		}
		if p, given := u.User.Password(); given && password == "" {
			password = p
		}
	}
	if c.user == "" {
		c.user = "default"
	}
	c.password = &password
	conns := cfg.MaxConns
	if conns <= 0 {
		conns = 64
	}
	c.transport = &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:          conns,
		MaxIdleConnsPerHost:   conns,
		IdleConnTimeout:       8 * time.Second, // below the 10 s after which ClickHouse closes an idle connection
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
		ReadBufferSize:        64 << 10,
		WriteBufferSize:       16 << 10,
	}
	if err := c.openTyped(u, conns, password); err != nil {
		return nil, err
	}
	c.closing, c.end = context.WithCancel(context.Background())
	return c, nil
}

// ports are those of an address without one.
var ports = map[string]string{"http": "80", "https": "443"}

func (c *Client) openTyped(u *url.URL, conns int, password string) error {
	opt := &clickhouse.Options{
		Protocol:     clickhouse.HTTP,
		Addr:         []string{c.Host()},
		Auth:         clickhouse.Auth{Username: c.user, Password: password},
		MaxOpenConns: conns,
		MaxIdleConns: conns,
		HttpUrlPath:  c.base.Path,
		DialTimeout:  10 * time.Second,
		// One transport for all: the library's own would be one for each of its connections.
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) { return straight{c.transport}, nil },
	}
	if u.Scheme == "https" {
		opt.TLS = c.tlsConfig()
	}
	conn, err := clickhouse.Open(opt)
	if err != nil {
		return fmt.Errorf("open ClickHouse: %w", err)
	}
	c.typed = conn
	return nil
}

// straight does not let the library follow a redirect, which would carry statements to another place.
type straight struct{ transport *http.Transport }

// RoundTrip implements http.RoundTripper.
func (s straight) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := s.transport.RoundTrip(req)
	if err == nil && res.StatusCode >= 300 && res.StatusCode < 400 {
		res.Body.Close()
		return nil, &engine.Error{Kind: engine.Unavailable, Cause: fmt.Errorf("ClickHouse's address answered with HTTP status %d", res.StatusCode)}
	}
	return res, err
}

// Host is ClickHouse's address as host:port, which statements must not reach by a table function.
func (c *Client) Host() string {
	if c.base.Port() != "" {
		return c.base.Host
	}
	return net.JoinHostPort(c.base.Hostname(), ports[c.base.Scheme])
}

// Close frees the connections. Statements that run are not ended; kills that were sent are given a moment.
func (c *Client) Close() error {
	timer := time.AfterFunc(time.Second, c.end)
	c.kills.Wait()
	timer.Stop()
	c.end()
	err := c.typed.Close()
	c.transport.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("close ClickHouse: %w", translate(context.Background(), err))
	}
	return nil
}

// kill ends a statement on a remote server. The context of the statement is over, so it has one of its own.
func (c *Client) kill(id string) {
	c.kills.Add(1)
	go func() {
		defer c.kills.Done()
		ctx, cancel := context.WithTimeout(c.closing, 5*time.Second)
		defer cancel()
		sql := []byte("KILL QUERY WHERE query_id = " + engine.Quote(id, '\'') + " ASYNC")
		res, err := c.stream(ctx, engine.Query{Format: "TabSeparated"}, newBody(sql), int64(len(sql)), false)
		if err == nil {
			res.Body.Close()
		}
	}()
}
