package conformance

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// marked lists live processes whose environment holds the mark (zombies have none and do not count).
func marked(mark string) []int {
	var pids []int
	for _, pid := range allPids() {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err == nil && bytes.Contains(environ, []byte(mark+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// children lists the live processes that the watchdog has started, directly or not.
func (w *watchdog) children() []int {
	var pids []int
	for _, pid := range marked(w.mark) {
		if pid != w.pid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// running is true when a fixture program of this name runs below the watchdog.
func (w *watchdog) running(program string) bool { return w.childNamed(program) != 0 }

func (w *watchdog) childNamed(program string) int {
	for _, pid := range w.children() {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		words := strings.Split(string(command), "\x00")
		if len(words) > 1 && words[0] != suite.binary && words[1] == program {
			return pid
		}
	}
	return 0
}

// zombies counts the dead and unreaped children of a process.
func zombies(parent int) int {
	count := 0
	for _, pid := range allPids() {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			count++
		}
	}
	return count
}

// vital are the signs of a leak that can be seen from outside.
type vital struct{ rssKB, peakKB, threads, fds int }

func (w *watchdog) vital() vital {
	w.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.pid()))
	must(w.t, err)
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", w.pid()))
	must(w.t, err)
	v := vital{fds: len(fds)}
	for _, line := range strings.Split(strings.TrimSpace(string(status)), "\n") {
		key, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch key {
		case "VmRSS":
			v.rssKB = n
		case "VmHWM":
			v.peakKB = n
		case "Threads":
			v.threads = n
		}
	}
	return v
}

func allPids() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
