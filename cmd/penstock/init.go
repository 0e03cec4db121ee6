package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed demo
var demo embed.FS

// welcomeFile is shown when its project is served, with the address and the place of the token filled in.
const welcomeFile = "welcome.txt"

type initCommand struct {
	Dir string `arg:"" help:"Folder to write; it must be new or empty."`
}

// Help shows an example.
func (initCommand) Help() string {
	return "Writes tables, rows and pipes to start from.\n\nExample:\n  penstock init demo && penstock serve --project demo"
}

// Run writes the demo project.
func (c initCommand) Run(std stdio) error {
	entries, err := os.ReadDir(c.Dir)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("read folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty: name a new one", c.Dir)
	}
	root, err := fs.Sub(demo, "demo")
	if err != nil {
		return err
	}
	err = fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(c.Dir, filepath.FromSlash(path))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		b, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	})
	if err != nil {
		return fmt.Errorf("write demo project: %w", err)
	}
	fmt.Fprintf(std.out, "The demo project is in %s. Serve it with: penstock serve --project %s\n", c.Dir, c.Dir)
	return nil
}
