package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestShutdownWaitsUntilAnAnswerHasArrived(t *testing.T) {
	a := testApp(t, "cat", map[string]string{"mode": "classic"})
	// More than the client's system takes unread, and less than the watchdog's keeps for it.
	body := strings.Repeat("x", 500_000)
	c := a.connect(t)
	c.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + body)
	if _, err := c.r.Peek(1); err != nil {
		t.Fatal(err)
	}
	for a.server.limiter.running.Load() > 0 {
		time.Sleep(time.Millisecond)
	}

	drained := a.server.closeListener()

	select {
	case <-drained:
		t.Error("the watchdog would end while its answer is on the way")
	case <-time.After(50 * time.Millisecond):
	}
	if got := c.receive("POST"); got.status != 200 || got.body != body || got.err != nil {
		t.Errorf("answer %d with %d bytes: %v", got.status, len(got.body), got.err)
	}
	select {
	case <-drained:
	case <-time.After(10 * time.Second):
		t.Error("the watchdog does not end after its answer has arrived")
	}
}

func TestShutdownDoesNotWaitForAClientThatIsGone(t *testing.T) {
	a := testApp(t, "cat", map[string]string{"mode": "classic"})
	c := a.connect(t)
	c.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + strings.Repeat("x", 500_000))
	if _, err := c.r.Peek(1); err != nil {
		t.Fatal(err)
	}
	drained := a.server.closeListener()

	_ = c.nc.(*net.TCPConn).SetLinger(0)
	_ = c.nc.Close()

	select {
	case <-drained:
	case <-time.After(10 * time.Second):
		t.Error("the watchdog waits for a client that reset its connection")
	}
}
