package conformance

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// watchdog is one running watchdog process with ports, lock file and temporary directory of its own.
type watchdog struct {
	t             *testing.T
	cmd           *exec.Cmd
	mark          string // in the environment of the watchdog and of all that it starts
	port, metrics int
	tmp, lock     string
	stdout        *lines
	stderr        *lines
	exited        chan struct{}
	exitCode      int // valid once exited is closed; 128+n for a signal
}

// launch says how to start a watchdog; the zero value is right for most cases.
type launch struct {
	env        []string // KEY=value; wins over the harness's own values
	args       []string
	noWait     bool // do not wait for /_/health
	privateTmp bool // /tmp of the watchdog is w.tmp, no lock_path and no TMPDIR: the default locations
	readOnly   bool // with privateTmp: read-only
	pidOne     bool // PID 1 of a new PID namespace
	staleLock  bool // the lock file exists before the start
}

var lastPort atomic.Int32

// start runs a watchdog with these variables and waits until it is healthy.
func start(t *testing.T, env ...string) *watchdog { return launch{env: env}.start(t) }

func (l launch) start(t *testing.T) *watchdog {
	t.Helper()
	w := &watchdog{t: t, port: freePort(t), metrics: freePort(t), tmp: t.TempDir(), exited: make(chan struct{})}
	w.mark = fmt.Sprintf("CONFORMANCE_MARK=%d-%d", os.Getpid(), w.port)
	w.lock = filepath.Join(w.tmp, ".lock")
	must(t, os.Chmod(w.tmp, 0o777))

	env := []string{"PATH=" + os.Getenv("PATH"), w.mark,
		fmt.Sprint("port=", w.port), fmt.Sprint("metrics_port=", w.metrics), "GORACE=halt_on_error=0"}
	if !l.privateTmp {
		env = append(env, "TMPDIR="+w.tmp, "lock_path="+w.lock)
	}
	if l.staleLock {
		must(t, os.WriteFile(w.lock, nil, 0o640))
	}
	w.run(l, append(env, l.env...))
	t.Cleanup(w.end)
	if !l.noWait {
		w.waitHealthy()
	}
	return w
}

func (w *watchdog) run(l launch, env []string) {
	w.t.Helper()
	argv := append(append(append([]string{}, suite.runner...), suite.binary), l.args...)
	attr := &syscall.SysProcAttr{Setpgid: true}
	if l.privateTmp {
		access := "rw"
		if l.readOnly {
			access = "ro"
		}
		argv = append([]string{suite.fixture, "isolate", w.tmp, access}, argv...)
		attr.Cloneflags |= syscall.CLONE_NEWNS
	}
	if l.pidOne {
		attr.Cloneflags |= syscall.CLONE_NEWPID
	}
	if attr.Cloneflags != 0 && os.Geteuid() != 0 {
		w.t.Skip("needs root for a namespace")
	}
	w.cmd = exec.Command(argv[0], argv[1:]...)
	w.cmd.Env, w.cmd.SysProcAttr = env, attr
	w.stdout, w.cmd.Stdout = follow(w.t)
	w.stderr, w.cmd.Stderr = follow(w.t)
	must(w.t, w.cmd.Start())
	w.cmd.Stdout.(*os.File).Close()
	w.cmd.Stderr.(*os.File).Close()
	go func() {
		defer close(w.exited)
		_ = w.cmd.Wait()
		for _, stream := range []*lines{w.stdout, w.stderr} {
			select {
			case <-stream.ended:
			case <-time.After(300 * time.Millisecond): // a child of the watchdog holds it
			}
		}
		w.exitCode = w.cmd.ProcessState.ExitCode()
		if status := w.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
			w.exitCode = 128 + int(status.Signal())
		}
	}()
}

// end kills what is left and holds the invariants of every case: no race, no panic.
func (w *watchdog) end() {
	_ = w.cmd.Process.Kill()
	<-w.exited
	for _, pid := range marked(w.mark) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	log := w.stderr.text()
	for _, bad := range []string{"WARNING: DATA RACE", "panic:", "fatal error:"} {
		if strings.Contains(log, bad) {
			w.t.Errorf("the watchdog's log contains %q", bad)
		}
	}
	if w.t.Failed() {
		w.t.Logf("watchdog stderr:\n%s", clip(log))
		w.t.Logf("watchdog stdout:\n%s", clip(w.stdout.text()))
	}
}

func (w *watchdog) url(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", w.port, path) }

func (w *watchdog) pid() int { return w.cmd.Process.Pid }

func (w *watchdog) signal(s syscall.Signal) { must(w.t, w.cmd.Process.Signal(s)) }

func (w *watchdog) waitHealthy() {
	w.t.Helper()
	w.eventually(20*time.Second, "health becomes 200", func() bool { return w.health() == 200 })
}

// health is the status of /_/health on a new connection, 0 when it cannot be reached.
func (w *watchdog) health() int { return w.probe("/_/health") }

func (w *watchdog) probe(path string) int {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	response, err := client.Get(w.url(path))
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// waitExit returns the exit code, failing when the watchdog is still there after the limit.
func (w *watchdog) waitExit(within time.Duration) int {
	w.t.Helper()
	select {
	case <-w.exited:
		return w.exitCode
	case <-time.After(limit(within)):
		w.t.Fatalf("the watchdog still runs after %v", limit(within))
		return -1
	}
}

// eventually waits for a condition; the limit only decides when to give up.
func (w *watchdog) eventually(within time.Duration, what string, condition func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(limit(within))
	for !condition() {
		if time.Now().After(deadline) {
			w.t.Fatalf("did not happen within %v: %s", limit(within), what)
		}
		select {
		case <-w.exited:
			if !condition() {
				w.t.Fatalf("the watchdog exited with %d while waiting: %s", w.exitCode, what)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (w *watchdog) waitLog(pattern string) {
	w.t.Helper()
	matches := regexp.MustCompile(pattern).MatchString
	w.eventually(5*time.Second, "log matches "+pattern, func() bool { return matches(w.stderr.text()) })
}

// limit stretches an upper bound for slow binaries and a shared machine.
func limit(d time.Duration) time.Duration { return (d + time.Second) * suite.slowness * suite.patience }

func fx(words ...string) string { return suite.fixture + " " + strings.Join(words, " ") }

func fork(mode string, words ...string) []string {
	return []string{"mode=" + mode, "fprocess=" + fx(words...)}
}

// freePort counts through a range below the ephemeral one, so that two cases never meet, and below that of the
// daemon's tests, which run at the same time (test/fixtures/free-port.ts).
func freePort(t testing.TB) int {
	t.Helper()
	for range 500 {
		port := 10000 + (os.Getpid()*37+int(lastPort.Add(1)))%10000
		if listener, err := net.Listen("tcp", fmt.Sprint(":", port)); err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// lines collects a stream of the watchdog.
type lines struct {
	mu    sync.Mutex
	data  strings.Builder
	ended chan struct{} // the last holder of the stream has closed it
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.data.String()
}

const keepLog = 8 << 20

func follow(t *testing.T) (*lines, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	l := &lines{ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		defer r.Close()
		reader := bufio.NewReaderSize(r, 64<<10)
		block := make([]byte, 64<<10)
		for {
			n, err := reader.Read(block)
			l.mu.Lock()
			if l.data.Len() < keepLog {
				l.data.Write(block[:n])
			}
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return l, w
}

func clip(s string) string {
	if len(s) > 4000 {
		return s[:2000] + "\n...\n" + s[len(s)-2000:]
	}
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
