package conformance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

var httpStreamCases = []testCase{
	{"T50", "http_flush", "http: three parts 0.5 s apart arrive as three reads, without a special Accept", true, false, httpFlush},
	{"T51", "http_sse", "http: event streams arrive piece by piece and outlive exec_timeout, not write_timeout", false, false, httpSSE},
	{"T52", "http_websocket", "http: an upgrade in any case of letters, and any token, outlives exec, read and write limits", true, false, httpWebSocket},
	{"T59", "http_trailers_and_103", "http: trailers (both ways) and 103 are forwarded", false, false, httpTrailers},
	{"T61", "http_slow_upload", "http: a slow upload to a piping server comes back whole, the first byte before its end", false, false, httpSlowUpload},
	{"X10", "http_sse_by_type", "http: an event stream is known by the response's type too: exec_timeout does not cut it", false, false, httpSSEByType},
	{"X11", "http_upgrade_timeout", "http, upgrade_timeout=1s: an upgraded connection is closed then", false, false, httpUpgradeTimeout},
	{"X12", "http_upgrade_refused", "http: an upgrade that the function refuses is an ordinary response", false, false, httpUpgradeRefused},
	{"X13", "http_big_bodies", "http: 50 MB through a full-duplex function are identical, resident growth under 16 MB", false, true, httpBig},
}

func threeParts(w http.ResponseWriter, pause time.Duration) {
	for i := range 3 {
		if i > 0 {
			time.Sleep(pause)
		}
		flushed(w, fmt.Sprintf("data: %d\n\n", i))
	}
}

func httpFlush(t *testing.T) {
	w := before(t, func(w http.ResponseWriter, r *http.Request) { threeParts(w, 500*time.Millisecond) })
	response := w.dial().send("GET / HTTP/1.1", "Host: h").response("GET")
	parts, err := readParts(response.Body)
	must(t, err)
	assertSpread(t, parts, 3, 500*time.Millisecond)
}

func httpSSE(t *testing.T) {
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		threeParts(w, 800*time.Millisecond)
		if r.URL.Path == "/endless" {
			<-r.Context().Done()
		}
	}, "exec_timeout=1s", "write_timeout=4s")
	response := w.dial().send("GET / HTTP/1.1", "Host: h", "Accept: text/event-stream").response("GET")
	parts, err := readParts(response.Body)
	must(t, err)
	assertSpread(t, parts, 3, 800*time.Millisecond)

	endless := w.get("/endless", "Accept: text/event-stream")
	if endless.status != 200 || endless.err == nil {
		t.Errorf("status %d, err %v; want an abort at write_timeout", endless.status, endless.err)
	}
	endless.within(t, 3*time.Second, 5*time.Second)
}

func httpSSEByType(t *testing.T) {
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", strings.TrimPrefix(r.URL.Path, "/"))
		threeParts(w, 800*time.Millisecond)
	}, "exec_timeout=1s", "write_timeout=10s")
	for _, kind := range []string{"text/event-stream; charset=utf-8", "application/x-ndjson"} {
		w.get("/"+strings.ReplaceAll(kind, " ", "%20")).want(t, 200)
	}
}

// upgraded performs the handshake and returns the connection, ready to echo.
func upgraded(t *testing.T, w *watchdog, token string) *wire {
	t.Helper()
	c := w.dial().send("GET /ws HTTP/1.1", "Host: h", "Connection: keep-alive, UPGRADE", "Upgrade: "+token,
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
	if r := c.response("GET"); r.StatusCode != 101 || r.Header.Get("Upgrade") != token || r.Header.Get("X-Hand") != "shaken" {
		t.Fatalf("handshake answered with %d %v", r.StatusCode, r.Header)
	}
	return c
}

func (c *wire) echoes(text string) {
	c.t.Helper()
	c.raw(text)
	back := make([]byte, len(text))
	if _, err := io.ReadFull(c.in, back); err != nil || string(back) != text {
		c.t.Fatalf("echo of %q: %q, %v", text, back, err)
	}
}

// upgrader accepts any token and then echoes bytes; /refuse is answered with 400.
func upgrader(t *testing.T) string {
	return rawUpstream(t, func(s *seen) bool {
		token := s.Header.Get("Upgrade")
		if token == "" || s.URL.Path == "/refuse" {
			s.answer("HTTP/1.1 400 Bad Request", "Content-Length: 2", "", "no")
			return true
		}
		s.answer("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: "+token, "X-Hand: shaken", "", "")
		_, _ = io.Copy(s.conn, s.in)
		return false
	})
}

func httpWebSocket(t *testing.T) {
	w := behind(t, upgrader(t), "exec_timeout=1s", "read_timeout=1s", "write_timeout=1s", "idle_timeout=1s")
	var open []*wire
	for _, token := range []string{"websocket", "WebSocket", "WEBSOCKET", "other-protocol"} {
		c := upgraded(t, w, token)
		c.echoes("early " + token)
		open = append(open, c)
	}
	time.Sleep(2500 * time.Millisecond) // longer than every limit: this silence is the case itself
	for _, c := range open {
		c.echoes("late")
	}
}

func httpUpgradeTimeout(t *testing.T) {
	w := behind(t, upgrader(t), "upgrade_timeout=1s")
	c := upgraded(t, w, "websocket")
	begin := time.Now()
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("a byte from nowhere")
	}
	if took := time.Since(begin); took < 700*time.Millisecond || took > limit(time.Second) {
		t.Errorf("closed after %v", took)
	}
}

func httpUpgradeRefused(t *testing.T) {
	w := behind(t, upgrader(t))
	w.dial().send("GET /refuse HTTP/1.1", "Host: h", "Connection: Upgrade", "Upgrade: websocket").
		result("GET").want(t, 400).wantBody(t, "no")
}

func httpTrailers(t *testing.T) {
	trailer := make(chan string, 1)
	w := before(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		trailer <- r.Trailer.Get("X-Up")
		w.Header().Set("Link", "</s.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-Down")
		flushed(w, "body")
		w.Header().Set("X-Down", "down")
		w.Header().Set(http.TrailerPrefix+"X-Late", "late")
	})
	c := w.dial().send("POST / HTTP/1.1", "Host: h", "TE: trailers", "Trailer: X-Up",
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Up: up")
	hints := c.response("POST")
	if hints.StatusCode != 103 || hints.Header.Get("Link") == "" {
		t.Errorf("first response is %d %v, want 103", hints.StatusCode, hints.Header)
	}
	r := c.result("POST").want(t, 200).wantBody(t, "body")
	if r.trailer.Get("X-Down") != "down" || r.trailer.Get("X-Late") != "late" {
		t.Errorf("trailers to the client: %v", r.trailer)
	}
	if got := <-trailer; got != "up" {
		t.Errorf("trailer to the function: %q", got)
	}
}

func httpSlowUpload(t *testing.T) {
	w := serving(t, launch{})
	t.Run("known_length", func(t *testing.T) { slowUpload(t, w, false) })
	t.Run("chunked", func(t *testing.T) { slowUpload(t, w, true) })
	echoTenTimes(t, w)
}

func httpBig(t *testing.T) {
	w := serving(t, launch{})
	w.post("warm").want(t, 200)
	before := w.vital()
	must(t, echoThrough(t, w, 50<<20))
	after := w.vital()
	t.Logf("resident: %d kB, at most %d kB", before.rssKB, after.peakKB)
	if !suite.race && after.peakKB-before.rssKB > 16<<10 {
		t.Errorf("resident memory rose from %d kB to %d kB", before.rssKB, after.peakKB)
	}
}
