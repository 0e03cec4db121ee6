package main

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// serveCommand is the configuration of a gateway: the one table that flags, variables, help and README are made from.
type serveCommand struct {
	Listen         string        `default:"127.0.0.1:7181" env:"PENSTOCK_LISTEN" help:"Address to serve HTTP on."`
	Data           string        `default:".penstock" env:"PENSTOCK_DATA" help:"Folder for everything that penstock keeps."`
	Project        []string      `env:"PENSTOCK_PROJECT" placeholder:"[NAME=]DIR" sep:"," help:"Folder of .pipe and .datasource files to serve, for the workspace main or the one named. Repeatable."`
	ClickHouse     string        `name:"clickhouse" env:"PENSTOCK_CLICKHOUSE" placeholder:"URL" help:"HTTP address of a ClickHouse to use, http://user:password@host:8123, instead of the embedded engine."`
	Store          string        `env:"PENSTOCK_STORE" placeholder:"sqlite:PATH" help:"Where secrets and tokens are kept. Default: sqlite:DIR/penstock.db."`
	KeyFile        string        `env:"PENSTOCK_KEY_FILE" placeholder:"FILE" help:"File with the key-encryption key (32 bytes, base64). Default: the variable PENSTOCK_KEY, else DIR/key, made on the first start."`
	QueryTimeout   time.Duration `default:"10s" env:"PENSTOCK_QUERY_TIMEOUT" help:"A query that runs longer is killed."`
	QueryRate      int           `default:"0" env:"PENSTOCK_QUERY_RATE" help:"Queries a second for each workspace; 0 for no limit."`
	MaxRunning     int           `default:"16" env:"PENSTOCK_MAX_RUNNING" help:"Queries at once for each workspace; 0 for no limit."`
	SecretRate     int           `default:"5" env:"PENSTOCK_SECRET_RATE" help:"Requests a second to the secrets of each workspace; 0 for no limit."`
	MaxSecrets     int           `default:"100" env:"PENSTOCK_MAX_SECRETS" help:"Secrets of each workspace."`
	MaxSecretBytes int           `default:"8192" env:"PENSTOCK_MAX_SECRET_BYTES" help:"Bytes of a secret's value."`
	rulesFlags
	CacheSize    int           `default:"10000" env:"PENSTOCK_CACHE_SIZE" help:"Compiled pipes, callers and judged statements to keep in memory, each."`
	LogLevel     string        `default:"info" enum:"debug,info,warn,error" env:"PENSTOCK_LOG_LEVEL" help:"Least level of log lines: debug, info, warn or error."`
	DrainTimeout time.Duration `default:"15s" env:"PENSTOCK_DRAIN_TIMEOUT" help:"Time that running requests get to end after SIGTERM."`
}

// Help is shown below the flags' list.
func (serveCommand) Help() string {
	return `Serves the pipes of a project and the secrets API.

Example:
  penstock init demo
  penstock serve --project demo

A flag wins over its variable, the variable over the default. Besides those of the flags, these variables are read:
` + otherVariablesText()
}

// adminTokenVariable gives main's admin token its text.
const adminTokenVariable = "PENSTOCK_ADMIN_TOKEN"

// otherVariables have no flag: what stands in a command line is seen by everybody on the machine.
var otherVariables = [][2]string{
	{"PENSTOCK_KEY", "The key-encryption key itself: 32 bytes, base64, as openssl rand -base64 32 prints."},
	{adminTokenVariable, "Text of main's admin token, at least 16 characters, taken on the first start."},
	{"PENSTOCK_LIBCHDB", "Path of libchdb.so, when it is not in one of the usual places."},
	{"PENSTOCK_URL", "Address of the penstock that the secret commands speak to."},
	{"PENSTOCK_TOKEN", "Admin token for the secret commands."},
}

func otherVariablesText() string {
	var b strings.Builder
	for _, v := range otherVariables {
		fmt.Fprintf(&b, "  %-22s %s\n", v[0], v[1])
	}
	return b.String()
}

// Validate judges the configuration once, as a whole.
func (c *serveCommand) Validate() error {
	for _, n := range []struct {
		name       string
		value, low int
	}{
		{"--query-rate", c.QueryRate, 0}, {"--max-running", c.MaxRunning, 0}, {"--secret-rate", c.SecretRate, 0},
		{"--max-secrets", c.MaxSecrets, 1}, {"--max-secret-bytes", c.MaxSecretBytes, 1}, {"--cache-size", c.CacheSize, 1},
	} {
		if n.value < n.low {
			return fmt.Errorf("%s must be at least %d, and is %d", n.name, n.low, n.value)
		}
	}
	if c.DrainTimeout < 0 {
		return fmt.Errorf("--drain-timeout must not be negative")
	}
	if c.QueryTimeout <= 0 {
		return fmt.Errorf("--query-timeout must be more than nothing, for example 10s")
	}
	if c.Store != "" && !strings.HasPrefix(c.Store, "sqlite:") {
		return fmt.Errorf("--store must be sqlite:PATH: no other store is built in")
	}
	if _, err := c.policies(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, p := range c.Project {
		if err := checkScope("--project", p); err != nil {
			return err
		}
		name, dir := splitProject(p)
		if dir == "" {
			return fmt.Errorf("--project %q names no folder: write --project DIR, or --project WORKSPACE=DIR", p)
		}
		if seen[name] {
			return fmt.Errorf("--project is given twice for the workspace %q: a workspace serves one folder", name)
		}
		seen[name] = true
	}
	return nil
}

// checkScope refuses a value of the form WORKSPACE=VALUE whose workspace has no name: it would be taken for everybody's.
func checkScope(flag, value string) error {
	if strings.HasPrefix(value, "=") {
		return fmt.Errorf("%s %s has no workspace before the '=': write its name there, or leave the '=' out", flag, value)
	}
	return nil
}

// splitProject takes NAME=DIR apart; without a name it is main's.
func splitProject(p string) (name, dir string) {
	if name, dir, ok := strings.Cut(p, "="); ok {
		return name, dir
	}
	return "main", p
}

// unknownVariables refuses PENSTOCK_ variables that nothing reads: a misspelt one would be a setting that does not hold.
func unknownVariables(parser *kong.Kong, environ []string) error {
	known := map[string]bool{}
	for _, v := range otherVariables {
		known[v[0]] = true
	}
	_ = kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			for _, e := range f.Envs {
				known[e] = true
			}
		}
		return next(nil)
	})
	var unknown []string
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "PENSTOCK_") && value != "" && !known[name] {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		return nil
	}
	sort.Strings(unknown)
	return fmt.Errorf("nothing reads the variable %s: unset it, or see penstock serve --help for the names", strings.Join(unknown, ", "))
}
