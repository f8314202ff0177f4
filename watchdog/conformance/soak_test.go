package conformance

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSoak abuses one watchdog per mode for SOAK_SECONDS (default 20; the release check uses 600)
// and then wants threads, descriptors and memory back where they were, and a normal call to work.
func TestSoak(t *testing.T) {
	if suite.short {
		t.Skip("not in the short form")
	}
	length := 20 * time.Second
	if text := os.Getenv("SOAK_SECONDS"); text != "" {
		seconds, err := strconv.Atoi(text)
		must(t, err)
		length = time.Duration(seconds) * time.Second
	}
	if length == 0 {
		t.Skip("SOAK_SECONDS=0")
	}
	limits := []string{"exec_timeout=2s", "write_timeout=3s", "read_timeout=2s", "kill_grace=500ms", "prefix_logs=false"}
	for _, mode := range []string{"classic", "streaming", "serializing", "http"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			if mode == "http" {
				soak(t, serving(t, launch{env: limits}), length, httpAbuses)
				return
			}
			soak(t, start(t, append(fork(mode, "abuse"), limits...)...), length, forkAbuses)
		})
	}
}

type abuse struct {
	name  string
	every int // one call in that many rounds; heavy ones are rare
	do    func(w *watchdog)
}

var commonAbuses = []abuse{
	{"normal call", 1, func(w *watchdog) { w.quiet("POST", "/echo", "some body") }},
	{"half-sent body, then gone", 2, func(w *watchdog) { w.abandon("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhalf", 0) }},
	{"half-sent chunk, then gone", 3, func(w *watchdog) {
		w.abandon("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf", 0)
	}},
	{"half-sent header, then gone", 3, func(w *watchdog) { w.abandon("GET / HTTP/1.1\r\nHo", 0) }},
	{"half-sent body, then silence", 20, func(w *watchdog) {
		w.abandon("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhalf", 4*time.Second)
	}},
	{"not HTTP", 5, func(w *watchdog) { w.abandon("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no\r\n\r\n", time.Second) }},
	{"connect, then gone", 2, func(w *watchdog) { w.abandon("", 0) }},
	{"health", 2, func(w *watchdog) { w.probe("/_/health") }},
}

var forkAbuses = append([]abuse{
	{"dies", 2, func(w *watchdog) { w.quiet("GET", "/die", "") }},
	{"hangs until the limit", 12, func(w *watchdog) { w.quiet("GET", "/slow/30", "") }},
	{"hangs, ignores SIGTERM", 20, func(w *watchdog) { w.quiet("GET", "/stubborn/30", "") }},
	{"hangs, client leaves", 6, func(w *watchdog) { w.abandon("GET /outslow/30 HTTP/1.1\r\nHost: h\r\n\r\n", 200*time.Millisecond) }},
	{"closes stdin", 2, func(w *watchdog) { w.quiet("POST", "/closein", string(make([]byte, 300_000))) }},
	{"forks orphans", 3, func(w *watchdog) { w.quiet("GET", "/dfork", "") }},
	{"leaves a holder of the pipe", 15, func(w *watchdog) { w.quiet("GET", "/hold/20", "") }},
	{"exit code", 1, func(w *watchdog) { w.quiet("GET", "/exit/3", "") }},
	{"100 MB log line", 150, func(w *watchdog) { w.quiet("GET", "/logs/100000000/10", "") }},
	{"1 MB log line", 10, func(w *watchdog) { w.quiet("GET", "/logs/1000000/10", "") }},
	{"20 MB answer, client leaves", 15, func(w *watchdog) { w.abandon("GET /flood/20000000 HTTP/1.1\r\nHost: h\r\n\r\n", 50*time.Millisecond) }},
	{"drips", 10, func(w *watchdog) { w.quiet("GET", "/drip", "") }},
}, commonAbuses...)

