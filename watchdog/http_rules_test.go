package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"

func TestAnswersThatAreOnlyClumsyPass(t *testing.T) {
	for name, response := range map[string]string{
		"LF alone":                      "HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nok",
		"LF alone in one line":          "HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 2\r\n\r\nok",
		"LF alone at the end":           "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\nok",
		"LF alone, then CR LF":          "HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\r\nok",
		"the same length twice":         "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok",
		"LF alone, chunks with CR LF":   "HTTP/1.1 200 OK\nX-A: 1\nTransfer-Encoding: chunked\n\n2\r\nok\r\n0\r\n\r\n",
		"an interim answer in LF alone": "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nok",
	} {
		a := functionThatSays(t, nil, response)
		got := a.connect(t).call(get)
		if got.status != 200 || got.body != "ok" || !strings.Contains(got.head, "\r\nX-A: 1\r\n") ||
			strings.Count(got.head, "ontent-") > 1 || strings.Count(got.head, "\n") != strings.Count(got.head, "\r\n") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestChunksAndTrailersOfAFunctionEndInCRLF(t *testing.T) {
	for _, body := range []string{"2\nok\r\n0\r\n\r\n", "2\r\nok\n0\r\n\r\n", "2\r\nok\r\n0\r\nX: 1\n\r\n", "2\r\nok\r\n0\r\n\n"} {
		a := functionThatSays(t, nil, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+body)
		if got := a.connect(t).call(get); got.status == 200 && got.err == nil {
			t.Errorf("%q: %+v", body, got)
		}
	}
}

func TestHeadOfAnAnswerHasALimitThatNamesItself(t *testing.T) {
	a := functionThatSays(t, map[string]string{"max_header_bytes": "2000"}, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: "+strings.Repeat("x", 2000)+"\r\n\r\n")
	if got := a.connect(t).call(get); got.status != 502 || !strings.Contains(got.body, "watchdog: ") ||
		!strings.Contains(got.body, "max_header_bytes=2000 bytes") {
		t.Errorf("%+v", got)
	}
}

// A function that read the request and then died may have done what was asked.
func TestPostIsNeverSentTwice(t *testing.T) {
	var posts atomic.Int32
	a := fakeFunction(t, nil, func(n int, nc net.Conn, r *bufio.Reader) {
		for i := 0; ; i++ {
			head, _, err := readRequest(r)
			if err != nil {
				return
			}
			if strings.HasPrefix(head, "POST") {
				posts.Add(1)
				return
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	c := a.connect(t)
	if got := c.call(get); got.status != 200 {
		t.Fatalf("%+v", got)
	}
	if got := c.call(post); got.status != 502 || posts.Load() != 1 {
		t.Errorf("sent %d times: %+v", posts.Load(), got)
	}
}

func TestKeptConnectionRestsNoLongerThanItsServerKeepsIt(t *testing.T) {
	for said, want := range map[string]int32{"X: 1": 1, "Keep-Alive: timeout=5, max=9": 1, "Keep-Alive: timeout=1": 3, "Keep-Alive: timeout=0": 3} {
		var connections atomic.Int32
		a := fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
			connections.Add(1)
			for {
				if _, _, err := readRequest(r); err != nil {
					return
				}
				_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\n%s\r\nContent-Length: 2\r\n\r\nok", said)
			}
		})
		c := a.connect(t)
		for range 3 {
			if got := c.call(post); got.status != 200 {
				t.Fatalf("%q: %+v", said, got)
			}
		}
		if n := connections.Load(); n != want {
			t.Errorf("%q: %d connections", said, n)
		}
	}
}

// The server closes a connection as soon as it has rested for the limit: whoever would still use it then
// would lose a POST.
func TestPostNeverMeetsAConnectionThatRestedLong(t *testing.T) {
	var late atomic.Int32
	a := fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
		for rested := time.Now(); ; rested = time.Now() {
			if _, _, err := readRequest(r); err != nil {
				return
			}
			if time.Since(rested) > upstreamIdle+100*time.Millisecond {
				late.Add(1)
				return
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	c := a.connect(t)
	for _, pause := range []time.Duration{0, upstreamIdle - 20*time.Millisecond, upstreamIdle, upstreamIdle + 20*time.Millisecond} {
		time.Sleep(pause) // the resting itself is what is tested
		if got := c.call(post); got.status != 200 {
			t.Errorf("after %v: %+v", pause, got)
		}
	}
	if late.Load() > 0 {
		t.Error("a connection was used after more than the limit")
	}
}
