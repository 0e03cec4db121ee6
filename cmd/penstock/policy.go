package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"penstock/branches/workspace"
	"penstock/sql/guard"
)

// rulesFlags are the rules of the guard that an operator decides. Each value is for all workspaces, or, written as
// WORKSPACE=VALUE, for one and its branches: a list then has more, a choice is another.
type rulesFlags struct {
	AllowHost     []string `env:"PENSTOCK_ALLOW_HOSTS" placeholder:"[WORKSPACE=]HOST:PORT" sep:"," help:"Host that table functions may reach although it is not public. Repeatable; a comma list in the variable."`
	AllowFunction []string `env:"PENSTOCK_ALLOW_FUNCTIONS" placeholder:"[WORKSPACE=]NAME" sep:"," help:"Function or table function to allow beside the built-in list. Repeatable; a comma list in the variable."`
	AllowTable    []string `env:"PENSTOCK_ALLOW_TABLES" placeholder:"[WORKSPACE=]DATABASE.TABLE" sep:"," help:"Table of another database that statements may read. Repeatable; a comma list in the variable."`
	Oracles       []string `default:"parts" env:"PENSTOCK_ORACLES" sep:"," placeholder:"[WORKSPACE=]warn|parts|refuse" help:"Statements that let a caller find a secret out by asking: warn of them; refuse those that tell a part of it (parts, the default); or refuse each."`
	Predicates    []string `default:"lenient" env:"PENSTOCK_PREDICATES" sep:"," placeholder:"[WORKSPACE=]lenient|strict" help:"What may stand around a compared secret: whatever cannot show it (lenient, the default); or nothing but a cast, or a hash or cipher function (strict)."`
}

const defaultQueryTimeout = 10 * time.Second

// A policy is what the operator decided for a workspace.
type policy struct {
	hosts, functions, tables []string
	oracles                  guard.Mode
	predicates               guard.Predicates
}

// policies are by the workspace's name; "" is for all.
type policies map[string]policy

var (
	oracleModes    = map[string]guard.Mode{"warn": guard.Warn, "parts": guard.RefuseParts, "refuse": guard.Refuse}
	predicateModes = map[string]guard.Predicates{"lenient": guard.Lenient, "strict": guard.Strict}
	functionName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	tableName      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$`)
)

// policies reads the flags: first what is for all, since a workspace's own begins with it.
func (r rulesFlags) policies() (policies, error) {
	all := policies{"": {}}
	for _, own := range []bool{false, true} {
		for _, f := range []struct {
			flag   string
			values []string
			set    func(p *policy, value string) bool
		}{
			{"--allow-host", r.AllowHost, func(p *policy, v string) bool { p.hosts = append(p.hosts, v); return true }},
			{"--allow-function", r.AllowFunction, func(p *policy, v string) bool {
				p.functions = append(p.functions, v)
				return functionName.MatchString(v)
			}},
			{"--allow-table", r.AllowTable, func(p *policy, v string) bool { p.tables = append(p.tables, v); return tableName.MatchString(v) }},
			{"--oracles", r.Oracles, func(p *policy, v string) (ok bool) { p.oracles, ok = oracleModes[v]; return ok }},
			{"--predicates", r.Predicates, func(p *policy, v string) (ok bool) { p.predicates, ok = predicateModes[v]; return ok }},
		} {
			for _, value := range f.values {
				if err := checkScope(f.flag, value); err != nil {
					return nil, err
				}
				name, rest, scoped := strings.Cut(value, "=")
				if !scoped {
					name, rest = "", value
				}
				if scoped != own {
					continue
				}
				p := all.of(name)
				if !f.set(&p, rest) {
					return nil, fmt.Errorf("%s %s: %q is not a value of it: see penstock serve --help", f.flag, value, rest)
				}
				all[name] = p
			}
		}
	}
	return all, nil
}

// of gives a workspace's policy: its own, or everybody's. The lists may be appended to.
func (all policies) of(name string) policy {
	p, ok := all[name]
	if !ok {
		p = all[""]
	}
	p.hosts, p.functions, p.tables = slices.Clip(p.hosts), slices.Clip(p.functions), slices.Clip(p.tables)
	return p
}

// guard is what statements of a workspace are judged by.
func (p policy) guard(id workspace.ID, hosts *guard.Hosts, timeout time.Duration) guard.Policy {
	return guard.Policy{
		Database:  id.Database(),
		Tables:    setOf(p.tables),
		Functions: setOf(p.functions),
		// A statement may set itself less time than it has, not more.
		Limits:     map[string]float64{"max_execution_time": timeout.Seconds()},
		Host:       hosts.Func(context.Background()),
		Oracles:    p.oracles,
		Predicates: p.predicates,
	}
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, e := range list {
		set[e] = true
	}
	return set
}
