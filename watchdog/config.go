package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"sampan/watchdog/internal/env"
)

// config is everything the environment decides. Durations of 0 mean "no limit" unless said otherwise.
type config struct {
	mode string
	argv []string // of the function's process

	// listeners
	port           int
	metricsPort    int // 0 is off
	maxConnections int

	// the function in mode http
	upstream       string // URL
	bufferBody     bool
	childStdinPipe bool

	// times
	readTimeout    time.Duration
	writeTimeout   time.Duration
	execTimeout    time.Duration
	callLimit      limit // the smaller one of write and exec
	headTimeout    time.Duration
	idleTimeout    time.Duration
	upgradeTimeout time.Duration
	shutdownWait   time.Duration // 0 is no wait
	startupTimeout time.Duration // 0 is no wait
	killGrace      time.Duration // 0 is no wait

	// sizes, in bytes
	maxRequestBody  int64
	maxBufferedBody int64
	streamSpool     int64
	maxHeadMemory   int64
	maxHeaderBytes  int

	// calls
	maxInflight        int // 0 is no limit
	cancelOnDisconnect bool
	stalledStatus      int // answered when a request body stands still
	keepUnderscores    bool

	// health
	suppressLock bool
	lockPath     string
	readyPath    string
	checkProgram bool

	// a process per call
	contentType    string
	combineOutput  bool
	cgiHeaders     bool
	marshalRequest bool
	ignoreError    bool // a failed process does not cut the answer short
	controlChannel bool

	// mode static
	staticPath     string
	staticFallback string
	staticList     bool

	// logging
	writeDebug   bool
	debugHeaders bool
	prefixLogs   bool
	logCallID    bool
	logJSON      bool
	logLineBytes int // -1 is unlimited
	accessLog    bool
	classicLines bool

	jwt jwtConfig
}

type jwtConfig struct {
	enabled      bool
	debug        bool
	authority    string // URL
	functionName string
	functionsNS  string
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

// readConfig reads the environment. argv, when not empty, replaces fprocess as it is. Warnings are for the
// log.
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

func smallestPositive(a, b time.Duration) time.Duration {
	if a > 0 && (a < b || b <= 0) {
		return a
	}
	return b
}
