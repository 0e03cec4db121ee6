package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// child is one process of the engine.
type child struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	version string
	output  *outputWatch
	done    chan struct{} // closed when the process is gone and its output read
}

// spawn starts a child and waits until it answers.
func (e *Engine) spawn(ctx context.Context) (*child, error) {
	statusR, statusW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open the status pipe: %w", err)
	}
	defer statusR.Close()
	defer statusW.Close()
	cmd := exec.Command(e.cfg.Executable, childArg)
	cmd.Env = []string{}
	cmd.Dir = e.cfg.Dir
	cmd.ExtraFiles = []*os.File{e.socket, statusW}
	output := &outputWatch{also: e.cfg.Output}
	cmd.Stdout, cmd.Stderr = output, output
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("open the settings pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", e.cfg.Executable, err)
	}
	statusW.Close()
	c := &child{cmd: cmd, stdin: stdin, output: output, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(c.done)
	}()
	status, err := c.handshake(ctx, statusR, childConfig{
		Library: e.cfg.Library, Dir: e.cfg.Dir, User: user, Password: e.Password(),
		MaxMemory: e.cfg.MaxMemory, MaxQueries: e.cfg.MaxQueries,
	})
	if err == nil && status.Error != "" {
		err = errors.New(status.Error)
	}
	if err != nil {
		c.kill()
		if words := output.lastWords(); words != "" {
			err = fmt.Errorf("%w (it said: %s)", err, words)
		}
		return nil, err
	}
	output.ready()
	c.version = status.Version
	return c, nil
}

// handshake gives the child its settings and hears whether it came up.
func (c *child) handshake(ctx context.Context, r *os.File, cfg childConfig) (childStatus, error) {
	line, err := json.Marshal(cfg)
	if err != nil {
		return childStatus{}, err
	}
	// The pipe takes it at once; a child that died before makes the write fail, and the status says more.
	_, _ = c.stdin.(io.Writer).Write(append(line, '\n'))
	off := context.AfterFunc(ctx, func() { r.Close() })
	defer off()
	var status childStatus
	if err := json.NewDecoder(r).Decode(&status); err != nil {
		if ctx.Err() != nil {
			return status, fmt.Errorf("the engine did not come up: %w", context.Cause(ctx))
		}
		<-c.done
		return status, fmt.Errorf("the engine ended before it was up: %s", c.exit())
	}
	return status, nil
}

// end asks the child to go, by the end of its standard input, and makes it go when ctx ends.
func (c *child) end(ctx context.Context) {
	c.stdin.Close()
	select {
	case <-c.done:
	case <-ctx.Done():
		c.kill()
	}
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill() // fails when it is gone already
	c.stdin.Close()
	<-c.done
}

// exit tells how the process ended; only after done.
func (c *child) exit() string {
	if c.cmd.ProcessState.ExitCode() == stuckExit {
		return "a killed query did not end"
	}
	return c.cmd.ProcessState.String()
}

// outputWatch reads what a child prints. Before the child serves, no statement can be in it, and the last of it is kept to
// explain a start that fails. Afterwards the engine may print statements, which may hold secrets: then only the signs of
// a crash are counted, by kind.
type outputWatch struct {
	mu      sync.Mutex
	serving bool
	tail    []byte // before serving: the last words; after: the end of the last piece, in case a sign is cut in two
	seen    map[string]int
	also    io.Writer // maybe nil
}

const maxLastWords = 2 << 10

// crashSigns are what a dying process prints, with the name by which it is told.
var crashSigns = []struct{ text, name string }{
	{"panic: ", "panic of the child's own code"},
	{"fatal error: ", "fatal error of the Go runtime"},
	{"SIGSEGV", "segmentation fault"},
	{"SIGABRT", "abort"},
	{"SIGBUS", "bus error"},
	{"SIGILL", "illegal instruction"},
	{"<Fatal>", "fatal error of the engine"},
	{"std::bad_alloc", "out of memory"},
	{"out of memory", "out of memory"},
	{"terminate called", "uncaught exception of the engine"},
}

// Write takes what the child printed.
func (o *outputWatch) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.also != nil {
		_, _ = o.also.Write(p) // a listener that fails is no reason to stop the engine
	}
	text := append(o.tail, p...)
	if !o.serving {
		o.tail = append([]byte(nil), text[max(0, len(text)-maxLastWords):]...)
		return len(p), nil
	}
	for _, sign := range crashSigns {
		if n := bytes.Count(text, []byte(sign.text)); n > 0 {
			if o.seen == nil {
				o.seen = map[string]int{}
			}
			o.seen[sign.name] += n
		}
	}
	const longest = 16
	o.tail = append([]byte(nil), text[max(0, len(text)-longest+1):]...)
	return len(p), nil
}

func (o *outputWatch) ready() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serving, o.tail = true, nil
}

func (o *outputWatch) lastWords() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(string(o.tail))
}

// signs names the kinds of crash that the output told of.
func (o *outputWatch) signs() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var names []string
	for _, sign := range crashSigns {
		if o.seen[sign.name] > 0 {
			names = append(names, sign.name)
			delete(o.seen, sign.name) // two texts may have one name
		}
	}
	return names
}
