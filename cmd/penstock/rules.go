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

// rules keeps the guard of each workspace: they differ in the database that is its own, and in what the operator allows.
type rules struct {
	byID    map[workspace.ID]workspaceRules
	general workspaceRules
	timeout time.Duration
	size    int
	guards  sync.Map // workspace.ID → *guard.Guard
}

// workspaceRules are a policy and its hosts: as they are for a call, and as they are when a file is loaded.
type workspaceRules struct {
	policy        policy
	hosts, atLoad *guard.Hosts
}

// newRules makes the rules of a configuration. never are the addresses of ClickHouse itself, which no statement may reach;
// find tells the id of a workspace that the configuration names.
func newRules(c *serveCommand, never []string, find func(name string) (workspace.ID, error)) (*rules, error) {
	all, err := c.policies()
	if err != nil {
		return nil, usageError{err.Error()}
	}
	r := &rules{byID: map[workspace.ID]workspaceRules{}, timeout: c.QueryTimeout, size: c.CacheSize}
	if r.general, err = newWorkspaceRules(all.of(""), never); err != nil {
		return nil, err
	}
	for name := range all {
		if name == "" {
			continue
		}
		id, err := find(name)
		if err != nil {
			return nil, err
		}
		if r.byID[id], err = newWorkspaceRules(all.of(name), never); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func newWorkspaceRules(p policy, never []string) (workspaceRules, error) {
	hosts, err := guard.NewHosts(p.hosts, never, resolve)
	if err != nil {
		return workspaceRules{}, usageError{"--allow-host: " + err.Error()}
	}
	atLoad, err := guard.NewHosts(p.hosts, never, resolveOrPublic)
	return workspaceRules{p, hosts, atLoad}, err
}

// rulesOf are a workspace's own, or its parent's, or everybody's.
func (r *rules) rulesOf(w workspace.Workspace) workspaceRules {
	if own, ok := r.byID[w.ID]; ok {
		return own
	}
	if parents, ok := r.byID[w.Parent]; ok && w.IsBranch() {
		return parents
	}
	return r.general
}

// of gives the guard of a workspace.
func (r *rules) of(w workspace.Workspace) *guard.Guard {
	if g, ok := r.guards.Load(w.ID); ok {
		return g.(*guard.Guard)
	}
	rules := r.rulesOf(w)
	g, _ := r.guards.LoadOrStore(w.ID, guard.New(rules.policy.guard(w.ID, rules.hosts, r.timeout), r.size))
	return g.(*guard.Guard)
}

// loading gives the guard that judges a workspace's files. A name that cannot be resolved at the moment is no reason to
// refuse a file: every call is judged again.
func (r *rules) loading(w workspace.Workspace) *guard.Guard {
	rules := r.rulesOf(w)
	return guard.New(rules.policy.guard(w.ID, rules.atLoad, r.timeout), 0)
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
