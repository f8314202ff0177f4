package conformance

import (
	"strings"
	"testing"
	"time"
)

var logCases = []testCase{
	{"X63", "last_line_without_newline", "logs: a last line without newline is not lost, in every fork mode", false, false, logTail},
	{"X64", "long_lines_split", "logs: lines over log_buffer_size are split, not dropped; -1 is unlimited", false, false, logSplit},
	{"X65", "slow_log_consumer", "logs: nobody reads the watchdog's log for a while: health answers, nothing is lost", false, false, logBackPressure},
	{"X66", "buffered_memory", "classic and serializing: 50 MB through echo are identical and take little more than one copy", false, true, bufferedMemory},
}

func logTail(t *testing.T) {
	for _, mode := range []string{"streaming", "serializing", "classic"} {
		w := start(t, append(fork(mode, "tail"), "combine_output=false")...)
		for range 20 {
			w.get("/").want(t, 200)
		}
		w.eventually(3*time.Second, mode+": every tail is in the log", func() bool {
			return strings.Count(w.stderr.text(), "no newline at the end") == 20
		})
	}
}

func logSplit(t *testing.T) {
	for _, size := range []string{"100", "-1", "0"} {
		w := start(t, append(fork("streaming", "logs", "100000", "10"), "log_buffer_size="+size)...)
		w.get("/").want(t, 200).wantBody(t, "logged\n")
		w.waitLog(`log line 9`)
		if n := strings.Count(w.stderr.text(), "x"); n < 100_000 {
			t.Errorf("log_buffer_size=%s: %d of 100,000 bytes are in the log", size, n)
		}
		whole := strings.Contains(w.stderr.text(), strings.Repeat("x", 90_000))
		if size != "0" && whole != (size == "-1") {
			t.Errorf("log_buffer_size=%s: the line is in one piece: %v", size, whole)
		}
	}
}

func logBackPressure(t *testing.T) {
	w := serving(t, launch{env: []string{"prefix_logs=false"}})
	w.get("/").want(t, 200)
	w.stderr.mu.Lock() // the test stops reading: the pipe fills
	blocked := make(chan result, 1)
	go func() { blocked <- w.get("/logs?bytes=2000000&lines=1000") }()
	for range 10 {
		if got := w.health(); got != 200 {
			t.Errorf("health is %d while nobody reads the log", got)
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.get("/").want(t, 200)
	w.stderr.mu.Unlock()
	(<-blocked).want(t, 200)
	w.waitLog(`log line 999`)
	if n := strings.Count(w.stderr.text(), "x"); n < 2_000_000 {
		t.Errorf("%d of 2,000,000 bytes are in the log", n)
	}
}

func bufferedMemory(t *testing.T) {
	for _, mode := range []string{"classic", "serializing"} {
		w := start(t, fork(mode, "echo")...)
		w.post("warm").want(t, 200)
		before := w.vital()
		must(t, echoThrough(t, w, 50<<20))
		after := w.vital()
		if limitKB := 80 << 10; !suite.race && after.peakKB-before.rssKB > limitKB {
			t.Errorf("%s: resident memory rose from %d kB to %d kB", mode, before.rssKB, after.peakKB)
		}
		w.eventually(30*time.Second, mode+": memory is given back", func() bool { return suite.race || w.vital().rssKB-before.rssKB < 16<<10 })
	}
}
