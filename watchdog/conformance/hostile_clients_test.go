package conformance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Clients that cost nothing must not cost the watchdog what it cannot spare: each of these leaves health and
// calls as they were.
var hostileClientCases = []testCase{
	{"X80", "idle_connections", "10,000 idle connections: the longest idle ones are closed, descriptors and memory stay bounded, calls go on", false, true, idleConnections},
	{"X81", "pipelined_requests", "3,000 requests in one write are served one after the other, in order", false, true, pipelinedRequests},
	{"X82", "unfinished_heads", "300 unfinished heads share one budget; those beyond it are 503 and say so", false, true, unfinishedHeads},
	{"X83", "slow_uploads", "100 uploads that stall cost little memory, in http and streaming mode", false, true, slowUploads},
	{"X84", "all_connections_busy", "max_connections=4, all busy: health is 200, a call is 503 and names the limit", true, false, allConnectionsBusy},
}

// stillServes holds what every hostile client must leave alone. Memory is in kB above before.
func (w *watchdog) stillServes(t *testing.T, before vital, memoryKB int) {
	t.Helper()
	if status := w.health(); status != 200 {
		t.Errorf("health is %d", status)
	}
	w.get("/").want(t, 200)
	after := w.vital()
	t.Logf("%+v to %+v", before, after)
	if !suite.race && after.rssKB-before.rssKB > memoryKB {
		t.Errorf("memory grew by more than %d kB: %+v to %+v", memoryKB, before, after)
	}
	if after.fds > 1200 {
		t.Errorf("%d descriptors", after.fds)
	}
}

func idleConnections(t *testing.T) {
	url, _ := recorder(t)
	w := behind(t, url)
	w.get("/").want(t, 200)
	before := w.vital()
	count := 10_000
	var files syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files))
	if files.Cur < 12_000 {
		count = int(files.Cur) / 2
	}
	for i := range count {
		c := w.dial()
		if i%2 == 0 {
			c.send("GET /_/health HTTP/1.1", "Host: h").result("GET").want(t, 200)
		}
	}
	w.stillServes(t, before, 24<<10)
}

func pipelinedRequests(t *testing.T) {
	var running, most atomic.Int32
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		_, _ = io.WriteString(w, r.URL.Path)
	})
	begin := w.vital()
	c := w.dial()
	var all strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&all, "GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", i)
	}
	go func() { _, _ = io.WriteString(c, all.String()) }()
	for i := range 3000 {
		c.result("GET").want(t, 200).wantBody(t, fmt.Sprint("/", i))
	}
	if most.Load() != 1 {
		t.Errorf("%d of one connection's requests ran at once", most.Load())
	}
	w.stillServes(t, begin, 8<<10)
}

func unfinishedHeads(t *testing.T) {
	url, _ := recorder(t)
	w := behind(t, url)
	w.get("/").want(t, 200)
	before := w.vital()
	head := "GET / HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 60_000)
	var open []*wire
	for range 300 {
		c := w.dial()
		open = append(open, c)
		_, _ = io.WriteString(c, head)
	}
	var refused atomic.Int32
	var reads sync.WaitGroup
	for _, c := range open {
		_ = c.SetReadDeadline(time.Now().Add(limit(time.Second)))
		reads.Add(1)
		go func() {
			defer reads.Done()
			if r := c.result("GET"); r.status == 503 && strings.Contains(r.body, "max_head_memory=8388608") {
				refused.Add(1)
			} else if r.status != 0 {
				t.Errorf("status %d, %q", r.status, r.body)
			}
		}()
	}
	reads.Wait()
	if n := refused.Load(); n < 100 || n == 300 {
		t.Errorf("%d of 300 were refused", n)
	}
	w.stillServes(t, before, 28<<10)
	for _, c := range open {
		c.Close()
	}
	w.eventually(5*time.Second, "the budget is given back", func() bool { return w.get("/", "X-Big: "+strings.Repeat("b", 50_000)).status == 200 })
}

func slowUploads(t *testing.T) {
	url, _ := recorder(t)
	for mode, w := range map[string]*watchdog{"http": behind(t, url), "streaming": start(t, fork("streaming", "echo")...)} {
		w.get("/").want(t, 200)
		before := w.vital()
		for range 100 {
			c := w.dial().raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
			c.raw(strings.Repeat("b", 100_000))
		}
		t.Log(mode)
		w.stillServes(t, before, 32<<10)
	}
}

func allConnectionsBusy(t *testing.T) {
	release := make(chan struct{})
	var waiting atomic.Int32
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			waiting.Add(1)
			<-release
		}
	}, "max_connections=4")
	var held []*wire
	for range 4 {
		held = append(held, w.dial().send("GET /hold HTTP/1.1", "Host: h"))
	}
	w.eventually(5*time.Second, "all connections are busy", func() bool { return waiting.Load() == 4 })
	r := w.dial().send("GET / HTTP/1.1", "Host: h").result("GET").want(t, 503)
	if !strings.Contains(r.body, "watchdog: ") || !strings.Contains(r.body, "max_connections=4") {
		t.Errorf("the answer does not name its limit: %q", r.body)
	}
	for range 50 {
		if status := w.health(); status != 200 {
			t.Fatalf("health is %d", status)
		}
	}
	close(release)
	for _, c := range held {
		c.result("GET").want(t, 200)
	}
	w.eventually(5*time.Second, "there is room again", func() bool {
		return w.dial().send("GET / HTTP/1.1", "Host: h").result("GET").status == 200
	})
}
