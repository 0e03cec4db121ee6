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

// An operatorPolicy is what the operator decided for all workspaces.
type operatorPolicy struct {
	functions []string
	timeout   time.Duration
	oracles   guard.Mode
}

// oracleModes are the words of --oracles.
var oracleModes = map[string]guard.Mode{"warn": guard.Warn, "parts": guard.RefuseParts, "refuse": guard.Refuse}

// rules keeps the guard of each workspace: they differ in the database that is its own.
type rules struct {
	operator operatorPolicy
	hosts    *guard.Hosts
	atLoad   *guard.Hosts
	size     int
	guards   sync.Map // workspace.ID → *guard.Guard
}

// newRules makes the rules of a configuration. never are the addresses of ClickHouse itself, which no statement may reach.
func newRules(c *serveCommand, never []string) (*rules, error) {
	r := &rules{operator: operatorPolicy{c.AllowFunction, c.QueryTimeout, oracleModes[c.Oracles]}, size: c.CacheSize}
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
	g, _ := r.guards.LoadOrStore(w.ID, guard.New(r.operator.of(w.ID, r.hosts), r.size))
	return g.(*guard.Guard)
}

// loading gives the guard that judges a workspace's files. A name that cannot be resolved at the moment is no reason to
// refuse a file: every call is judged again.
func (r *rules) loading(w workspace.Workspace) *guard.Guard {
	return guard.New(r.operator.of(w.ID, r.atLoad), 0)
}

// of is what statements of a workspace are judged by.
func (p operatorPolicy) of(id workspace.ID, hosts *guard.Hosts) guard.Policy {
	allowed := make(map[string]bool, len(p.functions))
	for _, f := range p.functions {
		allowed[f] = true
	}
	return guard.Policy{
		Database:  id.Database(),
		Functions: allowed,
		// A statement may set itself less time than it has, not more.
		Limits:  map[string]float64{"max_execution_time": p.timeout.Seconds()},
		Host:    hosts.Func(context.Background()),
		Oracles: p.oracles,
	}
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
