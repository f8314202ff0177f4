package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a container may be denied: a root file system to write to, root, processes, memory, room in /tmp.

func dockerReadOnly(t *testing.T, image string) {
	bare := contain(t, image, "--read-only", "mode=streaming", "fprocess=/usr/bin/fixture echo")
	bare.w.post("no writable /tmp").want(t, 200).wantBody(t, "no writable /tmp")
	tmpfs := contain(t, image, "--read-only", "--tmpfs=/tmp", "mode=classic", "fprocess=/usr/bin/fixture echo")
	tmpfs.w.post("x").want(t, 200)
	docker(t, "exec", tmpfs.id, "/bin/busybox", "test", "-e", "/tmp/.lock")
}

func dockerNonRoot(t *testing.T, image string) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		c := contain(t, image, "--user", "1234:1234", "--cap-drop=ALL", "--security-opt=no-new-privileges", "mode="+mode,
			"fprocess=/usr/bin/fixture whoami", "kill_grace=500ms")
		c.w.get("/").want(t, 200).wantBody(t, "1234\n")
	}
	http := contain(t, image, "--user", "1234", "mode=http", "upstream_url=http://127.0.0.1:3000",
		"fprocess=/usr/bin/fixture serve 127.0.0.1:3000", "healthcheck_interval=0")
	http.w.get("/").want(t, 200)
	docker(t, "stop", "-t", "9", http.id)
	if code := http.state("ExitCode"); code != "0" {
		t.Errorf("exit code %s", code)
	}
}

func dockerPidsLimit(t *testing.T, image string) {
	c := contain(t, image, "--pids-limit=40", "mode=classic", "fprocess=/usr/bin/fixture abuse", "exec_timeout=8s", "kill_grace=500ms")
	c.w.get("/").want(t, 200)
	crowded := make(chan result, 4)
	for range 4 {
		go func() { crowded <- c.w.get("/crowd/200") }()
	}
	for range 4 { // whatever they get, it is an answer, and an honest one
		if r := <-crowded; r.status != 200 && r.status < 400 {
			t.Errorf("status %d, err %v", r.status, r.err)
		}
	}
	c.w.eventually(10*time.Second, "a normal call works again", func() bool { r := c.w.get("/"); return r.status == 200 && r.body == "ok\n" })
	if c.state("Running") != "true" || c.state("Pid") != strconv.Itoa(c.pid) {
		t.Error("the watchdog did not survive")
	}
}

func dockerMemoryLimit(t *testing.T, image string) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		c := contain(t, image, "--memory=48m", "--memory-swap=48m", "mode="+mode, "fprocess=/usr/bin/fixture abuse", "exec_timeout=20s")
		if r := c.w.get("/hog/400"); r.status != 500 || !strings.HasPrefix(r.body, "signal: killed") {
			t.Errorf("%s: status %d, body %.80q, err %v", mode, r.status, r.body, r.err)
		}
		c.w.get("/").want(t, 200).wantBody(t, "ok\n")
		if c.state("Pid") != strconv.Itoa(c.pid) {
			t.Errorf("%s: the watchdog did not survive", mode)
		}
	}
}

func dockerFullTmp(t *testing.T, image string) {
	c := contain(t, image, "--read-only", "--tmpfs=/tmp:size=4m", "mode=streaming", "fprocess=/usr/bin/fixture abuse",
		"exec_timeout=4s", "write_timeout=5s")
	docker(t, "exec", c.id, "/usr/bin/fixture", "fill", "/tmp/big")
	c.w.get("/").want(t, 200)
	c.w.get("/_/ready").want(t, 200)
	// 40 MB for a client that does not read yet, and no room to spool them: back-pressure until exec_timeout
	// ends the call. A hang beyond it or a silent cut is a fault.
	wire := dial(t, fmt.Sprint("127.0.0.1:", c.w.port)).send("POST /echo HTTP/1.1", "Host: h", "Content-Length: 40000000")
	wire.SetDeadline(time.Now().Add(limit(15 * time.Second)))
	data := randomBytes(40_000_000)
	_, writeErr := wire.Write(data)
	if r := wire.result("POST"); writeErr == nil && r.err == nil && (r.status < 400 && r.body != string(data)) {
		t.Errorf("status %d with %d bytes and a clean end", r.status, len(r.body))
	} else if os.IsTimeout(r.err) || os.IsTimeout(writeErr) {
		t.Errorf("hangs: write %v, read %v", writeErr, r.err)
	}
	c.w.get("/").want(t, 200)

	full := startContainer(t, image, "--read-only", "-v", fullTmp(t)+":/tmp:ro", "mode=classic", "fprocess=/usr/bin/fixture echo")
	full.w.waitHealthy() // the lock cannot be written: a warning, not a failure
	full.w.post("x").want(t, 200)
}

func fullTmp(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "tmp")
	must(t, os.Mkdir(dir, 0o755))
	return dir
}
