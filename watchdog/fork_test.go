package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func TestClassicAnswers(t *testing.T) {
	a := testApp(t, "exit3", nil)
	got := a.connect(t).call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
	if got.status != 500 || got.body != "exit status 3\nout\nerr\n" || strings.Contains(got.head, "Internal:") {
		t.Errorf("%+v", got)
	}
}

func TestClassicEchoesManySizesOnOneConnection(t *testing.T) {
	for _, mode := range []string{"classic", "serializing", "streaming"} {
		t.Run(mode, func(t *testing.T) {
			a := testApp(t, "cat", map[string]string{"mode": mode})
			c := a.connect(t)
			for _, size := range []int{0, 1, 65536, 65537, 300_000} {
				want := strings.Repeat("x", size)
				got := c.call(fmt.Sprintf("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", size, want))
				if got.status != 200 || got.body != want || got.err != nil {
					t.Errorf("%s %d: %d, %d bytes, %v", mode, size, got.status, len(got.body), got.err)
				}
			}
		})
	}
}

func TestTimeoutIsAnsweredAtTheDeadline(t *testing.T) {
	for mode, want := range map[string]int{"classic": 408, "streaming": 504, "serializing": 504} {
		t.Run(mode, func(t *testing.T) {
			a := testApp(t, "slow", map[string]string{"mode": mode, "exec_timeout": "300ms"})
			begun := time.Now()
			got := a.connect(t).call("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			if took := time.Since(begun); got.status != want || took > time.Second {
				t.Errorf("%s: %d after %s", mode, got.status, took)
			}
			eventually(t, "the process is gone", func() bool { return a.processes.Count() == 0 })
		})
	}
}

func TestStreamingFailures(t *testing.T) {
	a := testApp(t, "exit3", map[string]string{"mode": "streaming"})
	got := a.connect(t).call("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	if got.status != 200 || got.body != "out\n" || got.err != io.ErrUnexpectedEOF {
		t.Errorf("a failure after output must cut the response: %+v", got)
	}
	got = a.connect(t).call("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n")
	if got.err != nil || !strings.Contains(got.body, "X-Exit-Status: 3") {
		t.Errorf("%+v", got)
	}
}

func TestUnreadBodyDoesNotHoldTheResponse(t *testing.T) {
	a := testApp(t, "noread", map[string]string{"mode": "streaming"})
	for range 20 {
		got := a.connect(t).call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nxx")
		if got.status != 200 || got.body != "noread\n" || got.err != nil {
			t.Fatalf("%+v", got)
		}
	}
}

func TestGrandchildDoesNotHoldTheResponse(t *testing.T) {
	for _, mode := range []string{"classic", "streaming"} {
		t.Run(mode, func(t *testing.T) {
			a := testApp(t, "orphan", map[string]string{"mode": mode})
			begun := time.Now()
			got := a.connect(t).call("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			if took := time.Since(begun); got.body != "parent\n" || got.err != nil || took > 2*time.Second {
				t.Errorf("%s: %+v after %s", mode, got, took)
			}
		})
	}
}

func TestClientThatReadsLastIsServed(t *testing.T) {
	a := testApp(t, "cat", map[string]string{"mode": "streaming"})
	c := a.connect(t)
	const size = 20 << 20
	want := strings.Repeat("0123456789abcdef", size/16)
	got := c.call(fmt.Sprintf("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", size, want))
	if got.err != nil || got.body != want {
		t.Errorf("%d of %d bytes, %v", len(got.body), size, got.err)
	}
}

func TestLeavingClientEndsTheProcess(t *testing.T) {
	a := testApp(t, "slow", map[string]string{"mode": "streaming"})
	c := a.connect(t)
	c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	eventually(t, "the process runs", func() bool { return a.processes.Count() == 1 })
	_ = c.nc.Close()
	eventually(t, "the process is gone", func() bool { return a.processes.Count() == 0 })
	eventually(t, "the slot is free", func() bool { return a.server.limiter.running.Load() == 0 })
}

func TestControlChannelSetsStatusAndHeaders(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		t.Run(mode, func(t *testing.T) {
			a := testApp(t, "control", map[string]string{"mode": mode, "control_channel": "true"})
			got := a.connect(t).call("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			if got.status != 404 || !strings.Contains(got.head, "X-A: 1\r\nX-A: 2\r\n") ||
				!strings.Contains(got.head, "Content-Type: text/x") || got.body != "hi\n" {
				t.Errorf("%s: %+v", mode, got)
			}
		})
	}
}

func TestMissingBinary(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		t.Run(mode, func(t *testing.T) {
			a := testApp(t, "cat", map[string]string{"mode": mode, "max_inflight": "1", "write_debug": "true"})
			a.cfg.argv = []string{"no-such-program"}
			c := a.connect(t)
			for range 2 {
				got := c.call("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
				if got.status != 500 || !strings.Contains(got.body, "no-such-program") ||
					!strings.Contains(got.head, "X-Openfaas-Internal: fwatchdog") {
					t.Errorf("%s: %+v", mode, got)
				}
			}
		})
	}
}
