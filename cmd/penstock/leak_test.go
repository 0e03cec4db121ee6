package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A whole run, errors of all kinds among it, and then a look for its secrets and tokens in everything that was written
// and everything that can be seen of the processes from outside.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	const value = "Zq7-SEKRET-'vW4x\\1"
	const old = "first-SEKRET-value"
	data := filepath.Join(t.TempDir(), "data")
	dir := eventsProject(t, "leak.pipe", pipe("%\nSELECT id FROM events WHERE int_value = toUInt8({{tb_secret('leaky')}})"),
		"broken.pipe", pipe("%\nSELECT id FROM events WHERE name = {{tb_secret('leaky')}} AND nope = 1"),
		"salted.pipe", pipe("%\nSELECT id FROM events WHERE name = lower(hex(SHA256(concat({{tb_secret('leaky')}}, {{String(k)}}))))"))
	p := startProcess(t, data, "--project", dir, "--log-level", "debug")
	p.secret("leaky", old)
	p.secret("leaky", value)
	bodies := &output{}
	for _, path := range []string{
		"/v0/pipes/leak.json", "/v0/pipes/broken.json", "/v0/pipes/salted.json?k=1", "/v0/secrets", "/v0/secrets/leaky", "/v0/variables",
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT {{tb_secret('leaky')}}"),
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = {{tb_secret('leaky')}} SETTINGS send_logs_level = 'trace'"),
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = '{{tb_secret('leaky')}}'"),
		"/v0/sql?q=" + url.QueryEscape("%\nSELECT 1 FROM events WHERE name = {{tb_secret('leaky')}} AND ("),
		"/v0/sql?q=" + url.QueryEscape("SELECT query FROM system.processes"),
		"/metrics", "/readyz", "/nowhere",
	} {
		r := p.call("GET", path, nil)
		fmt.Fprintln(bodies, path, r.status, r.header, r.body)
		if r.status >= 500 {
			t.Errorf("%s: got %d %s, want no failure of penstock's own", path, r.status, r.body)
		}
	}
	child := p.child()
	found := map[string][]byte{"answers": []byte(bodies.String()), "output": []byte(p.out.String()), "log": []byte(p.log.String())}
	for _, pid := range []int{child, p.cmd.Process.Pid} {
		for _, name := range []string{"environ", "cmdline"} {
			path := fmt.Sprintf("/proc/%d/%s", pid, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = b
		}
	}
	if env := found[fmt.Sprintf("/proc/%d/environ", child)]; len(env) > 0 {
		t.Errorf("the engine's environment: got %q, want none", env)
	}
	engineURL, err := url.Parse(readLine(t, filepath.Join(data, engineURLFile)))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := engineURL.User.Password()
	p.kill()
	// The store's files, not the ones that are meant to hold a token.
	for _, name := range []string{storeFile, storeFile + "-wal", storeFile + "-shm"} {
		if b, err := os.ReadFile(filepath.Join(data, name)); err == nil {
			found[name] = b
		}
	}
	if len(found[storeFile]) == 0 {
		t.Error("the store has no file")
	}
	err = filepath.Walk(filepath.Join(data, engineDir), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		found[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range found {
		for name, needle := range map[string]string{
			"the value": value, "the value's middle": "SEKRET", "the value in base64": base64.StdEncoding.EncodeToString([]byte(value)),
			"the old value": old, "the admin token": p.token, "the engine's password": password,
		} {
			if bytes.Contains(b, []byte(needle)) {
				t.Errorf("%s has %s", what, name)
			}
		}
	}
	for _, name := range []string{adminTokenFile, keyFile, engineURLFile, storeFile} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v %v, want mode 0600", name, info.Mode(), err)
		}
	}
	if strings.Contains(p.log.String(), "SEKRET") {
		t.Error("the log has the value")
	}
}
