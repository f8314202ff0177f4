package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// The control channel is ours: a forked program sets the status and headers of its answer.
var controlCases = []testCase{
	{"X25", "control_status_and_headers", "control channel: one JSON line sets status and headers in every fork mode", true, false, controlStatus},
	{"X26", "control_bad_input", "control channel: nonsense, forbidden headers and impossible statuses are refused or ignored, never a crash", false, false, controlBad},
	{"X27", "control_unused", "control channel: a function that does not use it is unaffected; without the switch it is not announced", false, false, controlUnused},
}

// controlOn is the switch; the channel is off by default.
const controlOn = "control_channel=true"

func controlling(t *testing.T, mode, line string, env ...string) *watchdog {
	t.Helper()
	return start(t, append([]string{"mode=" + mode, controlOn, "fprocess=" + suite.fixture + " ctrl '" + line + "'"}, env...)...)
}

func controlStatus(t *testing.T) {
	line := `{"status": 418, "headers": {"Content-Type": "text/x-tea", "X-Made": "by function", "Set-Cookie": ["a=1", "b=2"]}}`
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		r := controlling(t, mode, line).get("/").want(t, 418).wantBody(t, "body\n").
			wantHeader(t, "Content-Type", "text/x-tea").wantHeader(t, "X-Made", "by function").platformFault(t, false)
		if cookies := fmt.Sprint(r.header["Set-Cookie"]); cookies != "[a=1 b=2]" {
			t.Errorf("%s: Set-Cookie %s", mode, cookies)
		}
	}
	controlling(t, "streaming", `{"status": 201}`).get("/").want(t, 201).wantHeader(t, "Content-Type", "application/octet-stream")
	controlling(t, "streaming", `{"headers": {"X-Only": "header"}}`).get("/").want(t, 200).wantHeader(t, "X-Only", "header")
}

func controlBad(t *testing.T) {
	for _, line := range []string{`nonsense`, `{"status": 99}`, `{"status": 1000}`, `{"status": "many"}`, `[]`, `null`,
		`{"headers": {"Bad Name": "v"}}`, `{"headers": {"X-Split": "a\r\nX-Injected: 1"}}`,
		`{"headers": {"Content-Length": "1", "Transfer-Encoding": "gzip", "Connection": "close"}}`} {
		w := controlling(t, "streaming", line)
		r := w.get("/")
		if r.err != nil || r.status != 200 && r.status < 500 || r.status == 200 && r.body != "body\n" {
			t.Errorf("%s: status %d, body %q, err %v", line, r.status, r.body, r.err)
		}
		if r.header.Get("X-Injected") != "" {
			t.Errorf("%s: a header was injected", line)
		}
		if again := w.get("/"); again.status != r.status {
			t.Errorf("%s: the second call is %d, the first was %d", line, again.status, r.status)
		}
	}
	// More than the pipe holds: nobody reads on, so the program hangs until its time is over.
	huge := controlling(t, "streaming", `{"headers": {"X-Big": "`+strings.Repeat("b", 90_000)+`"}}`, "exec_timeout=1s", "kill_grace=500ms")
	if r := huge.get("/"); r.err != nil {
		t.Errorf("a large line: status %d, err %v", r.status, r.err)
	}
}

func controlUnused(t *testing.T) {
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		start(t, append(fork(mode, "noread"), controlOn)...).get("/").want(t, 200).wantBody(t, "noread\n")
		off := start(t, fork(mode, "env")...)
		if fd, set := off.get("/").want(t, 200).env(t)["FWATCHDOG_CTRL_FD"]; set {
			t.Errorf("%s: announced as %s without the switch", mode, fd)
		}
	}
}
