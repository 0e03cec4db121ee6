package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"penstock/sql/engine"
	"penstock/sql/engine/embedded"
	"penstock/sql/engine/enginetest"
)

const parentVariable = "PENSTOCK_ENGINETEST_PARENT" // this binary is then a gateway that gets killed

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentVariable); dir != "" && !embedded.IsChild(os.Args) {
		parent(dir)
	}
	enginetest.Main(m)
}

// one runs a query that gives one value.
func one(t *testing.T, e *enginetest.Engine, sql string) string {
	t.Helper()
	got, err := run(t.Context(), e, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func run(ctx context.Context, e *enginetest.Engine, sql string) (string, error) {
	res, err := e.Client.Stream(ctx, engine.Query{SQL: []byte(sql), Format: "TabSeparated", ReadOnly: strings.HasPrefix(sql, "SELECT")})
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return strings.TrimSuffix(string(body), "\n"), err
}

func TestChildShowsNothing(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	proc := fmt.Sprintf("/proc/%d/", e.PID())
	for _, file := range []string{"environ", "cmdline"} {
		got, err := os.ReadFile(proc + file)
		if errors.Is(err, os.ErrPermission) {
			continue // better still: the process is not dumpable, and the test is not root
		}
		if err != nil {
			t.Fatal(err)
		}
		if file == "environ" && len(got) != 0 {
			t.Errorf("the child's environment: got %d bytes, want none", len(got))
		}
		if bytes.Contains(got, []byte(e.Password())) {
			t.Errorf("the child's %s holds the password", file)
		}
	}
	// What a statement can see by itself.
	if got, err := run(t.Context(), e, "SELECT * FROM file('/proc/self/environ', 'LineAsString')"); err == nil && got != "" {
		t.Errorf("environment by file(): got %q, want nothing", got)
	}
	if core := one(t, e, "SELECT line FROM file('/proc/self/limits', 'LineAsString') WHERE line LIKE 'Max core file size%'"); !strings.Contains(core, " 0 ") {
		t.Errorf("core files: got %q, want a limit of 0", core)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", e.Engine, e.Engine, e.Engine), fmt.Sprint(struct{ e *embedded.Engine }{e.Engine})} {
		if strings.Contains(text, e.Password()) {
			t.Error("the engine prints its password")
		}
	}
}

func TestKilledChild(t *testing.T) {
	t.Parallel()
	e := enginetest.StartOwn(t)
	one(t, e, "CREATE TABLE kept (a UInt8) ENGINE = MergeTree ORDER BY a")
	one(t, e, "INSERT INTO kept VALUES (42)")
	address, pid := e.AccessURL(), e.PID()
	done := make(chan error, 2)
	for _, sql := range []string{"SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0", "SELECT number FROM numbers(100000000000)"} {
		go func() {
			_, err := copyAll(t.Context(), e, sql)
			done <- err
		}()
	}
	for one(t, e, "SELECT count() FROM system.processes") != "3" {
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	for range 2 {
		var failure *engine.Error
		if err := <-done; !errors.As(err, &failure) || failure.Kind != engine.Unavailable {
			t.Errorf("a query that ran: got %v, want an *engine.Error of kind unavailable", err)
		}
	}
	if got := one(t, e, "SELECT a FROM kept"); got != "42" {
		t.Errorf("after the restart: got %q, want 42", got)
	}
	took := time.Since(killed)
	t.Logf("answered again after %v", took)
	if took > 30*time.Second {
		t.Errorf("answered again after %v, want it at once", took)
	}
	if e.AccessURL() != address {
		t.Error("address or password changed")
	}
	if e.PID() == pid {
		t.Error("the same child answers")
	}
	if err := syscall.Kill(e.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := e.Client.Ping(t.Context()); err != nil { // waits in the socket's queue, or on a connection that breaks
		if err := e.Client.Ping(t.Context()); err != nil {
			t.Errorf("ping after the second death: %v", err)
		}
	}
}

func copyAll(ctx context.Context, e *enginetest.Engine, sql string) (int64, error) {
	res, err := e.Client.Stream(ctx, engine.Query{SQL: []byte(sql), Format: "TabSeparated"})
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return io.Copy(io.Discard, res.Body)
}

// parent is a gateway, to be killed.
func parent(dir string) {
	e, err := embedded.Start(context.Background(), embedded.Config{Dir: dir, Library: os.Getenv(embedded.LibraryVariable), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(e.PID())
	select {}
}

func TestKilledParent(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentVariable+"="+filepath.Join(t.TempDir(), "engine"), embedded.LibraryVariable+"="+enginetest.Library(t))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, convErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convErr != nil {
		t.Fatalf("the parent said %q (%v)", line, err)
	}
	if !alive(pid) {
		t.Fatal("the child is not there")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for start := time.Now(); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("the child outlived its gateway by 5 s")
		}
	}
}

// alive tells whether a process runs; one that nobody waited for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestClose(t *testing.T) {
	t.Parallel()
	e, err := embedded.Start(t.Context(), embedded.Config{Dir: t.TempDir(), Library: enginetest.Library(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	pid, addr := e.PID(), strings.TrimPrefix(e.URL(), "http://")
	if !e.Ready() || e.Version() == "" {
		t.Error("a started engine is not ready, or has no version")
	}
	for range 2 {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if alive(pid) {
		t.Error("the child outlives Close")
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the port outlives Close")
	}
	if e.Ready() {
		t.Error("a closed engine is ready")
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	library := enginetest.Library(t)
	noLibrary := filepath.Join(t.TempDir(), "libchdb.so")
	if err := os.WriteFile(noLibrary, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := t.TempDir()
	first, err := embedded.Start(t.Context(), embedded.Config{Dir: busy, Library: library, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close(t.Context())
	for name, c := range map[string]struct {
		cfg  embedded.Config
		want []string
	}{
		"no logger":       {embedded.Config{Dir: t.TempDir()}, []string{"Logger"}},
		"missing library": {embedded.Config{Dir: t.TempDir(), Library: "/nonexistent/libchdb.so"}, []string{"/nonexistent/libchdb.so", "No such file"}},
		"no library":      {embedded.Config{Dir: t.TempDir(), Library: noLibrary}, []string{"load the engine library", noLibrary}},
		"no executable":   {embedded.Config{Dir: t.TempDir(), Library: library, Executable: "/nonexistent/penstock"}, []string{"/nonexistent/penstock"}},
		"wrong program":   {embedded.Config{Dir: t.TempDir(), Library: library, Executable: "/bin/false"}, []string{"ended before it was up", "exit status 1"}},
		"last words":      {embedded.Config{Dir: t.TempDir(), Library: library, Executable: "/bin/ls"}, []string{"ended before it was up", "embedded-engine"}},
		"folder in use":   {embedded.Config{Dir: busy, Library: library}, []string{busy}},
	} {
		if name != "no logger" {
			c.cfg.Logger = slog.New(slog.DiscardHandler)
		}
		e, err := embedded.Start(t.Context(), c.cfg)
		if err == nil {
			e.Close(t.Context())
			t.Errorf("%s: got no error, want one with %q", name, c.want)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: got %q, want %q in it", name, err, w)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Start(ctx, embedded.Config{Dir: t.TempDir(), Library: library, Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: got %v, want it", err)
	}
}

func TestFindLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := func(string) string { return "" }
	exe := filepath.Join(dir, "bin", "penstock")
	if _, err := os.Stat("/usr/local/lib/libchdb.so"); err != nil {
		_, err := embedded.FindLibrary(none, exe)
		for _, want := range []string{"PENSTOCK_LIBCHDB", filepath.Dir(exe), "/usr/local/lib", "/usr/lib", "make build", "npm ci --prefix .npm"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("not found: got %v, want %q in it", err, want)
			}
		}
	}
	lib := filepath.Join(dir, "bin", "libchdb.so")
	if err := os.MkdirAll(filepath.Dir(lib), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lib, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := embedded.FindLibrary(none, exe); got != lib || err != nil {
		t.Errorf("beside the executable: got %q (%v), want %q", got, err, lib)
	}
	named := func(name string) string { return map[string]string{"PENSTOCK_LIBCHDB": "/nonexistent.so"}[name] }
	if _, err := embedded.FindLibrary(named, exe); err == nil || !strings.Contains(err.Error(), "/nonexistent.so") {
		t.Errorf("named and not there: got %v, want an error that names it", err)
	}
}

// TestWithoutCgo starts a child that is built as releases are.
func TestWithoutCgo(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), "child")
	build := exec.Command("go", "build", "-o", exe, "./testdata/child")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	e := enginetest.StartOwn(t, func(cfg *embedded.Config) { cfg.Executable = exe })
	if got := one(t, e, "SELECT 1"); got != "1" {
		t.Errorf("got %q, want 1", got)
	}
}

// TestLogHoldsNoStatement makes the engine print statements and die, and looks at what the gateway wrote down.
func TestLogHoldsNoStatement(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e := enginetest.StartOwn(t, func(cfg *embedded.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	const value = "q8secretvalue4z"
	one(t, e, "SELECT '"+value+"' SETTINGS send_logs_level = 'trace'")
	_, _ = run(t.Context(), e, "SELECT throwIf(1, '"+value+"') SETTINGS send_logs_level = 'trace'")
	_ = syscall.Kill(e.PID(), syscall.SIGSEGV)
	for start := time.Now(); !strings.Contains(log.String(), "engine runs again"); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("no engine again after a crash: %s", log.String())
		}
	}
	got := log.String()
	if strings.Contains(got, value) || strings.Contains(got, e.Password()) {
		t.Errorf("the log holds a value or the password: %s", got)
	}
	if !strings.Contains(got, "engine died") || !strings.Contains(got, "segmentation fault") {
		t.Errorf("got log %q, want the death and its kind in it", got)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	e := enginetest.StartOwn(t, func(cfg *embedded.Config) { cfg.MaxQueries, cfg.MaxMemory = 1, 200<<20 })
	var failure *engine.Error
	if _, err := run(t.Context(), e, "SELECT groupArray(number) FROM numbers(100000000)"); !errors.As(err, &failure) || failure.Code != 241 {
		t.Errorf("more memory than there is: got %v, want code 241", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil { // refused itself while the probe below has the one place
			_, _ = copyAll(ctx, e, "SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0")
		}
	}()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		_, err := run(t.Context(), e, "SELECT 1")
		if errors.As(err, &failure) && failure.Code == 202 && failure.Kind == engine.Unavailable {
			break
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("more queries than allowed: got %v, want code 202", err)
		}
	}
	cancel()
	<-done
}

// TestMemory streams 1 GB: the child may not need more for it than for a quarter of it.
func TestMemory(t *testing.T) {
	t.Parallel()
	e := enginetest.StartOwn(t)
	stream := func(rows int) int64 {
		n, err := copyAll(t.Context(), e, fmt.Sprintf("SELECT number, repeat('x', 1000) AS x FROM numbers(%d) SETTINGS max_block_size = 4096", rows))
		if err != nil {
			t.Fatal(err)
		}
		if n < int64(rows)*1000 {
			t.Errorf("got %d bytes, want at least %d", n, rows*1000)
		}
		return resident(t, e.PID())
	}
	small, large := stream(250_000), stream(1_000_000)
	t.Logf("the child's peak: %d MB for 250 MB, %d MB for 1 GB", small>>20, large>>20)
	if large > small+small/3 {
		t.Errorf("the child's peak: got %d MB for 1 GB after %d MB for 250 MB, want about the same", large>>20, small>>20)
	}
}

// resident is the peak of a process's resident memory.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
