package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Postgres is a PostgreSQL 15 on loopback, with an empty database.
type Postgres struct {
	Addr     string // host:port
	Database string
	User     string // a superuser, by password
	Password string
	modules  string
}

// nobody is who PostgreSQL runs as when the test is root, whom it refuses.
const nobody = 65534

// StartPostgres starts a PostgreSQL that ends with the test.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	modules := Modules(t)
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	native := filepath.Join(modules, "@embedded-postgres", runtime.GOOS+"-"+arch, "native")
	if _, err := os.Stat(filepath.Join(native, "bin", "postgres")); err != nil {
		t.Fatalf("no PostgreSQL from npm (%v): run `npm ci --prefix .npm`", err)
	}
	dir, err := os.MkdirTemp("", "penstock-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	asRoot := os.Geteuid() == 0
	if asRoot {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// A copy: npm may have left out the libraries' links (its install scripts are often off), and another user may not be
	// able to reach the repository.
	bin := filepath.Join(dir, "native", "bin")
	if err := copyNative(native, filepath.Join(dir, "native")); err != nil {
		t.Fatalf("copy PostgreSQL: %v", err)
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	p := &Postgres{Database: "postgres", User: "postgres", Password: "pg-test-password", modules: modules}
	pwfile := filepath.Join(dir, "password")
	if err := os.WriteFile(pwfile, []byte(p.Password), 0o644); err != nil {
		t.Fatal(err)
	}
	command := func(ctx context.Context, name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
		cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC", "LD_LIBRARY_PATH=" + filepath.Join(dir, "native", "lib")}
		cmd.Dir = dir
		if asRoot {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		return cmd
	}
	if asRoot {
		if err := os.Chown(data, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if out, err := command(ctx, "initdb", "--pgdata="+data, "--username="+p.User, "--pwfile="+pwfile, "--auth=scram-sha-256",
		"--encoding=UTF8", "--no-sync", "--no-instructions").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p.Addr = freeAddr(t)
	host, port, _ := net.SplitHostPort(p.Addr)
	server := command(context.Background(), "postgres", "-D", data, "-h", host, "-p", port, "-k", "", "-c", "fsync=off", "-c", "logging_collector=off")
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	gone := make(chan struct{})
	go func() { _ = server.Wait(); close(gone) }()
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT) // a fast shutdown: does not wait for clients
		select {
		case <-gone:
		case <-time.After(5 * time.Second):
			_ = server.Process.Kill()
			<-gone
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		// The exchange of an SSL request: the port answers only when the server does.
		if ready(p.Addr) {
			return p
		}
		select {
		case <-gone:
			t.Fatalf("PostgreSQL ended:\n%s", log.String())
		default:
		}
		if time.Now().After(deadline) {
			_ = server.Process.Kill()
			<-gone
			t.Fatalf("PostgreSQL does not answer:\n%s", log.String())
		}
	}
}

// ready asks for SSL, which a server that is up answers with one byte.
func ready(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
		return false
	}
	n, err := conn.Read(make([]byte, 1))
	return n == 1 && err == nil
}

// DSN is the address as drivers read it.
func (p *Postgres) DSN() string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", p.User, p.Password, p.Addr, p.Database)
}

// Exec runs SQL text, one or more statements, by the JavaScript driver that comes with the package: npm's PostgreSQL has no
// psql.
func (p *Postgres) Exec(t testing.TB, sql string) {
	t.Helper()
	const script = `const {Client} = require('pg');
const [dsn, sql] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const c = new Client({connectionString: dsn});
c.connect().then(() => c.query(sql)).then(() => c.end()).catch(e => { console.error(String(e)); process.exit(1) });`
	input, err := json.Marshal([]string{p.DSN(), sql})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", script)
	cmd.Dir = filepath.Dir(p.modules)
	cmd.Stdin = bytes.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("run SQL on PostgreSQL (needs node and `npm ci --prefix .npm`): %v\n%s", err, out)
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// copyNative copies what is needed to run, and makes the links that the package lists.
func copyNative(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case strings.HasSuffix(path, ".a"):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o755)
	})
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(from, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return err
	}
	for _, l := range links {
		target := filepath.Join(to, strings.TrimPrefix(l.Target, "native/"))
		if _, err := os.Lstat(target); err == nil {
			continue
		}
		rel, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(rel, target); err != nil {
			return err
		}
	}
	return nil
}
