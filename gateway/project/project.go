// Package project makes a folder the content of a workspace: it loads the files, creates the tables, fills empty ones from
// fixtures, and follows changes. A broken file is reported and holds nothing else up; its last good version serves on.
package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"penstock/branches/workspace"
	"penstock/gateway/pipes"
	"penstock/sql/engine"
)

// Period is how often a folder is looked at. A file is loaded when two looks in a row found it the same: an editor may
// still be writing.
const Period = 500 * time.Millisecond

// The bounds of what ClickHouse is asked: to make the tables of one workspace, and to take one fixture.
const (
	tablesTimeout  = time.Minute
	fixtureTimeout = 10 * time.Minute
)

// tables is what a project does to ClickHouse.
type tables interface {
	CreateDatabase(ctx context.Context, database string) error
	Exec(ctx context.Context, database, sql string) error
	Columns(ctx context.Context, database, table string) ([]engine.Column, error)
	IsEmpty(ctx context.Context, database, table string) (bool, error)
	InsertRaw(ctx context.Context, database, table string, columns []string, format string, rows io.Reader) error
}

// Config is what a Project needs.
type Config struct {
	Dir       string
	Workspace workspace.Workspace
	// Branches lists the workspace's branches: their databases get the tables too, without data.
	Branches func(ctx context.Context) ([]workspace.Workspace, error)
	Pipes    *pipes.Registry
	Rules    Rules
	Tables   tables
	Logger   *slog.Logger
}

// A Project keeps one workspace at what a folder says.
type Project struct {
	cfg     Config
	mu      sync.Mutex // one change at a time
	sources *sources
	seen    map[string]file // as of the last look
	loaded  map[string]file
	// created has, for each database, the version of each data source that its table was made from.
	created map[string]map[string]file
	// filled has the version of each fixture that was tried, filledTable that of the table it was tried on.
	filled, filledTable map[string]file
	// retry says that ClickHouse was away when a table was to be made: the next look tries again.
	retry bool
}

// New makes a project that has loaded nothing yet.
func New(cfg Config) *Project {
	return &Project{cfg: cfg, sources: newSources(cfg.Dir), seen: map[string]file{}, loaded: map[string]file{},
		created: map[string]map[string]file{}, filled: map[string]file{}, filledTable: map[string]file{}}
}

// Load loads the whole folder. Problems of files are logged; the error is for a folder that cannot be read.
func (p *Project) Load(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	files, err := scan(p.cfg.Dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		p.seen[f.path] = f
	}
	p.apply(ctx, files, nil)
	return nil
}

// Watch follows the folder until ctx ends.
func (p *Project) Watch(ctx context.Context) {
	tick := time.NewTicker(Period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.look(ctx)
		}
	}
}

// look is one turn of Watch.
func (p *Project) look(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	files, err := scan(p.cfg.Dir)
	if err != nil {
		p.cfg.Logger.Warn("project folder cannot be read; what was loaded serves on", "error", err)
		return
	}
	var changed, gone []file
	now := make(map[string]file, len(files))
	for _, f := range files {
		now[f.path] = f
		last, known := p.seen[f.path]
		if known && last.same(f) && !p.loaded[f.path].same(f) {
			changed = append(changed, f)
		}
	}
	for path, f := range p.loaded {
		_, there := now[path]
		_, before := p.seen[path]
		// Missed twice: a file that is moved or written anew is away for a moment, and comes back in the turn in which it goes.
		if !there && !before {
			gone = append(gone, f)
		}
	}
	p.seen = now
	if gone != nil { // what was refused may have been so because of a file that is gone
		for path := range p.sources.problems {
			if f, there := now[path]; there && p.loaded[path].same(f) {
				changed = append(changed, f)
			}
		}
	}
	if changed != nil || gone != nil || p.retry {
		p.apply(ctx, changed, gone)
	}
}

// apply loads changed files and forgets those that are gone.
func (p *Project) apply(ctx context.Context, changed, gone []file) {
	for _, f := range gone {
		delete(p.loaded, f.path)
	}
	for _, f := range changed {
		p.loaded[f.path] = f
	}
	p.report(p.sources.change(changed, gone, p.cfg.Pipes, p.cfg.Rules))
	again := p.retry
	p.retry = false
	p.report(p.createTables(ctx, p.cfg.Workspace))
	set := p.sources.set()
	p.cfg.Pipes.Replace(p.cfg.Workspace.ID, set)
	p.createBranchTables(ctx)
	p.report(p.fill(ctx))
	if again && changed == nil && gone == nil {
		return
	}
	p.cfg.Logger.Info("project loaded", "workspace", p.cfg.Workspace.Name, "folder", p.cfg.Dir,
		"pipes", len(set.Pipes), "data_sources", len(set.Tables), "changed", len(changed), "gone", len(gone))
}

// AddBranch creates the tables of a branch that is new.
func (p *Project) AddBranch(ctx context.Context, branch workspace.Workspace) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []error
	for _, problem := range p.createTables(ctx, branch) {
		all = append(all, errors.New(problem.String()))
	}
	return errors.Join(all...)
}

func (p *Project) createBranchTables(ctx context.Context) {
	branches, err := p.cfg.Branches(ctx)
	if err != nil {
		p.cfg.Logger.Error("branches cannot be listed: their tables were not created", "error", err)
		return
	}
	for _, b := range branches {
		p.report(p.createTables(ctx, b))
	}
}

func (p *Project) report(problems []Problem) {
	for _, problem := range problems {
		level := slog.LevelError
		if problem.Warning {
			level = slog.LevelWarn
		}
		p.cfg.Logger.Log(context.Background(), level, problem.String(), "workspace", p.cfg.Workspace.Name,
			"file", problem.File, "node", problem.Node, "line", problem.Line, "column", problem.Column, "rule", problem.Rule)
	}
}

// problem is one about a whole file.
func (p *Project) problem(f file, rule string, err error) Problem {
	var e *engine.Error
	if errors.As(err, &e) && (e.Kind == engine.Unavailable || e.Kind == engine.Timeout) {
		p.retry = true
	}
	return Problem{File: f.in(p.cfg.Dir), Line: 1, Column: 1, Rule: rule, Sentence: sentence(err)}
}

// sentence is what ClickHouse or the machine says of a definition: no secret can stand in one.
func sentence(err error) string {
	var e *engine.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return fmt.Sprint(err)
}
