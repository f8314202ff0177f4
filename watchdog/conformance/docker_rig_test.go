package conformance

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Containers of the suite: their image, how they are run, looked at and removed.

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
