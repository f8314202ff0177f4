package conformance

import (
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Faults of the originals (section 18 of the reference) that no T-case covers in full.
// docs/conformance.md maps every fault to the cases that it would fail.
var faultCases = []testCase{
	{"F04", "shutdown_zero_write_timeout", "fault 4: classic with write_timeout=0 ends on SIGTERM", false, false, faultZeroWrite},
	{"F06", "write_timeout_answered", "fault 6: write_timeout below or at exec_timeout is answered, in every fork mode", false, false, faultWriteTimeout},
	{"F07", "sigterm_handler_exits_0", "fault 7: a child whose SIGTERM handler exits 0 serves through the whole wait", false, false, faultExit0Handler},
	{"F08", "timeout_with_grandchild", "fault 8: a grandchild on the pipe does not prolong a timed-out call, nor hide that it was cut", false, false, faultGrandchild},
	{"F08b", "grandchild_after_exit", "fault 8: a grandchild that holds the pipe after exit 0 delays the answer by at most kill_grace", false, false, faultHeldPipe},
	{"F10", "sse_exec_timeout", "fault 10: exec_timeout counts before the first byte of an event stream and for upgrades too", false, false, faultSSETimeout},
	{"F11", "serializing_big_unread", "fault 11: 200 unread bodies leave no goroutine behind: threads, descriptors and memory flat", false, true, faultUnreadFlat},
	{"F14", "child_exit_0_in_wait", "fault 14: a child that exits 0 makes calls fail and the watchdog exit, with its lock gone", false, false, faultExit0},
	{"F15", "timeout_leaves_no_orphan", "fault 15: after a timeout no process of the group is left, even one that ignores SIGTERM", false, false, faultOrphans},
	{"F16", "lock_directory_missing", "fault 16: a missing lock directory is created or reported, never a silent exit", false, false, faultLockDirectory},
	{"F18", "debug_modes_survive", "fault 18: write_debug and debug_headers with a failing function, no crash and no lost slot", false, false, faultDebug},
	{"F19", "half_duplex_http", "fault 19: a half-duplex client in http mode gets its large echo or a clear error, never a hang", false, false, faultHalfDuplexSmall},
}

func faultZeroWrite(t *testing.T) {
	for _, mode := range []string{"classic", "streaming"} {
		w := start(t, append(fork(mode, "echo"), "write_timeout=0", "healthcheck_interval=0")...)
		w.post("x").want(t, 200)
		w.signal(syscall.SIGTERM)
		if code := w.waitExit(time.Second); code != 0 {
			t.Errorf("%s: exit code %d", mode, code)
		}
	}
}

func faultWriteTimeout(t *testing.T) {
	for mode, status := range map[string]int{"classic": 408, "streaming": 504, "serializing": 504} {
		w := start(t, append(fork(mode, "slow", "7"), "exec_timeout=5s", "write_timeout=1s")...)
		w.get("/").want(t, status).within(t, 900*time.Millisecond, 1500*time.Millisecond)
		w.waitLog(`(?i)write_timeout`) // the warning at start
	}
}

func faultExit0Handler(t *testing.T) {
	w := serving(t, launch{env: []string{"healthcheck_interval=1500ms"}}, "exit0")
	w.signal(syscall.SIGTERM)
	w.eventually(time.Second, "health becomes 503", func() bool { return w.health() == 503 })
	for range 5 {
		w.get("/").want(t, 200)
	}
	if code := w.waitExit(4 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func faultGrandchild(t *testing.T) {
	for _, mode := range []string{"streaming", "serializing"} {
		w := start(t, append(fork(mode, "slowchild", "9"), "exec_timeout=1s", "kill_grace=500ms")...)
		w.get("/").want(t, 504).within(t, time.Second, 2*time.Second)
		w.eventually(3*time.Second, mode+": the group is gone", func() bool { return len(w.children()) == 0 })
	}
}

func faultHeldPipe(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		for _, how := range []string{"", "escape"} {
			w := start(t, append(fork(mode, "hold", "15", how), "kill_grace=500ms", "exec_timeout=12s")...)
			r := w.get("/").within(t, 0, 2*time.Second)
			if r.status != 200 || r.body != "held\n" {
				t.Errorf("%s %s: status %d, body %q, err %v", mode, how, r.status, r.body, r.err)
			}
			if how == "" {
				w.eventually(3*time.Second, mode+": the group is gone", func() bool { return len(w.children()) == 0 })
			}
		}
	}
}

func faultSSETimeout(t *testing.T) {
	w := before(t, sleeper, "exec_timeout=1s")
	for _, accept := range []string{"text/event-stream", "application/x-ndjson"} {
		w.get("/slow", "Accept: "+accept).want(t, 504).within(t, time.Second, 1500*time.Millisecond)
	}
	w.dial().send("GET /slow HTTP/1.1", "Host: h", "Connection: Upgrade", "Upgrade: websocket").
		result("GET").want(t, 504).within(t, time.Second, 1500*time.Millisecond)
}

func faultUnreadFlat(t *testing.T) {
	w := start(t, fork("serializing", "exit", "0")...)
	body := strings.Repeat("b", 300_000)
	for range 50 {
		w.post(body).want(t, 200)
	}
	before := w.vital()
	for range 200 {
		w.post(body).want(t, 200)
	}
	assertFlat(t, before, w.vital(), 4<<10)
}

func faultExit0(t *testing.T) {
	w := serving(t, launch{})
	running := make(chan result, 1)
	go func() { running <- w.get("/slow?s=20") }()
	w.eventually(5*time.Second, "the call is in flight", func() bool { return w.metric("http_requests_in_flight") == 1 })
	must(t, syscall.Kill(w.childNamed("serve"), syscall.SIGUSR2))
	if r := <-running; r.status != 502 {
		t.Errorf("the call in flight got %d (%v)", r.status, r.err)
	}
	if code := w.waitExit(3 * time.Second); code != 1 || exists(w.lock) {
		t.Errorf("exit code %d, lock left: %v", code, exists(w.lock))
	}
}

func faultOrphans(t *testing.T) {
	for mode, status := range map[string]int{"classic": 408, "streaming": 504, "serializing": 504} {
		w := start(t, append(fork(mode, "stubborn", "30"), "exec_timeout=500ms", "kill_grace=500ms")...)
		w.get("/").want(t, status).within(t, 500*time.Millisecond, 1500*time.Millisecond)
		w.eventually(3*time.Second, mode+": nothing is left", func() bool { return len(w.children()) == 0 })
	}
}

func faultLockDirectory(t *testing.T) {
	dir := t.TempDir() + "/not/there"
	w := launch{noWait: true, env: append(fork("classic", "echo"), "lock_path="+dir+"/.lock", "TMPDIR="+dir)}.start(t)
	w.waitHealthy()
	w.post("x").want(t, 200)
	if !exists(dir+"/.lock") && !regexp.MustCompile(`(?i)lock`).MatchString(w.stderr.text()) {
		t.Error("no lock and no word about it")
	}
}

func faultDebug(t *testing.T) {
	for _, program := range []string{"exit3", "die", "echo"} {
		w := start(t, append(fork("classic", program), "write_debug=true", "debug_headers=true", "max_inflight=1")...)
		for range 3 {
			if r := w.post("text", "X-Seen: yes"); r.status != 500 && r.status != 200 {
				t.Errorf("%s: status %d", program, r.status)
			}
		}
		w.eventually(3*time.Second, "the header is on stdout", func() bool { return strings.Contains(w.stdout.text(), "X-Seen") })
	}
}

func faultHalfDuplexSmall(t *testing.T) {
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		buffer := make([]byte, 32<<10)
		for {
			n, err := r.Body.Read(buffer)
			_, _ = w.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	})
	data := randomBytes(300_000) // the size of fault 1's half-duplex measurement
	c := w.dial().send("POST / HTTP/1.1", "Host: h", "Content-Length: 300000")
	_, err := c.Write(data)
	must(t, err)
	assertSame(t, []byte(c.result("POST").want(t, 200).body), data)
}
