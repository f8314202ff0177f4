package conformance

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

var httpFailureCases = []testCase{
	{"T53", "http_closed_before_headers", "http: the upstream closes before headers: 502, marked as a platform fault; with Accept event-stream too", true, false, httpClosedEarly},
	{"T54", "http_closed_mid_body", "http: the upstream closes mid-body (known length, chunked, SSE): the client sees an error", false, false, httpClosedMidBody},
	{"T55", "http_timeout", "http, exec_timeout=1s: 504 at the deadline, the next call works", true, false, httpTimeout},
	{"T56", "http_timeout_equal_write", "http, exec_timeout=write_timeout=1s: 504, never an empty reply", false, false, httpTimeoutEqualWrite},
	{"T57", "http_x_timeout", "http, exec_timeout=1s: X-Timeout may shorten the limit, never lengthen or remove it", false, false, httpXTimeout},
	{"T58", "http_timeout_mid_body", "http, exec_timeout=1s: a longer chunked response is aborted, not cleanly ended", false, false, httpTimeoutMidBody},
	{"X14", "http_garbage", "http: garbage from the upstream is 502, marked", false, false, httpGarbage},
	{"X15", "http_client_gone", "http: the client leaves, the upstream call is cancelled", false, false, httpClientGone},
	{"X16", "http_stalled_body", "http, read_timeout=1s: a body that stalls is answered, a slow one that makes progress is not cut", false, false, httpStalledBody},
}

func httpClosedEarly(t *testing.T) {
	w := behind(t, rawUpstream(t, func(*seen) bool { return false }))
	for _, accept := range []string{"*/*", "text/event-stream", "application/x-ndjson"} {
		w.get("/", "Accept: "+accept, "X-Call-Id: call-7").want(t, 502).platformFault(t, true).
			wantHeader(t, "X-Call-Id", "call-7").wantDuration(t)
		w.post("body", "Accept: "+accept).want(t, 502).platformFault(t, true)
	}
}

func httpClosedMidBody(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		switch s.URL.Path {
		case "/known":
			s.answer("HTTP/1.1 200 OK", "Content-Length: 100", "", "part")
		case "/chunked":
			s.answer("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "4", "part", "")
		case "/sse":
			s.answer("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked", "", "4", "part", "")
		}
		return false
	}))
	for _, path := range []string{"/known", "/chunked", "/sse"} {
		r := w.get(path, "Accept: text/event-stream")
		if r.status != 200 || r.body != "part" || r.err == nil {
			t.Errorf("%s: status %d, body %q, err %v; want the part, then an error", path, r.status, r.body, r.err)
		}
	}
}

// sleeper answers /slow after three seconds, unless the call is cancelled, and everything else at once.
func sleeper(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		select {
		case <-time.After(4 * time.Second):
		case <-r.Context().Done():
		}
	}
	flushed(w, "done")
}

func httpTimeout(t *testing.T) {
	w := before(t, sleeper, "exec_timeout=1s")
	r := w.get("/slow").want(t, 504).platformFault(t, true).wantDuration(t).within(t, time.Second, 1200*time.Millisecond)
	if r.body == "" {
		t.Error("no text in the 504")
	}
	w.get("/").want(t, 200)
	w.get("/slow", "Accept: text/event-stream").want(t, 504)
}

func httpTimeoutEqualWrite(t *testing.T) {
	w := before(t, sleeper, "exec_timeout=1s", "write_timeout=1s")
	w.get("/slow").want(t, 504).within(t, 900*time.Millisecond, 1200*time.Millisecond)
	w.call("POST", "/slow", "body").want(t, 504)
}

func httpXTimeout(t *testing.T) {
	w := before(t, sleeper, "exec_timeout=1s")
	var calls sync.WaitGroup
	for _, value := range []string{"0s", "-1s", "9s", "x", "0", ""} {
		calls.Add(1)
		go func() {
			defer calls.Done()
			w.get("/slow", "X-Timeout: "+value).want(t, 504).within(t, time.Second, 1200*time.Millisecond)
		}()
	}
	w.get("/slow", "X-Timeout: 300ms").want(t, 504).within(t, 300*time.Millisecond, 500*time.Millisecond)
	calls.Wait()

	off := before(t, sleeper, "exec_timeout=0", "write_timeout=0")
	off.get("/slow", "X-Timeout: 500ms").want(t, 504).within(t, 500*time.Millisecond, 700*time.Millisecond)
	for _, mode := range []string{"streaming", "serializing", "classic"} {
		forked := start(t, append(fork(mode, "slow", "7"), "exec_timeout=5s")...)
		r := forked.get("/", "X-Timeout: 500ms").within(t, 500*time.Millisecond, 700*time.Millisecond)
		if want := map[string]int{"classic": 408}[mode] + map[string]int{"streaming": 504, "serializing": 504}[mode]; r.status != want {
			t.Errorf("%s: status %d, want %d", mode, r.status, want)
		}
	}
}

func httpTimeoutMidBody(t *testing.T) {
	w := before(t, func(w http.ResponseWriter, r *http.Request) { threeParts(w, 1500*time.Millisecond) }, "exec_timeout=1s")
	r := w.get("/").within(t, 900*time.Millisecond, 1200*time.Millisecond)
	if r.status != 200 || r.body == "" || r.err == nil {
		t.Errorf("status %d, body %q, err %v; want a part, then an abort", r.status, r.body, r.err)
	}
}

func httpGarbage(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		s.answer("this is no HTTP", "", "at all")
		return false
	}))
	w.get("/").want(t, 502).platformFault(t, true)
}

func httpClientGone(t *testing.T) {
	started, cancelled := make(chan string, 4), make(chan string, 4)
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/headers" {
			flushed(w, "first")
		}
		started <- r.URL.Path
		<-r.Context().Done()
		cancelled <- r.URL.Path
	})
	for _, path := range []string{"/silent", "/headers"} {
		c := w.dial().send("GET "+path+" HTTP/1.1", "Host: h")
		<-started
		c.Close()
		select {
		case <-cancelled:
		case <-time.After(limit(3 * time.Second)):
			t.Fatalf("%s: the upstream call goes on", path)
		}
	}
}

func httpStalledBody(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url, "read_timeout=1s")
	stalled := w.dial().raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nab").result("POST")
	if stalled.status != 408 {
		t.Errorf("stalled body: status %d, want 408 (%v)", stalled.status, stalled.err)
	}
	stalled.within(t, 900*time.Millisecond, 2*time.Second)

	c := w.dial().send("POST / HTTP/1.1", "Host: h", "Content-Length: 5")
	for _, letter := range "abcde" { // two seconds in all, each step within the limit
		time.Sleep(400 * time.Millisecond)
		c.raw(string(letter))
	}
	c.result("POST").want(t, 200)
	for s := arrived(); ; s = arrived() {
		if fmt.Sprint(s.ContentLength) == "5" {
			return
		}
	}
}
