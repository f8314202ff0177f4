package conformance

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The edges of HTTP/1.1 on the function's side.
var edgeUpstreamCases = []testCase{
	{"X54", "upstream_bodiless", "http: 204, 304 and HEAD answers have no body and keep the connection in step", true, false, upstreamBodiless},
	{"X55", "upstream_close_delimited", "http: a body that ends with the connection arrives whole and cleanly, from HTTP/1.0 too", false, false, upstreamCloseDelimited},
	{"X56", "upstream_extra_bytes", "http: bytes after an answer, or an answer nobody asked for, never reach another call", false, false, upstreamExtraBytes},
	{"X57", "upstream_bad_framing", "http: impossible framing from the function is 502 or an abort, never a clean answer", false, false, upstreamBadFraming},
	{"X58", "upstream_informational", "http: 100 and 102 before the answer do no harm", false, false, upstreamInformational},
	{"X59", "upstream_early_answer", "http: an answer before the body is read arrives at once; an upload that goes on is not a wedge", false, false, upstreamEarlyAnswer},
	{"X60", "upstream_big_header", "http: a 60 kB header passes both ways; an endless one from the function is 502", false, false, upstreamBigHeader},
	{"X61", "upstream_connection_reuse", "http: 50 calls in turn use few upstream connections; 20 at once are served at once", false, false, upstreamReuse},
	{"X62", "upstream_half_close", "http: a client that half-closes after its request still gets the answer", false, false, clientHalfClose},
}

// scripted answers each path with its own raw bytes and then closes, unless they end with "keep".
func scripted(t *testing.T, answers map[string]string) *watchdog {
	t.Helper()
	return behind(t, rawUpstream(t, func(s *seen) bool {
		text, known := answers[s.URL.Path]
		if !known {
			s.answer(okAnswer)
			return true
		}
		text, keep := strings.CutSuffix(text, "keep")
		s.answer(text)
		return keep
	}), "exec_timeout=3s")
}

func upstreamBodiless(t *testing.T) {
	w := scripted(t, map[string]string{
		"/204": "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\nkeep",
		"/304": "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"e\"\r\n\r\nkeep",
		"/0":   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nkeep",
		"/c":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nkeep",
	})
	c := w.dial()
	for range 3 {
		for path, status := range map[string]int{"/204": 204, "/304": 304, "/0": 200, "/c": 200} {
			c.send("GET "+path+" HTTP/1.1", "Host: h").result("GET").want(t, status).wantBody(t, "")
			c.send("HEAD "+path+" HTTP/1.1", "Host: h").result("HEAD").want(t, status)
			c.send("GET / HTTP/1.1", "Host: h").result("GET").want(t, 200).wantBody(t, "ok")
		}
	}
}

func upstreamCloseDelimited(t *testing.T) {
	w := scripted(t, map[string]string{
		"/1.1": "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it",
		"/1.0": "HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nall of it",
	})
	for _, path := range []string{"/1.1", "/1.0"} {
		w.get(path).want(t, 200).wantBody(t, "all of it")
		w.post("x").want(t, 200).wantBody(t, "ok")
	}
}

func upstreamExtraBytes(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	poisoned := make(chan struct{}, 1)
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(s.URL.Path), s.URL.Path)
		switch s.URL.Path {
		case "/together": // in the same segment as the answer
			s.answer(answer + poison)
		case "/late": // on the idle connection
			s.answer(answer)
			time.AfterFunc(20*time.Millisecond, func() {
				s.answer(poison)
				poisoned <- struct{}{}
			})
		default:
			s.answer(answer)
		}
		return true
	}))
	for range 10 {
		w.get("/together").want(t, 200).wantBody(t, "/together")
		w.get("/normal").want(t, 200).wantBody(t, "/normal")
		w.get("/late").want(t, 200).wantBody(t, "/late")
		<-poisoned
		w.get("/normal").want(t, 200).wantBody(t, "/normal")
	}
}

