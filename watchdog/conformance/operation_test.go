package conformance

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var operationCases = []testCase{
	{"T70", "health_and_lock", "health: GET 200 `OK`, HEAD 200, POST 405; it follows the lock file in /tmp", true, false, healthAndLock},
	{"T71", "suppress_lock", "suppress_lock: health and ready 200, no lock file", true, false, suppressLock},
	{"T72", "run_healthcheck", "-run-healthcheck needs no configuration: 0 with the lock, 1 without", false, false, runHealthcheck},
	{"T78", "metrics", "metrics: counters with code and lower-case method, `unknown`, histogram, in-flight 0", true, false, metrics},
	{"T79", "metrics_port_busy", "metrics port in use: the function still serves", false, false, metricsPortBusy},
	{"T80", "main_port_busy", "main port in use: exit 1 with a message, no lock left", false, false, mainPortBusy},
	{"T81", "temp_not_writable", "temporary directory not writable: serves with a warning, or exits non-zero with a message", false, false, tempNotWritable},
	{"T83", "durations", "durations: `1` and `1s` are one second; empty, `abc` and `-5s` are the default", false, false, durations},
	{"T84", "access_log_status", "access_log: the line shows the status that the client received, in every mode; off by default", false, false, accessLogStatus},
	{"T85", "header_limit", "1.1 MB of headers: 431", false, false, headerLimit},
	{"X21", "bad_configuration", "bad configuration: exit 1 and a message that names the value", false, false, badConfiguration},
	{"X22", "flags", "-version prints and exits 0, -help exits 0, an unknown flag exits 2", true, false, flags},
}

func healthAndLock(t *testing.T) {
	w := launch{privateTmp: true, env: fork("streaming", "echo")}.start(t)
	w.get("/_/health").want(t, 200).wantBody(t, "OK").wantHeader(t, "Content-Type", "text/plain; charset=utf-8")
	w.call("HEAD", "/_/health", "").want(t, 200)
	w.call("POST", "/_/health", "").want(t, 405)
	w.get("/_/ready").want(t, 200).wantBody(t, "")
	w.call("POST", "/_/ready", "").want(t, 405)
	w.call("POST", "/_/health/", "f").want(t, 200).wantBody(t, "f") // only the exact path is reserved
	w.call("POST", "/metrics", "f").want(t, 200).wantBody(t, "f")

	must(t, os.Remove(w.lock))
	w.get("/_/health").want(t, 503)
	w.get("/_/ready").want(t, 503)
	w.post("still works").want(t, 200)
	must(t, os.WriteFile(w.lock, nil, 0o640))
	w.get("/_/health").want(t, 200)
}

func suppressLock(t *testing.T) {
	w := launch{privateTmp: true, env: append(fork("classic", "echo"), "suppress_lock=true")}.start(t)
	w.get("/_/health").want(t, 200)
	w.get("/_/ready").want(t, 200)
	if exists(w.lock) {
		t.Error("there is a lock file")
	}
}

func runHealthcheck(t *testing.T) {
	dir := t.TempDir()
	lock := filepath.Join(dir, ".lock")
	check := func(args ...string) int {
		argv := append(append([]string{}, suite.runner...), suite.binary)
		cmd := exec.Command(argv[0], append(argv[1:], args...)...)
		cmd.Env = []string{"TMPDIR=" + dir, "lock_path=" + lock}
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	if code := check("-run-healthcheck"); code != 1 {
		t.Errorf("exit code %d without a lock", code)
	}
	must(t, os.WriteFile(lock, nil, 0o640))
	for _, flag := range []string{"-run-healthcheck", "--run-healthcheck"} {
		if code := check(flag); code != 0 {
			t.Errorf("%s: exit code %d with a lock", flag, code)
		}
	}
}

// metric reads one sample from the metrics port; -1 when it is not there.
func (w *watchdog) metric(name string) float64 {
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", w.metrics))
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, _ := strconv.ParseFloat(rest, 64)
			return value
		}
	}
	return -1
}

