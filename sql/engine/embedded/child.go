package embedded

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// childArg is the hidden argument. It tells the process table what the process is, and nothing else.
const childArg = "embedded-engine"

// The child's inherited files, behind standard input, output and error.
const (
	listenerFD = 3
	statusFD   = 4
)

// childConfig is the first line of the child's standard input.
type childConfig struct {
	Library    string `json:"library"`
	Dir        string `json:"dir"`
	User       string `json:"user"`
	Password   string `json:"password"`
	MaxMemory  int64  `json:"max_memory"`
	MaxQueries int    `json:"max_queries"`
}

// childStatus is the one line that the child says when it is ready or gives up.
type childStatus struct {
	Version string `json:"version,omitempty"`
	Error   string `json:"error,omitempty"`
}

// IsChild tells whether a process with these arguments (os.Args) was started to be the engine's. Its main function, or
// TestMain, then does nothing but RunChild, before it reads flags or environment.
func IsChild(args []string) bool { return len(args) == 2 && args[1] == childArg }

// RunChild is the engine's process. It reads its settings from stdin, takes the listening socket and the status pipe
// from the files that it inherited, serves until stdin ends, and gives back the exit code. To be called by main only: it
// changes the process (umask, limits, signals) and exits it when stdin ends.
func RunChild(stdin io.Reader, stderr io.Writer) int {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGINT, syscall.SIGHUP) // a closed reader, and a terminal that means the gateway
	syscall.Umask(0o077)
	hide()
	status := os.NewFile(statusFD, "status")
	socket := os.NewFile(listenerFD, "listener")
	if status == nil || socket == nil {
		fmt.Fprintln(stderr, "penstock: this command is started by the gateway, not by hand")
		return 2
	}
	say := func(s childStatus) {
		_ = json.NewEncoder(status).Encode(s) // nobody to tell of a failure: the gateway is gone
		status.Close()
	}
	in := bufio.NewReader(stdin)
	line, err := in.ReadBytes('\n')
	var cfg childConfig
	if err == nil {
		err = json.Unmarshal(line, &cfg)
	}
	if err != nil {
		say(childStatus{Error: "read the settings: " + err.Error()})
		return 2
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		os.Exit(0) // no farewell: the data folder takes it as it takes a power cut
	}()
	srv, ln, err := boot(cfg, socket)
	if err != nil {
		say(childStatus{Error: err.Error()})
		return 1
	}
	say(childStatus{Version: srv.info.version})
	hs := &http.Server{
		Handler:           srv,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       10 * time.Minute, // longer than any client keeps an idle connection
		MaxHeaderBytes:    1 << 20,
	}
	if err := hs.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(stderr, "penstock: serve:", err)
	}
	return 1
}

func boot(cfg childConfig, socket *os.File) (*server, net.Listener, error) {
	debug.SetGCPercent(50) // this side's heap is small; the memory belongs to the engine
	ln, err := net.FileListener(socket)
	if err != nil {
		return nil, nil, fmt.Errorf("take over the socket: %w", err)
	}
	socket.Close()
	lib, err := loadLibrary(cfg.Library)
	if err != nil {
		return nil, nil, err
	}
	restore := keepSignals()
	srv, err := newServer(lib, cfg, func() { os.Exit(stuckExit) })
	restore()
	if err != nil {
		return nil, nil, err
	}
	return srv, ln, nil
}

// stuckExit is the exit code of a child whose killed query would not end.
const stuckExit = 75
