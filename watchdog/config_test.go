package main

import (
	"strings"
	"testing"
	"time"

	"sampan/watchdog/internal/env"
)

func configFrom(t *testing.T, vars map[string]string) (*config, *env.Reader, error) {
	t.Helper()
	e := env.NewReader()
	e.Lookup = func(name string) string { return vars[name] }
	cfg, err := readConfig(e, nil)
	return cfg, e, err
}

func TestDurations(t *testing.T) {
	cases := []struct {
		value string
		want  time.Duration
		warns bool
	}{
		{"5", 5 * time.Second, false}, {"5s", 5 * time.Second, false}, {"1m30s", 90 * time.Second, false},
		{"", 30 * time.Second, false}, {"abc", 30 * time.Second, true}, {"-5s", 30 * time.Second, true},
		{"-5", 30 * time.Second, true}, {"1.5", 30 * time.Second, true}, {"0", 0, false},
	}
	for _, c := range cases {
		cfg, e, err := configFrom(t, map[string]string{"mode": "streaming", "fprocess": "cat", "exec_timeout": c.value,
			"write_timeout": "10m"})
		if err != nil || cfg.execTimeout != c.want || (len(e.Warnings) > 0) != c.warns {
			t.Errorf("%q: %v, %v, %q", c.value, cfg.execTimeout, err, e.Warnings)
		}
	}
}

func TestDefaultsDependOnMode(t *testing.T) {
	classic, _, err := configFrom(t, map[string]string{"fprocess": "cat"})
	if err != nil || classic.mode != classicMode || classic.execTimeout != 0 || classic.contentType != "" ||
		classic.cancelOnDisconnect || classic.stalledStatus != 400 || classic.prefixLogs || !classic.classicLines {
		t.Errorf("%+v, %v", classic, err)
	}
	http, _, err := configFrom(t, map[string]string{"mode": "HTTP", "function_process": "x y", "fprocess": "z",
		"upstream_url": "http://127.0.0.1:3000/"})
	if err != nil || http.execTimeout != 30*time.Second || !http.cancelOnDisconnect || http.argv[1] != "y" ||
		!http.prefixLogs || http.accessLog || http.shutdownWait != http.writeTimeout {
		t.Errorf("%+v, %v", http, err)
	}
}

func TestConfigurationErrors(t *testing.T) {
	for want, vars := range map[string]map[string]string{
		"fprocess is not set": {},
		"afterburn":           {"mode": "afterburn", "fprocess": "cat"},
		"inproc":              {"mode": "inproc", "fprocess": "cat"},
		"upstream_url":        {"mode": "http", "fprocess": "cat"},
		"quote":               {"fprocess": "cat 'x"},
		"only http://":        {"mode": "http", "fprocess": "cat", "upstream_url": "ftp://x"},
	} {
		if _, _, err := configFrom(t, vars); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", vars, err)
		}
	}
}

func TestBooleansIntegersAndSizes(t *testing.T) {
	cfg, e, err := configFrom(t, map[string]string{"fprocess": "cat", "suppress_lock": "True", "combine_output": "off",
		"cgi_headers": "maybe", "port": "x", "max_inflight": "-3", "max_request_body": "2MiB", "log_call_id": "1",
		"stream_spool": "1k", "log_buffer_size": "-1"})
	if err != nil || !cfg.suppressLock || cfg.combineOutput || !cfg.cgiHeaders || cfg.port != 8080 ||
		cfg.maxInflight != 0 || cfg.maxRequestBody != 2<<20 || !cfg.logCallID || cfg.streamSpool != 1000 ||
		cfg.logLineBytes != -1 || len(e.Warnings) != 2 {
		t.Errorf("%+v, %v, %q", cfg, err, e.Warnings)
	}
}

func TestUpstreamURL(t *testing.T) {
	for raw, want := range map[string][3]string{
		"http://127.0.0.1:3000":       {"tcp", "127.0.0.1:3000", ""},
		"http://localhost":            {"tcp", "localhost:80", ""},
		"http://[::1]:5000/base/x//":  {"tcp", "[::1]:5000", "/base/x"},
		"unix:///run/function.socket": {"unix", "/run/function.socket", ""},
	} {
		u, err := parseUpstream(raw)
		if err != nil || u.network != want[0] || u.address != want[1] || string(u.prefix) != want[2] {
			t.Errorf("%q: %+v, %v", raw, u, err)
		}
	}
}

func TestUpstreamOnOurOwnPorts(t *testing.T) {
	vars := map[string]string{"mode": "http", "fprocess": "x", "upstream_url": "http://127.0.0.1:8081"}
	cfg, e, err := configFrom(t, vars)
	if err != nil || cfg.metricsPort != 0 || len(e.Warnings) != 1 {
		t.Errorf("the metrics port is the function's: %+v, %q, %v", cfg, e.Warnings, err)
	}
	vars["upstream_url"] = "http://localhost:8080"
	if _, _, err := configFrom(t, vars); err == nil || !strings.Contains(err.Error(), "own address") {
		t.Errorf("calling oneself: %v", err)
	}
	vars["upstream_url"] = "http://10.1.2.3:8080"
	if _, _, err := configFrom(t, vars); err != nil {
		t.Errorf("another host: %v", err)
	}
}
