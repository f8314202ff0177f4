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

	"sampan/watchdog/internal/wire"
)

// fakeFunction serves raw connections, so that it can misbehave.
func fakeFunction(t *testing.T, env map[string]string, serve func(n int, nc net.Conn, r *bufio.Reader)) *app {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var count atomic.Int32
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				serve(int(count.Add(1)), nc, bufio.NewReader(nc))
			}()
		}
	}()
	vars := map[string]string{"mode": "http", "upstream_url": "http://" + l.Addr().String()}
	for name, value := range env {
		vars[name] = value
	}
	return testApp(t, "cat", vars)
}

// functionThatSays answers each first request of a connection with these bytes, whatever they are.
func functionThatSays(t *testing.T, env map[string]string, response string) *app {
	t.Helper()
	return fakeFunction(t, env, func(_ int, nc net.Conn, r *bufio.Reader) {
		_, _, _ = readRequest(r)
		_, _ = io.WriteString(nc, response)
	})
}

// readRequest reads a head and a body with a length.
func readRequest(r *bufio.Reader) (head, body string, err error) {
	src := wire.NewSource(r)
	raw, err := src.Head(1 << 20)
	if err != nil {
		return "", "", err
	}
	head = string(raw)
	var req wire.Request
	if err := req.Parse(raw); err != nil {
		return head, "", err
	}
	kind := wire.SizedBody
	if req.Framing.Chunked {
		kind = wire.ChunkedBody
	}
	src.PinHead()
	var b wire.Body
	b.Start(&src, kind, max(req.Framing.Length, 0))
	whole, err := io.ReadAll(&b)
	return head, string(whole), err
}

const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

