package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"penstock/branches/workspace"
)

// These tests kill processes, so penstock runs as one of its own.

// A binary is a built penstock; tests of a race build run it without the detector.
func binary(t testing.TB) string {
	t.Helper()
	path := filepath.Join(root(t), "bin", "penstock")
	if _, err := os.Stat(path); err != nil {
		t.Fatal("bin/penstock is not built: run make build")
	}
	return path
}

// A process is a running penstock serve.
type process struct {
	testGateway
	cmd *exec.Cmd
}

func startProcess(t testing.TB, data string, args ...string) *process {
	t.Helper()
	p := &process{testGateway: testGateway{t: t, data: data, out: &output{}, log: &output{}}}
	p.cmd = exec.Command(binary(t), append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--secret-rate", "0"}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	waitFor(t, 60*time.Second, "penstock to serve", func() bool {
		if m := served.FindStringSubmatch(p.out.String()); m != nil {
			p.url = m[1]
			return true
		}
		if err := p.cmd.Process.Signal(syscall.Signal(0)); err != nil {
			t.Fatalf("penstock ended\n%s%s", p.out, p.log)
		}
		return false
	})
	p.token = readLine(t, filepath.Join(data, adminTokenFile))
	return p
}

func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait()
}

// child is the process id of the engine.
func (p *process) child() int {
	p.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.cmd.Process.Pid, p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	// The engine was started by any thread of penstock.
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	for _, task := range tasks {
		more, _ := os.ReadFile(task)
		b = append(b, more...)
	}
	ids := strings.Fields(string(b))
	if len(ids) == 0 {
		return 0
	}
	id, err := strconv.Atoi(ids[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(b, []byte(") Z "))
}

func TestEngineIsKilled(t *testing.T) {
	t.Parallel()
	p := startProcess(t, filepath.Join(t.TempDir(), "data"))
	before := readLine(t, filepath.Join(p.data, engineURLFile))
	slow := make(chan reply)
	go func() { slow <- p.call("GET", "/v0/sql?q="+url.QueryEscape(slowSQL), nil) }()
	waitFor(t, bound, "the slow query to run", func() bool { return p.running("cityHash64") == "1" })
	// A statement that has just begun may be sent once more; one that ran is not.
	time.Sleep(time.Second)
	if err := syscall.Kill(p.child(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if r := <-slow; r.status != 503 || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, `"error"`) {
		t.Errorf("the query that ran: got %d %s, want 503 with Retry-After", r.status, r.body)
	}
	killed := time.Now()
	waitFor(t, bound, "a query after the engine's death", func() bool {
		return p.call("GET", "/v0/sql?q=SELECT+1", nil).status == 200
	})
	t.Logf("served again after %v", time.Since(killed))
	if after := readLine(t, filepath.Join(p.data, engineURLFile)); after != before {
		t.Error("the engine's address changed")
	}
	if got := p.engine("SELECT 1"); got != "1" {
		t.Errorf("the address from before: got %s", got)
	}
}

func TestGatewayIsKilled(t *testing.T) {
	t.Parallel()
	p := startProcess(t, filepath.Join(t.TempDir(), "data"))
	child := p.child()
	if child == 0 || !alive(child) {
		t.Fatal("no engine runs")
	}
	p.kill()
	waitFor(t, bound, "the engine to end with its gateway", func() bool { return !alive(child) })
	p = startProcess(t, p.data)
	if r := p.call("GET", "/v0/sql?q=SELECT+1", nil); r.status != 200 {
		t.Errorf("after the restart: got %d %s, want 200", r.status, r.body)
	}
}

func TestTerminated(t *testing.T) {
	t.Parallel()
	p := startProcess(t, filepath.Join(t.TempDir(), "data"))
	slow := make(chan reply, 1)
	go func() { slow <- p.call("GET", "/v0/sql?q=SELECT+count()+FROM+numbers(3000000000)", nil) }()
	waitFor(t, bound, "the query to run", func() bool { return p.running("3000000000") == "1" })
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: got %v, want exit code 0\n%s", err, p.log)
	}
	if r := <-slow; r.status != 200 {
		t.Errorf("a query that ran: got %d %s, want it drained", r.status, r.body)
	}
}

// What was answered is kept, whenever the process dies. make soak sets SOAK_ROUNDS to a thousand.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rounds := 6
	if n, err := strconv.Atoi(os.Getenv("SOAK_ROUNDS")); err == nil {
		rounds = n
	}
	data := filepath.Join(t.TempDir(), "data")
	acknowledged, attempted := -1, -1
	for round := range rounds {
		p := startProcess(t, data)
		kill := time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = p.cmd.Process.Kill() })
		for {
			attempted++
			value := fmt.Sprintf("%08d-%s", attempted, strings.Repeat("v", 1000))
			if !p.try("PUT", "/v0/secrets/kept", value) && !p.try("POST", "/v0/secrets", value) {
				break
			}
			acknowledged = attempted
		}
		kill.Stop()
		p.kill()
		got := storedChange(t, data)
		if got < acknowledged || got > attempted {
			t.Fatalf("round %d: the store has change %d; %d was acknowledged, %d attempted", round, got, acknowledged, attempted)
		}
		acknowledged = got
	}
	t.Logf("%d rounds, %d changes", rounds, attempted+1)
}

// storedChange is the number of the change whose value is stored, -1 for none.
func storedChange(t testing.TB, data string) int {
	t.Helper()
	db, err := openStore(t.Context(), dataDir(data), storeFlags{}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v, err := db.SecretValue(t.Context(), workspace.Main, "kept")
	if workspace.CodeOf(err) == workspace.NotFound {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(v.Reveal()[:8])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// try sends one change; false when it was not acknowledged.
func (p *process) try(method, path, value string) bool {
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(url.Values{"name": {"kept"}, "value": {value}}.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == 200
}