func metrics(t *testing.T) {
	w := start(t, append(fork("streaming", "abuse"), "max_inflight=1")...)
	if got := w.metric("http_requests_in_flight"); got != 0 {
		t.Errorf("in flight before the first call: %v", got)
	}
	w.get("/").want(t, 200)
	w.call("BREW", "/", "").want(t, 200)
	w.call("POST", "/exit/3", "x").want(t, 500)
	w.call("PUT", "/exit3", "") // output, then a failure: aborted, but the client saw a 200
	held := w.dial().send("GET /slow/30 HTTP/1.1", "Host: h")
	w.eventually(3*time.Second, "one call in flight", func() bool { return w.metric("http_requests_in_flight") == 1 })
	w.get("/").want(t, 429)
	held.Close()
	w.eventually(4*time.Second, "no call in flight", func() bool { return w.metric("http_requests_in_flight") == 0 })
	w.probe("/_/health")

	for sample, want := range map[string]float64{
		`http_requests_total{code="200",method="get"}`:                              1,
		`http_requests_total{code="200",method="unknown"}`:                          1,
		`http_requests_total{code="500",method="post"}`:                             1,
		`http_requests_total{code="429",method="get"}`:                              1,
		`http_requests_total{code="200",method="put"}`:                              1,
		`http_request_duration_seconds_count{code="200",method="get"}`:              1,
		`http_request_duration_seconds_bucket{code="200",method="get",le="+Inf"}`:   1,
		`http_request_duration_seconds_bucket{code="200",method="get",le="10"}`:     1,
		`http_request_duration_seconds_bucket{code="500",method="post",le="0.005"}`: -2,
	} {
		if got := w.metric(sample); got != want && !(want == -2 && got >= 0) {
			t.Errorf("%s is %v, want %v", sample, got, want)
		}
	}
	for _, name := range []string{"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
		"process_start_time_seconds", "fwatchdog_child_up", "fwatchdog_child_restarts_total", "fwatchdog_timeouts_total"} {
		if w.metric(name) < 0 {
			t.Errorf("%s is missing", name)
		}
	}
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/other", w.metrics))
	must(t, err)
	response.Body.Close()
	if response.StatusCode != 404 {
		t.Errorf("another path of the metrics port: %d", response.StatusCode)
	}
}

func occupied(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", ":0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func metricsPortBusy(t *testing.T) {
	w := start(t, append(fork("classic", "echo"), "metrics_port="+occupied(t))...)
	w.post("served").want(t, 200).wantBody(t, "served")
	start(t, append(fork("classic", "echo"), "metrics_port=0")...).post("off").want(t, 200)
}

func mainPortBusy(t *testing.T) {
	for _, mode := range []string{"classic", "http"} {
		env := append(fork(mode, "slow", "600"), "port="+occupied(t), fmt.Sprint("upstream_url=http://127.0.0.1:", freePort(t)))
		w := launch{noWait: true, env: env}.start(t)
		if code := w.waitExit(3 * time.Second); code != 1 {
			t.Errorf("%s: exit code %d", mode, code)
		}
		if exists(w.lock) || len(w.children()) > 0 {
			t.Errorf("%s: the lock or the child is left", mode)
		}
		if !strings.Contains(w.stderr.text(), "address already in use") {
			t.Errorf("%s: no message about the port", mode)
		}
	}
}

func tempNotWritable(t *testing.T) {
	w := launch{privateTmp: true, readOnly: true, noWait: true, env: fork("classic", "echo")}.start(t)
	w.waitLog(`(?i)read-only|lock`)
	select {
	case <-w.exited:
		if w.exitCode == 0 {
			t.Error("exit code 0")
		}
	default:
		w.waitHealthy()
		w.post("served").want(t, 200).wantBody(t, "served")
		w.get("/_/ready").want(t, 200)
	}
}

func durations(t *testing.T) {
	for _, value := range []string{"1", "1s", "1000ms"} {
		w := start(t, append(fork("streaming", "slow", "7"), "exec_timeout="+value)...)
		w.get("/").want(t, 504).within(t, time.Second, 1200*time.Millisecond)
	}
	for _, value := range []string{"", "abc", "-5s", "1.5"} { // the default is 30 s: it must be printed, the call must pass
		w := start(t, append(fork("streaming", "slow", "0.2"), "exec_timeout="+value)...)
		w.get("/").want(t, 200)
		w.waitLog(`(?i)(exec|hard)\S*[ :=]+30s`)
	}
}

func accessLogStatus(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		w := start(t, append(fork(mode, "abuse"), "access_log=true", "exec_timeout=1s")...)
		for _, path := range []string{"/exit/0", "/exit/3", "/slow/5"} {
			r := w.get(path, "X-Call-Id: id-"+mode)
			w.waitLog(fmt.Sprintf(`(?m)^.*%s.*\b%d\b.*$`, regexp.QuoteMeta(path), r.status))
		}
		quiet := start(t, fork(mode, "abuse")...)
		quiet.get("/some-path").want(t, 200)
		if mode != "classic" && strings.Contains(quiet.stderr.text(), "some-path") {
			t.Errorf("%s: a line per call without access_log", mode)
		}
	}
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusTeapot)
	}, "access_log=1")
	for _, path := range []string{"/abort", "/tea"} {
		r := w.get(path, "Accept: text/event-stream")
		w.waitLog(fmt.Sprintf(`(?m)^.*%s.*\b%d\b.*$`, path, r.status))
	}
}

