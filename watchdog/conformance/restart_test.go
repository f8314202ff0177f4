package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The restart of the function's process by SIGUSR2, which reference watchdogs do not have.
var restartCases = []testCase{
	{"X86", "restart_replaces_process", "http: SIGUSR2 replaces the process; calls that come meanwhile wait for the new one", true, false, restartReplaces},
	{"X87", "restart_survives_broken_code", "http: a new process that dies ends nothing: 502 and not ready until the next SIGUSR2 mends it", false, false, restartBroken},
	{"X88", "restart_while_starting", "http: SIGUSR2 while a new process starts begins again; SIGTERM then ends the watchdog", false, false, restartTwice},
	{"X89", "restart_of_forks", "classic, streaming: SIGUSR2 changes nothing, as each call starts a process", false, false, restartForks},
}

// program is a function whose code can be edited: a script that ends in the fixture's server.
type program struct {
	t             *testing.T
	path, address string
}

func newProgram(t *testing.T) program {
	return program{t, filepath.Join(t.TempDir(), "run.sh"), fmt.Sprint("127.0.0.1:", freePort(t))}
}

func (p program) write(before string) {
	script := "#!/bin/sh\n" + before + "\nexec " + fx("serve", p.address) + "\n"
	// Beside it and renamed: a shell reads its script bit by bit.
	must(p.t, os.WriteFile(p.path+".new", []byte(script), 0o755))
	must(p.t, os.Rename(p.path+".new", p.path))
}

func (p program) start() *watchdog {
	return start(p.t, "mode=http", "fprocess=/bin/sh "+p.path, "upstream_url=http://"+p.address, "kill_grace=1s", "healthcheck_interval=1ms")
}

func restartReplaces(t *testing.T) {
	code := newProgram(t)
	code.write("")
	w := code.start()
	w.get("/").want(t, 200)
	before := w.childNamed("serve")
	code.write("sleep 0.5")

	w.signal(syscall.SIGUSR2)
	w.eventually(5*time.Second, "the old process is gone", func() bool { return syscall.Kill(before, 0) != nil })

	w.get("/").want(t, 200).wantBody(t, "ok\n")
	if after := w.childNamed("serve"); after == before {
		t.Error("the process is the same")
	}
}

func restartBroken(t *testing.T) {
	code := newProgram(t)
	code.write("")
	w := code.start()
	code.write("echo broken >&2; exit 7")

	w.signal(syscall.SIGUSR2)
	w.waitLog("exit status 7")
	w.get("/").want(t, 502)
	if got := w.probe("/_/ready"); got != 503 {
		t.Errorf("ready is %d", got)
	}
	code.write("")
	w.signal(syscall.SIGUSR2)

	w.eventually(5*time.Second, "it works again", func() bool { return w.probe("/_/ready") == 200 })
	w.get("/").want(t, 200)
}

func restartTwice(t *testing.T) {
	code := newProgram(t)
	code.write("")
	w := code.start()
	code.write("sleep 600")
	w.signal(syscall.SIGUSR2)
	w.waitLog("SIGUSR2")
	code.write("")

	w.signal(syscall.SIGUSR2)
	w.get("/").want(t, 200)

	code.write("sleep 600")
	w.signal(syscall.SIGUSR2)
	w.eventually(5*time.Second, "the next one is awaited", func() bool { return w.probe("/_/ready") == 503 })
	w.signal(syscall.SIGTERM)
	if got := w.waitExit(5 * time.Second); got != 0 {
		t.Errorf("exit code %d", got)
	}
	if len(w.children()) > 0 {
		t.Error("a process is left")
	}
}

func restartForks(t *testing.T) {
	for _, mode := range []string{"classic", "streaming"} {
		w := start(t, fork(mode, "echo")...)
		w.signal(syscall.SIGUSR2)
		w.post("hi").want(t, 200)
	}
}