func upstreamBadFraming(t *testing.T) {
	answers := map[string]string{
		"/length":    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab",
		"/lengths":   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
		"/negative":  "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab",
		"/chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
		"/overflow":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab",
		"/no-colon":  "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
		"/status":    "HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\nab",
		"/short":     "HTTP/1.1 20",
		"/no-end":    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
		"/protocol":  "ICY 200 OK\r\n\r\n",
		"/switching": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
	}
	w := scripted(t, answers)
	for path := range answers {
		r := w.get(path)
		if r.status < 500 && r.err == nil {
			t.Errorf("%s: status %d, body %q and a clean end", path, r.status, r.body)
		}
		w.get("/").want(t, 200).wantBody(t, "ok")
	}
}

func upstreamInformational(t *testing.T) {
	w := scripted(t, map[string]string{
		"/100":  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokkeep",
		"/102":  "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokkeep",
		"/then": "HTTP/1.1 100 Continue\r\n\r\n",
	})
	for _, path := range []string{"/100", "/102"} {
		w.post("x").want(t, 200)
		w.call("POST", path, "body").want(t, 200).wantBody(t, "ok")
	}
	w.get("/then").want(t, 502)
}

func upstreamEarlyAnswer(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		readsOn := s.URL.Path == "/reads-on"
		connection := "Connection: close" // said, because a close that nobody announced races with the next call
		if readsOn {
			connection = "Connection: keep-alive"
		}
		s.answer("HTTP/1.1 413 Too Large", connection, "Content-Length: 8", "", "too much")
		return readsOn
	}), "read_timeout=3s", "exec_timeout=5s")
	for _, path := range []string{"/closes", "/reads-on"} {
		c := w.dial().raw("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\nfirst bytes")
		c.result("POST").want(t, 413).wantBody(t, "too much").within(t, 0, time.Second)
		_, _ = c.Write(make([]byte, 4_000_000)) // may fail: the watchdog may close
		w.get(path).want(t, 413)
	}
}

func upstreamBigHeader(t *testing.T) {
	big := strings.Repeat("h", 60_000)
	heads := make(chan *seen, 4)
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		heads <- s
		if s.URL.Path == "/endless" {
			s.answer("HTTP/1.1 200 OK\r\n")
			for range 200 {
				s.answer("X-More: " + big + "\r\n")
			}
			return false
		}
		s.answer("HTTP/1.1 200 OK", "X-Big: "+big, "Content-Length: 2", "", "ok")
		return true
	}))
	r := w.get("/", "X-Up: "+big).want(t, 200).wantBody(t, "ok")
	if s := <-heads; s.Header.Get("X-Up") != big || r.header.Get("X-Big") != big {
		t.Error("a 60 kB header did not pass")
	}
	w.get("/endless").want(t, 502)
	w.get("/").want(t, 200)
}

func upstreamReuse(t *testing.T) {
	var connections atomic.Int32
	seenBy := map[string]bool{}
	release := make(chan struct{})
	var waiting atomic.Int32
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		if s.URL.Path == "/wait" {
			waiting.Add(1)
			<-release
		} else if peer := s.conn.RemoteAddr().String(); !seenBy[peer] {
			seenBy[peer] = true
			connections.Add(1)
		}
		s.answer(okAnswer)
		return true
	}))
	c := w.dial()
	for range 50 {
		c.send("GET / HTTP/1.1", "Host: h").result("GET").want(t, 200)
	}
	if n := connections.Load(); n > 5 {
		t.Errorf("50 calls in turn used %d upstream connections", n)
	}
	var open []*wire
	for range 20 {
		open = append(open, w.dial().send("GET /wait HTTP/1.1", "Host: h"))
	}
	w.eventually(3*time.Second, "20 calls are in the function at once", func() bool { return waiting.Load() == 20 })
	close(release)
	for _, c := range open {
		c.result("GET").want(t, 200)
	}
}

// clientHalfClose: some clients shut down their sending side after the request. The call goes on.
func clientHalfClose(t *testing.T) {
	w := before(t, sleeper)
	c := w.dial().send("POST / HTTP/1.1", "Host: h", "Connection: close", "Content-Length: 2\r\n\r\nhi")
	must(t, c.Conn.(*net.TCPConn).CloseWrite())
	r := c.result("POST")
	if r.status != 200 {
		t.Errorf("status %d (%v)", r.status, r.err)
	}
}
