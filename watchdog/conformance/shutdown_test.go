package conformance

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

var shutdownCases = []testCase{
	{"T73", "shutdown_wait_and_drain", "SIGTERM, healthcheck_interval=2s, a 4 s call running: health 503 and the lock gone at once, calls accepted for 2 s and then refused, the running call completes, exit 0", false, false, shutdownDrain},
	{"T74", "shutdown_no_wait", "SIGTERM, healthcheck_interval=0, idle: exits 0 within a second, in every mode", true, false, shutdownAtOnce},
	{"T75", "shutdown_plain_child", "http: a child without SIGTERM handler finishes its call, then ends; exit 0", false, false, shutdownPlainChild},
	{"T76", "shutdown_stubborn_child", "http: a child that ignores SIGTERM is gone after the grace; exit 0", false, false, shutdownStubborn},
	{"T77", "pid1_reaps_orphans", "PID 1: orphans of a double fork leave no zombies", false, false, pidOneReaps},
	{"X18", "shutdown_second_signal", "a second SIGTERM skips the rest of the wait; SIGINT is SIGTERM; SIGHUP is ignored", false, false, shutdownSignals},
	{"X19", "shutdown_drain_limit", "write_timeout bounds the drain: a call that never ends is cut, its group is killed, exit 0", false, false, shutdownDrainLimit},
	{"X20", "reaping_steals_nothing", "PID 1: 200 calls with orphans keep their own exit codes", false, true, pidOneExitCodes},
}

func shutdownDrain(t *testing.T) {
	for _, mode := range []string{"http", "streaming"} {
		t.Run(mode, func(t *testing.T) { waitAndDrain(t, mode) })
	}
}

func waitAndDrain(t *testing.T, mode string) {
	var w *watchdog
	env := []string{"healthcheck_interval=2s", "write_timeout=20s", "exec_timeout=20s"}
	path := "/slow?s=4"
	if mode == "http" {
		w = serving(t, launch{env: env})
	} else {
		path = "/slow/4"
		w = start(t, append(fork(mode, "abuse"), env...)...)
	}
	running := make(chan result, 1)
	go func() { running <- w.get(path) }()
	w.eventually(5*time.Second, "the call is in flight", func() bool { return w.metric("http_requests_in_flight") == 1 })

	w.signal(syscall.SIGTERM)
	signalled := time.Now()
	w.eventually(500*time.Millisecond, "health becomes 503", func() bool { return w.health() == 503 })
	w.eventually(500*time.Millisecond, "the lock goes", func() bool { return !exists(w.lock) })
	if got := w.probe("/_/ready"); got != 503 {
		t.Errorf("ready is %d after SIGTERM", got)
	}
	if r := w.get("/").want(t, 200); !r.closing {
		t.Error("the response after SIGTERM has no Connection: close")
	}
	w.eventually(3*time.Second, "connections are refused", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", w.port))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if waited := time.Since(signalled); waited < 1500*time.Millisecond {
		t.Errorf("refused %v after SIGTERM, want 2 s", waited)
	}
	(<-running).want(t, 200)
	if code := w.waitExit(3 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func shutdownAtOnce(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing", "http", "static"} {
		env := append(fork(mode, "echo"), "healthcheck_interval=0")
		var w *watchdog
		switch mode {
		case "http":
			w = serving(t, launch{env: []string{"healthcheck_interval=0"}})
		case "static":
			w = start(t, append(env, "static_path="+t.TempDir())...)
		default:
			w = start(t, env...)
		}
		w.probe("/_/ready")
		w.signal(syscall.SIGTERM)
		if code := w.waitExit(time.Second); code != 0 {
			t.Errorf("%s: exit code %d", mode, code)
		}
		if exists(w.lock) {
			t.Errorf("%s: the lock is left", mode)
		}
	}
}

func shutdownPlainChild(t *testing.T) {
	w := serving(t, launch{env: []string{"healthcheck_interval=0", "write_timeout=20s"}})
	running := make(chan result, 1)
	go func() { running <- w.get("/slow?s=2") }()
	w.eventually(5*time.Second, "the call is in flight", func() bool { return w.metric("http_requests_in_flight") == 1 })
	w.signal(syscall.SIGTERM)
	(<-running).want(t, 200).wantBody(t, "slept\n")
	if code := w.waitExit(3 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left := w.children(); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

func shutdownStubborn(t *testing.T) {
	w := serving(t, launch{env: []string{"healthcheck_interval=0", "kill_grace=500ms"}}, "ignore")
	w.signal(syscall.SIGTERM)
	if code := w.waitExit(3 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left := w.children(); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

func shutdownSignals(t *testing.T) {
	w := start(t, append(fork("streaming", "echo"), "healthcheck_interval=60s")...)
	w.signal(syscall.SIGHUP)
	w.post("still here").want(t, 200)
	w.signal(syscall.SIGINT)
	w.eventually(time.Second, "health becomes 503", func() bool { return w.health() == 503 })
	w.post("x").want(t, 200)
	w.signal(syscall.SIGTERM)
	if code := w.waitExit(2 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func shutdownDrainLimit(t *testing.T) {
	w := start(t, append(fork("streaming", "stubborn", "60"), "healthcheck_interval=0", "exec_timeout=0",
		"write_timeout=2s", "kill_grace=500ms")...)
	c := w.dial().send("GET / HTTP/1.1", "Host: h")
	defer c.Close()
	w.eventually(5*time.Second, "the process runs", func() bool { return w.running("stubborn") })
	w.signal(syscall.SIGTERM)
	if code := w.waitExit(5 * time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left := w.children(); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

func pidOneReaps(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		w := launch{pidOne: true, privateTmp: true, env: fork(mode, "dfork")}.start(t)
		for range 3 {
			w.get("/").want(t, 200).wantBody(t, "forked\n")
		}
		w.eventually(8*time.Second, mode+": the orphans have ended", func() bool { return !w.running("slow") })
		w.eventually(7*time.Second, mode+": no zombies", func() bool { return zombies(w.pid()) == 0 })
	}
}

func pidOneExitCodes(t *testing.T) {
	w := launch{pidOne: true, privateTmp: true, env: append(fork("classic", "abuse"), "exec_timeout=20s")}.start(t)
	for i := range 50 {
		w.get("/dfork").want(t, 200)
		for _, code := range []int{0, 3, 7} {
			r := w.get(fmt.Sprintf("/exit/%d", code))
			if code == 0 && r.status != 200 || code > 0 && !strings.HasPrefix(r.body, fmt.Sprintf("exit status %d\n", code)) {
				t.Fatalf("round %d: exit %d became %d %q", i, code, r.status, r.body)
			}
		}
	}
}