func headerLimit(t *testing.T) {
	w := start(t, fork("classic", "echo")...)
	c := w.dial()
	go func() { // the watchdog may answer and close before it has read everything
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\nHost: h\r\n"))
		for i := range 110 {
			_, _ = fmt.Fprintf(c, "X-Big-%d: %s\r\n", i, strings.Repeat("h", 10_000))
		}
		_, _ = c.Write([]byte("\r\n"))
	}()
	if r := c.response("GET"); r.StatusCode != 431 {
		t.Errorf("status %d", r.StatusCode)
	}
}

func badConfiguration(t *testing.T) {
	for _, c := range []struct{ name, env string }{
		{"sideways", "mode=sideways"}, {"afterburn", "mode=afterburn"}, {"inproc", "mode=inproc"},
		{"upstream_url", "mode=http fprocess=cat"}, {"fprocess", "mode=classic"},
	} {
		env := strings.Fields(c.env)
		if strings.HasPrefix(c.name, "s") || strings.HasPrefix(c.name, "a") || c.name == "inproc" {
			env = append(env, "fprocess="+fx("echo"))
		}
		w := launch{noWait: true, env: env}.start(t)
		if code := w.waitExit(3 * time.Second); code != 1 {
			t.Errorf("%s: exit code %d", c.env, code)
		}
		if !strings.Contains(w.stderr.text(), c.name) {
			t.Errorf("%s: the message does not name %s: %q", c.env, c.name, w.stderr.text())
		}
	}
	// static_path empty is not unset in the original; "empty but set is as unset" decides: it starts.
	upper := start(t, "mode=STREAMING", "fprocess="+fx("echo"), "port_unknown=1")
	upper.post("x").want(t, 200).wantHeader(t, "Content-Type", "application/octet-stream")
}

func flags(t *testing.T) {
	for flag, want := range map[string]int{"-version": 0, "--version": 0, "-h": 0, "-help": 0, "--nonsense": 2} {
		argv := append(append([]string{}, suite.runner...), suite.binary, flag)
		ctx, cancel := context.WithTimeout(context.Background(), limit(5*time.Second))
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Env = []string{"TMPDIR=" + t.TempDir()}
		out, _ := cmd.Output()
		cancel()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%s: exit code %d, want %d", flag, code, want)
		}
		if strings.Contains(flag, "version") && len(out) == 0 {
			t.Errorf("%s printed nothing on stdout", flag)
		}
	}
}
