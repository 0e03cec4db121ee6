package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
)

// localFlags say which data folder is meant.
type localFlags struct {
	Data string `default:".penstock" env:"PENSTOCK_DATA" placeholder:"DIR" help:"Data folder."`
	storeFlags
}

// storeFlags say where the store is and what opens it. Only a command that opens it itself needs them.
type storeFlags struct {
	Store   string `env:"PENSTOCK_STORE" placeholder:"sqlite:PATH" help:"The store, as serve has it."`
	KeyFile string `env:"PENSTOCK_KEY_FILE" placeholder:"FILE" help:"File with the key-encryption key, as serve has it."`
}

type workspaceCommand struct {
	Create  workspaceCreate  `cmd:"" help:"Create a workspace with a database and an admin token of its own."`
	LS      workspaceList    `cmd:"" name:"ls" help:"List workspaces and branches."`
	Refresh workspaceRefresh `cmd:"" help:"Make a new admin token; the old one no longer holds."`
}

// Help shows an example.
func (workspaceCommand) Help() string {
	return "Example:\n  penstock workspace create staging\n  penstock serve --project demo --project staging=demo"
}

type workspaceCreate struct {
	localFlags
	Name string `arg:"" help:"Name of the workspace."`
}

// Help shows an example.
func (workspaceCreate) Help() string { return "Example:\n  penstock workspace create staging" }

// Run creates the workspace.
func (c workspaceCreate) Run(ctx context.Context, std stdio) error {
	return created(ctx, std, c.localFlags, "workspace", change{Action: "create workspace", Name: c.Name})
}

type workspaceRefresh struct {
	localFlags
	Name string `arg:"" help:"Name of the workspace or branch."`
}

// Help shows examples.
func (workspaceRefresh) Help() string {
	return `The new token's text is that of the variable PENSTOCK_ADMIN_TOKEN, else penstock makes one.

Examples:
  penstock workspace refresh staging
  PENSTOCK_ADMIN_TOKEN="$(cat token)" penstock workspace refresh main`
}

// Run makes the token.
func (c workspaceRefresh) Run(ctx context.Context, std stdio) error {
	out, err := manage(ctx, dataDir(c.Data), c.storeFlags, change{Action: "refresh token", Name: c.Name, Token: os.Getenv(adminTokenVariable)})
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The workspace %s has a new admin token; it is kept in %s\n", out[0].Name, out[0].TokenFile)
	return nil
}

type workspaceList struct{ localFlags }

// Help shows an example.
func (workspaceList) Help() string { return "Example:\n  penstock workspace ls" }

// Run prints a line for each.
func (c workspaceList) Run(ctx context.Context, std stdio) error {
	out, err := manage(ctx, dataDir(c.Data), c.storeFlags, change{Action: "list"})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tBRANCH OF\tDATABASE\tTOKEN")
	for _, o := range out {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Name, o.Parent, o.Database, o.TokenFile)
	}
	return w.Flush()
}

type branchCommand struct {
	Create branchCreate `cmd:"" help:"Create a branch: its parent's pipes and secrets, a database of its own."`
}

// Help shows an example.
func (branchCommand) Help() string { return "Example:\n  penstock branch create try_new_index" }

type branchCreate struct {
	localFlags
	Name string `arg:"" help:"Name of the branch."`
	Of   string `default:"main" placeholder:"WORKSPACE" help:"The workspace to branch from."`
}

// Help shows an example.
func (branchCreate) Help() string {
	return "Example:\n  penstock branch create try_new_index --of main"
}

// Run creates the branch.
func (c branchCreate) Run(ctx context.Context, std stdio) error {
	return created(ctx, std, c.localFlags, "branch", change{Action: "create branch", Name: c.Name, Of: c.Of})
}

func created(ctx context.Context, std stdio, f localFlags, noun string, c change) error {
	out, err := manage(ctx, dataDir(f.Data), f.storeFlags, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The %s %s is created. Its admin token is kept in %s\n", noun, out[0].Name, out[0].TokenFile)
	return nil
}
