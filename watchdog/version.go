package main

import "runtime"

// version and commit are stamped at link time.
var (
	version = "dev"
	commit  = "unknown"
)

func versionLine() string {
	return "fwatchdog " + version + " commit " + commit + " " + runtime.GOOS + "/" + runtime.GOARCH + " " +
		runtime.Version()
}
