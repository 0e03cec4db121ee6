package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"penstock/branches"
	"penstock/branches/workspace"
	"penstock/gateway"
	"penstock/gateway/auth"
	"penstock/gateway/pipes"
	"penstock/gateway/project"
	"penstock/gateway/query"
	"penstock/gateway/secrets"
	"penstock/limits"
	"penstock/sql/engine/chengine"
	"penstock/sql/engine/embedded"
	"penstock/sql/seal"
	"penstock/sql/store"
)

// endings are the signals that ask a program to end. They end a command at once, as they do by themselves, but for those
// that have something to put in order first.
var endings = []os.Signal{syscall.SIGINT, syscall.SIGTERM}

// Run serves until ctx ends or a signal asks for the end. What is opened is closed in the reverse order.
func (c *serveCommand) Run(ctx context.Context, std stdio) (err error) {
	ctx, stop := signal.NotifyContext(ctx, endings...)
	defer stop()
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return usageError{err.Error()}
	}
	logger := slog.New(slog.NewJSONHandler(std.err, &slog.HandlerOptions{Level: level}))
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // requests hardly allocate: a third less CPU for some megabytes
	}
	d := dataDir(c.Data)
	if err := d.open(); err != nil {
		return err
	}
	unlock, err := d.lock()
	if errors.Is(err, errLocked) {
		return fmt.Errorf("%w (%s): stop it, or give --data another folder", err, c.Data)
	} else if err != nil {
		return err
	}
	defer unlock()
	// The port is taken first: a second penstock on it is the likeliest mistake.
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; another program may use it, give --listen another address", c.Listen, err)
	}
	defer listener.Close()
	s := &serving{cfg: c, data: d, log: logger, std: std, listener: listener}
	defer s.close()
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.until(ctx)
}

// serving is a gateway and everything that it stands on.
type serving struct {
	cfg      *serveCommand
	data     dataDir
	log      *slog.Logger
	std      stdio
	listener net.Listener
	mu       sync.Mutex // of closers: engine and store open side by side
	closers  []func()

	store    *store.DB
	engine   *chengine.Client
	auth     *auth.Auth
	rules    *rules
	never    []string // addresses of ClickHouse, which no statement may reach
	projects []*project.Project
	byID     map[workspace.ID]*project.Project
	server   *gateway.Server
}

func (s *serving) onClose(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, f)
}

func (s *serving) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

func (s *serving) open(ctx context.Context) error {
	// The engine takes longest: it starts while the store opens. A store that does not open ends its start.
	starting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	started := make(chan error, 1)
	go func() { started <- s.openEngine(starting) }()
	err := s.openStore(ctx)
	if err != nil {
		giveUp()
	}
	if e := <-started; err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := s.openServices(ctx); err != nil {
		return err
	}
	if err := s.openProjects(ctx); err != nil {
		return err
	}
	stop, err := serveControl(ctx, &manager{store: s.store, data: s.data, created: s.workspaceCreated,
		refreshed: func(w workspace.Workspace) { s.auth.Forget(w.ID) }})
	if err != nil {
		return err
	}
	s.onClose(stop)
	return nil
}

// openStore opens the store with the key that belongs to it. adminToken is what main's must be, "" for whatever it is.
func openStore(ctx context.Context, d dataDir, f storeFlags, adminToken string, log *slog.Logger) (*store.DB, error) {
	dsn := f.Store
	if dsn == "" {
		dsn = "sqlite:" + d.path(storeFile)
	}
	exists, err := store.Initialized(ctx, dsn)
	if err != nil {
		return nil, err
	}
	encoded, err := d.encodedKey(f.KeyFile, exists)
	if err != nil {
		return nil, err
	}
	key, err := seal.ParseKey(encoded)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, dsn, key, store.Options{AdminToken: workspace.NewSecretValue(adminToken), Logger: log})
	if errors.Is(err, store.ErrAdminToken) {
		return nil, errors.New("PENSTOCK_ADMIN_TOKEN is not the admin token that this data folder has: unset it, or make it the token with: penstock workspace refresh main")
	}
	return db, err
}

func (s *serving) openStore(ctx context.Context) error {
	db, err := openStore(ctx, s.data, storeFlags{s.cfg.Store, s.cfg.KeyFile}, os.Getenv(adminTokenVariable), s.log)
	if err != nil {
		return err
	}
	s.store = db
	s.onClose(func() {
		if err := db.Close(); err != nil {
			s.log.Error("store did not close cleanly", "error", err)
		}
	})
	return keepTokens(ctx, db, s.data)
}

func (s *serving) openEngine(ctx context.Context) error {
	address, remote := s.cfg.ClickHouse, s.cfg.ClickHouse != ""
	if !remote {
		e, err := embedded.Start(ctx, embedded.Config{Dir: s.data.path(engineDir), Logger: s.log})
		if err != nil {
			return err
		}
		s.onClose(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := e.Close(ctx); err != nil {
				s.log.Error("engine did not end cleanly", "error", err)
			}
		})
		u, err := url.Parse(e.URL())
		if err != nil {
			return fmt.Errorf("address of the engine: %w", err)
		}
		// The engine answers on every address that is this machine.
		s.never = []string{":" + u.Port()}
		u.User = url.UserPassword(e.User(), e.Password())
		address = u.String()
		if err := s.data.write(engineURLFile, address); err != nil {
			return err
		}
	}
	client, err := chengine.Open(chengine.Config{URL: address, Remote: remote})
	if err != nil {
		return err
	}
	if remote {
		s.never = []string{client.Host()}
	}
	s.engine = client
	s.onClose(func() { client.Close() })
	return nil
}

