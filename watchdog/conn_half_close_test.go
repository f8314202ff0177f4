package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// halfClose sends a request and closes the sending side.
func (c *testClient) halfClose(request string) {
	c.t.Helper()
	c.send(request)
	if err := c.nc.(*net.TCPConn).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// final reads answers until one that is no interim one.
func (c *testClient) final(method string) (got answer, interims int) {
	c.t.Helper()
	for {
		if got = c.receive(method); got.status >= 200 || got.err != nil {
			return got, interims
		}
		interims++
	}
}

func TestClientThatSendsNoMoreGetsItsAnswerInEveryMode(t *testing.T) {
	site := t.TempDir()
	if err := os.WriteFile(filepath.Join(site, "x"), []byte("ab"), 0o644); err != nil {
		t.Fatal(err)
	}
	echo := func(_ int, nc net.Conn, r *bufio.Reader) {
		_, body, _ := readRequest(r)
		_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+body)
	}
	for _, mode := range []string{"classic", "streaming", "serializing", "http"} {
		t.Run(mode, func(t *testing.T) {
			if mode == "http" {
				checkHalfClosed(t, fakeFunction(t, nil, echo))
				return
			}
			checkHalfClosed(t, testApp(t, "cat", map[string]string{"mode": mode}))
		})
	}
	static := testApp(t, "cat", map[string]string{"mode": "static", "static_path": site}).connect(t)
	static.halfClose("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
	if got, _ := static.final("GET"); got.status != 200 || got.body != "ab" {
		t.Errorf("static: %+v", got)
	}
}

func checkHalfClosed(t *testing.T, a *app) {
	for _, request := range []string{
		post, "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab",
		"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
	} {
		c := a.connect(t)
		c.halfClose(request)
		if got, _ := c.final("POST"); got.status != 200 || got.body != "ab" {
			t.Errorf("%q: %+v", request, got)
		}
	}
	c := a.connect(t)
	c.halfClose(strings.Repeat(post, 3))
	for i := range 3 {
		if got, _ := c.final("POST"); got.status != 200 || got.body != "ab" {
			t.Errorf("request %d of three: %+v", i+1, got)
		}
	}
}

// The function answers only after the client has been looked for.
func TestSlowAnswerReachesAClientThatSendsNoMore(t *testing.T) {
	for version, wantInterims := range map[string]int{"1.1": 1, "1.0": 0} {
		a := fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
			_, _, _ = readRequest(r)
			time.Sleep(probeAfter + 300*time.Millisecond) // the function's own slowness
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		})
		c := a.connect(t)
		c.halfClose("GET / HTTP/" + version + "\r\nHost: h\r\n\r\n")
		if got, interims := c.final("GET"); got.status != 200 || got.body != "ok" || interims != wantInterims {
			t.Errorf("%s: %d interim answers, %+v", version, interims, got)
		}
	}
}

func TestClientThatClosesOrResetsEndsItsCall(t *testing.T) {
	for _, reset := range []bool{false, true} {
		closed := make(chan struct{})
		a := fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
			_, _, _ = readRequest(r)
			_, _ = r.ReadByte()
			close(closed)
		})
		c := a.connect(t)
		c.send(get)
		eventually(t, "the call runs", func() bool { return a.server.limiter.running.Load() == 1 })
		if reset {
			_ = c.nc.(*net.TCPConn).SetLinger(0)
		}
		_ = c.nc.Close()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("reset %v: the function never noticed", reset)
		}
	}
}

// A stream that is silent gives no write that could fail; the client is looked for by a zero before the next
// chunk's size.
func TestSilentStreamNoticesThatItsClientLeft(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		closed, goOn := make(chan struct{}), make(chan struct{})
		a := fakeFunction(t, map[string]string{"write_timeout": "0", "exec_timeout": "0"}, func(_ int, nc net.Conn, r *bufio.Reader) {
			_, _, _ = readRequest(r)
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
			go func() {
				_, _ = r.ReadByte()
				close(closed)
			}()
			<-goOn
			_, _ = io.WriteString(nc, "3\r\ntwo\r\n0\r\n\r\n")
		})
		c := a.connect(t)
		c.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		if _, err := c.r.Peek(1); err != nil {
			t.Fatal(err)
		}
		if leaves {
			_ = c.nc.Close()
			select {
			case <-closed:
			case <-time.After(10 * time.Second):
				t.Error("the function never noticed")
			}
			close(goOn)
			continue
		}
		_ = c.nc.(*net.TCPConn).CloseWrite()
		time.Sleep(probeAfter + 200*time.Millisecond) // until it was looked for
		close(goOn)
		whole, err := io.ReadAll(c.r)
		if !strings.HasSuffix(string(whole), "0003\r\none\r\n00003\r\ntwo\r\n0\r\n\r\n") || err != nil {
			t.Errorf("%q, %v", whole, err)
		}
	}
}

func TestClientThatStopsInTheMiddleOfItsRequestIsNotServed(t *testing.T) {
	a := testApp(t, "cat", map[string]string{"mode": "streaming"})
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"} {
		c := a.connect(t)
		c.halfClose(request)
		if got, _ := c.final("POST"); got.status == 200 && got.err == nil {
			t.Errorf("%q: %+v", request, got)
		}
	}
}
