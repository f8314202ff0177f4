package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"sampan/watchdog/internal/env"
)

// config is everything the environment decides. Durations of 0 mean "no limit" unless said otherwise.
type config struct {
	mode     string
	argv     []string
	port     int
	upstream string // URL

	readTimeout, writeTimeout, execTimeout      time.Duration
	callLimit                                   limit // the smaller one of write and exec
	headTimeout, idleTimeout, upgradeTimeout    time.Duration
	shutdownWait, startupTimeout, killGrace     time.Duration // 0 is no wait
	maxInflight, metricsPort                    int           // 0 is off
	maxConnections                              int
	maxRequestBody, streamSpool                 int64 // bytes
	maxBufferedBody, maxHeadMemory              int64 // bytes
	maxHeaderBytes                              int
	keepUnderscores                             bool
	suppressLock                                bool
	checkProgram                                bool
	lockPath, readyPath                         string
	contentType                                 string
	combineOutput, cgiHeaders, marshalRequest   bool
	writeDebug, debugHeaders                    bool
	prefixLogs, logCallID, logJSON              bool
	accessLog, classicLines                     bool
	logLineBytes                                int // -1 is unlimited
	bufferBody, cancelOnDisconnect, ignoreError bool
	childStdinPipe, controlChannel              bool
	staticPath, staticFallback                  string
	staticList                                  bool
	stalledStatus                               int
	jwt                                         jwtConfig
}

type jwtConfig struct {
	enabled, debug            bool
	authority                 string
	functionName, functionsNS string
}

// modes that fork a process per call, and the others.
const (
	classicMode     = "classic"
	streamingMode   = "streaming"
	serializingMode = "serializing"
	httpMode        = "http"
	staticMode      = "static"
)

// defaultMode is what an unset mode means; a build may set another at link time.
var defaultMode = classicMode

// readConfig reads the environment. argv, when not empty, replaces fprocess as it is. Warnings are for the log.
func readConfig(e *env.Reader, argv []string) (*config, error) {
	cfg := &config{mode: strings.ToLower(e.Text(defaultMode, "mode")), argv: argv}
	switch cfg.mode {
	case classicMode, streamingMode, serializingMode, httpMode, staticMode:
	default:
		return nil, fmt.Errorf("mode=%s is not known: use classic, streaming, serializing, http or static", cfg.mode)
	}
	cfg.readLimits(e)
	cfg.readBehaviour(e)
	cfg.readLogging(e)
	cfg.jwt = jwtConfig{
		enabled: e.Boolean(false, "jwt_auth"), debug: e.Boolean(false, "jwt_auth_debug"),
		functionName: e.Lookup("OPENFAAS_NAME"), functionsNS: e.Lookup("OPENFAAS_NAMESPACE"),
		authority: "http://gateway.openfaas:8080",
	}
	if e.Boolean(false, "jwt_auth_local") {
		cfg.jwt.authority = "http://127.0.0.1:8000"
	}
	cfg.jwt.authority = strings.TrimRight(e.Text(cfg.jwt.authority, "jwt_auth_authority"), "/")
	return cfg, cfg.check(e)
}

func (c *config) readLimits(e *env.Reader) {
	execUsual := 30 * time.Second
	if c.mode == classicMode {
		execUsual = 0
	}
	c.port = e.Integer("port", 8080, 1, 65535)
	c.metricsPort = e.Integer("metrics_port", 8081, 0, 65535)
	c.readTimeout = e.Duration("read_timeout", 30*time.Second)
	c.writeTimeout = e.Duration("write_timeout", 30*time.Second)
	c.execTimeout = e.Duration("exec_timeout", execUsual)
	c.callLimit = limit{"write_timeout", c.writeTimeout}
	if smallestPositive(c.execTimeout, c.writeTimeout) == c.execTimeout {
		c.callLimit = limit{"exec_timeout", c.execTimeout}
	}
	c.headTimeout = smallestPositive(c.readTimeout, 30*time.Second)
	c.idleTimeout = smallestPositive(e.Duration("idle_timeout", 120*time.Second), 24*time.Hour)
	c.upgradeTimeout = e.Duration("upgrade_timeout", 0)
	c.shutdownWait = e.Duration("healthcheck_interval", c.writeTimeout)
	c.startupTimeout = e.Duration("startup_timeout", 60*time.Second)
	c.killGrace = e.Duration("kill_grace", 2*time.Second)
	c.maxInflight = max(e.Integer("max_inflight", 0, math.MinInt32, math.MaxInt32), 0)
	c.maxRequestBody = e.Bytes("max_request_body", 0)
	c.maxBufferedBody = e.Bytes("max_buffered_body", 64<<20)
	c.maxHeaderBytes = int(e.BytesWithin("max_header_bytes", 64<<10, 1<<10, 16<<20))
	c.maxHeadMemory = e.BytesWithin("max_head_memory", 8<<20, 64<<10, 1<<40)
	c.maxConnections = e.Integer("max_connections", 1000, 1, 1_000_000)
	c.streamSpool = e.Bytes("stream_spool", 256<<20)
}

