package conformance

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var classicCases = []testCase{
	{"T01", "classic_echo", "classic: a POST returns its body and its Content-Type, with X-Duration-Seconds", true, false, classicEcho},
	{"T02", "classic_no_content_type", "classic: without a request Content-Type the answer's is sniffed or absent", false, false, classicNoContentType},
	{"T03", "classic_content_type", "classic: content_type decides the type of a 200", false, false, classicContentType},
	{"T04", "classic_exit3", "classic: exit 3 is 500, `exit status 3`, newline, then stdout and stderr", true, false, classicExit3},
	{"T05", "classic_exit3_separate", "classic, combine_output=false: on exit 3 stderr goes to the log only", false, false, classicExit3Separate},
	{"T06", "classic_ok2", "classic: exit 0 gives stdout and stderr; with combine_output=false stdout only", false, false, classicOk2},
	{"T07", "classic_missing_binary", "classic: a missing binary is 500 with a reason; the watchdog lives", false, false, classicMissing},
	{"T08", "classic_missing_write_debug", "classic, write_debug, max_inflight=1: a missing binary is 500 twice, no crash, no lost slot", false, false, classicMissingDebug},
	{"X85", "fork_missing_checked", "check_fprocess: a process that cannot be started ends the watchdog with a message, in every mode of processes", false, false, forkMissingChecked},
	{"T09", "classic_timeout", "classic, exec_timeout=1s: 408 `Killed process.` at the deadline", true, false, classicTimeout},
	{"T10", "classic_timeout_group", "classic, exec_timeout=1s with a grandchild on the pipe: 408 at the deadline, the whole group gone", false, false, classicTimeoutGroup},
	{"T11", "classic_marshal", "classic, marshal_request: stdin is JSON with header lists and a base64 body", false, false, classicMarshal},
	{"T12", "classic_no_cgi", "classic, cgi_headers=false: no Http_* variables", false, false, classicNoCGI},
	{"T13", "classic_quotes", "classic: quotes and backslashes in fprocess keep arguments together, runs of spaces collapse", true, false, classicQuotes},
	{"T14", "classic_head_options", "classic: HEAD and OPTIONS run the function", false, false, classicHeadOptions},
}

func classicEcho(t *testing.T) {
	w := start(t, fork("classic", "echo")...)
	w.post(`{"a":1}`, "Content-Type: application/json").want(t, 200).wantBody(t, `{"a":1}`).
		wantHeader(t, "Content-Type", "application/json").wantDuration(t).platformFault(t, false)

	unset := start(t, "fprocess="+fx("echo")) // mode unset means classic
	unset.post("x", "Content-Type: text/x").want(t, 200).wantBody(t, "x").wantHeader(t, "Content-Type", "text/x")
}

func classicNoContentType(t *testing.T) {
	w := start(t, fork("classic", "echo")...)
	r := w.dial().send("POST / HTTP/1.1", "Host: x", "Content-Length: 5\r\n\r\nhello").result("POST").want(t, 200)
	if got := r.header.Get("Content-Type"); got != "" && !strings.HasPrefix(got, "text/plain") {
		t.Errorf("Content-Type %q", got)
	}
}

func classicContentType(t *testing.T) {
	w := start(t, append(fork("classic", "echo"), "content_type=image/x-test")...)
	w.post("x", "Content-Type: text/plain").want(t, 200).wantHeader(t, "Content-Type", "image/x-test")
}

func classicExit3(t *testing.T) {
	w := start(t, fork("classic", "exit3")...)
	r := w.post("x").want(t, 500).wantDuration(t).platformFault(t, false)
	rest, ok := strings.CutPrefix(r.body, "exit status 3\n")
	if !ok || !strings.Contains(rest, "out\n") || !strings.Contains(rest, "err\n") {
		t.Errorf("body %q", r.body)
	}
}

func classicExit3Separate(t *testing.T) {
	w := start(t, append(fork("classic", "exit3"), "combine_output=false")...)
	w.post("x").want(t, 500).wantBody(t, "exit status 3\nout\n")
	w.waitLog(`(?m)\berr$`)
}

func classicOk2(t *testing.T) {
	combined := start(t, fork("classic", "ok2")...)
	if r := combined.post("x").want(t, 200); !strings.Contains(r.body, "out\n") || !strings.Contains(r.body, "err\n") {
		t.Errorf("combined body %q", r.body)
	}
	separate := start(t, append(fork("classic", "ok2"), "combine_output=false")...)
	separate.post("x").want(t, 200).wantBody(t, "out\n")
	separate.waitLog(`(?m)\berr$`)
}

