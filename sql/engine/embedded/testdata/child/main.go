// Command child is nothing but the engine's child. A test builds it as releases are built, without cgo.
package main

import (
	"fmt"
	"os"

	"penstock/sql/engine/embedded"
)

func main() {
	if !embedded.IsChild(os.Args) {
		fmt.Fprintln(os.Stderr, "child: to be started by embedded.Start")
		os.Exit(2)
	}
	os.Exit(embedded.RunChild(os.Stdin, os.Stderr))
}
