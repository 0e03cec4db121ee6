package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the build (-ldflags -X).
var version = ""

type versionCommand struct{}

// Help shows an example.
func (versionCommand) Help() string { return "Example:\n  penstock version" }

// Run prints one line.
func (versionCommand) Run(std stdio) error {
	v := version
	if info, ok := debug.ReadBuildInfo(); v == "" && ok {
		v = info.Main.Version
	}
	fmt.Fprintf(std.out, "penstock %s %s/%s %s\n", v, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return nil
}
