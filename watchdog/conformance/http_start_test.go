package conformance

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var httpStartCases = []testCase{
	{"T39", "http_early_call", "http: a call made before the child listens waits and is 200", true, false, httpEarlyCall},
	{"T40", "http_ready_when_listening", "http: ready and health are 503 until the child listens, then 200", false, false, httpReadyWhenListening},
	{"T88", "http_stale_lock", "http: a stale lock file is gone until the child listens", false, false, httpStaleLock},
	{"X01", "http_deaf_child", "http: ready is 503 when the child no longer accepts connections, health stays 200", false, false, httpDeaf},
	{"X02", "http_startup_timeout", "http, startup_timeout=1s: a child that never listens ends the watchdog with a message", false, false, httpStartupTimeout},
	{"X03", "http_unix_upstream", "http: upstream_url=unix:///path.sock reaches a child on a Unix socket", true, false, httpUnix},
}

var childCases = []testCase{
	{"T62", "http_child_exits_3", "http: the idle child exits 3: the watchdog exits 3, the lock is gone", true, false, childExits3},
	{"T63", "http_child_exits_0", "http: the idle child exits 0: the watchdog exits 1", false, false, childExits0},
	{"T64", "http_long_log_line", "http: a 100 kB log line, then 2,000 lines: every call is 200 and nothing is lost", false, false, childLongLines},
	{"T65", "http_bare_log_lines", "http, prefix_logs=false: bare lines on the same streams", false, false, childBareLines},
	{"T66", "http_missing_binary", "http: a missing binary ends the watchdog with a message before it listens", false, false, childMissing},
	{"X04", "http_child_killed", "http: the child dies of a signal: exit code 128+n", false, false, childKilled},
	{"X05", "http_child_dies_in_call", "http: the child dies during a call: 502, never an empty reply, then the watchdog exits", false, false, childDiesInCall},
	{"X06", "child_stdin", "http: the child's stdin is at its end; with child_stdin=pipe it stays open", false, false, childStdin},
	{"X07", "http_child_environment", "http: the child inherits the environment and gets no Http_* variables", false, false, childEnvironment},
}

func httpEarlyCall(t *testing.T) {
	w := serving(t, launch{noWait: true}, "delay", "1")
	w.waitListening()
	w.get("/").want(t, 200).wantBody(t, "ok\n")
}

