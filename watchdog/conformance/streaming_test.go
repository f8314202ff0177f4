package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

var streamingCases = []testCase{
	{"T23", "streaming_flush", "streaming: three lines 0.5 s apart arrive as three reads, chunked", true, false, streamingFlush},
	{"T24", "streaming_echo_200k", "streaming: 200,000 bytes through echo, ten times on one connection, identical", true, false, streamingEcho},
	{"T25", "streaming_slow_upload", "streaming: 20 × 5,000 bytes at 50 ms, known length and chunked, come back whole and begin before the upload ends", false, false, streamingSlowUpload},
	{"T26", "streaming_50MB", "streaming: 50 MB identical, resident growth under 8 MB", false, true, streamingBig},
	{"T27", "streaming_missing_binary", "streaming: a missing binary is 5xx, marked as a platform fault", false, false, streamingMissing},
	{"T28", "streaming_exit1", "streaming: exit 1 without output is 500, not marked", true, false, streamingExit1},
	{"T29", "streaming_exit3_output", "streaming: output, then exit 3: the output arrives, then the connection is aborted", true, false, streamingExit3},
	{"T30", "streaming_timeout_silent", "streaming, exec_timeout=1s, no output: 504 at the deadline", true, false, streamingTimeout},
	{"T31", "streaming_timeout_output", "streaming, exec_timeout=1s after output: aborted, not cleanly ended", false, false, streamingTimeoutOutput},
	{"T32", "streaming_client_gone", "streaming: the client closes, the process is ended within the grace", false, false, streamingClientGone},
	{"T33", "streaming_stalled_upload", "streaming: the function ignores a stalled upload, its answer arrives at once", false, false, streamingStalled},
	{"T34", "streaming_stderr_complete", "streaming: 50 calls leave 50 stderr lines in the log", false, false, streamingStderr},
	{"T38", "fork_default_type", "streaming and serializing: Content-Type is application/octet-stream unless set", false, false, forkDefaultType},
	{"T86", "streaming_half_duplex", "streaming: a client that sends 30 MB before it reads gets all of it back", false, true, streamingHalfDuplex},
}

func streamingFlush(t *testing.T) {
	w := start(t, fork("streaming", "drip")...)
	c := w.dial().send("GET / HTTP/1.1", "Host: h")
	response := c.response("GET")
	parts, err := readParts(response.Body)
	must(t, err)
	assertSpread(t, parts, 3, 500*time.Millisecond)
	if len(response.TransferEncoding) != 1 || response.TransferEncoding[0] != "chunked" {
		t.Errorf("Transfer-Encoding %v", response.TransferEncoding)
	}
}

func streamingEcho(t *testing.T) {
	w := start(t, fork("streaming", "echo")...)
	echoTenTimes(t, w)
}

