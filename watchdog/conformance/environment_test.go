package conformance

import (
	"encoding/json"
	"strings"
	"testing"
)

var environmentCases = []testCase{
	{"T15", "env_request_line", "fork modes: Http_Path decoded, Http_Query raw, Http_Method", true, false, eachForkEnv(envRequestLine)},
	{"T16", "env_header_names", "fork modes: headers become Http_ names in Go's canonical spelling", false, false, eachForkEnv(envHeaderNames)},
	{"T17", "env_chunked", "fork modes: a chunked body gives Http_Transfer_Encoding=chunked and both lengths -1", true, false, eachForkEnv(envChunked)},
	{"T18", "env_length_host", "fork modes: 3 bytes give Http_Content_Length=3; Http_Host is the request's host", false, false, eachForkEnv(envLengthHost)},
	{"T19", "env_httpoxy", "fork modes: a Proxy header never becomes Http_Proxy", false, false, eachForkEnv(envProxy)},
	{"T20", "env_forged_names", "fork modes: headers cannot forge Http_Query, Http_Method, Http_Path, Http_Host or the lengths", false, false, eachForkEnv(envForged)},
	{"T21", "env_huge_header", "fork modes: a 200,000-byte header is left out, the call is 200", false, false, eachForkEnv(envHuge)},
	{"T22", "env_nul_path", "fork modes: a NUL in the path is 400 or a real 200, never an empty 200", false, false, eachForkEnv(envNul)},
}

// eachForkEnv runs a case against `env` in all three fork modes.
func eachForkEnv(check func(t *testing.T, w *watchdog)) func(*testing.T) {
	return func(t *testing.T) {
		for _, mode := range []string{"classic", "streaming", "serializing"} {
			t.Run(mode, func(t *testing.T) { check(t, start(t, append(fork(mode, "env"), "max_header_bytes=2MiB")...)) })
		}
	}
}

// env decodes the answer of the `env` fixture; the last of two equal names wins, as in libc.
func (r result) env(t *testing.T) map[string]string {
	t.Helper()
	var entries []string
	if err := json.Unmarshal([]byte(r.body), &entries); err != nil {
		t.Fatalf("environment: %v: %.200q", err, r.body)
	}
	env := map[string]string{}
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

func wantEnv(t *testing.T, env map[string]string, pairs ...string) {
	t.Helper()
	for _, pair := range pairs {
		name, want, _ := strings.Cut(pair, "=")
		if got, set := env[name]; !set || got != want {
			t.Errorf("%s=%q (set: %v), want %q", name, got, set, want)
		}
	}
}

func envRequestLine(t *testing.T, w *watchdog) {
	env := w.dial().send("GET /p%20q?x=%20y HTTP/1.1", "Host: h").result("GET").want(t, 200).env(t)
	wantEnv(t, env, "Http_Path=/p q", "Http_Query=x=%20y", "Http_Method=GET", "Http_Path_Raw=/p%20q")
}

func envHeaderNames(t *testing.T, w *watchdog) {
	env := w.dial().send("GET / HTTP/1.1", "Host: h", "x-forwarded-for: 1.2.3.4", "SOAPAction: act", "DNT: 1",
		"X-Under_score: u", "X-A: dash", "X_A: under", "X-B: 1", "X-B: 2", "Cookie: a=1", "Cookie: b=2").
		result("GET").want(t, 200).env(t)
	wantEnv(t, env, "Http_X_Forwarded_For=1.2.3.4", "Http_Soapaction=act", "Http_Dnt=1",
		"Http_X_A=dash", "Http_X_B=1, 2", "Http_Cookie=a=1; b=2")
	if value, set := env["Http_X_Under_score"]; set {
		t.Errorf("a name with an underscore became a variable: %q", value)
	}
}

func envChunked(t *testing.T, w *watchdog) {
	env := w.dial().send("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0").
		result("POST").want(t, 200).env(t)
	wantEnv(t, env, "Http_Transfer_Encoding=chunked", "Http_Content_Length=-1", "Http_ContentLength=-1")
}

func envLengthHost(t *testing.T, w *watchdog) {
	env := w.dial().send("POST / HTTP/1.1", "Host: some.host:99", "Content-Length: 3\r\n\r\nabc").
		result("POST").want(t, 200).env(t)
	wantEnv(t, env, "Http_Content_Length=3", "Http_ContentLength=3", "Http_Host=some.host:99")
	if _, set := env["Http_Transfer_Encoding"]; set {
		t.Error("Http_Transfer_Encoding is set without chunks")
	}
}

func envProxy(t *testing.T, w *watchdog) {
	env := w.get("/", "Proxy: http://evil").want(t, 200).env(t)
	for name := range env {
		if strings.EqualFold(name, "HTTP_PROXY") {
			t.Errorf("%s=%s", name, env[name])
		}
	}
}

func envForged(t *testing.T, w *watchdog) {
	env := w.dial().send("GET /real HTTP/1.1", "Host: real", "Query: evil", "Method: EVIL", "Path: /evil",
		"ContentLength: 66", "Transfer_Encoding: evil", "Content_Length: 66").result("GET").want(t, 200).env(t)
	wantEnv(t, env, "Http_Method=GET", "Http_Path=/real", "Http_Host=real", "Http_ContentLength=0", "Http_Content_Length=0")
	for _, name := range []string{"Http_Query", "Http_Transfer_Encoding"} {
		if value, set := env[name]; set {
			t.Errorf("%s=%s was forged", name, value)
		}
	}
}

func envHuge(t *testing.T, w *watchdog) {
	env := w.get("/", "X-Big: "+strings.Repeat("b", 200_000), "X-Small: s").want(t, 200).env(t)
	wantEnv(t, env, "Http_X_Small=s")
	if _, set := env["Http_X_Big"]; set {
		t.Error("Http_X_Big is set")
	}
	// Nine large ones: each fits, together they pass the kernel's limit for all.
	var many []string
	for _, c := range "abcdefghi" {
		many = append(many, "X-Part-"+string(c)+": "+strings.Repeat("p", 110_000))
	}
	w.get("/", many...).want(t, 200).env(t)
}

func envNul(t *testing.T, w *watchdog) {
	r := w.dial().send("GET /a%00b HTTP/1.1", "Host: h").result("GET")
	if r.status != 400 && (r.status != 200 || r.env(t)["Http_Method"] != "GET") {
		t.Errorf("status %d, body %.100q", r.status, r.body)
	}
}
