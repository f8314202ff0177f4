package main

import (
	"fmt"
	"time"
)

var connectionCounts = []int{1, 16, 64}

const rounds = 3

// figures of one target at one number of connections, one entry per round.
type figures struct {
	cpu       []time.Duration // per call, of this process alone
	perSecond []float64
	p50, p99  []time.Duration
}

// calls measures http mode: small calls, bodies, event streams, memory, growth.
func (b *bench) calls() error {
	targets, err := b.startTargets()
	for _, target := range targets {
		defer target.stop()
	}
	if err != nil {
		return err
	}
	watchdog := targets[2]
	time.Sleep(time.Second)
	idle, _ := watchdog.memory()
	b.table.row("watchdog resident, idle, http", mb(idle), "≤ 8.0 MB", idle <= 8*1024)
	proxyIdle, _ := targets[1].memory()
	b.table.note("ReverseProxy resident, idle", mb(proxyIdle))

	if err := b.smallCalls(targets); err != nil {
		return err
	}
	loaded, peak := watchdog.memory()
	b.table.note("watchdog resident after load / peak", mb(loaded)+" / "+mb(peak))
	for _, step := range []func([]*process) error{b.bodies, b.events} {
		if err := step(targets); err != nil {
			return err
		}
	}
	return b.growth(watchdog)
}

func (b *bench) startTargets() ([]*process, error) {
	function, upstream := freePort(), freePort()
	bare, err := spawn("bare function", function, nil, b.function, "serve", fmt.Sprint("127.0.0.1:", function))
	if err != nil {
		return nil, err
	}
	targets := []*process{bare}
	port := freePort()
	proxy, err := spawn("ReverseProxy", port, nil, b.proxy, fmt.Sprint("127.0.0.1:", port), fmt.Sprint("http://127.0.0.1:", function))
	if err != nil {
		return targets, err
	}
	targets = append(targets, proxy)
	port = freePort()
	watchdog, err := spawn("watchdog", port, b.environment(port, "mode=http", "prefix_logs=false",
		fmt.Sprint("upstream_url=http://127.0.0.1:", upstream), fmt.Sprintf("fprocess=%s serve 127.0.0.1:%d", b.function, upstream)), b.watchdog)
	if err != nil {
		return targets, err
	}
	targets = append(targets, watchdog)
	for _, target := range targets {
		if err := target.waitFor("/", 5*time.Millisecond); err != nil {
			return targets, err
		}
	}
	return targets, nil
}

func (b *bench) smallCalls(targets []*process) error {
	results := map[string]*figures{}
	key := func(p *process, connections int) string { return fmt.Sprint(p.name, connections) }
	for round := range rounds + 1 { // the first warms up
		for _, connections := range connectionCounts {
			for _, target := range targets {
				before, err := target.cpu()
				if err != nil {
					return err
				}
				s, err := load(target.port, connections, b.stretch, 0)
				if err != nil {
					return fmt.Errorf("%s at %d connections: %w", target.name, connections, err)
				}
				after, err := target.cpu()
				if err != nil {
					return err
				}
				if round == 0 {
					continue
				}
				f := results[key(target, connections)]
				if f == nil {
					f = &figures{}
					results[key(target, connections)] = f
				}
				f.cpu = append(f.cpu, (after-before)/time.Duration(s.calls))
				f.perSecond = append(f.perSecond, s.perSecond())
				f.p50, f.p99 = append(f.p50, s.percentile(50)), append(f.p99, s.percentile(99))
			}
		}
	}
	for _, connections := range connectionCounts {
		for _, target := range targets {
			f := results[key(target, connections)]
			b.table.note(fmt.Sprintf("%s, %d connections", target.name, connections), fmt.Sprintf("%s CPU, %.0f calls/s, p50 %s, p99 %s",
				usTenths(median(f.cpu)), median(f.perSecond), us(median(f.p50)), us(median(f.p99))))
		}
	}
	ours, theirs := results[key(targets[2], 16)], results[key(targets[1], 16)]
	cpu := median(ours.cpu)
	b.table.row("CPU per call, http, 16 connections", usTenths(cpu), "≤ 55 µs", cpu <= 55*time.Microsecond)
	var ratios []float64
	for i := range ours.cpu {
		ratios = append(ratios, float64(ours.cpu[i])/float64(theirs.cpu[i]))
	}
	b.table.row("the same as a share of ReverseProxy", fmt.Sprintf("%.2f", median(ratios)), "≤ 0.55", median(ratios) <= 0.55)
	return nil
}

func usTenths(d time.Duration) string { return fmt.Sprintf("%.1f µs", d.Seconds()*1e6) }

func (b *bench) bodies(targets []*process) error {
	for _, kind := range []struct {
		name  string
		size  int64
		times int
	}{{"1 MB", 1 << 20, 30}, {"1 GB", 1 << 30, 1}} {
		for _, up := range []bool{false, true} {
			for _, target := range targets {
				target.resetPeak()
				before, _ := target.memory()
				var took []time.Duration
				for range kind.times {
					one, err := transfer(target.port, kind.size, up)
					if err != nil {
						return fmt.Errorf("%s, %s body: %w", target.name, kind.name, err)
					}
					took = append(took, one)
				}
				_, peak := target.memory()
				direction := "down"
				if up {
					direction = "up"
				}
				b.table.note(fmt.Sprintf("%s %s, %s", kind.name, direction, target.name),
					fmt.Sprintf("%s, resident %+.1f MB", ms(median(took)), float64(peak-before)/1024))
			}
		}
	}
	return nil
}

func (b *bench) events(targets []*process) error {
	for _, target := range targets {
		delays, err := eventDelays(target.port, 300)
		if err != nil {
			return fmt.Errorf("%s, events: %w", target.name, err)
		}
		s := sample{latencies: delays}
		b.table.note("event-stream delay, "+target.name, fmt.Sprintf("p50 %s, p99 %s", ms(s.percentile(50)), ms(s.percentile(99))))
	}
	return nil
}

// growth wants 100,000 calls to leave the resident size where the first 10,000 put it.
func (b *bench) growth(watchdog *process) error {
	if _, err := load(watchdog.port, 16, 0, 10_000); err != nil {
		return err
	}
	before, _ := watchdog.memory()
	if _, err := load(watchdog.port, 16, 0, 100_000); err != nil {
		return err
	}
	after, _ := watchdog.memory()
	b.table.row("growth over 100,000 calls", fmt.Sprintf("%+.2f MB", float64(after-before)/1024), "none (≤ 0.5 MB)", after-before <= 512)
	return nil
}
