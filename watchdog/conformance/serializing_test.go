package conformance

import (
	"strings"
	"testing"
)

var serializingCases = []testCase{
	{"T35", "serializing_exit3", "serializing: exit 3 is 500, `exit status 3`, newline, then stdout", true, false, serializingExit3},
	{"T36", "serializing_unread_stdin", "serializing: 1 MB to a program that reads nothing is 200, 20 times of 20", false, false, serializingUnread},
	{"T37", "serializing_500_calls", "serializing: 500 calls leave threads, descriptors and memory flat", false, true, serializingFlat},
}

func serializingExit3(t *testing.T) {
	w := start(t, fork("serializing", "exit3")...)
	w.post("x").want(t, 500).wantBody(t, "exit status 3\nout\n").wantDuration(t).platformFault(t, false)
	w.waitLog(`(?m)\berr$`)
}

func serializingUnread(t *testing.T) {
	w := start(t, fork("serializing", "exit", "0")...)
	body := strings.Repeat("b", 1<<20)
	for range 20 {
		w.post(body).want(t, 200).wantBody(t, "")
	}
}

func serializingFlat(t *testing.T) {
	w := start(t, fork("serializing", "noread")...)
	for range 100 {
		w.post("x").want(t, 200)
	}
	before := w.vital()
	for range 500 {
		w.post("x").want(t, 200)
	}
	assertFlat(t, before, w.vital(), 3<<10)
}

// assertFlat allows the noise of a garbage-collected program, not growth per call.
func assertFlat(t *testing.T, before, after vital, slackKB int) {
	t.Helper()
	if suite.race {
		slackKB *= 8
	}
	if after.rssKB-before.rssKB > slackKB || after.fds-before.fds > 8 || after.threads-before.threads > 12 {
		t.Errorf("grew from %+v to %+v", before, after)
	}
}
