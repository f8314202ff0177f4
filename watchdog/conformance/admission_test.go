package conformance

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

var admissionCases = []testCase{
	{"T67", "limit_reached", "max_inflight=1: the second call is 429 with the exact text; health stays 200, ready is 429", true, false, limitReached},
	{"T68", "limit_slot_returns", "max_inflight=1: an aborted event stream, a closed WebSocket and a killed upstream give their slot back", false, false, limitSlotReturns},
	{"T69", "ready_path", "ready_path: ready answers as the function does, outside the limiter", false, false, readyPath},
	{"X17", "limit_off", "max_inflight 0, negative or unreadable is no limit", false, false, limitOff},
}

// The first line is what tools look for, the second names the limit.
const limitText = "Concurrent request limit exceeded. Max concurrent requests: 1\nwatchdog: max_inflight=1 calls are running.\n"

func limitReached(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing", "http"} {
		release := make(chan struct{})
		var w *watchdog
		if mode == "http" {
			w = before(t, func(w http.ResponseWriter, r *http.Request) { <-release }, "max_inflight=1")
		} else {
			w = start(t, append(fork(mode, "slow", "30"), "max_inflight=1", "exec_timeout=0")...)
		}
		held := w.dial().send("GET / HTTP/1.1", "Host: h")
		w.eventually(5*time.Second, mode+": ready becomes 429", func() bool { return w.probe("/_/ready") == 429 })
		r := w.get("/").want(t, 429).wantBody(t, limitText).wantHeader(t, "Content-Type", "text/plain").
			wantHeader(t, "Retry-After", "1").platformFault(t, true)
		if r.took > limit(time.Second) {
			t.Errorf("%s: 429 took %v", mode, r.took)
		}
		if w.health() != 200 {
			t.Errorf("%s: health is not 200 at the limit", mode)
		}
		held.Close()
		close(release)
	}
}

func limitSlotReturns(t *testing.T) {
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/sse":
			w.Header().Set("Content-Type", "text/event-stream")
			flushed(w, "data: 1\n\n")
			<-r.Context().Done()
		case "/abort":
			flushed(w, "part")
			panic(http.ErrAbortHandler)
		}
		flushed(w, "ok")
	}, "max_inflight=1")
	for range 3 {
		c := w.dial().send("GET /sse HTTP/1.1", "Host: h", "Accept: text/event-stream")
		c.response("GET")
		c.Close()
		w.freeAgain("after an aborted event stream")
		w.get("/abort", "Accept: text/event-stream")
		w.freeAgain("after an aborted upstream")
	}

	sockets := behind(t, upgrader(t), "max_inflight=1")
	c := upgraded(t, sockets, "websocket")
	if r := sockets.get("/refuse"); r.status != 429 {
		t.Errorf("an open WebSocket does not count: %d", r.status)
	}
	c.Close()
	sockets.eventually(3*time.Second, "a slot is free after a WebSocket", func() bool { return sockets.get("/refuse").status == 400 })
}

func (w *watchdog) freeAgain(when string) {
	w.t.Helper()
	w.eventually(3*time.Second, "a slot is free "+when, func() bool { return w.get("/").status == 200 })
}

func readyPath(t *testing.T) {
	var inside atomic.Int32
	release := make(chan struct{})
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/r" {
			if r.URL.RawQuery == "" && r.Header.Get("X-Hold") != "" {
				inside.Add(1)
				<-release
			}
			w.Header().Set("X-From", "function")
			w.WriteHeader(http.StatusTeapot)
		}
		flushed(w, "body")
	}, "ready_path=/r", "max_inflight=1")

	w.get("/_/ready?x=1").want(t, 418).wantBody(t, "body").wantHeader(t, "X-From", "function")
	w.call("POST", "/_/ready", "").want(t, 405)

	probes := make(chan int, 2) // two at once under a limit of one: neither takes a slot
	for range 2 {
		go func() { probes <- w.get("/_/ready", "X-Hold: 1").status }()
	}
	w.eventually(3*time.Second, "both probes are in the function", func() bool { return inside.Load() == 2 })
	w.get("/").want(t, 200)
	close(release)
	for range 2 {
		if status := <-probes; status != 418 {
			t.Errorf("probe status %d", status)
		}
	}

	forked := start(t, append(fork("streaming", "env"), "ready_path=/r")...)
	env := forked.get("/_/ready").want(t, 200).env(t)
	wantEnv(t, env, "Http_Path=/r", "Http_Method=GET")
}

func limitOff(t *testing.T) {
	for _, value := range []string{"0", "-1", "many"} {
		var inside atomic.Int32
		release := make(chan struct{})
		w := before(t, func(w http.ResponseWriter, r *http.Request) { inside.Add(1); <-release }, "max_inflight="+value)
		for i := range 3 {
			w.dial().send(fmt.Sprintf("GET /%d HTTP/1.1", i), "Host: h")
		}
		w.eventually(3*time.Second, "three calls run with max_inflight="+value, func() bool { return inside.Load() == 3 })
		close(release)
	}
}
