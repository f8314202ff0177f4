package conformance

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// The edges of HTTP/1.1 on the client's side, where a server of our own has no library to lean on.
var edgeClientCases = []testCase{
	{"X46", "request_forms", "request targets: absolute form, `OPTIONS *`, CONNECT and TRACE refused, leading empty line, odd versions", true, false, requestForms},
	{"X47", "chunked_edges", "chunked bodies: extensions, trailers, upper-case sizes pass; overflow, signs, missing ends and endless lines do not", true, false, chunkedEdges},
	{"X48", "unread_body_no_smuggling", "a body that nobody read (429, 413, 405, early answers) is never taken for the next request", true, false, unreadBodies},
	{"X49", "connection_header", "Connection: close is honoured, HTTP/1.0 keep-alive too, and said in the answer", false, false, connectionHeader},
	{"X50", "many_connections", "300 idle connections cost no threads and little memory, and calls go on", false, true, manyConnections},
	{"X51", "slow_reader", "a client that does not read stops the function by back-pressure, not by memory", false, true, slowReader},
	{"X52", "byte_by_byte", "a request that arrives byte by byte is understood", true, false, byteByByte},
	{"X53", "http2_preface", "an HTTP/2 preface and TLS are refused without harm", false, false, http2Preface},
}

func requestForms(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url)
	w.dial().send("GET http://other.host/abs?q=1 HTTP/1.1", "Host: ignored").result("GET").want(t, 200)
	if s := arrived(); !strings.HasPrefix(s.head, "GET /abs?q=1 HTTP/1.1\r\n") && !strings.HasPrefix(s.head, "GET http://other.host/abs?q=1 HTTP/1.1\r\n") {
		t.Errorf("absolute form arrived as %q", s.head)
	}
	w.dial().send("OPTIONS * HTTP/1.1", "Host: h").result("OPTIONS").want(t, 200)
	for _, line := range []string{"CONNECT h:80 HTTP/1.1", "TRACE / HTTP/1.1"} {
		if r := w.dial().send(line, "Host: h").result("GET"); r.status != 405 || r.header.Get("Allow") == "" {
			t.Errorf("%s: status %d, Allow %q", line, r.status, r.header.Get("Allow"))
		}
	}
	w.dial().raw("\r\n").send("GET /after-empty-line HTTP/1.1", "Host: h").result("GET").want(t, 200)
	for _, line := range []string{"GET  /two-spaces HTTP/1.1", "GET /x", "GET /x HTTP/9.9", "GET relative HTTP/1.1", " GET / HTTP/1.1",
		"G@T / HTTP/1.1", "GET /a b HTTP/1.1", "GET / http/1.1"} {
		if r := w.dial().send(line, "Host: h").result("GET"); r.status == 200 || r.status == 502 {
			t.Errorf("%q: status %d", line, r.status)
		}
	}
	w.get("/end").want(t, 200)
}

func chunkedEdges(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url, "read_timeout=2s")
	send := func(body string) (result, string) {
		c := w.dial()
		go func() {
			_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"+body)
		}()
		r := c.result("POST")
		if r.status != 200 {
			return r, ""
		}
		got, _ := io.ReadAll(arrived().Body)
		return r, string(got)
	}
	for body, want := range map[string]string{
		"3;ext=\"v;w\"\r\nabc\r\n0\r\n\r\n":          "abc",
		"A\r\n0123456789\r\n0\r\nX-Trail: 1\r\n\r\n": "0123456789",
		"0003\r\nabc\r\n0;last\r\n\r\n":              "abc",
		"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n":    "abc",
	} {
		if r, got := send(body); r.status != 200 || got != want {
			t.Errorf("%q: status %d, body %q", body, r.status, got)
		}
	}
	for _, body := range []string{
		"10000000000000000\r\nabc\r\n0\r\n\r\n", "-1\r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n",
		"3\r\nabcdef\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", strings.Repeat("0", 100_000) + "3\r\nabc\r\n0\r\n\r\n",
		"3;" + strings.Repeat("e", 200_000) + "\r\nabc\r\n0\r\n\r\n", "0\r\n" + strings.Repeat("X-T: "+strings.Repeat("t", 1000)+"\r\n", 2000) + "\r\n",
	} {
		if r, _ := send(body); r.status == 200 {
			t.Errorf("accepted: %.60q", body)
		}
	}
}

const inner = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