// waitListening waits for the port, not for health.
func (w *watchdog) waitListening() {
	w.t.Helper()
	w.eventually(10*time.Second, "the port is bound", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", w.port))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

func httpReadyWhenListening(t *testing.T) {
	w := serving(t, launch{noWait: true}, "delay", "1.5")
	w.waitListening()
	if got := w.probe("/_/ready"); got != 503 {
		t.Errorf("ready is %d while the child does not listen", got)
	}
	if got := w.health(); got != 503 {
		t.Errorf("health is %d while the child does not listen", got)
	}
	w.eventually(5*time.Second, "ready becomes 200", func() bool { return w.probe("/_/ready") == 200 })
	if got := w.health(); got != 200 {
		t.Errorf("health is %d", got)
	}
}

func httpStaleLock(t *testing.T) {
	w := serving(t, launch{noWait: true, staleLock: true}, "delay", "1.5")
	w.waitListening()
	w.eventually(time.Second, "the stale lock goes", func() bool { return !exists(w.lock) })
	if w.health() == 200 {
		t.Error("healthy before the child listens")
	}
	w.waitHealthy()
	if !exists(w.lock) {
		t.Error("no lock file after the child listens")
	}
}

func httpDeaf(t *testing.T) {
	w := serving(t, launch{})
	w.get("/deaf").want(t, 200)
	w.eventually(3*time.Second, "ready becomes 503", func() bool { return w.probe("/_/ready") == 503 })
	if got := w.health(); got != 200 {
		t.Errorf("health is %d", got)
	}
}

func httpStartupTimeout(t *testing.T) {
	w := launch{noWait: true, env: []string{"mode=http", "fprocess=" + fx("slow", "600"),
		fmt.Sprint("upstream_url=http://127.0.0.1:", freePort(t)), "startup_timeout=1s"}}.start(t)
	if code := w.waitExit(3 * time.Second); code == 0 {
		t.Error("exit code 0")
	}
	if exists(w.lock) || len(w.children()) > 0 {
		t.Error("the lock or the child is left")
	}
	if w.stderr.text() == "" {
		t.Error("no message")
	}
}

func httpUnix(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "f.sock")
	w := start(t, "mode=http", "fprocess="+fx("serve", socket), "upstream_url=unix://"+socket)
	w.get("/").want(t, 200).wantBody(t, "ok\n")
	w.call("POST", "/sink", "12345").want(t, 200).wantBody(t, "5\n")
}

func childExits3(t *testing.T) {
	w := serving(t, launch{})
	w.get("/").want(t, 200)
	must(t, syscall.Kill(w.childNamed("serve"), syscall.SIGUSR1))
	if code := w.waitExit(3 * time.Second); code != 3 {
		t.Errorf("exit code %d, want the child's 3", code)
	}
	if exists(w.lock) {
		t.Error("the lock is left")
	}
}

func childExits0(t *testing.T) {
	w := serving(t, launch{})
	must(t, syscall.Kill(w.childNamed("serve"), syscall.SIGUSR2))
	if code := w.waitExit(3 * time.Second); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if exists(w.lock) {
		t.Error("the lock is left")
	}
}

func childKilled(t *testing.T) {
	w := serving(t, launch{})
	must(t, syscall.Kill(w.childNamed("serve"), syscall.SIGKILL))
	if code := w.waitExit(3 * time.Second); code != 137 {
		t.Errorf("exit code %d, want 137", code)
	}
}

func childDiesInCall(t *testing.T) {
	w := serving(t, launch{})
	w.get("/exit").want(t, 502).platformFault(t, true)
	if code := w.waitExit(3 * time.Second); code != 3 {
		t.Errorf("exit code %d, want 3", code)
	}
}

func childLongLines(t *testing.T) {
	w := serving(t, launch{})
	w.get("/logs?bytes=100000&lines=2000").want(t, 200).within(t, 0, 3*time.Second)
	for range 5 {
		w.get("/logs?bytes=100&lines=100").want(t, 200).within(t, 0, 3*time.Second)
	}
	w.waitLog(`log line 1999`)
	w.eventually(3*time.Second, "all bytes of the long line are in the log", func() bool {
		return strings.Count(w.stderr.text(), "x") >= 100_500
	})
}

func childBareLines(t *testing.T) {
	w := serving(t, launch{env: []string{"prefix_logs=false"}})
	w.get("/both").want(t, 200)
	has := func(text, line string) bool { return strings.Contains("\n"+text, "\n"+line+"\n") }
	w.eventually(3*time.Second, "a bare line on stdout", func() bool { return has(w.stdout.text(), `{"to":"stdout"}`) })
	w.eventually(3*time.Second, "a bare line on stderr", func() bool { return has(w.stderr.text(), `{"to":"stderr"}`) })

	prefixed := serving(t, launch{})
	prefixed.get("/both").want(t, 200)
	prefixed.waitLog(`(?m)^\d.* stderr: \{"to":"stderr"\}$`)
	prefixed.eventually(3*time.Second, "a prefixed line on stdout", func() bool {
		return strings.Contains(prefixed.stdout.text(), ` stdout: {"to":"stdout"}`)
	})
}

func childMissing(t *testing.T) {
	w := launch{noWait: true, env: []string{"mode=http", "fprocess=/no/such/binary",
		fmt.Sprint("upstream_url=http://127.0.0.1:", freePort(t))}}.start(t)
	if code := w.waitExit(3 * time.Second); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !strings.Contains(w.stderr.text(), "/no/such/binary") {
		t.Error("the message does not name the binary")
	}
	if exists(w.lock) {
		t.Error("the lock is left")
	}
}

func childStdin(t *testing.T) {
	serving(t, launch{}).get("/stdin").want(t, 200).wantBody(t, "end EOF\n")
	serving(t, launch{env: []string{"child_stdin=pipe"}}).get("/stdin").want(t, 200).wantBody(t, "open\n")
}

func childEnvironment(t *testing.T) {
	w := serving(t, launch{env: []string{"KEPT=1"}})
	body := w.get("/env", "X-Some: header").want(t, 200).body
	if !strings.Contains(body, "KEPT=1") || strings.Contains(body, "Http_") {
		t.Errorf("environment %s", body)
	}
}
