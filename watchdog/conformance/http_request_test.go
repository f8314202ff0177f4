package conformance

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

var httpRequestCases = []testCase{
	{"T41", "http_known_length", "http: Content-Length 3 arrives as Content-Length 3", true, false, httpKnownLength},
	{"T42", "http_chunked_request", "http: a chunked body arrives chunked; with http_buffer_req_body with its length", false, false, httpChunkedRequest},
	{"T43", "http_request_unchanged", "http: Host, repeated headers, escaped path and query arrive unchanged", false, false, httpUnchanged},
	{"T44", "http_hop_by_hop", "http: hop-by-hop headers are not forwarded, either way", false, false, httpHopByHop},
	{"T45", "http_nothing_invented", "http: no User-Agent, Accept-Encoding or X-Forwarded-For is invented, gzip stays gzip", false, false, httpNothingInvented},
	{"T46", "http_response_headers", "http: two Set-Cookie, 201 and Date are kept; X-Duration-Seconds is the watchdog's", true, false, httpResponseHeaders},
	{"T47", "http_redirect", "http: a 302 is passed through, not followed", false, false, httpRedirect},
	{"T48", "http_no_sniffing", "http: no Content-Type is added", false, false, httpNoSniffing},
	{"T49", "http_unclean_path", "http: `//a//b/../c` arrives as exactly that", false, false, httpUncleanPath},
	{"T60", "http_expect_continue", "http: Expect: 100-continue is answered locally, without delay, and not forwarded", false, false, httpExpect},
	{"T87", "http_upstream_path", "http: upstream_url with a path and a trailing slash gives one slash at the joint, with SSE too", false, false, httpUpstreamPath},
	{"X08", "http_head", "http: HEAD is forwarded as HEAD and Content-Length stays", false, false, httpHead},
	{"X09", "http_reused_connection", "http: a reused upstream connection that dies before an answer is retried once, unseen", false, false, httpStaleConnection},
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// recorder answers 200 to everything and hands over what it saw.
func recorder(t *testing.T) (string, func() *seen) {
	requests := make(chan *seen, 100)
	url := rawUpstream(t, func(s *seen) bool {
		body, _ := io.ReadAll(s.Body)
		s.Body = io.NopCloser(bytes.NewReader(body))
		requests <- s
		s.answer(okAnswer)
		return true
	})
	return url, func() *seen {
		select {
		case s := <-requests:
			return s
		case <-time.After(limit(5 * time.Second)):
			t.Fatal("nothing arrived at the upstream")
			return nil
		}
	}
}

func httpKnownLength(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url)
	w.post("abc").want(t, 200).wantBody(t, "ok")
	s := arrived()
	if !s.hasHeader("Content-Length") || s.ContentLength != 3 || s.hasHeader("Transfer-Encoding") {
		t.Errorf("arrived as %q", s.head)
	}
}

func httpChunkedRequest(t *testing.T) {
	url, arrived := recorder(t)
	chunked := func(w *watchdog) *seen {
		w.dial().send("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0").
			result("POST").want(t, 200)
		s := arrived()
		if body, _ := io.ReadAll(s.Body); string(body) != "abcde" {
			t.Errorf("body %q", body)
		}
		return s
	}
	if s := chunked(behind(t, url)); !s.hasHeader("Transfer-Encoding") || s.ContentLength != -1 {
		t.Errorf("unbuffered arrived as %q", s.head)
	}
	for _, name := range []string{"http_buffer_req_body=true", "buffer_http=1"} {
		if s := chunked(behind(t, url, name)); s.ContentLength != 5 || s.hasHeader("Transfer-Encoding") {
			t.Errorf("%s: arrived as %q", name, s.head)
		}
	}
}

func httpUnchanged(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url)
	target := "/a%20b/%2F/x;y?q=%20a&q=b+c&empty=&%41"
	w.dial().send("PUT "+target+" HTTP/1.1", "Host: my.host:123", "X-A: 1", "X-A: 2", "Cookie: a=1", "Cookie: b=2",
		"X-Forwarded-For: 9.9.9.9", "Content-Length: 0").result("PUT").want(t, 200)
	s := arrived()
	if !strings.HasPrefix(s.head, "PUT "+target+" HTTP/1.1\r\n") || s.Host != "my.host:123" ||
		fmt.Sprint(s.Header["X-A"]) != "[1 2]" || len(s.Header["Cookie"]) != 2 ||
		fmt.Sprint(s.Header["X-Forwarded-For"]) != "[9.9.9.9]" {
		t.Errorf("arrived as %q", s.head)
	}
}

func httpHopByHop(t *testing.T) {
	heads := make(chan *seen, 1)
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		heads <- s
		s.answer("HTTP/1.1 200 OK", "Connection: X-Hop, keep-alive", "Keep-Alive: timeout=5", "X-Hop: 1",
			"Proxy-Authenticate: Basic", "X-End: 1", "Content-Length: 2", "", "ok")
		return true
	}))
	r := w.dial().send("GET / HTTP/1.1", "Host: h", "Connection: keep-alive, X-Named", "Keep-Alive: timeout=9",
		"TE: deflate", "Proxy-Authorization: Basic eA==", "Proxy-Connection: keep-alive", "X-Named: 1", "X-End: 1").
		result("GET").want(t, 200).wantBody(t, "ok").wantHeader(t, "X-End", "1")
	s := <-heads
	for _, name := range []string{"X-Named", "Keep-Alive", "TE", "Proxy-Authorization", "Proxy-Connection"} {
		if s.hasHeader(name) {
			t.Errorf("%s reached the upstream", name)
		}
	}
	if !s.hasHeader("X-End") {
		t.Error("the end-to-end header is missing")
	}
	for _, name := range []string{"X-Hop", "Keep-Alive", "Proxy-Authenticate"} {
		if r.header.Get(name) != "" {
			t.Errorf("%s reached the client", name)
		}
	}
}

