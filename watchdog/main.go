// Command fwatchdog is PID 1 of a function's container: it turns any program, or any HTTP server, into a
// function.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"sampan/watchdog/internal/env"
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the whole program; the result is the exit code.
func run(args []string) int {
	flags := flag.NewFlagSet("fwatchdog", flag.ContinueOnError)
	showVersion := flags.Bool("version", false, "print the version and exit")
	healthcheck := flags.Bool("run-healthcheck", false, "exit with 0 if the lock file says ready, else with 1")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: fwatchdog [flags] [-- command argument...]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	switch {
	case *showVersion:
		fmt.Println(versionLine())
		fmt.Fprintln(os.Stderr, versionLine())
		return 0
	case *healthcheck:
		if newLockFile(os.Getenv("lock_path")).present() {
			return 0
		}
		fmt.Fprintln(os.Stderr, "unhealthy: no lock file")
		return 1
	}
	reader := env.NewReader()
	cfg, err := readConfig(reader, flags.Args())
	log := newLogger()
	if err != nil {
		log.print("configuration: " + err.Error())
		return 1
	}
	log.json, log.access, log.callID = cfg.logJSON, cfg.accessLog, cfg.logCallID
	log.print(versionLine())
	for _, warning := range reader.Warnings {
		log.warn("warning: " + warning)
	}
	return newApp(cfg, log).run()
}
