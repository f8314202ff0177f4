package conformance

import (
	"os"
	"testing"
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