func echoTenTimes(t *testing.T, w *watchdog) {
	t.Helper()
	data := randomBytes(200_000)
	c := w.dial()
	for range 10 {
		sent := make(chan error, 1)
		go func() {
			_, err := c.Write(append(fmt.Appendf(nil, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", len(data)), data...))
			sent <- err
		}()
		r := c.result("POST").want(t, 200)
		must(t, <-sent)
		assertSame(t, []byte(r.body), data)
	}
}

func streamingSlowUpload(t *testing.T) {
	w := start(t, fork("streaming", "echo")...)
	t.Run("known_length", func(t *testing.T) { slowUpload(t, w, false) })
	t.Run("chunked", func(t *testing.T) { slowUpload(t, w, true) })
}

// slowUpload sends 20 × 5,000 bytes at 50 ms on a keep-alive connection and wants them all back,
// the first of them before the last was sent; then the connection must serve another call.
func slowUpload(t *testing.T, w *watchdog, chunked bool) {
	t.Helper()
	data := randomBytes(100_000)
	c := w.dial()
	length := "Content-Length: 100000"
	if chunked {
		length = "Transfer-Encoding: chunked"
	}
	c.send("POST /echo HTTP/1.1", "Host: h", length)

	type upload struct {
		ended time.Time
		err   error
	}
	sent := make(chan upload, 1)
	go func() {
		var err error
		for i := 0; i < len(data) && err == nil; i += 5000 {
			block := data[i : i+5000]
			if chunked {
				block = bytes.Join([][]byte{fmt.Appendf(nil, "%x\r\n", len(block)), block, []byte("\r\n")}, nil)
			}
			_, err = c.Write(block)
			time.Sleep(50 * time.Millisecond)
		}
		ended := time.Now()
		if chunked && err == nil {
			_, err = c.Write([]byte("0\r\n\r\n"))
		}
		sent <- upload{ended, err}
	}()

	response := c.response("POST")
	parts, err := readParts(response.Body)
	up := <-sent
	if err != nil || up.err != nil {
		t.Fatalf("read: %v, write: %v", err, up.err)
	}
	var back bytes.Buffer
	for _, p := range parts {
		back.WriteString(p.data)
	}
	assertSame(t, back.Bytes(), data)
	if !parts[0].at.Before(up.ended) {
		t.Error("the first byte came back only after the upload had ended")
	}
	if !response.Close {
		go func() { _, _ = c.Write([]byte("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")) }()
		c.result("POST").want(t, 200).wantBody(t, "hi")
	}
}

func streamingBig(t *testing.T) {
	w := start(t, fork("streaming", "echo")...)
	w.post("warm").want(t, 200)
	before := w.vital()
	must(t, echoThrough(t, w, 50<<20))
	after := w.vital()
	t.Logf("resident: %d kB, at most %d kB", before.rssKB, after.peakKB)
	if !suite.race && after.peakKB-before.rssKB > 8<<10 {
		t.Errorf("resident memory rose from %d kB to %d kB", before.rssKB, after.peakKB)
	}
}

// echoThrough sends a generated body while reading it back and comparing.
func echoThrough(t *testing.T, w *watchdog, size int) error {
	t.Helper()
	request, err := http.NewRequest("POST", w.url("/echo"), io.LimitReader(&pattern{}, int64(size)))
	must(t, err)
	request.ContentLength = int64(size)
	response, err := client.Do(request)
	must(t, err)
	defer response.Body.Close()
	want, got := &pattern{}, make([]byte, 32<<10)
	expected, total := make([]byte, 32<<10), 0
	for {
		n, err := response.Body.Read(got)
		_, _ = want.Read(expected[:n])
		total += n
		if !bytes.Equal(got[:n], expected[:n]) {
			return fmt.Errorf("difference before byte %d", total)
		}
		if err == io.EOF && total == size {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%d of %d bytes, then %v", total, size, err)
		}
	}
}

// pattern is an endless reader whose bytes depend on their position.
type pattern struct{ at uint32 }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(p.at ^ p.at>>8 ^ p.at>>16)
		p.at++
	}
	return len(b), nil
}

func streamingMissing(t *testing.T) {
	w := start(t, "mode=streaming", "fprocess=/no/such/binary")
	r := w.post("x").platformFault(t, true)
	if r.status < 500 {
		t.Errorf("status %d", r.status)
	}
}

func streamingExit1(t *testing.T) {
	w := start(t, fork("streaming", "exit", "1")...)
	r := w.post("x").want(t, 500).platformFault(t, false).wantDuration(t)
	if !strings.HasPrefix(r.body, "exit status 1") {
		t.Errorf("body %q", r.body)
	}
}

func streamingExit3(t *testing.T) {
	w := start(t, fork("streaming", "exit3")...)
	r := w.post("x")
	if r.status != 200 || r.body != "out\n" || r.err == nil {
		t.Errorf("status %d, body %q, err %v; want 200, the output, then an abort", r.status, r.body, r.err)
	}
	w.post("x") // and the watchdog goes on
	if w.health() != 200 {
		t.Error("health is not 200")
	}
}

func streamingTimeout(t *testing.T) {
	w := start(t, append(fork("streaming", "slow", "7"), "exec_timeout=1s")...)
	w.post("x").want(t, 504).within(t, time.Second, 1500*time.Millisecond)
	w.eventually(4*time.Second, "the process is gone", func() bool { return !w.running("slow") })
}

func streamingTimeoutOutput(t *testing.T) {
	w := start(t, append(fork("streaming", "outslow", "7"), "exec_timeout=1s")...)
	r := w.post("x").within(t, time.Second, 1500*time.Millisecond)
	if r.status != 200 || r.body != "partial\n" || r.err == nil {
		t.Errorf("status %d, body %q, err %v; want 200, the output, then an abort", r.status, r.body, r.err)
	}
}

func streamingClientGone(t *testing.T) {
	for _, program := range []string{"slow", "outslow"} {
		w := start(t, fork("streaming", program, "20")...)
		c := w.dial().send("GET / HTTP/1.1", "Host: h")
		w.eventually(5*time.Second, "the process runs", func() bool { return w.running(program) })
		c.Close()
		w.eventually(4*time.Second, program+" is gone", func() bool { return !w.running(program) })
	}
}

func streamingStalled(t *testing.T) {
	w := start(t, append(fork("streaming", "noread"), "read_timeout=8s")...)
	c := w.dial().raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nab")
	c.result("POST").want(t, 200).wantBody(t, "noread\n").within(t, 0, time.Second)
}

func streamingStderr(t *testing.T) {
	w := start(t, fork("streaming", "ok2")...)
	for range 50 {
		w.post("x").want(t, 200).wantBody(t, "out\n")
	}
	count := func() int { return strings.Count(w.stderr.text(), "err\n") }
	w.eventually(3*time.Second, "50 stderr lines are in the log", func() bool { return count() >= 50 })
	if n := count(); n != 50 {
		t.Errorf("%d stderr lines", n)
	}
}

func forkDefaultType(t *testing.T) {
	for _, mode := range []string{"streaming", "serializing"} {
		unset := start(t, fork(mode, "echo")...)
		unset.post("x", "Content-Type: text/plain").want(t, 200).wantHeader(t, "Content-Type", "application/octet-stream")
		set := start(t, append(fork(mode, "echo"), "content_type=text/x-set")...)
		set.post("x").want(t, 200).wantHeader(t, "Content-Type", "text/x-set")
	}
}

func streamingHalfDuplex(t *testing.T) {
	w := start(t, fork("streaming", "echo")...)
	data := randomBytes(30_000_000)
	c := w.dial().send("POST / HTTP/1.1", "Host: h", "Content-Length: 30000000")
	_, err := c.Write(data)
	must(t, err)
	assertSame(t, []byte(c.result("POST").want(t, 200).body), data)
}
