package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
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
func readConfig(e *envReader, argv []string) (*config, error) {
	cfg := &config{mode: strings.ToLower(e.text(defaultMode, "mode")), argv: argv}
	switch cfg.mode {
	case classicMode, streamingMode, serializingMode, httpMode, staticMode:
	default:
		return nil, fmt.Errorf("mode=%s is not known: use classic, streaming, serializing, http or static", cfg.mode)
	}
	cfg.readLimits(e)
	cfg.readBehaviour(e)
	cfg.readLogging(e)
	cfg.jwt = jwtConfig{
		enabled: e.boolean(false, "jwt_auth"), debug: e.boolean(false, "jwt_auth_debug"),
		functionName: e.lookup("OPENFAAS_NAME"), functionsNS: e.lookup("OPENFAAS_NAMESPACE"),
		authority: "http://gateway.openfaas:8080",
	}
	if e.boolean(false, "jwt_auth_local") {
		cfg.jwt.authority = "http://127.0.0.1:8000"
	}
	cfg.jwt.authority = strings.TrimRight(e.text(cfg.jwt.authority, "jwt_auth_authority"), "/")
	return cfg, cfg.check(e)
}

func (c *config) readLimits(e *envReader) {
	execUsual := 30 * time.Second
	if c.mode == classicMode {
		execUsual = 0
	}
	c.port = e.integer("port", 8080, 1, 65535)
	c.metricsPort = e.integer("metrics_port", 8081, 0, 65535)
	c.readTimeout = e.duration("read_timeout", 30*time.Second)
	c.writeTimeout = e.duration("write_timeout", 30*time.Second)
	c.execTimeout = e.duration("exec_timeout", execUsual)
	c.callLimit = limit{"write_timeout", c.writeTimeout}
	if smallestPositive(c.execTimeout, c.writeTimeout) == c.execTimeout {
		c.callLimit = limit{"exec_timeout", c.execTimeout}
	}
	c.headTimeout = smallestPositive(c.readTimeout, 30*time.Second)
	c.idleTimeout = smallestPositive(e.duration("idle_timeout", 120*time.Second), 24*time.Hour)
	c.upgradeTimeout = e.duration("upgrade_timeout", 0)
	c.shutdownWait = e.duration("healthcheck_interval", c.writeTimeout)
	c.startupTimeout = e.duration("startup_timeout", 60*time.Second)
	c.killGrace = e.duration("kill_grace", 2*time.Second)
	c.maxInflight = max(e.integer("max_inflight", 0, math.MinInt32, math.MaxInt32), 0)
	c.maxRequestBody = e.bytes("max_request_body", 0)
	c.maxBufferedBody = e.bytes("max_buffered_body", 64<<20)
	c.maxHeaderBytes = int(e.bytesWithin("max_header_bytes", 64<<10, 1<<10, 16<<20))
	c.maxHeadMemory = e.bytesWithin("max_head_memory", 8<<20, 64<<10, 1<<40)
	c.maxConnections = e.integer("max_connections", 1000, 1, 1_000_000)
	c.streamSpool = e.bytes("stream_spool", 256<<20)
}

func (c *config) readBehaviour(e *envReader) {
	streams := c.mode == streamingMode || c.mode == httpMode
	contentTypeUsual := "application/octet-stream"
	c.stalledStatus = 408
	if c.mode == classicMode {
		contentTypeUsual = ""
		c.stalledStatus = 400
	}
	c.upstream = e.text("", "http_upstream_url", "upstream_url")
	c.suppressLock = e.boolean(false, "suppress_lock")
	c.checkProgram = e.boolean(false, "check_fprocess")
	c.lockPath = e.text("", "lock_path")
	c.readyPath = e.text("", "ready_path")
	c.contentType = e.text(contentTypeUsual, "content_type")
	c.combineOutput = e.boolean(true, "combine_output")
	c.cgiHeaders = e.boolean(true, "cgi_headers")
	c.keepUnderscores = e.boolean(false, "keep_underscore_headers")
	c.marshalRequest = e.boolean(false, "marshal_request")
	c.bufferBody = e.boolean(false, "http_buffer_req_body") || e.boolean(false, "buffer_http")
	c.cancelOnDisconnect = e.boolean(streams, "cancel_on_disconnect")
	c.ignoreError = e.text("abort", "stream_error") == "ignore"
	c.childStdinPipe = e.text("null", "child_stdin") == "pipe"
	c.controlChannel = e.boolean(e.lookup(controlVariable) != "", "control_channel")
	c.staticPath = e.text("/home/app/public", "static_path")
	c.staticFallback = e.text("", "static_fallback")
	c.staticList = e.boolean(false, "static_list")
}

func (c *config) readLogging(e *envReader) {
	c.writeDebug = e.boolean(false, "write_debug")
	c.debugHeaders = e.boolean(false, "debug_headers")
	c.logCallID = e.boolean(false, "log_callid", "log_call_id")
	c.logLineBytes = e.integer("log_buffer_size", 65536, -1, math.MaxInt32)
	if c.logLineBytes == 0 {
		e.warn("log_buffer_size", "0", 65536)
		c.logLineBytes = 65536
	}
	c.logJSON = e.text("text", "log_format") == "json"
	c.prefixLogs = e.boolean(c.mode != classicMode && !c.logJSON, "prefix_logs")
	// Classic keeps the two lines per call that tools around it look for, unless told not to.
	c.classicLines = e.boolean(c.mode == classicMode, "access_log")
	c.accessLog = e.boolean(false, "access_log")
}

// check finds every problem at once.
func (c *config) check(e *envReader) error {
	var problems []error
	if len(c.argv) == 0 && c.mode != staticMode {
		command := e.text("", "function_process", "fprocess")
		argv, err := splitCommand(command)
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
	chosen := e.lookup("exec_timeout")+e.lookup("write_timeout") != ""
	if chosen && c.execTimeout > 0 && c.writeTimeout > 0 && c.writeTimeout <= c.execTimeout {
		e.warnings = append(e.warnings, fmt.Sprintf(
			"write_timeout (%s) is not longer than exec_timeout (%s): calls end at write_timeout",
			c.writeTimeout, c.execTimeout))
	}
	return errors.Join(problems...)
}

// checkUpstream keeps the function's server and our own listeners apart: they share one network.
func (c *config) checkUpstream(e *envReader) error {
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
		e.warnings = append(e.warnings, fmt.Sprintf("no metrics: upstream_url has port %s, set metrics_port to another", port))
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
