package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Config says how to run the engine. Dir and Logger must be given.
type Config struct {
	Dir        string       // the engine's data folder; made, 0700, when it is not there
	Library    string       // path of libchdb; "": FindLibrary
	Executable string       // what is started as the child; "": this process's own executable
	Listen     string       // address of the HTTP interface; "": a free port of 127.0.0.1
	MaxMemory  int64        // bytes for all queries together; 0: no limit
	MaxQueries int          // running at once, more are refused with code 202; 0: 128
	Logger     *slog.Logger // hears of starts and deaths, never of statements
	Output     io.Writer    // gets what the engine prints, which may be statements with secrets in them; nil: nobody does
}

// user is the engine's only one, ClickHouse's own default.
const user = "default"

const (
	bootTimeout = 2 * time.Minute // the library has 566 MB, and the disk may be cold
	maxBackoff  = 5 * time.Second
	orphanTime  = 15 * time.Second
	steady      = 10 * time.Second // a child that lived so long did not die of its start
)

// Engine is an engine that runs. It is safe for concurrent use.
type Engine struct {
	cfg      Config
	ln       *net.TCPListener
	socket   *os.File // the listener's, for the children
	password secret
	stop     chan struct{}
	stopped  chan struct{}
	once     sync.Once

	mu    sync.Mutex
	child *child // nil between two children
	ver   string
}

// Start starts the engine and returns when it answers, or with the reason why it does not: the library is missing or
// cannot be loaded, the data folder is in use. ctx bounds the start only. The caller closes the Engine.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Dir == "" || cfg.Logger == nil {
		return nil, errors.New("start the engine: Config needs Dir and Logger")
	}
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	tcp := ln.(*net.TCPListener)
	socket, err := tcp.File()
	if err != nil {
		tcp.Close()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	text := randomHex(16)
	e := &Engine{cfg: cfg, ln: tcp, socket: socket, password: secret{&text}, stop: make(chan struct{}), stopped: make(chan struct{})}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	c, err := e.spawnFirst(ctx)
	if err != nil {
		e.ln.Close()
		e.socket.Close()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	e.setChild(c)
	go e.supervise(c)
	return e, nil
}

// spawnFirst starts the first child. The one of a gateway that was killed ends by itself, but holds the folder until then:
// it is waited for, up to orphanTime.
func (e *Engine) spawnFirst(ctx context.Context) (*child, error) {
	for until := time.Now().Add(orphanTime); ; {
		c, err := e.spawn(ctx)
		if err == nil || !strings.Contains(err.Error(), "Another server instance") || time.Now().After(until) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (cfg *Config) complete() error {
	var err error
	if cfg.Executable == "" {
		if cfg.Executable, err = os.Executable(); err != nil {
			return err
		}
	}
	if cfg.Library == "" {
		if cfg.Library, err = FindLibrary(os.Getenv, cfg.Executable); err != nil {
			return err
		}
	}
	if cfg.Library, err = filepath.Abs(cfg.Library); err != nil {
		return err
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return err
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.MaxQueries <= 0 {
		cfg.MaxQueries = 128
	}
	return os.MkdirAll(cfg.Dir, 0o700)
}

// URL is the address of ClickHouse's HTTP interface, without user and password. It stays the same until Close.
func (e *Engine) URL() string { return "http://" + e.ln.Addr().String() }

// User is the name to give with every request.
func (e *Engine) User() string { return user }

// Password is the password of User, made anew by every Start. It stays the same until Close.
func (e *Engine) Password() string { return *e.password.text }

// Version is ClickHouse's version.
func (e *Engine) Version() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ver
}

// Ready tells whether a child answers at this moment. Requests that come while it does not wait in the socket's queue.
func (e *Engine) Ready() bool { return e.PID() != 0 }

// PID is the process id of the child, or 0 between two children.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.child == nil {
		return 0
	}
	return e.child.cmd.Process.Pid
}

func (e *Engine) setChild(c *child) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.child = c
	if c != nil {
		e.ver = c.version
	}
}

// supervise keeps a child alive until Close.
func (e *Engine) supervise(c *child) {
	defer close(e.stopped)
	log := e.cfg.Logger
	pause := time.Duration(0)
	for {
		born := time.Now()
		select {
		case <-e.stop:
			return // Close ends the child
		case <-c.done:
		}
		e.setChild(nil)
		select {
		case <-e.stop:
			return
		default:
		}
		log.Error("engine died, starting it anew", "pid", c.cmd.Process.Pid, "exit", c.exit(), "signs", c.output.signs())
		if time.Since(born) > steady {
			pause = 0
		}
		for {
			if !e.sleep(pause) {
				return
			}
			pause = min(max(2*pause, 50*time.Millisecond), maxBackoff)
			ctx, cancel := context.WithTimeout(context.Background(), bootTimeout)
			next, err := e.spawnUntilStop(ctx)
			cancel()
			if err == nil {
				c = next
				e.setChild(c)
				log.Info("engine runs again", "pid", c.cmd.Process.Pid)
				break
			}
			select {
			case <-e.stop:
				return
			default:
			}
			log.Error("engine does not start, trying again", "err", err, "in", pause)
		}
	}
}

// spawnUntilStop is spawn that gives up when Close is called.
func (e *Engine) spawnUntilStop(ctx context.Context) (*child, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped := make(chan struct{})
	defer func() { cancel(); <-stopped }()
	go func() {
		defer close(stopped)
		select {
		case <-e.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	c, err := e.spawn(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-e.stop:
		c.end(context.Background())
		return nil, errors.New("closed")
	default:
		return c, nil
	}
}

func (e *Engine) sleep(d time.Duration) bool {
	select {
	case <-e.stop:
		return false
	case <-time.After(d):
		return true
	}
}

// Close ends the child, with whatever it still runs, and frees the port. It returns when the child is gone; when ctx ends
// before, the child is killed. Closing twice is one closing.
func (e *Engine) Close(ctx context.Context) error {
	e.once.Do(func() {
		close(e.stop)
		<-e.stopped
		e.ln.Close()
		e.socket.Close()
		e.mu.Lock()
		c := e.child
		e.child = nil
		e.mu.Unlock()
		if c != nil {
			c.end(ctx)
		}
	})
	return nil
}

// secret is a text that does not print.
type secret struct{ text *string }

// Format writes no text, whatever the verb.
func (secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[redacted]") }

// LogValue writes no text.
func (secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalText writes no text.
func (secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }
