package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var optionCases = []testCase{
	{"X28", "exact_argv", "`fwatchdog -- argv` runs exactly that and wins over fprocess", true, false, exactArgv},
	{"X29", "json_log", "log_format=json: every line of the watchdog is one JSON object", true, false, jsonLog},
	{"X30", "max_request_body", "max_request_body: 413 above it, known length and chunked, in every mode", false, false, maxRequestBody},
	{"X31", "stream_error_ignore", "stream_error=ignore: failures after and before output are a clean 200", false, false, streamErrorIgnore},
	{"X32", "lock_path", "lock_path overrides the place of the lock; without it both /tmp/.lock and $TMPDIR/.lock", false, false, lockPath},
	{"X33", "log_callid", "log_callid and log_call_id: the call id is on the call's line and on a forked program's lines", false, false, logCallID},
	{"X34", "cancel_on_disconnect", "cancel_on_disconnect: off by default in classic, on when set", false, false, cancelOnDisconnect},
	{"X35", "fork_stalled_body", "fork modes, read_timeout=1s: a stalled body is 408 (400 in classic) and the group is killed", false, false, forkStalledBody},
	{"X36", "slow_header", "read_timeout=1s: a header that never ends is 408 and a close", false, false, slowHeader},
	{"X37", "idle_timeout", "idle_timeout: an idle connection is closed then, not at read_timeout", false, false, idleTimeout},
	{"X38", "exit_status_trailer", "streaming: a failure after output has the trailer X-Exit-Status for a client that asked, or an abort", false, false, exitTrailer},
	{"X39", "keep_alive_pipeline", "200 pipelined calls on one connection are answered in order", true, false, pipelined},
	{"X40", "aliases", "function_process wins over fprocess, http_upstream_url over upstream_url; bools in any spelling", false, false, aliases},
	{"X41", "http10_client", "an HTTP/1.0 client gets an answer that ends with the connection or its length, never chunks", false, false, http10},
	{"X42", "request_smuggling", "conflicting lengths and broken chunks are refused with 400, and nothing reaches the function", false, false, smuggling},
}

func exactArgv(t *testing.T) {
	w := launch{args: []string{"--", suite.fixture, "argv", "a b", `"quoted"`, "", `back\slash`},
		env: []string{"fprocess=/no/such"}}.start(t)
	var argv []string
	must(t, json.Unmarshal([]byte(w.get("/").want(t, 200).body), &argv))
	if got := strings.Join(argv, "|"); got != `a b|"quoted"||back\slash` {
		t.Errorf("arguments %s", got)
	}
}

func jsonLog(t *testing.T) {
	w := start(t, append(fork("streaming", "ok2"), "log_format=json", "access_log=true", "prefix_logs=true")...)
	w.get("/some-path", "X-Call-Id: c-1").want(t, 200)
	w.waitLog(`some-path`)
	w.eventually(2*time.Second, "the log ends with a whole line", func() bool { return strings.HasSuffix(w.stderr.text(), "\n") })
	for _, line := range strings.Split(strings.TrimSpace(w.stderr.text()), "\n") {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil && !strings.Contains(line, "err") {
			t.Errorf("not JSON: %q", line)
		}
	}
}

func maxRequestBody(t *testing.T) {
	url, _ := recorder(t)
	for _, mode := range []string{"classic", "streaming", "serializing", "http"} {
		env := append(fork(mode, "echo"), "max_request_body=1000")
		if mode == "http" {
			env = []string{"mode=http", "fprocess=" + fx("slow", "600"), "upstream_url=" + url, "max_request_body=1000"}
		}
		w := start(t, env...)
		w.post(strings.Repeat("b", 1000)).want(t, 200)
		if r := w.post(strings.Repeat("b", 1001)); r.status != 413 {
			t.Errorf("%s: known length: status %d (%v)", mode, r.status, r.err)
		}
		c := w.dial().send("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked\r\n\r\n5dc\r\n"+strings.Repeat("b", 1500)+"\r\n0")
		if r := c.result("POST"); r.status != 413 && (r.status != 200 || r.err == nil) {
			t.Errorf("%s: chunked: status %d, err %v; want 413 or an abort", mode, r.status, r.err)
		}
	}
}

