package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// forks measures calls of `cat` in the fork modes against the floor: pipes, vfork, exec and wait in C,
// or in Go where there is no C compiler.
func (b *bench) forks() error {
	cat, err := exec.LookPath("cat")
	if err != nil {
		return err
	}
	floor, name, err := b.floor()
	if err != nil {
		return err
	}
	modes := []string{"classic", "streaming", "serializing"}
	watchdogs := map[string]*process{}
	for _, mode := range modes {
		port := freePort()
		p, err := spawn("watchdog", port, b.environment(port, "mode="+mode, "fprocess="+cat), b.watchdog)
		if err != nil {
			return err
		}
		defer p.stop()
		if err := p.waitFor("/_/health", time.Millisecond); err != nil {
			return err
		}
		watchdogs[mode] = p
	}

	const calls = 400
	floors := []time.Duration{}
	took := map[string][]time.Duration{}
	rate := map[string][]float64{}
	cpu := map[string][]time.Duration{}
	for range rounds {
		one, err := floor(calls, cat)
		if err != nil {
			return err
		}
		floors = append(floors, one)
		for _, mode := range modes {
			p := watchdogs[mode]
			before, _ := p.cpu()
			s, err := load(p.port, 1, 0, calls)
			if err != nil {
				return fmt.Errorf("%s: %w", mode, err)
			}
			after, _ := p.cpu()
			took[mode] = append(took[mode], s.percentile(50))
			cpu[mode] = append(cpu[mode], (after-before)/calls)
			many, err := load(p.port, 8, 0, calls)
			if err != nil {
				return fmt.Errorf("%s: %w", mode, err)
			}
			rate[mode] = append(rate[mode], many.perSecond())
		}
	}
	b.table.note("floor: vfork, exec and wait of cat, in "+name, "p50 "+ms(median(floors)))
	for _, mode := range modes {
		var extra []time.Duration
		for i := range took[mode] {
			extra = append(extra, took[mode][i]-floors[i])
		}
		value := fmt.Sprintf("p50 %s, %+.2f ms, %.0f calls/s at 8, %s CPU", ms(median(took[mode])), median(extra).Seconds()*1e3,
			median(rate[mode]), us(median(cpu[mode])))
		b.table.row("call of cat, "+mode, value, "floor + 0.3 ms", median(extra) <= 300*time.Microsecond)
	}
	return nil
}

// floor returns the median of so many rounds, and the language that it is measured in.
func (b *bench) floor() (func(int, string) (time.Duration, error), string, error) {
	program := filepath.Join(b.dir, "floor")
	if compiler, err := exec.LookPath("cc"); err == nil {
		if text, err := exec.Command(compiler, "-O2", "-D_GNU_SOURCE", "-o", program, "bench/floor/floor.c").CombinedOutput(); err != nil {
			return nil, "", fmt.Errorf("cc: %w\n%s", err, text)
		}
		return func(rounds int, cat string) (time.Duration, error) {
			out, err := exec.Command(program, strconv.Itoa(rounds), cat).Output()
			if err != nil {
				return 0, err
			}
			var took []time.Duration
			for _, line := range strings.Fields(string(out)) {
				micros, err := strconv.ParseFloat(line, 64)
				if err != nil {
					return 0, err
				}
				took = append(took, time.Duration(micros*1e3))
			}
			return median(took), nil
		}, "C", nil
	}
	return goFloor, "Go", nil
}

func goFloor(rounds int, cat string) (time.Duration, error) {
	var took []time.Duration
	answer := make([]byte, 64)
	for range rounds {
		begin := time.Now()
		inRead, inWrite, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		outRead, outWrite, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		p, err := os.StartProcess(cat, []string{cat}, &os.ProcAttr{Files: []*os.File{inRead, outWrite, os.Stderr}})
		if err != nil {
			return 0, err
		}
		inRead.Close()
		outWrite.Close()
		_, _ = inWrite.WriteString("hello")
		inWrite.Close()
		for {
			if n, err := outRead.Read(answer); n == 0 || err != nil {
				break
			}
		}
		outRead.Close()
		if _, err := p.Wait(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	return median(took), nil
}