func (s *serving) openServices(ctx context.Context) error {
	c := s.cfg
	var err error
	s.auth = auth.New(s.store, c.CacheSize)
	if s.rules, err = newRules(c, s.never, func(name string) (workspace.ID, error) { return s.workspaceID(ctx, name) }); err != nil {
		return err
	}
	registry, err := pipes.NewRegistry(c.CacheSize)
	if err != nil {
		return err
	}
	views := branches.New(s.store)
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.server, err = gateway.New(gateway.Config{
		Auth:       s.auth,
		Secrets:    secrets.New(s.store, views, secrets.Limits{Count: c.MaxSecrets, Bytes: c.MaxSecretBytes}),
		SecretRate: limits.NewRates(c.SecretRate, time.Now),
		Query: query.New(query.Config{
			Pipes:   registry,
			Secrets: views,
			Engine:  s.engine,
			Guard:   s.rules.of,
			Rates:   limits.NewRates(c.QueryRate, time.Now),
			Running: limits.NewRunning(c.MaxRunning),
			Timeout: c.QueryTimeout,
		}),
		Pipes:   registry,
		Ready:   s.isReady,
		Logger:  s.log,
		Metrics: metrics,
		Now:     time.Now,
	})
	if err != nil {
		return err
	}
	return s.newProjects(ctx, registry, views)
}

func (s *serving) workspaceID(ctx context.Context, name string) (workspace.ID, error) {
	w, err := s.store.WorkspaceByName(ctx, name)
	if workspace.CodeOf(err) == workspace.NotFound {
		return "", fmt.Errorf("a rule is for the workspace %s, which there is not: create it with penstock workspace create %s", name, name)
	}
	return w.ID, err
}

// newProjects makes a project of each --project, without loading it.
func (s *serving) newProjects(ctx context.Context, registry *pipes.Registry, views *branches.Resolver) error {
	s.byID = map[workspace.ID]*project.Project{}
	for _, flag := range s.cfg.Project {
		name, dir := splitProject(flag)
		w, err := s.store.WorkspaceByName(ctx, name)
		if workspace.CodeOf(err) == workspace.NotFound {
			return fmt.Errorf("--project %s: there is no workspace %s: create it with penstock workspace create %s", flag, name, name)
		} else if err != nil {
			return fmt.Errorf("--project %s: %w", flag, err)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("--project %s: there is no folder %s: write one with penstock init %s", flag, dir, dir)
		}
		p := project.New(project.Config{
			Dir:       filepath.Clean(dir),
			Workspace: w,
			Branches:  func(ctx context.Context) ([]workspace.Workspace, error) { return s.branchesOf(ctx, w.ID) },
			Pipes:     registry,
			Rules: project.Rules{Guard: s.rules.loading(w), Secret: func(name string) (string, bool, error) {
				v, found, err := views.Secret(context.Background(), w, name)
				return v.Reveal(), found, err
			}},
			Tables: s.engine,
			Logger: s.log,
		})
		s.projects = append(s.projects, p)
		s.byID[w.ID] = p
	}
	return nil
}

// branchesOf lists the branches that serve what their parent serves.
func (s *serving) branchesOf(ctx context.Context, id workspace.ID) ([]workspace.Workspace, error) {
	all, err := s.store.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	var out []workspace.Workspace
	for _, w := range all {
		if w.Parent == id && s.byID[w.ID] == nil {
			out = append(out, w)
		}
	}
	return out, nil
}

// openProjects creates every workspace's database and loads the projects.
func (s *serving) openProjects(ctx context.Context) error {
	all, err := s.store.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if err := s.engine.CreateDatabase(ctx, w.ID.Database()); err != nil {
			return fmt.Errorf("create database of workspace %s: %w", w.Name, err)
		}
	}
	watching, stop := context.WithCancel(ctx)
	var watches sync.WaitGroup
	s.onClose(func() { stop(); watches.Wait() })
	for _, p := range s.projects {
		if err := p.Load(ctx); err != nil {
			return err
		}
		watches.Go(func() { p.Watch(watching) })
	}
	return nil
}

func (s *serving) workspaceCreated(ctx context.Context, w workspace.Workspace) error {
	if err := s.engine.CreateDatabase(ctx, w.ID.Database()); err != nil {
		return fmt.Errorf("create database of workspace %s: %w", w.Name, err)
	}
	if p := s.byID[w.Parent]; p != nil {
		return p.AddBranch(ctx, w)
	}
	return nil
}

func (s *serving) isReady(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	return s.engine.Ping(ctx)
}

// until serves until ctx ends, then drains.
func (s *serving) until(ctx context.Context) error {
	base := "http://" + s.listener.Addr().String()
	if err := s.data.write(urlFile, base); err != nil {
		return err
	}
	defer os.Remove(s.data.path(urlFile))
	failed := make(chan error, 1)
	go func() { failed <- s.server.Serve(s.listener) }()
	s.greet(base)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.log.Info("draining", "timeout", s.cfg.DrainTimeout.String())
	drain, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	return s.server.Shutdown(drain)
}

// greet tells where penstock is, and what its project suggests to try.
func (s *serving) greet(base string) {
	token := s.data.path(adminTokenFile)
	s.log.Info("serving", "address", base)
	fmt.Fprintf(s.std.out, "penstock serves %s\nThe admin token is kept in %s\n", base, token)
	for _, flag := range s.cfg.Project {
		_, dir := splitProject(flag)
		text, err := os.ReadFile(filepath.Join(dir, welcomeFile))
		if err != nil {
			continue // most projects have none
		}
		fmt.Fprint(s.std.out, "\n", strings.NewReplacer("{url}", base, "{token-file}", token).Replace(string(text)))
	}
}