func streamErrorIgnore(t *testing.T) {
	start(t, append(fork("streaming", "exit3"), "stream_error=ignore")...).get("/").want(t, 200).wantBody(t, "out\n")
	start(t, append(fork("streaming", "exit", "1"), "stream_error=ignore")...).get("/").want(t, 200).wantBody(t, "")
}

func lockPath(t *testing.T) {
	place := filepath.Join(t.TempDir(), "elsewhere")
	w := launch{privateTmp: true, env: append(fork("classic", "echo"), "lock_path="+place)}.start(t)
	if !exists(place) || exists(w.lock) {
		t.Errorf("lock at lock_path: %v, at /tmp/.lock: %v", exists(place), exists(w.lock))
	}
	other := t.TempDir()
	both := launch{privateTmp: true, env: append(fork("classic", "echo"), "TMPDIR="+other)}.start(t)
	if !exists(both.lock) || !exists(filepath.Join(other, ".lock")) {
		t.Errorf("lock at /tmp/.lock: %v, at $TMPDIR/.lock: %v", exists(both.lock), exists(filepath.Join(other, ".lock")))
	}
}

func logCallID(t *testing.T) {
	for _, name := range []string{"log_callid", "log_call_id"} {
		w := start(t, append(fork("streaming", "ok2"), name+"=true", "access_log=true")...)
		w.get("/", "X-Call-Id: call-77").want(t, 200)
		w.waitLog(`(?m)^.*call-77.*\berr$`)
		w.waitLog(`(?m)^.*\b200\b.*call-77|^.*call-77.*\b200\b`)
		web := before(t, sleeper, name+"=1", "access_log=true")
		web.get("/", "X-Call-Id: call-78").want(t, 200)
		web.waitLog(`call-78`)
	}
}

func cancelOnDisconnect(t *testing.T) {
	for _, c := range []struct {
		mode, env string
		cancels   bool
	}{
		{"classic", "X=1", false}, {"serializing", "X=1", false}, {"classic", "cancel_on_disconnect=true", true},
		{"serializing", "cancel_on_disconnect=true", true}, {"streaming", "cancel_on_disconnect=false", false},
	} {
		w := start(t, append(fork(c.mode, "slow", "3"), c.env)...)
		client := w.dial().send("GET / HTTP/1.1", "Host: h")
		w.eventually(5*time.Second, "the process runs", func() bool { return w.running("slow") })
		began := time.Now()
		client.Close()
		w.eventually(6*time.Second, "the process has ended", func() bool { return !w.running("slow") })
		if early := time.Since(began) < 2*time.Second; early != c.cancels && suite.slowness == 1 {
			t.Errorf("%s %s: ended after %v, cancelled want %v", c.mode, c.env, time.Since(began), c.cancels)
		}
	}
}

func forkStalledBody(t *testing.T) {
	for mode, status := range map[string]int{"classic": 400, "streaming": 408, "serializing": 408} {
		w := start(t, append(fork(mode, "echo"), "read_timeout=1s", "kill_grace=500ms")...)
		r := w.dial().raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n").result("POST")
		if r.status != status {
			t.Errorf("%s: status %d, want %d (%v)", mode, r.status, status, r.err)
		}
		r.within(t, 900*time.Millisecond, 2*time.Second)
		w.eventually(3*time.Second, "the process is gone", func() bool { return len(w.children()) == 0 })
	}
}

func slowHeader(t *testing.T) {
	w := start(t, append(fork("classic", "echo"), "read_timeout=1s")...)
	c := w.dial().raw("GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ")
	r := c.result("GET").within(t, 800*time.Millisecond, 2*time.Second)
	if r.status != 408 {
		t.Errorf("status %d (%v)", r.status, r.err)
	}
	if _, err := c.in.ReadByte(); err != io.EOF {
		t.Errorf("not closed: %v", err)
	}
}

func idleTimeout(t *testing.T) {
	long := start(t, append(fork("classic", "echo"), "read_timeout=500ms")...)
	c := long.dial().send("GET / HTTP/1.1", "Host: h")
	c.result("GET").want(t, 200)
	time.Sleep(1200 * time.Millisecond) // idle for longer than read_timeout: the case itself
	c.send("GET / HTTP/1.1", "Host: h").result("GET").want(t, 200)

	short := start(t, append(fork("classic", "echo"), "idle_timeout=1s")...)
	c = short.dial().send("GET / HTTP/1.1", "Host: h")
	c.result("GET").want(t, 200)
	begin := time.Now()
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("a byte from nowhere")
	}
	if took := time.Since(begin); took < 800*time.Millisecond || took > limit(time.Second) {
		t.Errorf("closed after %v", took)
	}
}

func exitTrailer(t *testing.T) {
	w := start(t, fork("streaming", "exit3")...)
	r := w.dial().send("GET / HTTP/1.1", "Host: h", "TE: trailers", "Connection: TE").result("GET")
	if r.body != "out\n" || r.err == nil && r.trailer.Get("X-Exit-Status") != "3" {
		t.Errorf("body %q, trailers %v, err %v", r.body, r.trailer, r.err)
	}
}

func pipelined(t *testing.T) {
	url := rawUpstream(t, func(s *seen) bool {
		path := s.URL.Path
		s.answer("HTTP/1.1 200 OK", fmt.Sprint("Content-Length: ", len(path)), "", path)
		return true
	})
	w := behind(t, url)
	c := w.dial()
	go func() {
		for i := range 200 {
			_, _ = fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", i)
		}
	}()
	for i := range 200 {
		c.result("GET").want(t, 200).wantBody(t, fmt.Sprintf("/%d", i))
	}
}

func aliases(t *testing.T) {
	start(t, "fprocess=/no/such", "function_process="+fx("noread")).get("/").want(t, 200).wantBody(t, "noread\n")
	url, _ := recorder(t)
	start(t, "mode=http", "fprocess="+fx("slow", "600"), "upstream_url=http://127.0.0.1:1", "http_upstream_url="+url).get("/").want(t, 200)
	for _, value := range []string{"True", "1", "YES", "on", "t"} {
		w := start(t, append(fork("classic", "echo"), "suppress_lock="+value)...)
		if exists(w.lock) {
			t.Errorf("suppress_lock=%s was not understood", value)
		}
	}
	for _, value := range []string{"False", "0", "no", "off"} {
		w := start(t, append(fork("classic", "ok2"), "combine_output="+value)...)
		w.get("/").want(t, 200).wantBody(t, "out\n")
	}
	unreadable := start(t, append(fork("classic", "ok2"), "combine_output=perhaps", "log_buffer_size=many")...)
	unreadable.get("/").want(t, 200)
	unreadable.waitLog(`combine_output`)
}

func http10(t *testing.T) {
	for _, w := range []*watchdog{start(t, fork("streaming", "drip")...),
		before(t, func(w http.ResponseWriter, r *http.Request) { threeParts(w, 50*time.Millisecond) })} {
		c := w.dial().send("GET / HTTP/1.0")
		all, err := io.ReadAll(c.in)
		if err != nil || strings.Contains(strings.ToLower(string(all)), "transfer-encoding") || !regexp.MustCompile(`^HTTP/1\.[01] 200 `).Match(all) {
			t.Errorf("answer %q, err %v", all, err)
		}
	}
}

func smuggling(t *testing.T) {
	url := rawUpstream(t, func(s *seen) bool {
		_, _ = io.Copy(io.Discard, s.Body)
		s.answer(okAnswer)
		return true
	})
	w := behind(t, url)
	for name, head := range map[string]string{
		"two lengths":      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"negative length":  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
		"signed length":    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
		"unknown coding":   "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n",
		"space in name":    "GET / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\nabc",
		"folded header":    "GET / HTTP/1.1\r\nHost: h\r\n folded: 1\r\nX: \x00\r\n\r\n",
		"no host":          "GET / HTTP/1.1\r\n\r\n",
		"two hosts":        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"no such protocol": "GET / HTTQ/1.1\r\nHost: h\r\n\r\n",
	} {
		c := w.dial().raw(head)
		r := c.result("POST")
		if r.status < 400 || r.status == 502 || r.status == 504 {
			t.Errorf("%s: status %d, err %v; want a 4xx or 501 without the function", name, r.status, r.err)
		}
	}
	// Length and chunks together: either refused or the chunks win and the connection ends.
	c := w.dial().raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
	first := c.result("POST")
	if second := c.result("GET"); first.status == 200 && second.status == 200 {
		t.Error("a request with both lengths left the connection open")
	}
	broken := w.dial().raw("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")
	if r := broken.result("POST"); r.status == 200 {
		t.Errorf("a broken chunk was accepted")
	}
	var _ net.Conn = broken
}
