//go:build !linux

package embedded

import (
	"os"
	"syscall"
)

const devFD = true // there is no /proc

func growPipe(*os.File) {}

// hide keeps the process's memory, which holds statements, out of core files.
func hide() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }
