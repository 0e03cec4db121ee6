package pipes

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"penstock/branches/workspace"
	"penstock/templating/datafile"
)

// A Definition is a pipe as it was written: what a compiled pipe can always be made from again.
type Definition struct {
	name, file, text string
	key              [sha256.Size]byte
}

// Define makes the definition of the pipe that text describes. file is its path as the user knows it.
func Define(name, file, text string) Definition {
	d := Definition{name: name, file: file, text: text}
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s%d:%s", len(file), file, len(name), name)
	h.Write([]byte(text))
	h.Sum(d.key[:0])
	return d
}

// A Set is what one project serves. It is immutable once it was handed over.
type Set struct {
	Pipes  map[string]Definition
	Tables map[string]bool // names of the data sources: in FROM a table wins over a pipe of the same name
}

// A Registry knows what each workspace serves. Texts are kept for all pipes, compiled pipes for those in use: the same
// text under the same file name is compiled once, however many workspaces serve it. Safe for concurrent use.
type Registry struct {
	compiled *lru.Cache[[sha256.Size]byte, *Pipe]
	mu       sync.RWMutex
	sets     map[workspace.ID]Set
}

// NewRegistry makes a registry that keeps at most size compiled pipes.
func NewRegistry(size int) (*Registry, error) {
	c, err := lru.New[[sha256.Size]byte, *Pipe](size)
	if err != nil {
		return nil, fmt.Errorf("cache of compiled pipes: %w", err)
	}
	return &Registry{compiled: c, sets: make(map[workspace.ID]Set)}, nil
}

// Replace says what the workspace serves from now on.
func (r *Registry) Replace(id workspace.ID, s Set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sets[id] = s
}

// Compile gives the compiled pipe of a definition, from the cache when it is there.
func (r *Registry) Compile(d Definition) (*Pipe, error) {
	if p, ok := r.compiled.Get(d.key); ok {
		return p, nil
	}
	f, err := datafile.ParsePipe(d.file, d.text)
	if err != nil {
		return nil, err
	}
	p, err := Compile(f)
	if err != nil {
		return nil, err
	}
	r.compiled.Add(d.key, p)
	return p, nil
}

// For is the scope of a workspace: its pipes, or its parent's when it is a branch without a project of its own.
func (r *Registry) For(w workspace.Workspace) Scope { return r.Scope(r.set(w)) }

// Scope is the scope of a set, whether a workspace serves it or not.
func (r *Registry) Scope(s Set) Scope { return scope{r, s} }

// Endpoint gives the compiled pipe that is called by name, whatever tables there are.
func (r *Registry) Endpoint(w workspace.Workspace, name string) (*Pipe, bool) {
	d, ok := r.set(w).Pipes[name]
	if !ok {
		return nil, false
	}
	p, err := r.Compile(d)
	return p, err == nil && p.IsEndpoint()
}

// Endpoints gives the compiled pipes that can be called, by name.
func (r *Registry) Endpoints(w workspace.Workspace) []*Pipe {
	var out []*Pipe
	defined := r.set(w).Pipes
	for _, name := range slices.Sorted(maps.Keys(defined)) {
		if p, err := r.Compile(defined[name]); err == nil && p.IsEndpoint() {
			out = append(out, p)
		}
	}
	return out
}

func (r *Registry) set(w workspace.Workspace) Set {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s, ok := r.sets[w.ID]; ok || !w.IsBranch() {
		return s
	}
	return r.sets[w.Parent]
}

type scope struct {
	r   *Registry
	set Set
}

// Pipe gives the compiled pipe of that name unless a table has the name too.
func (s scope) Pipe(name string) (*Pipe, bool) {
	d, ok := s.set.Pipes[name]
	if !ok || s.set.Tables[name] {
		return nil, false
	}
	p, err := s.r.Compile(d)
	return p, err == nil
}

// Table tells whether the set has a data source of that name.
func (s scope) Table(name string) bool { return s.set.Tables[name] }
