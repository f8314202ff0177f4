package process

import (
	"io"
	"os"
	"strings"
	"testing"
)

// split runs text through a splitter and returns what it wrote.
func split(t *testing.T, s logSplitter, pieces ...string) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	s.to = file
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for _, p := range pieces {
			_, _ = io.WriteString(w, p)
		}
		_ = w.Close()
	}()
	s.copy(r)
	got, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestLinesPassInOrderAndWhole(t *testing.T) {
	if got := split(t, logSplitter{limit: 100}, "a\nb", "c\n", "\nlast"); got != "a\nbc\n\nlast\n" {
		t.Errorf("%q", got)
	}
}

func TestLongLinesAreSplitAndNothingIsLost(t *testing.T) {
	long := strings.Repeat("x", 250_000)
	got := split(t, logSplitter{limit: 65536}, long, "\nnext\n")
	lines := strings.Split(got, "\n")
	if strings.ReplaceAll(got, "\n", "") != long+"next" || lines[len(lines)-2] != "next" || len(lines[0]) != 65536 {
		t.Errorf("%d lines, %d bytes", len(lines), len(got))
	}
	if got := split(t, logSplitter{limit: -1}, strings.Repeat("y", 3<<20), "\n"); len(got) != 3<<20+1 {
		t.Errorf("without limit: %d bytes", len(got))
	}
}

func TestPrefixNamesStreamAndCall(t *testing.T) {
	got := split(t, logSplitter{limit: 100, prefix: true, stream: "stderr", callID: "42"}, "a\nb\n")
	for _, line := range strings.Split(strings.TrimSpace(got), "\n") {
		if len(line) < 20 || !strings.Contains(line[19:], " stderr: [42] ") {
			t.Errorf("%q", line)
		}
	}
}
