package conformance

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// PID 1: what it owes to processes, signals and restarts.

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