func (c *config) readBehaviour(e *env.Reader) {
	streams := c.mode == streamingMode || c.mode == httpMode
	contentTypeUsual := "application/octet-stream"
	c.stalledStatus = 408
	if c.mode == classicMode {
		contentTypeUsual = ""
		c.stalledStatus = 400
	}
	c.upstream = e.Text("", "http_upstream_url", "upstream_url")
	c.suppressLock = e.Boolean(false, "suppress_lock")
	c.checkProgram = e.Boolean(false, "check_fprocess")
	c.lockPath = e.Text("", "lock_path")
	c.readyPath = e.Text("", "ready_path")
	c.contentType = e.Text(contentTypeUsual, "content_type")
	c.combineOutput = e.Boolean(true, "combine_output")
	c.cgiHeaders = e.Boolean(true, "cgi_headers")
	c.keepUnderscores = e.Boolean(false, "keep_underscore_headers")
	c.marshalRequest = e.Boolean(false, "marshal_request")
	c.bufferBody = e.Boolean(false, "http_buffer_req_body") || e.Boolean(false, "buffer_http")
	c.cancelOnDisconnect = e.Boolean(streams, "cancel_on_disconnect")
	c.ignoreError = e.Text("abort", "stream_error") == "ignore"
	c.childStdinPipe = e.Text("null", "child_stdin") == "pipe"
	c.controlChannel = e.Boolean(e.Lookup(controlVariable) != "", "control_channel")
	c.staticPath = e.Text("/home/app/public", "static_path")
	c.staticFallback = e.Text("", "static_fallback")
	c.staticList = e.Boolean(false, "static_list")
}

func (c *config) readLogging(e *env.Reader) {
	c.writeDebug = e.Boolean(false, "write_debug")
	c.debugHeaders = e.Boolean(false, "debug_headers")
	c.logCallID = e.Boolean(false, "log_callid", "log_call_id")
	c.logLineBytes = e.Integer("log_buffer_size", 65536, -1, math.MaxInt32)
	if c.logLineBytes == 0 {
		e.Warn("log_buffer_size", "0", 65536)
		c.logLineBytes = 65536
	}
	c.logJSON = e.Text("text", "log_format") == "json"
	c.prefixLogs = e.Boolean(c.mode != classicMode && !c.logJSON, "prefix_logs")
	// Classic keeps the two lines per call that tools around it look for, unless told not to.
	c.classicLines = e.Boolean(c.mode == classicMode, "access_log")
	c.accessLog = e.Boolean(false, "access_log")
}

// check finds every problem at once.
func (c *config) check(e *env.Reader) error {
	var problems []error
	if len(c.argv) == 0 && c.mode != staticMode {
		command := e.Text("", "function_process", "fprocess")
		argv, err := env.SplitCommand(command)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("fprocess=%q: %w", command, err))
		case len(argv) == 0:
			problems = append(problems, errors.New("fprocess is not set: it names the function's command"))
		}
		c.argv = argv
	}
	if c.mode == httpMode {
		problems = append(problems, c.checkUpstream(e))
	}
	chosen := e.Lookup("exec_timeout")+e.Lookup("write_timeout") != ""
	if chosen && c.execTimeout > 0 && c.writeTimeout > 0 && c.writeTimeout <= c.execTimeout {
		e.Warnings = append(e.Warnings, fmt.Sprintf(
			"write_timeout (%s) is not longer than exec_timeout (%s): calls end at write_timeout",
			c.writeTimeout, c.execTimeout))
	}
	return errors.Join(problems...)
}

// checkUpstream keeps the function's server and our own listeners apart: they share one network.
func (c *config) checkUpstream(e *env.Reader) error {
	up, err := parseUpstream(c.upstream)
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(up.address)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil
	}
	switch port {
	case strconv.Itoa(c.port):
		return fmt.Errorf("upstream_url=%q is the watchdog's own address: let the function listen elsewhere", c.upstream)
	case strconv.Itoa(c.metricsPort):
		e.Warnings = append(e.Warnings, fmt.Sprintf("no metrics: upstream_url has port %s, set metrics_port to another", port))
		c.metricsPort = 0
	}
	return nil
}

func smallestPositive(a, b time.Duration) time.Duration {
	if a > 0 && (a < b || b <= 0) {
		return a
	}
	return b
}
