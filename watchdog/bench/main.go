// Command bench measures the function watchdog against httputil.ReverseProxy and the bare
// function, in one run, interleaved, and prints one table with the targets of the project.
//
//	WATCHDOG_BIN=path   the binary (default: the shipped one, built if missing)
//	BENCH_SECONDS=1     length of each stretch of load
//	BENCH_STRICT=1      exit 1 when a target is missed
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// bench is what every measurement needs.
type bench struct {
	dir, watchdog, proxy, function string
	stretch                        time.Duration
	table                          *table
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "watchdog-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, stretch: time.Second, table: &table{}}
	if text := os.Getenv("BENCH_SECONDS"); text != "" {
		if b.stretch, err = time.ParseDuration(text + "s"); err != nil {
			return err
		}
	}
	if err := b.build(); err != nil {
		return err
	}
	b.describe()
	var failure error
	for _, step := range []func() error{b.size, b.startTime, b.calls, b.forks} {
		failure = errors.Join(failure, step())
	}
	missed := b.table.print(os.Stdout)
	if failure != nil {
		return failure
	}
	if missed > 0 && os.Getenv("BENCH_STRICT") != "" {
		return fmt.Errorf("%d targets missed", missed)
	}
	return nil
}

func (b *bench) build() error {
	b.proxy, b.function = filepath.Join(b.dir, "proxy"), filepath.Join(b.dir, "function")
	sources := map[string]string{b.proxy: "./bench/proxy", b.function: "./conformance/fixture"}
	b.watchdog = os.Getenv("WATCHDOG_BIN")
	if b.watchdog == "" {
		b.watchdog = "../dist/watchdog/fwatchdog-amd64"
		if _, err := os.Stat(b.watchdog); err != nil {
			b.watchdog = filepath.Join(b.dir, "fwatchdog")
			sources[b.watchdog] = "."
		}
	}
	for output, source := range sources {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", output, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", source, err, text)
		}
	}
	path, err := filepath.Abs(b.watchdog)
	b.watchdog = path
	return err
}

func (b *bench) describe() {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(info), "\n") {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				model = strings.TrimLeft(name, "\t :")
				break
			}
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s, %d cores, Linux %s, %s, load before %s, stretches of %v\n\n", model, runtime.NumCPU(),
		strings.TrimSpace(string(kernel)), runtime.Version(), strings.Fields(string(load) + " ?")[0], b.stretch)
}

func (b *bench) size() error {
	info, err := os.Stat(b.watchdog)
	if err != nil {
		return err
	}
	megabytes := float64(info.Size()) / 1e6
	b.table.row("binary size", fmt.Sprintf("%.2f MB", megabytes), "≤ 7.0 MB", megabytes <= 7)
	return nil
}

func (b *bench) environment(port int, more ...string) []string {
	return append([]string{fmt.Sprint("port=", port), "metrics_port=0", "lock_path=" + filepath.Join(b.dir, fmt.Sprint("lock-", port)),
		"healthcheck_interval=0", "exec_timeout=0", "write_timeout=0"}, more...)
}

func (b *bench) startTime() error {
	for _, mode := range []string{"classic", "http"} {
		var took []time.Duration
		for range 15 {
			port, upstream := freePort(), freePort()
			env := b.environment(port, "mode="+mode, fmt.Sprintf("upstream_url=http://127.0.0.1:%d", upstream),
				fmt.Sprintf("fprocess=%s serve 127.0.0.1:%d", b.function, upstream))
			begin := time.Now()
			p, err := spawn("watchdog", port, env, b.watchdog)
			if err != nil {
				return err
			}
			err = p.waitFor("/_/health", 200*time.Microsecond)
			took = append(took, time.Since(begin))
			p.stop()
			if err != nil {
				return err
			}
		}
		if mode == "classic" {
			b.table.row("start to healthy, classic", ms(median(took)), "≤ 10 ms", median(took) <= 10*time.Millisecond)
		} else {
			b.table.note("start to healthy, http with its child", ms(median(took)))
		}
	}
	return nil
}
