package conformance

import (
	"archive/tar"
	"bytes"
	"fmt"

	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The watchdog as PID 1 of real containers (WATCHDOG_DOCKER=1). Everything carries one label, and
// the label is how everything is removed, at the start as well as at the end.

const (
	dockerLabel   = "com.sampan.test=watchdog"
	dockerNetwork = "sampan-test-watchdog" // of our own: the default bridge belongs to whoever uses this host
)

func TestDocker(t *testing.T) {
	if os.Getenv("WATCHDOG_DOCKER") == "" {
		t.Skip("WATCHDOG_DOCKER is not set")
	}
	dockerCleanup(t)
	t.Cleanup(func() { dockerCleanup(t) })
	docker(t, "network", "create", "--label", dockerLabel, dockerNetwork)
	image := importImage(t)
	for _, c := range dockerCases {
		t.Run(c.id+"_"+c.name, func(t *testing.T) {
			t.Cleanup(func() { record(t, c.id) })
			c.run(t, image)
		})
	}
}

var dockerCases = []struct {
	id, name, what string
	run            func(*testing.T, string)
}{
	{"D01", "zombies_and_double_fork", "PID 1: no zombie and no orphan after double forks, in every mode", dockerZombies},
	{"D02", "orphans_that_ignore_SIGTERM", "PID 1: an orphan that ignores SIGTERM is killed with its group; one that escaped does not hold up the end", dockerStubbornOrphans},
	{"D03", "read_only_root", "read-only root, with and without a tmpfs on /tmp", dockerReadOnly},
	{"D04", "non_root_user", "a user without name, all capabilities dropped", dockerNonRoot},
	{"D05", "pids_limit_reached", "pids limit reached: calls are answered, the watchdog lives, a normal call works afterwards", dockerPidsLimit},
	{"D06", "memory_limit_reached", "memory limit reached: the child dies and is a 500, the watchdog lives", dockerMemoryLimit},
	{"D07", "full_tmp", "full /tmp: calls work, a spool without room fails loudly; an unwritable /tmp is a warning", dockerFullTmp},
	{"D08", "stop_is_quick_and_clean", "docker stop with a short wait: exit 0 within seconds, in every mode", dockerStop},
	{"D09", "http_child_dies", "the http child dies: the container ends with its code", dockerChildDies},
	{"D10", "healthcheck_by_exec", "docker exec fwatchdog -run-healthcheck is silent and right", dockerHealthcheck},
	{"D11", "restart_with_stale_lock", "a restarted container removes the stale lock until it is ready", dockerRestart},
}

// container is one running function with the watchdog as PID 1.
type container struct {
	t   *testing.T
	id  string
	pid int // of PID 1, seen from the host
	w   *watchdog
}

// importImage makes an image of busybox, the fixture and the watchdog, without any registry.
func importImage(t *testing.T) string {
	t.Helper()
	var archive bytes.Buffer
	out := tar.NewWriter(&archive)
	for _, dir := range []struct {
		name string
		mode int64
	}{{"tmp/", 0o1777}, {"bin/", 0o755}, {"usr/", 0o755}, {"usr/bin/", 0o755}, {"proc/", 0o755}, {"dev/", 0o755}, {"sys/", 0o755}} {
		must(t, out.WriteHeader(&tar.Header{Name: dir.name, Typeflag: tar.TypeDir, Mode: dir.mode}))
	}
	busybox, err := exec.LookPath("busybox")
	must(t, err)
	for name, source := range map[string]string{"bin/busybox": busybox, "usr/bin/fixture": suite.fixture, "usr/bin/fwatchdog": suite.binary} {
		data, err := os.ReadFile(source)
		must(t, err)
		must(t, out.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data))}))
		_, err = out.Write(data)
		must(t, err)
	}
	must(t, out.WriteHeader(&tar.Header{Name: "bin/sh", Typeflag: tar.TypeSymlink, Linkname: "busybox"}))
	must(t, out.Close())

	cmd := exec.Command("docker", "import", "--change", "LABEL "+dockerLabel, "--change", `CMD ["/usr/bin/fwatchdog"]`,
		"--change", "ENV PATH=/usr/bin:/bin", "-", "sampan-test/watchdog:conformance")
	cmd.Stdin = &archive
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker import: %v: %s", err, text)
	}
	return strings.TrimSpace(string(text))
}

// contain runs a container; args are options of `docker run`, env entries start with a name and `=`.
func contain(t *testing.T, image string, args ...string) *container {
	t.Helper()
	c := startContainer(t, image, args...)
	c.w.waitHealthy()
	return c
}

func startContainer(t *testing.T, image string, args ...string) *container {
	t.Helper()
	words := []string{"run", "-d", "--label", dockerLabel, "--network", dockerNetwork, "-p", "127.0.0.1::8080"}
	for _, arg := range args {
		if name, _, ok := strings.Cut(arg, "="); ok && !strings.HasPrefix(name, "-") {
			words = append(words, "-e")
		}
		words = append(words, arg)
	}
	c := &container{t: t, id: docker(t, append(words, image)...)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("container log:\n%s", clip(docker(t, "logs", c.id)))
		}
		docker(t, "rm", "-f", "-v", c.id)
	})
	_, port, _ := strings.Cut(docker(t, "port", c.id, "8080/tcp"), ":")
	c.pid, _ = strconv.Atoi(docker(t, "inspect", "-f", "{{.State.Pid}}", c.id))
	c.w = &watchdog{t: t, exited: make(chan struct{})}
	c.w.port, _ = strconv.Atoi(strings.TrimSpace(port))
	return c
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	text, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %v: %v: %s", args, err, text)
	}
	return strings.TrimSpace(string(text))
}