func classicMissing(t *testing.T) {
	w := start(t, "mode=classic", "fprocess=/no/such/binary")
	for range 2 {
		if r := w.post("x").want(t, 500).platformFault(t, true); !strings.Contains(r.body, "no such file") {
			t.Errorf("body %q does not explain", r.body)
		}
	}
	if w.health() != 200 {
		t.Error("health is not 200")
	}
}

func classicMissingDebug(t *testing.T) {
	w := start(t, "mode=classic", "fprocess=/no/such/binary", "write_debug=true", "max_inflight=1")
	w.post("x").want(t, 500)
	w.post("x").want(t, 500)
}

func forkMissingChecked(t *testing.T) {
	script := filepath.Join(t.TempDir(), "handler")
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"classic", "streaming", "serializing"} {
		w := launch{noWait: true, env: []string{"mode=" + mode, "check_fprocess=true", "fprocess=" + script}}.start(t)
		if code := w.waitExit(3 * time.Second); code != 1 {
			t.Errorf("%s: exit code %d, want 1", mode, code)
		}
		if !strings.Contains(w.stderr.text(), "it needs /no/such/interpreter, which is not in the image") {
			t.Errorf("%s: the message does not name what is missing", mode)
		}
	}
}

func classicTimeout(t *testing.T) {
	w := start(t, append(fork("classic", "slow", "7"), "exec_timeout=1s")...)
	w.post("x").want(t, 408).wantBody(t, "Killed process.\nwatchdog: it did not finish within exec_timeout (1s).\n").within(t, time.Second, 1500*time.Millisecond)
	w.eventually(5*time.Second, "the process is gone", func() bool { return !w.running("slow") })
}

func classicTimeoutGroup(t *testing.T) {
	w := start(t, append(fork("classic", "slowchild", "9"), "exec_timeout=1s")...)
	w.post("x").want(t, 408).wantBody(t, "Killed process.\nwatchdog: it did not finish within exec_timeout (1s).\n").within(t, time.Second, 3500*time.Millisecond)
	w.eventually(4*time.Second, "the group is gone", func() bool { return len(w.children()) == 0 })
}

func classicMarshal(t *testing.T) {
	w := start(t, append(fork("classic", "echo"), "marshal_request=true")...)
	r := w.post("body\x00\xff", "X-Two: a", "X-Two: b").want(t, 200)
	var seen struct {
		Header map[string][]string `json:"header"`
		Body   struct {
			Raw string `json:"raw"`
		} `json:"body"`
	}
	if err := json.Unmarshal([]byte(r.body), &seen); err != nil {
		t.Fatalf("stdin was not JSON: %v: %q", err, r.body)
	}
	if raw, _ := base64.StdEncoding.DecodeString(seen.Body.Raw); string(raw) != "body\x00\xff" {
		t.Errorf("raw body %q", seen.Body.Raw)
	}
	if got := seen.Header["X-Two"]; len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("X-Two %v", got)
	}
}

func classicNoCGI(t *testing.T) {
	w := start(t, append(fork("classic", "env"), "cgi_headers=false", "KEPT=1")...)
	env := w.get("/p?q=1", "X-Some: v").want(t, 200).env(t)
	for name := range env {
		if strings.HasPrefix(strings.ToLower(name), "http_") {
			t.Errorf("%s is set", name)
		}
	}
	if env["KEPT"] != "1" {
		t.Error("the watchdog's own environment did not reach the function")
	}
}

func classicQuotes(t *testing.T) {
	w := start(t, "mode=classic", "fprocess="+suite.fixture+` argv "a b"  'c d' e\ f "g \"h\"" k=v`)
	var argv []string
	must(t, json.Unmarshal([]byte(w.get("/").want(t, 200).body), &argv))
	if got := strings.Join(argv, "|"); got != `a b|c d|e f|g "h"|k=v` {
		t.Errorf("arguments %s", got)
	}
}

func classicHeadOptions(t *testing.T) {
	record := t.TempDir() + "/runs"
	w := start(t, fork("classic", "touch", record)...)
	w.call("HEAD", "/", "").want(t, 200).wantBody(t, "")
	w.call("OPTIONS", "/", "").want(t, 200)
	w.call("PROPFIND", "/", "").want(t, 200)
	runs, err := os.ReadFile(record)
	if err != nil || string(runs) != "HEAD\nOPTIONS\nPROPFIND\n" {
		t.Errorf("methods that ran: %q (%v)", runs, err)
	}
	if r := w.call("TRACE", "/", "").want(t, 405); r.header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
}
