//go:build !linux

package embedded

import (
	"os"
	"syscall"
)

// pipeDir is where a process finds its open files by number.
const pipeDir = "/dev/fd/" // there is no /proc

func growPipe(*os.File) {}

// hide keeps the process's memory, which holds statements, out of core files.
func hide() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }

// keepSignals does nothing: how the library treats signals is known for Linux only.
func keepSignals() (restore func()) { return func() {} }