var httpAbuses = append([]abuse{
	{"event stream, client leaves", 1, func(w *watchdog) {
		w.abandon("GET /events?ms=5 HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n", 30*time.Millisecond)
	}},
	{"event stream until write_timeout", 20, func(w *watchdog) { w.quiet("GET", "/events?ms=5", "") }},
	{"slow until the limit", 12, func(w *watchdog) { w.quiet("GET", "/slow?s=3", "") }},
	{"slow, client leaves", 4, func(w *watchdog) { w.abandon("GET /slow?s=3 HTTP/1.1\r\nHost: h\r\n\r\n", 50*time.Millisecond) }},
	{"20 MB answer, client leaves", 5, func(w *watchdog) { w.abandon("GET /bytes?n=20000000 HTTP/1.1\r\nHost: h\r\n\r\n", 20*time.Millisecond) }},
	{"20 MB through", 10, func(w *watchdog) { w.quiet("GET", "/bytes?n=20000000", "") }},
	{"upload", 3, func(w *watchdog) { w.quiet("POST", "/sink", string(make([]byte, 1_000_000))) }},
	{"100 MB log line", 300, func(w *watchdog) { w.quiet("GET", "/logs?bytes=100000000&lines=10", "") }},
	{"1 MB log line", 10, func(w *watchdog) { w.quiet("GET", "/logs?bytes=1000000&lines=10", "") }},
}, commonAbuses...)

// quiet makes a call whose outcome does not matter.
func (w *watchdog) quiet(method, path, body string) {
	begin := time.Now()
	w.call(method, path, body)
	if took := time.Since(begin); took > 30*time.Second*suite.slowness {
		w.t.Errorf("%s %s took %v: some limit does not work", method, path, took)
	}
}

// abandon sends bytes, reads what comes for a while and closes the connection.
func (w *watchdog) abandon(bytes string, stay time.Duration) {
	c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", w.port))
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = io.WriteString(c, bytes)
	_ = c.SetReadDeadline(time.Now().Add(stay + time.Millisecond))
	_, _ = io.CopyN(io.Discard, c, 1<<20)
}

func soak(t *testing.T, w *watchdog, length time.Duration, abuses []abuse) {
	for _, a := range abuses { // each once, so that the first measurement includes what is allocated once
		if a.every < 100 {
			a.do(w)
		}
	}
	w.settle()
	before := w.vital()

	deadline := time.Now().Add(length)
	var calls atomic.Int64
	var abusers sync.WaitGroup
	for i := range 4 {
		abusers.Add(1)
		go func() {
			defer abusers.Done()
			dice := rand.New(rand.NewPCG(uint64(i), 7))
			for time.Now().Before(deadline) {
				a := abuses[dice.IntN(len(abuses))]
				if dice.IntN(a.every) == 0 {
					a.do(w)
					calls.Add(1)
				}
			}
		}()
	}
	abusers.Wait()
	w.quietLast(abuses)
	w.settle()

	t.Logf("%d calls; before %+v, after %+v", calls.Load(), before, w.vital())
	var after vital
	const slackKB = 6 << 10
	w.eventually(30*time.Second, "memory, descriptors and threads are back", func() bool {
		after = w.vital()
		return (suite.race || after.rssKB-before.rssKB < slackKB) && after.fds-before.fds <= 4 && after.threads-before.threads <= 12
	})
	w.call("POST", "/echo", "a normal call").want(t, 200).wantBody(t, "a normal call")
	if w.health() != 200 || w.probe("/_/ready") != 200 {
		t.Error("not healthy afterwards")
	}
}

// quietLast makes the rare abuses once, also in a short run.
func (w *watchdog) quietLast(abuses []abuse) {
	for _, a := range abuses {
		if a.every >= 100 {
			a.do(w)
		}
	}
}

// settle waits until no call is in flight and no forked program is left.
func (w *watchdog) settle() {
	w.t.Helper()
	client.CloseIdleConnections()
	children := 0
	if w.childNamed("serve") != 0 {
		children = 1
	}
	w.eventually(30*time.Second, "all calls and forks have ended", func() bool {
		return w.metric("http_requests_in_flight") == 0 && len(w.children()) == children
	})
	w.eventually(10*time.Second, "no zombies", func() bool { return zombies(w.pid()) == 0 })
}
