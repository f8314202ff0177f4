package conformance

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// result is a whole response, read to its end or to the error that cut it.
type result struct {
	status  int
	header  http.Header
	trailer http.Header
	body    string
	err     error // of the call or of reading the body; nil means a clean end
	took    time.Duration
	closing bool // the answer says Connection: close (Go takes the header itself away)
}

// call makes one request with Go's client on a keep-alive connection, nothing invented but Host.
func (w *watchdog) call(method, path, body string, headers ...string) result {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, w.url(path), reader)
	must(w.t, err)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	return w.do(request)
}

func (w *watchdog) get(path string, headers ...string) result {
	return w.call("GET", path, "", headers...)
}

func (w *watchdog) post(body string, headers ...string) result {
	return w.call("POST", "/", body, headers...)
}

var client = &http.Client{
	Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	Timeout:   60 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

func (w *watchdog) do(request *http.Request) result {
	begin := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return result{err: err, took: time.Since(begin), header: http.Header{}}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return result{response.StatusCode, response.Header, response.Trailer, string(body), err, time.Since(begin), response.Close}
}

// wire is a client connection on which a test writes and reads bytes itself.
type wire struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func (w *watchdog) dial() *wire { return dial(w.t, fmt.Sprint("127.0.0.1:", w.port)) }

func dial(t testing.TB, address string) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(60*time.Second)))
	return &wire{t, conn, bufio.NewReader(conn)}
}

// send writes lines ended by CR LF; the last argument's end is the end of the header.
func (c *wire) send(head ...string) *wire {
	c.t.Helper()
	_, err := io.WriteString(c, strings.Join(head, "\r\n")+"\r\n\r\n")
	must(c.t, err)
	return c
}

func (c *wire) raw(data string) *wire {
	c.t.Helper()
	_, err := io.WriteString(c, data)
	must(c.t, err)
	return c
}

// response reads one response header (1xx included); the body is read by the caller.
func (c *wire) response(method string) *http.Response {
	c.t.Helper()
	response, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("read response: %v", err)
	}
	return response
}

// result reads one final response to its end.
func (c *wire) result(method string) result {
	begin := time.Now()
	for {
		response, err := http.ReadResponse(c.in, &http.Request{Method: method})
		if err != nil {
			return result{err: err, took: time.Since(begin), header: http.Header{}}
		}
		if response.StatusCode >= 100 && response.StatusCode < 200 && response.StatusCode != 101 {
			continue
		}
		body, err := io.ReadAll(response.Body)
		return result{response.StatusCode, response.Header, response.Trailer, string(body), err, time.Since(begin), response.Close}
	}
}

// part is what one read returned, and when.
type part struct {
	at   time.Time
	data string
}

// readParts reads a body to its end, keeping the reads apart.
func readParts(body io.Reader) ([]part, error) {
	var parts []part
	buffer := make([]byte, 64<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			parts = append(parts, part{time.Now(), string(buffer[:n])})
		}
		if err == io.EOF {
			return parts, nil
		}
		if err != nil {
			return parts, err
		}
	}
}

// assertSpread wants the pieces to have arrived apart from each other, not together at the end.
func assertSpread(t *testing.T, parts []part, pieces int, gap time.Duration) {
	t.Helper()
	if len(parts) < pieces {
		t.Fatalf("got %d reads, want at least %d: %v", len(parts), pieces, parts)
	}
	if spread := parts[len(parts)-1].at.Sub(parts[0].at); spread < time.Duration(pieces-1)*gap*6/10 {
		t.Errorf("first and last read are only %v apart", spread)
	}
}

func randomBytes(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.Read(data)
	return data
}

func assertSame(t *testing.T, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("body differs: got %d bytes, want %d", len(got), len(want))
	}
}

func (r result) want(t *testing.T, status int) result {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d (err %v, body %.200q)", r.status, status, r.err, r.body)
	}
	if r.err != nil {
		t.Fatalf("body not ended cleanly: %v (%d bytes: %.100q)", r.err, len(r.body), r.body)
	}
	return r
}

func (r result) wantBody(t *testing.T, body string) result {
	t.Helper()
	if r.body != body {
		t.Errorf("body %.300q, want %.300q", r.body, body)
	}
	return r
}

func (r result) wantHeader(t *testing.T, name, value string) result {
	t.Helper()
	if got := r.header.Get(name); got != value {
		t.Errorf("%s: %q, want %q", name, got, value)
	}
	return r
}

// wantDuration checks the X-Duration-Seconds header: seconds with six decimals.
func (r result) wantDuration(t *testing.T) result {
	t.Helper()
	value := r.header.Get("X-Duration-Seconds")
	var seconds float64
	if _, err := fmt.Sscanf(value, "%f", &seconds); err != nil || len(value)-strings.IndexByte(value, '.') != 7 {
		t.Errorf("X-Duration-Seconds %q is not seconds with six decimals", value)
	}
	if seconds < 0 || seconds > r.took.Seconds()+1 {
		t.Errorf("X-Duration-Seconds %q for a call of %v", value, r.took)
	}
	return r
}

// within wants the answer before the limit (stretched) and not before least; the clock may start after the
// request has left, so a little is forgiven.
func (r result) within(t *testing.T, least, most time.Duration) result {
	t.Helper()
	if r.took > limit(most) || r.took < least-50*time.Millisecond {
		t.Errorf("took %v, want %v to %v", r.took, least, limit(most))
	}
	return r
}

func (r result) platformFault(t *testing.T, yes bool) result {
	t.Helper()
	if got := r.header.Get("X-OpenFaaS-Internal"); (got != "") != yes {
		t.Errorf("X-OpenFaaS-Internal %q, want present: %v", got, yes)
	}
	return r
}
