package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"penstock/branches/workspace"
	"penstock/gateway/pipes"
	"penstock/sql/guard"
	"penstock/sql/lexer"
	"penstock/templating"
	"penstock/templating/datafile"
)

// Benchmarks of a whole penstock, started as a process; what it is compared with runs beside it, on the same engine.
// make bench prints them.

func benchProject(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "demo")
	if code := run(b.Context(), []string{"init", dir}, stdio{os.Stdin, io.Discard, os.Stderr}); code != exitOK {
		b.Fatalf("init: exit code %d", code)
	}
	return dir
}

// From the start of the process to the first answer of an endpoint.
func BenchmarkStart(b *testing.B) {
	dir, data := benchProject(b), filepath.Join(b.TempDir(), "data")
	startProcess(b, data, "--project", dir).kill() // the folder and its tables are there
	for b.Loop() {
		start := time.Now()
		p := startProcess(b, data, "--project", dir)
		if r := p.call("GET", "/v0/pipes/usage_by_day.json", nil); r.status != 200 {
			b.Fatalf("got %d %s", r.status, r.body)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/start")
		b.StopTimer()
		p.kill()
		b.StartTimer()
	}
}

// guardCost is what the guard takes for a statement: to compose and judge it when its shape is known, and when it is not.
func guardCost(b *testing.B, st lexer.Statement) (known, cold time.Duration) {
	b.Helper()
	take := func(size int) time.Duration {
		const rounds = 20000
		plans, g := guard.NewPlans(size), guard.New(guard.Policy{Database: workspace.Main.Database()}, size)
		start := time.Now()
		for range rounds {
			whole, err := plans.Compose(st, func(guard.TableRef) (lexer.Statement, bool) { return st, false })
			if err == nil {
				_, err = g.Check(whole)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start) / rounds
	}
	return take(100), take(0)
}

// The same query by the gateway, with a token, a parameter and a secret, and straight to the engine; and how much of what a
// request costs the gateway is the guard's.
func BenchmarkQuery(b *testing.B) {
	p := startProcess(b, filepath.Join(b.TempDir(), "data"), "--project", benchProject(b), "--max-running", "64")
	p.secret("key_salt", "sea-salt")
	st, err := composeFile(filepath.Join("demo", "endpoints", "check_key.pipe"), templating.Args{{Name: "key", Arg: templating.Arg{Text: "ada-4711"}}}, "sea-salt")
	if err != nil {
		b.Fatal(err)
	}
	engineURL, err := url.Parse(readLine(b, filepath.Join(p.data, engineURLFile)))
	if err != nil {
		b.Fatal(err)
	}
	engineURL.RawQuery = "database=ws_main&readonly=2&default_format=JSON"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	targets := []struct {
		name string
		call func() (*http.Response, error)
	}{
		{"engine", func() (*http.Response, error) {
			return client.Post(engineURL.String(), "text/plain", strings.NewReader(st.SQL()))
		}},
		{"gateway", func() (*http.Response, error) {
			req, err := http.NewRequest("GET", p.url+"/v0/pipes/check_key.json?key=ada-4711", nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Authorization", "Bearer "+p.token)
			return client.Do(req)
		}},
	}
	known, cold := guardCost(b, st)
	for _, connections := range []int{1, 16} {
		for _, target := range targets {
			b.Run(fmt.Sprintf("%s/connections=%d", target.name, connections), func(b *testing.B) {
				cpu := load(b, p, connections, target.call)
				if target.name == "gateway" && cpu > 0 {
					b.ReportMetric(100*known.Seconds()/cpu.Seconds(), "guard-%-of-cpu")
					b.ReportMetric(100*cold.Seconds()/cpu.Seconds(), "guard-%-unknown-shape")
				}
			})
		}
	}
}

// load sends b.N requests over so many connections and reports how long they took and what each cost penstock.
func load(b *testing.B, p *process, connections int, call func() (*http.Response, error)) (perRequest time.Duration) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	cpu := cpuTime(b, p.cmd.Process.Pid)
	b.ResetTimer()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				start := time.Now()
				res, err := call()
				if err != nil {
					b.Error(err)
					return
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				took[i] = time.Since(start)
				if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), "ada") {
					b.Errorf("got %d %s %v", res.StatusCode, body, err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	perRequest = (cpuTime(b, p.cmd.Process.Pid) - cpu) / time.Duration(b.N)
	b.ReportMetric(float64(perRequest.Nanoseconds())/1e3, "gateway-cpu-µs/op")
	return perRequest
}

// cpuTime is what a process has used up to now, its children left out.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // ticks of 1/100 s
}

func BenchmarkStream1GB(b *testing.B) {
	p := startProcess(b, filepath.Join(b.TempDir(), "data"), "--query-timeout", "10m")
	for b.Loop() {
		start := time.Now()
		res := p.open(b, "/v0/sql?q="+url.QueryEscape(wideSQL(1000)))
		n, err := io.Copy(io.Discard, res.Body)
		if err != nil || n < 1e9 {
			b.Fatalf("got %d bytes, %v", n, err)
		}
		_ = res.Body.Close()
		b.ReportMetric(float64(n)/1e6/time.Since(start).Seconds(), "MB/s")
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, _ := strconv.Atoi(strings.Fields(rest)[0])
	b.ReportMetric(float64(kb)/1024, "peak-MB")
}

func BenchmarkRenderDemo(b *testing.B) {
	text, err := demo.ReadFile("demo/endpoints/check_key.pipe")
	if err != nil {
		b.Fatal(err)
	}
	parsed, err := datafile.ParsePipe("check_key.pipe", string(text))
	if err != nil {
		b.Fatal(err)
	}
	n := parsed.Nodes[0]
	t, err := templating.Compile(&lexer.Source{Pipe: parsed.Name, Node: n.Name, Text: n.SQL})
	if err != nil {
		b.Fatal(err)
	}
	in := templating.Input{Params: templating.Args{{Name: "key", Arg: templating.Arg{Text: "ada-4711"}}}, Secret: everySecret}
	var builder lexer.Builder
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		if _, err := t.Render(&builder, in); err != nil {
			b.Fatal(err)
		}
	}
}

// composeFile composes the endpoint of a file of the demo.
func composeFile(path string, params templating.Args, secret string) (lexer.Statement, error) {
	text, err := demo.ReadFile(filepath.ToSlash(path))
	if err != nil {
		return lexer.Statement{}, err
	}
	parsed, err := datafile.ParsePipe(path, string(text))
	if err != nil {
		return lexer.Statement{}, err
	}
	p, err := pipes.Compile(parsed)
	if err != nil {
		return lexer.Statement{}, err
	}
	return p.Node("", templating.Input{Params: params, Secret: func(string) (string, bool, error) { return secret, true, nil }}, nil)
}