func dockerCleanup(t *testing.T) {
	for _, id := range strings.Fields(docker(t, "ps", "-aq", "--filter", "label="+dockerLabel)) {
		docker(t, "rm", "-f", "-v", id)
	}
	for _, id := range strings.Fields(docker(t, "network", "ls", "-q", "--filter", "label="+dockerLabel)) {
		docker(t, "network", "rm", id)
	}
	for _, id := range strings.Fields(docker(t, "images", "-q", "--filter", "label="+dockerLabel)) {
		docker(t, "rmi", "-f", id)
	}
}

// processes counts the processes in the container, PID 1 included.
func (c *container) processes() int {
	return len(strings.Split(docker(c.t, "top", c.id, "-eo", "pid"), "\n")) - 1
}

func (c *container) state(field string) string {
	return docker(c.t, "inspect", "-f", "{{.State."+field+"}}", c.id)
}

func dockerZombies(t *testing.T, image string) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		c := contain(t, image, "mode="+mode, "fprocess=/usr/bin/fixture dfork")
		for range 5 {
			c.w.get("/").want(t, 200).wantBody(t, "forked\n")
		}
		c.w.eventually(8*time.Second, mode+": no zombie and no orphan", func() bool { return zombies(c.pid) == 0 && c.processes() == 1 })
	}
	c := contain(t, image, "mode=http", "upstream_url=http://127.0.0.1:3000", "fprocess=/usr/bin/fixture serve 127.0.0.1:3000")
	docker(t, "exec", c.id, "/usr/bin/fixture", "dfork")
	c.w.eventually(8*time.Second, "http: no zombie, watchdog and child left", func() bool { return zombies(c.pid) == 0 && c.processes() == 2 })
}

func dockerStubbornOrphans(t *testing.T, image string) {
	c := contain(t, image, "mode=streaming", "fprocess=/usr/bin/fixture hold 60", "kill_grace=500ms", "healthcheck_interval=0")
	c.w.get("/").within(t, 0, 2*time.Second)
	c.w.eventually(4*time.Second, "the orphan of the group is gone", func() bool { return c.processes() == 1 })

	escaped := contain(t, image, "mode=streaming", "fprocess=/usr/bin/fixture hold 60 escape", "kill_grace=500ms", "healthcheck_interval=0")
	escaped.w.get("/").want(t, 200).within(t, 0, 2*time.Second)
	began := time.Now()
	docker(t, "stop", "-t", "9", escaped.id)
	if took := time.Since(began); took > limit(4*time.Second) || escaped.state("ExitCode") != "0" {
		t.Errorf("stopped after %v with code %s", took, escaped.state("ExitCode"))
	}
}

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

func dockerStop(t *testing.T, image string) {
	for _, env := range [][]string{
		{"mode=classic", "fprocess=/usr/bin/fixture echo"}, {"mode=streaming", "fprocess=/usr/bin/fixture echo"},
		{"mode=http", "upstream_url=http://127.0.0.1:3000", "fprocess=/usr/bin/fixture serve 127.0.0.1:3000 ignore"},
	} {
		c := contain(t, image, append(env, "healthcheck_interval=1ms", "kill_grace=500ms")...)
		began := time.Now()
		docker(t, "stop", "-t", "9", c.id)
		if took := time.Since(began); took > limit(3*time.Second) || c.state("ExitCode") != "0" {
			t.Errorf("%s: stopped after %v with code %s", env[0], took, c.state("ExitCode"))
		}
	}
}

func dockerChildDies(t *testing.T, image string) {
	c := contain(t, image, "mode=http", "upstream_url=http://127.0.0.1:3000", "fprocess=/usr/bin/fixture serve 127.0.0.1:3000")
	c.w.get("/exit").want(t, 502)
	c.w.eventually(4*time.Second, "the container ends", func() bool { return c.state("Running") == "false" })
	if code := c.state("ExitCode"); code != "3" {
		t.Errorf("exit code %s, want the child's 3", code)
	}
}

func dockerHealthcheck(t *testing.T, image string) {
	c := contain(t, image, "mode=classic", "fprocess=/usr/bin/fixture echo")
	if out := docker(t, "exec", c.id, "/usr/bin/fwatchdog", "-run-healthcheck"); out != "" {
		t.Errorf("not silent: %q", out)
	}
	docker(t, "exec", c.id, "/bin/busybox", "rm", "/tmp/.lock")
	if err := exec.Command("docker", "exec", c.id, "/usr/bin/fwatchdog", "-run-healthcheck").Run(); err == nil {
		t.Error("healthy without a lock")
	}
}

func dockerRestart(t *testing.T, image string) {
	c := contain(t, image, "mode=http", "upstream_url=http://127.0.0.1:3000", "fprocess=/usr/bin/fixture serve 127.0.0.1:3000 delay 2")
	docker(t, "kill", c.id) // SIGKILL: the lock stays behind
	docker(t, "start", c.id)
	c.w.eventually(3*time.Second, "the stale lock is gone while the child starts", func() bool {
		return exec.Command("docker", "exec", c.id, "/bin/busybox", "test", "!", "-e", "/tmp/.lock").Run() == nil
	})
	_, port, _ := strings.Cut(docker(t, "port", c.id, "8080/tcp"), ":")
	c.w.port, _ = strconv.Atoi(port)
	c.w.waitHealthy()
	docker(t, "exec", c.id, "/bin/busybox", "test", "-e", "/tmp/.lock")
}
