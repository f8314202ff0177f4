package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

const (
	// gcPercent halves the heap at which collecting starts: memory counts more here than the rare collection.
	gcPercent = 50
	// maxProcs is enough to forward what a host can compute; more only costs memory and wake-ups.
	maxProcs = 4
)

// tuneRuntime fits the Go runtime into a small container. GOGC and GOMAXPROCS, when set, win.
func tuneRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(runtime.NumCPU(), maxProcs, cpuQuota()))
	}
}

// cpuQuota is the container's CPU limit in whole cores, rounded up, at least 2 so that one blocked thread
// does not stop everything.
func cpuQuota() int {
	raw, err := os.ReadFile("/sys/fs/cgroup/cpu.max")
	if err != nil {
		return maxProcs
	}
	fields := bytes.Fields(raw)
	if len(fields) != 2 {
		return maxProcs
	}
	quota, err := strconv.Atoi(string(fields[0]))
	period, _ := strconv.Atoi(string(fields[1]))
	if err != nil || period <= 0 {
		return maxProcs
	}
	return max(2, (quota+period-1)/period)
}
