package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"penstock/branches/workspace"
	"penstock/sql/guard"
)

// resolveTimeout bounds the look-up of one host name.
const resolveTimeout = 2 * time.Second

// rules keeps the guard of each workspace: they differ in the database that is its own.
type rules struct {
	functions []string
	hosts     *guard.Hosts
	atLoad    *guard.Hosts
	size      int
	guards    sync.Map // workspace.ID → *guard.Guard
}

// newRules makes the rules of a configuration. never are the addresses of ClickHouse itself, which no statement may reach.
func newRules(c *serveCommand, never []string) (*rules, error) {
	r := &rules{functions: c.AllowFunction, size: c.CacheSize}
	var err error
	if r.hosts, err = guard.NewHosts(c.AllowHost, never, resolve); err == nil {
		r.atLoad, err = guard.NewHosts(c.AllowHost, never, resolveOrPublic)
	}
	if err != nil {
		return nil, usageError{"--allow-host: " + err.Error()}
	}
	return r, nil
}

// of gives the guard of a workspace.
func (r *rules) of(w workspace.Workspace) *guard.Guard {
	if g, ok := r.guards.Load(w.ID); ok {
		return g.(*guard.Guard)
	}
	g, _ := r.guards.LoadOrStore(w.ID, guard.New(policy(w.ID, r.functions, r.hosts), r.size))
	return g.(*guard.Guard)
}

// loading gives the guard that judges a workspace's files. A name that cannot be resolved at the moment is no reason to
// refuse a file: every call is judged again.
func (r *rules) loading(w workspace.Workspace) *guard.Guard {
	return guard.New(policy(w.ID, r.functions, r.atLoad), 0)
}

// policy is what statements of a workspace are judged by.
func policy(id workspace.ID, functions []string, hosts *guard.Hosts) guard.Policy {
	allowed := make(map[string]bool, len(functions))
	for _, f := range functions {
		allowed[f] = true
	}
	return guard.Policy{Database: id.Database(), Functions: allowed, Host: hosts.Func(context.Background())}
}

func resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up host: %w", err)
	}
	return addrs, nil
}

func resolveOrPublic(ctx context.Context, host string) ([]netip.Addr, error) {
	if addrs, err := resolve(ctx, host); err == nil {
		return addrs, nil
	}
	return assumePublic(ctx, host)
}

// assumePublic answers for names that are not to be looked up. What every machine takes for itself is none of them.
func assumePublic(_ context.Context, host string) ([]netip.Addr, error) {
	if h := strings.TrimSuffix(host, "."); h == "localhost" || strings.HasSuffix(h, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{1, 1, 1, 1})}, nil
}
