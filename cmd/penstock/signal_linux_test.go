package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// start runs the command that the scripts run. ended is closed when it is over.
func start(t *testing.T, cmd *exec.Cmd) (ended chan struct{}) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return ended
}

func await(t *testing.T, ended chan struct{}, what string) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(bound):
		t.Fatalf("waited %v in vain for %s", bound, what)
	}
}

// A command that waits for its input ends by the signals that are sent to end it.
func TestSignalsEndCommands(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := exec.Command("penstock", "render", "--batch")
		var out output
		cmd.Stdout = &out
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		ended := start(t, cmd)
		// Its first answer tells that it is up; a short one would stay in its buffer.
		fmt.Fprintf(in, `{"id":"1","template":"%s"}`+"\n", strings.Repeat("x", 64<<10))
		waitFor(t, bound, "the first answer", func() bool { return out.String() != "" })
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		await(t, ended, "the command to end by "+sig.String())
		if got := cmd.ProcessState.Sys().(syscall.WaitStatus); !got.Signaled() || got.Signal() != sig {
			t.Errorf("got %s, want an end by %s", cmd.ProcessState, sig)
		}
	}
}

// Ctrl-C at the question for a value ends it, and the terminal shows again what is typed.
func TestInterruptAtTheQuestion(t *testing.T) {
	t.Parallel()
	control, terminal := openTerminal(t)
	cmd := exec.Command("penstock", "secret", "set", "a", "--url", "http://127.0.0.1:1", "--token", "x")
	var said output
	cmd.Stdin, cmd.Stderr = terminal, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ended := start(t, cmd)
	waitFor(t, bound, "the question", func() bool { return strings.Contains(said.String(), "Value of a: ") && !echoes(t, terminal) })
	if _, err := control.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	await(t, ended, "the command to end by Ctrl-C")
	if code := cmd.ProcessState.ExitCode(); code != exitProblems || !strings.Contains(said.String(), "interrupted") {
		t.Errorf("got %s: %s, want exit code %d and a word of the interruption", cmd.ProcessState, said.String(), exitProblems)
	}
	if !echoes(t, terminal) {
		t.Error("the terminal does not show what is typed")
	}
}

// openTerminal gives the two ends of a new terminal: the keyboard's and the program's.
func openTerminal(t *testing.T) (control, terminal *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = control.Close() })
	number, err := unix.IoctlGetInt(int(control.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(control.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return control, terminal
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}