func TestBadResponsesBecome502(t *testing.T) {
	for name, response := range map[string]string{
		"garbage":             "hello\r\n\r\n",
		"two lengths":         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"length and coding":   "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"unknown coding":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"list of lengths":     "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na",
		"CR alone":            "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
		"too many lines":      "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: 1\r\n", 1001) + "\r\n",
		"folded":              "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
		"too long":            "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"nothing":             "",
		"unasked upgrade":     "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"status of two":       "HTTP/1.1 20 OK\r\n\r\n",
		"bad first chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"endless 1xx":         strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100),
		"response in pieces ": "HTTP/1.1 200 OK\r\nX",
	} {
		a := functionThatSays(t, nil, response)
		c := a.connect(t)
		got := c.call(get)
		for got.status == 102 {
			got = c.receive("GET")
		}
		if got.status != 502 || !strings.Contains(got.head, "X-Openfaas-Internal: fwatchdog") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBrokenBodiesAreAborted(t *testing.T) {
	for name, response := range map[string]string{
		"sized, no byte": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		"sized":          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
		"chunked":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		"invalid":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
	} {
		a := functionThatSays(t, nil, response)
		got := a.connect(t).call(get)
		if got.status != 200 || !strings.HasPrefix("abc", got.body) || got.err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUnaskedBytesNeverReachTheNextCaller(t *testing.T) {
	a := fakeFunction(t, nil, func(n int, nc net.Conn, r *bufio.Reader) {
		for {
			if _, _, err := readRequest(r); err != nil {
				return
			}
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		}
	})
	c := a.connect(t)
	for range 10 {
		if got := c.call(get); got.body != "good" {
			t.Fatalf("%+v", got)
		}
	}
}

func TestDeadIdleConnectionIsReplaced(t *testing.T) {
	a := fakeFunction(t, nil, func(n int, nc net.Conn, r *bufio.Reader) {
		for i := 0; ; i++ {
			if _, _, err := readRequest(r); err != nil || (n == 1 && i == 1) {
				return // the first connection dies on its second request
			}
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", n)
		}
	})
	c := a.connect(t)
	for _, want := range []string{"1", "2", "2"} {
		got := c.call(get)
		if got.status != 200 || got.body != want {
			t.Fatalf("want %s: %+v", want, got)
		}
	}
}

func TestWhatReachesTheFunction(t *testing.T) {
	heads := make(chan string, 1)
	a := fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
		head, body, err := readRequest(r)
		if err != nil {
			return
		}
		heads <- head
		_, _ = fmt.Fprintf(nc, "HTTP/1.1 201 Fine\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nSet-Cookie: a\r\n"+
			"Set-Cookie: b\r\nX-Duration-Seconds: 9\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	})
	got := a.connect(t).call("POST //a/../b%2F?c=%20 HTTP/1.1\r\nHost: me:1\r\nX-A: 1\r\nx-a: 2\r\nConnection: close, X-Mine\r\n" +
		"X-Mine: 1\r\nTE: gzip\r\nProxy-Authorization: p\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	want := "POST //a/../b%2F?c=%20 HTTP/1.1\r\nHost: me:1\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
	if head := <-heads; head != want {
		t.Errorf("sent %q", head)
	}
	if got.status != 201 || got.body != "abc" || !strings.Contains(got.head, "Set-Cookie: a\r\nSet-Cookie: b\r\n") ||
		strings.Contains(got.head, "Hop") || strings.Contains(got.head, "Keep-Alive") || strings.Contains(got.head, ": 9\r\n") {
		t.Errorf("%+v", got)
	}
}

func TestTimeoutThenNextCall(t *testing.T) {
	a := fakeFunction(t, map[string]string{"exec_timeout": "200ms"}, func(n int, nc net.Conn, r *bufio.Reader) {
		if _, _, err := readRequest(r); err == nil && n == 1 {
			time.Sleep(time.Second)
		}
		_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	})
	c := a.connect(t)
	if got := c.call(get); got.status != 504 {
		t.Errorf("%+v", got)
	}
	if got := c.call(get); got.status != 200 {
		t.Errorf("the same connection must go on: %+v", got)
	}
}

func TestInformationalAndTrailers(t *testing.T) {
	a := functionThatSays(t, nil, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-T\r\n"+
		"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n")
	c := a.connect(t)
	if got := c.call(get); got.status != 103 || !strings.Contains(got.head, "Link: x") {
		t.Errorf("%+v", got)
	}
	if got := c.receive("GET"); got.body != "aX-T: 1\r\n" || got.err != nil {
		t.Errorf("%+v", got)
	}
}

func TestUpgradeIsTunnelledAndFreesItsSlot(t *testing.T) {
	a := fakeFunction(t, map[string]string{"max_inflight": "1", "exec_timeout": "100ms"},
		func(_ int, nc net.Conn, r *bufio.Reader) {
			head, _, _ := readRequest(r)
			if !strings.Contains(head, "Upgrade: MyProto\r\n") {
				return
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: MyProto\r\nConnection: Upgrade\r\n\r\nhello")
			_, _ = io.Copy(nc, r)
		})
	c := a.connect(t)
	got := c.call("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: MyProto\r\n\r\n")
	if got.status != 101 {
		t.Fatalf("%+v", got)
	}
	time.Sleep(200 * time.Millisecond) // longer than any limit of a call
	c.send("ping")
	echo := make([]byte, 9)
	if _, err := io.ReadFull(c.r, echo); err != nil || string(echo) != "helloping" {
		t.Errorf("%q, %v", echo, err)
	}
	_ = c.nc.Close()
	eventually(t, "the slot is free", func() bool { return a.server.limiter.running.Load() == 0 })
}

func TestLeavingClientCancelsTheCall(t *testing.T) {
	closed := make(chan struct{})
	a := fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
		_, _, _ = readRequest(r)
		_, _ = r.ReadByte()
		close(closed)
	})
	c := a.connect(t)
	c.send(get)
	time.Sleep(50 * time.Millisecond)
	_ = c.nc.Close()
	select {
	case <-closed:
	case <-time.After(3 * time.Second):
		t.Error("the function never noticed")
	}
}