func httpNothingInvented(t *testing.T) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = io.WriteString(zip, strings.Repeat("hello ", 100))
	must(t, zip.Close())
	heads := make(chan *seen, 1)
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		heads <- s
		s.answer("HTTP/1.1 200 OK", "Content-Encoding: gzip", fmt.Sprint("Content-Length: ", packed.Len()), "", packed.String())
		return true
	}))
	w.dial().send("GET / HTTP/1.1", "Host: h").result("GET").want(t, 200).wantBody(t, packed.String()).
		wantHeader(t, "Content-Encoding", "gzip").wantHeader(t, "Content-Length", fmt.Sprint(packed.Len()))
	s := <-heads
	for _, name := range []string{"User-Agent", "Accept-Encoding", "X-Forwarded-For", "Via", "Transfer-Encoding"} {
		if s.hasHeader(name) {
			t.Errorf("%s was invented: %q", name, s.head)
		}
	}
}

func httpResponseHeaders(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		s.answer("HTTP/1.1 201 Created", "Set-Cookie: a=1", "Set-Cookie: b=2", "Date: Mon, 01 Jan 2001 00:00:00 GMT",
			"X-Duration-Seconds: 9999", "Content-Length: 2", "", "ok")
		return true
	}))
	r := w.get("/").want(t, 201).wantHeader(t, "Date", "Mon, 01 Jan 2001 00:00:00 GMT").wantDuration(t).platformFault(t, false)
	if fmt.Sprint(r.header["Set-Cookie"]) != "[a=1 b=2]" || len(r.header["X-Duration-Seconds"]) != 1 || len(r.header["Date"]) != 1 {
		t.Errorf("headers %v", r.header)
	}
}

func httpRedirect(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		s.answer("HTTP/1.1 302 Found", "Location: /else?where#x", "Content-Length: 0", "", "")
		return true
	}))
	w.get("/").want(t, 302).wantHeader(t, "Location", "/else?where#x")
}

func httpNoSniffing(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		s.answer("HTTP/1.1 200 OK", "Content-Length: 13", "", "<html></html>")
		return true
	}))
	r := w.get("/").want(t, 200)
	if got, set := r.header["Content-Type"]; set {
		t.Errorf("Content-Type %q was added", got)
	}
}

func httpUncleanPath(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url)
	for _, target := range []string{"//a//b/../c", "/./x/", "/a/%2e%2e/b?x=/../"} {
		w.dial().send("POST "+target+" HTTP/1.1", "Host: h", "Content-Length: 1\r\n\r\nx").result("POST").want(t, 200)
		if s := arrived(); !strings.HasPrefix(s.head, "POST "+target+" HTTP/1.1\r\n") {
			t.Errorf("%s arrived as %q", target, s.head)
		}
	}
}

func httpExpect(t *testing.T) {
	url, arrived := recorder(t)
	w := behind(t, url)
	c := w.dial()
	begin := time.Now()
	c.send("POST / HTTP/1.1", "Host: h", "Content-Length: 5", "Expect: 100-continue")
	if r := c.response("POST"); r.StatusCode != 100 {
		t.Fatalf("status %d before the body", r.StatusCode)
	}
	c.raw("hello").result("POST").want(t, 200)
	if took := time.Since(begin); took > limit(0) {
		t.Errorf("took %v", took)
	}
	if s := arrived(); s.hasHeader("Expect") {
		t.Errorf("Expect was forwarded: %q", s.head)
	}
}

func httpUpstreamPath(t *testing.T) {
	url, arrived := recorder(t)
	for _, base := range []string{"/base/", "/base"} {
		w := behind(t, url+base)
		for target, want := range map[string]string{"/x?q=1": "/base/x?q=1", "/": "/base/", "//x": "/base//x"} {
			for _, accept := range []string{"*/*", "text/event-stream"} {
				w.dial().send("GET "+target+" HTTP/1.1", "Host: h", "Accept: "+accept).result("GET").want(t, 200)
				if s := arrived(); !strings.HasPrefix(s.head, "GET "+want+" HTTP/1.1\r\n") {
					t.Errorf("%s before %s (Accept %s): %.60q, want %s", base, target, accept, s.head, want)
				}
			}
		}
	}
}

func httpHead(t *testing.T) {
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		s.answer("HTTP/1.1 200 OK", "X-Method: "+s.Method, "Content-Length: 1234", "", "")
		return true
	}))
	c := w.dial()
	for range 2 { // the second shows that the connection is still in step
		c.send("HEAD / HTTP/1.1", "Host: h").result("HEAD").want(t, 200).
			wantHeader(t, "X-Method", "HEAD").wantHeader(t, "Content-Length", "1234")
	}
}

func httpStaleConnection(t *testing.T) {
	first := true
	w := behind(t, rawUpstream(t, func(s *seen) bool {
		if s.URL.Path == "/stale" && first {
			first = false
			return false // close a connection that has served a call, without a byte
		}
		s.answer(okAnswer)
		return true
	}))
	c := w.dial()
	c.send("GET / HTTP/1.1", "Host: h").result("GET").want(t, 200)
	c.send("GET /stale HTTP/1.1", "Host: h").result("GET").want(t, 200).wantBody(t, "ok")
}
