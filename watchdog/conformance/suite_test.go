// Package conformance holds the black-box tests of the function watchdog: section 21 of the
// reference and what grew around it. It runs any watchdog binary through real sockets and real
// children and imports nothing from the watchdog itself.
//
//	WATCHDOG_BIN=path        the binary (default: the shipped amd64 one, built if missing)
//	WATCHDOG_RUNNER=cmd      a prefix such as qemu-arm-static
//	WATCHDOG_RACE=1          the binary has the race detector: memory limits are off, time is longer
//	WATCHDOG_PATIENCE=2      upper time limits are twice as long: other tests run beside these
//	CONFORMANCE_SHORT=1      only the cases marked short, for emulated binaries
//	CONFORMANCE_REPORT=path  write the outcome of every case as a Markdown table
package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// testCase is one line of the reference's table, or an addition of ours (F: fault, X: extra).
type testCase struct {
	id, name string
	what     string
	short    bool // part of the short form
	alone    bool // heavy or memory-measuring: runs before the parallel ones, one at a time
	run      func(t *testing.T)
}

// suite is what TestMain found out once; read-only afterwards, but for the outcomes.
var suite struct {
	binary, fixture string
	runner          []string
	race, short     bool
	slowness        time.Duration // of the binary: multiplies every upper time limit
	patience        time.Duration // with a busy machine: likewise

	mu       sync.Mutex
	outcomes map[string]string
}

func allCases() []testCase {
	return slices.Concat(classicCases, environmentCases, streamingCases, serializingCases,
		httpStartCases, httpRequestCases, httpStreamCases, httpFailureCases, childCases, admissionCases,
		shutdownCases, operationCases, staticCases, faultCases, controlCases, optionCases, jwtCases,
		edgeClientCases, edgeUpstreamCases, hostileClientCases, logCases, restartCases)
}

func TestWatchdog(t *testing.T) {
	if suite.binary == "" {
		t.Skip("only the container tests were asked for")
	}
	for _, c := range allCases() {
		t.Run(c.id+"_"+c.name, func(t *testing.T) {
			if suite.short && !c.short {
				t.Skip("not in the short form")
			}
			t.Cleanup(func() { record(t, c.id) })
			if !c.alone {
				t.Parallel()
			}
			c.run(t)
		})
	}
}

func TestCaseIDsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range allCases() {
		if seen[c.id] {
			t.Errorf("case id %s is used twice", c.id)
		}
		seen[c.id] = true
	}
	for i := 1; i <= 88; i++ {
		if id := fmt.Sprintf("T%02d", i); !seen[id] {
			t.Errorf("no case for %s of the reference", id)
		}
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = flag.Set("test.parallel", "16") // the cases wait far more than they compute
	}
	code, err := prepareAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		code = 1
	}
	os.Exit(code)
}

func prepareAndRun(m *testing.M) (int, error) {
	// Not below /tmp: some cases put another directory in its place for the watchdog and its children.
	dir, err := os.MkdirTemp("/var/tmp", "watchdog-conformance-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return 1, err
	}

	if err := os.Setenv("TMPDIR", dir); err != nil { // t.TempDir too
		return 1, err
	}

	suite.race = os.Getenv("WATCHDOG_RACE") != ""
	suite.short = os.Getenv("CONFORMANCE_SHORT") != ""
	suite.runner = strings.Fields(os.Getenv("WATCHDOG_RUNNER"))
	suite.outcomes = map[string]string{}
	suite.slowness = 1
	if suite.race || len(suite.runner) > 0 {
		suite.slowness = 3
	}
	if suite.patience = 1; os.Getenv("WATCHDOG_PATIENCE") != "" {
		factor, err := strconv.Atoi(os.Getenv("WATCHDOG_PATIENCE"))
		if err != nil || factor < 1 {
			return 1, fmt.Errorf("WATCHDOG_PATIENCE=%s is no factor", os.Getenv("WATCHDOG_PATIENCE"))
		}
		suite.patience = time.Duration(factor)
	}
	suite.fixture = filepath.Join(dir, "fixture")
	if err := build(suite.fixture, "./fixture"); err != nil {
		return 1, err
	}
	if suite.binary, err = watchdogBinary(dir); err != nil {
		return 1, err
	}

	code := m.Run()
	if path := os.Getenv("CONFORMANCE_REPORT"); path != "" {
		if err := writeReport(path); err != nil {
			return 1, err
		}
	}
	return code, nil
}

func watchdogBinary(dir string) (string, error) {
	path := os.Getenv("WATCHDOG_BIN")
	if path == "" {
		path = "../../dist/watchdog/fwatchdog-amd64"
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join(dir, "fwatchdog")
			if err := build(path, ".."); err != nil {
				return "", err
			}
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	private := filepath.Join(dir, "watchdog") // a rebuild under way, or a /tmp put in its place, must not matter
	return private, os.WriteFile(private, data, 0o755)
}

func build(output, source string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", output, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", source, err, text)
	}
	return nil
}

func record(t *testing.T, id string) {
	outcome := "pass"
	if t.Skipped() {
		outcome = "skipped"
	}
	if t.Failed() {
		outcome = "**FAIL**"
	}
	suite.mu.Lock()
	defer suite.mu.Unlock()
	suite.outcomes[id] = outcome
}

func writeReport(path string) error {
	var text strings.Builder
	text.WriteString("| id | what is asserted | ours |\n|---|---|---|\n")
	line := func(id, what string) {
		outcome := suite.outcomes[id]
		if outcome == "" {
			outcome = "not run"
		}
		fmt.Fprintf(&text, "| %s | %s | %s |\n", id, what, outcome)
	}
	for _, c := range allCases() {
		line(c.id, c.what)
	}
	for _, c := range dockerCases {
		line(c.id, c.what)
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}
