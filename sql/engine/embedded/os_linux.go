package embedded

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pipeDir is where a process finds its open files by number.
const pipeDir = "/proc/self/fd/"

// growPipe lets the engine work on while a chunk is on its way; the default 64 KB would do too, more slowly.
func growPipe(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}

// hide keeps the process's memory, which holds statements, out of core files and away from other processes of the user.
func hide() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

// crashSignals are the ones whose handlers the library replaces when it boots.
var crashSignals = []syscall.Signal{syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE,
	syscall.SIGSEGV, syscall.SIGTSTP, syscall.SIGSYS}

// keepSignals remembers how the process takes signals of crashes, and gives a function that brings it back. The library's
// handlers want to write a report; in a Go process they run on stacks that are too small for it, and a child that should
// have died hangs instead, with nobody to start another. Go's end the process.
func keepSignals() (restore func()) {
	type action struct{ handler, flags, restorer, mask uint64 } // the kernel's, on 64-bit machines
	set := func(sig syscall.Signal, act, old *action) {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(act)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	}
	kept := make([]action, len(crashSignals))
	for i, sig := range crashSignals {
		set(sig, nil, &kept[i])
	}
	return func() {
		for i, sig := range crashSignals {
			set(sig, &kept[i], nil)
		}
	}
}
