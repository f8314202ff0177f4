package process

import (
	"bytes"
	"os"
	"sync"
	"time"
)

// logChunk is the read size for child output, in bytes.
const logChunk = 4 << 10

// unlimitedLine is how much of a line without limit is held before it is passed on unfinished. In bytes.
const unlimitedLine = 1 << 20

// ChildLog passes a child's output on, line by line, until its last holder closes it. Lines over the limit
// are split, a last line without newline is completed, and nothing is dropped: a slow reader of our output
// slows the child down.
type ChildLog struct {
	lineBytes int
	prefix    bool
	wg        sync.WaitGroup
}

// NewChildLog splits lines above lineBytes, where that is positive; prefix puts time and stream before each.
func NewChildLog(lineBytes int, prefix bool) *ChildLog {
	return &ChildLog{lineBytes: lineBytes, prefix: prefix}
}

// Wait gives readers that still have something to read a moment.
func (l *ChildLog) Wait(limit time.Duration) {
	done := make(chan struct{})
	go func() {
		l.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// Follow starts a reader of from. stream is "stdout" or "stderr", callID may be empty.
func (l *ChildLog) Follow(from, to *os.File, stream, callID string) {
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		defer from.Close()
		s := logSplitter{to: to, limit: l.lineBytes, prefix: l.prefix, stream: stream, callID: callID}
		s.copy(from)
	}()
}

// logSplitter cuts one stream into lines.
type logSplitter struct {
	to     *os.File
	limit  int
	prefix bool
	stream string
	callID string
	held   []byte // an unfinished line
	inside bool   // a part of the current line has been written without its newline
	out    []byte
}

func (s *logSplitter) copy(from *os.File) {
	block := make([]byte, logChunk)
	for {
		n, err := from.Read(block)
		s.feed(block[:n])
		if err != nil {
			break
		}
	}
	if len(s.held) > 0 || s.inside {
		s.line(s.held, true)
		s.send()
	}
}

// feed takes a piece of output and writes the lines that it completes.
func (s *logSplitter) feed(b []byte) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		piece := b
		if end >= 0 {
			piece = b[:end]
		}
		if s.limit > 0 && len(s.held)+len(piece) > s.limit {
			take := s.limit - len(s.held)
			s.line(append(s.held, piece[:take]...), true)
			b = b[take:]
			continue
		}
		s.held = append(s.held, piece...)
		if end < 0 {
			break
		}
		s.line(s.held, true)
		b = b[end+1:]
	}
	if s.limit < 0 && len(s.held) > unlimitedLine {
		s.line(s.held, false)
	}
	s.send()
}

func (s *logSplitter) line(text []byte, whole bool) {
	if !s.inside {
		if s.prefix {
			s.out = time.Now().AppendFormat(s.out, "2006/01/02 15:04:05 ")
			s.out = append(append(s.out, s.stream...), ": "...)
		}
		if s.callID != "" {
			s.out = append(append(append(s.out, '['), s.callID...), "] "...)
		}
	}
	s.out = append(s.out, text...)
	if whole {
		s.out = append(s.out, '\n')
	}
	s.inside = !whole
	s.held = s.held[:0]
}

func (s *logSplitter) send() {
	if len(s.out) == 0 {
		return
	}
	_, _ = s.to.Write(s.out)
	s.out = s.out[:0]
	if cap(s.out) > 4*logChunk {
		s.out, s.held = nil, append([]byte(nil), s.held...)
	}
}
