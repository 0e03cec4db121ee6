package enginetest

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"penstock/sql/engine/chengine"
	"penstock/sql/engine/embedded"
)

// Engine is a ClickHouse for tests, with a client.
type Engine struct {
	*embedded.Engine
	Client *chengine.Client
	dir    string
	names  atomic.Int64
}

// shared is the one engine of a test binary: booting one for each test would take half a second and 200 MB every time.
// It is package state because the tests of a binary have nothing else in common.
var shared struct {
	once   sync.Once
	engine *Engine
	err    error
}

// Main runs the tests of a binary, or the engine when the binary was started as its child. It does not return.
func Main(m *testing.M) {
	if embedded.IsChild(os.Args) {
		os.Exit(embedded.RunChild(os.Stdin, os.Stderr))
	}
	code := m.Run()
	shared.once.Do(func() {})
	if e := shared.engine; e != nil {
		if err := e.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the engine:", err)
			code = max(code, 1)
		}
		os.RemoveAll(e.dir)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// Start gives the engine that all tests of the binary share. Tests use databases of their own: see Database.
func Start(t testing.TB) *Engine {
	t.Helper()
	library := Library(t)
	shared.once.Do(func() {
		var dir string
		if dir, shared.err = os.MkdirTemp("", "penstock-engine-"); shared.err == nil {
			shared.engine, shared.err = start(library, dir)
		}
	})
	if shared.err != nil {
		t.Fatalf("start the engine: %v", shared.err)
	}
	return shared.engine
}

// StartOwn gives an engine that belongs to one test, to be maltreated or to be configured otherwise.
func StartOwn(t testing.TB, change ...func(*embedded.Config)) *Engine {
	t.Helper()
	e, err := start(Library(t), t.TempDir(), change...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.stop(); err != nil {
			t.Errorf("stop the engine: %v", err)
		}
	})
	return e
}

func start(library, dir string, change ...func(*embedded.Config)) (*Engine, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cfg := embedded.Config{Dir: filepath.Join(dir, "engine"), Library: library, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&cfg)
	}
	own, err := embedded.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	client, err := chengine.Open(chengine.Config{URL: own.URL(), User: own.User(), Password: own.Password()})
	if err != nil {
		return nil, err
	}
	return &Engine{Engine: own, Client: client, dir: dir}, nil
}

func (e *Engine) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.Client.Close(); err != nil {
		return err
	}
	return e.Close(ctx)
}

// AccessURL is the address with user and password in it, as engine-url holds it.
func (e *Engine) AccessURL() string {
	u, err := url.Parse(e.URL() + "/")
	if err != nil {
		panic("enginetest: " + err.Error()) // the engine made it
	}
	u.User = url.UserPassword(e.User(), e.Password())
	return u.String()
}

// Database makes an empty database, which goes when the test ends.
func (e *Engine) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", e.names.Add(1))
	if err := e.Client.CreateDatabase(t.Context(), name); err != nil {
		t.Fatalf("create the database: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Client.DropDatabase(context.Background(), name); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return name
}

// Library is the path of libchdb: what PENSTOCK_LIBCHDB names, or what npm installed.
func Library(t testing.TB) string {
	t.Helper()
	if path := os.Getenv(embedded.LibraryVariable); path != "" {
		return path
	}
	modules := Modules(t)
	found, err := filepath.Glob(filepath.Join(modules, "@chdb", "lib-*", "libchdb.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if strings.Contains(path, runtime.GOOS+"-") {
			return path
		}
	}
	t.Fatalf("no libchdb for %s in %s: run `npm ci --prefix .npm`, or set %s", runtime.GOOS, modules, embedded.LibraryVariable)
	return ""
}

// Modules is the folder in which npm installed the parts.
func Modules(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			modules := filepath.Join(dir, ".npm", "node_modules")
			if _, err := os.Stat(modules); err != nil {
				t.Fatalf("the parts from npm are not there (%v): run `npm ci --prefix .npm`", err)
			}
			return modules
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the test: run it in the repository")
	return ""
}