func unreadBodies(t *testing.T) {
	check := func(w *watchdog, what string, head string, status int) {
		t.Helper()
		c := w.dial()
		fmt.Fprintf(c, "%s\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", head, len(inner), inner)
		first := c.result("POST")
		if first.status != status {
			t.Errorf("%s: status %d (%v)", what, first.status, first.err)
		}
		_ = c.SetReadDeadline(time.Now().Add(400 * time.Millisecond))
		if second := c.result("GET"); second.status != 0 {
			t.Errorf("%s: the body was answered as a request of its own: %d", what, second.status)
		}
	}
	release := make(chan struct{})
	url := rawUpstream(t, func(s *seen) bool {
		switch s.URL.Path {
		case "/hold":
			<-release
		case "/early":
			s.answer("HTTP/1.1 413 Too Large", "Content-Length: 2", "Connection: close", "", "no")
			return false
		}
		s.answer(okAnswer)
		return true
	})
	w := behind(t, url, "max_inflight=1", "max_request_body=10000")
	check(w, "trace", "TRACE / HTTP/1.1", 405)
	check(w, "health", "POST /_/health HTTP/1.1", 405)
	check(w, "options", "OPTIONS * HTTP/1.1", 200)
	check(w, "early answer", "POST /early HTTP/1.1", 413)
	held := w.dial().send("GET /hold HTTP/1.1", "Host: h")
	w.eventually(3*time.Second, "the slot is taken", func() bool { return w.probe("/_/ready") == 429 })
	check(w, "limit", "POST / HTTP/1.1", 429)
	close(release)
	held.result("GET").want(t, 200)

	forked := start(t, fork("streaming", "noread")...)
	check(forked, "unread by the program", "POST / HTTP/1.1", 200)
	static := start(t, "mode=static", "static_path="+staticSite(t))
	check(static, "static", "POST / HTTP/1.1", 405)
	check(static, "static get with a body", "GET /a.txt HTTP/1.1", 200)
}

func connectionHeader(t *testing.T) {
	url, _ := recorder(t)
	w := behind(t, url)
	c := w.dial().send("GET / HTTP/1.1", "Host: h", "Connection: Close")
	if r := c.result("GET").want(t, 200); !r.closing {
		t.Error("the answer does not say Connection: close")
	}
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("not closed: %v", err)
	}
	old := w.dial().send("GET / HTTP/1.0", "Connection: keep-alive")
	if r := old.result("GET").want(t, 200); !r.closing {
		old.send("GET / HTTP/1.0").result("GET").want(t, 200)
	}
	if _, err := old.in.ReadByte(); err != io.EOF {
		t.Errorf("HTTP/1.0 not closed: %v", err)
	}
}

func manyConnections(t *testing.T) {
	url, _ := recorder(t)
	w := behind(t, url)
	w.get("/").want(t, 200)
	before := w.vital()
	var open []*wire
	for range 300 {
		c := w.dial()
		open = append(open, c)
		c.send("GET /_/health HTTP/1.1", "Host: h").result("GET").want(t, 200)
	}
	after := w.vital()
	t.Logf("300 connections: %+v to %+v", before, after)
	if after.threads-before.threads > 10 || !suite.race && after.rssKB-before.rssKB > 6<<10 {
		t.Errorf("300 idle connections: %+v to %+v", before, after)
	}
	w.get("/").want(t, 200)
	for _, c := range open {
		c.Close()
	}
	w.eventually(5*time.Second, "descriptors are back", func() bool { return w.vital().fds <= before.fds+4 })
}

func slowReader(t *testing.T) {
	for _, mode := range []string{"streaming", "http"} {
		var w *watchdog
		path := "/flood/60000000"
		if mode == "http" {
			w, path = serving(t, launch{}), "/bytes?n=60000000"
		} else {
			w = start(t, fork(mode, "abuse")...)
		}
		w.get("/").want(t, 200)
		before := w.vital()
		c := w.dial().send("GET "+path+" HTTP/1.1", "Host: h")
		c.response("GET")
		time.Sleep(time.Second) // let it pile up, if it does
		if after := w.vital(); !suite.race && after.peakKB-before.rssKB > 24<<10 {
			t.Errorf("%s: %d kB to %d kB while the client does not read", mode, before.rssKB, after.peakKB)
		}
	}
}

func byteByByte(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url)
	c := w.dial()
	for _, b := range []byte("POST /x?y=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc") {
		_, err := c.Write([]byte{b})
		must(t, err)
		time.Sleep(time.Millisecond)
	}
	c.result("POST").want(t, 200)
	if body, _ := io.ReadAll(arrived().Body); string(body) != "abc" {
		t.Errorf("body %q", body)
	}
}

func http2Preface(t *testing.T) {
	w := start(t, append(fork("classic", "echo"), "read_timeout=1s")...)
	for _, hello := range []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", "\x00\x00\x00\r\n\r\n"} {
		c := w.dial().raw(hello)
		_ = c.SetReadDeadline(time.Now().Add(limit(3 * time.Second)))
		answer, _ := io.ReadAll(c.in)
		if strings.HasPrefix(string(answer), "HTTP/1.1 200") {
			t.Errorf("%q was answered with %q", hello, answer)
		}
	}
	w.post("fine").want(t, 200)
}
