package main

import (
	"strings"
	"testing"
)

func TestHealthAndReady(t *testing.T) {
	a := testApp(t, "cat", map[string]string{"max_inflight": "1", "suppress_lock": "true"})
	c := a.connect(t)
	if got := c.call("GET /_/health HTTP/1.1\r\nHost: h\r\n\r\n"); got.status != 200 || got.body != "OK" {
		t.Errorf("%+v", got)
	}
	if got := c.call("HEAD /_/health HTTP/1.1\r\nHost: h\r\n\r\n"); got.status != 200 {
		t.Errorf("%+v", got)
	}
	if got := c.call("POST /_/health HTTP/1.1\r\nHost: h\r\n\r\n"); got.status != 405 {
		t.Errorf("%+v", got)
	}
	a.server.limiter.take()
	if got := c.call("GET /_/ready HTTP/1.1\r\nHost: h\r\n\r\n"); got.status != 429 {
		t.Errorf("%+v", got)
	}
	if got := c.call("POST / HTTP/1.1\r\nHost: h\r\n\r\n"); got.status != 429 ||
		!strings.HasPrefix(got.body, "Concurrent request limit exceeded. Max concurrent requests: 1\n") {
		t.Errorf("%+v", got)
	}
	a.server.limiter.release()
	a.server.accepting.Store(false)
	if got := c.call("GET /_/ready HTTP/1.1\r\nHost: h\r\n\r\n"); got.status != 503 {
		t.Errorf("%+v", got)
	}
}

func TestMalformedRequestsAreAnswered(t *testing.T) {
	a := testApp(t, "cat", map[string]string{"read_timeout": "200ms"})
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
		"GET / HTTP/3.0\r\nHost: h\r\n\r\n":                                                    505,
		"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n":                                                  405,
		"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n":                                                200,
		"GET / HTTP/1.1\r\nHos":                                                                408,
		"GET / HTTP/1.1\n\n":                                                                   400,
	} {
		if got := a.connect(t).call(request); got.status != want {
			t.Errorf("%q: %d %v", request, got.status, got.err)
		}
	}
}
