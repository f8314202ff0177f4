package main

import (
	"bytes"
	"errors"
	"io"
)

const (
	// initialBuffer is what an idle connection costs, in bytes.
	initialBuffer = 4 << 10
	// largestKeptBuffer is the most that a connection keeps between two calls, in bytes.
	largestKeptBuffer = 16 << 10
	// maxHeadBytes bounds a request head.
	maxHeadBytes = 1<<20 + 4<<10
)

var (
	errHeadTooLarge = errors.New("header block too large")
	errBareLF       = errors.New("line does not end in CR LF")
)

// source reads a connection through one buffer. A message head is parsed in place: while its slices are in use the
// buffer is pinned, and what is read later goes behind them or into a new buffer.
type source struct {
	rd   io.Reader
	buf  []byte
	r, w int
	pin  int
}

func newSource(rd io.Reader) source {
	return source{rd: rd, buf: make([]byte, initialBuffer)}
}

func (s *source) buffered() []byte { return s.buf[s.r:s.w] }

// fill reads at least one byte more.
func (s *source) fill() error {
	if s.r == s.w {
		s.r, s.w = s.pin, s.pin
	}
	if len(s.buf)-s.w < 512 {
		s.makeRoom()
	}
	n, err := s.rd.Read(s.buf[s.w:])
	s.w += n
	switch {
	case n > 0:
		return nil
	case err == nil:
		return io.ErrNoProgress
	}
	return err
}

func (s *source) makeRoom() {
	rest := s.buffered()
	if s.pin == 0 && s.r > 0 && len(s.buf)-len(rest) >= 512 {
		s.w = copy(s.buf, rest)
		s.r = 0
		return
	}
	// Either the buffer is full, or a parsed head still points into it: that array stays with the head.
	fresh := make([]byte, max(initialBuffer, 2*len(rest)))
	s.w = copy(fresh, rest)
	s.r, s.pin, s.buf = 0, 0, fresh
}

// pinHead protects everything consumed so far until unpin.
func (s *source) pinHead() { s.pin = s.r }

// unpin ends the life of the slices into the head, and of a buffer that grew for one message.
func (s *source) unpin() {
	s.pin = 0
	if s.r < s.w {
		return
	}
	s.r, s.w = 0, 0
	if len(s.buf) > largestKeptBuffer {
		s.buf = make([]byte, initialBuffer)
	}
}

// head returns the next header block including its empty line, reading as much as it needs. It fails with
// errHeadTooLarge above limit bytes, and with errBareLF when a line ends in a lone LF, which different parsers
// understand differently. The slice lives until unpin.
func (s *source) head(limit int) ([]byte, error) {
	scanned := 0
	for {
		end, seen, err := headEnd(s.buffered(), scanned)
		if err != nil {
			return nil, err
		}
		if end > limit || (end < 0 && s.w-s.r > limit) {
			return nil, errHeadTooLarge
		}
		if end >= 0 {
			head := s.buf[s.r : s.r+end]
			s.r += end
			return head, nil
		}
		scanned = seen
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// headEnd looks for the empty line that ends a header block, from offset from on. It returns the length of the block,
// or -1 and the offset to go on from when more bytes have come.
func headEnd(b []byte, from int) (end, seen int, err error) {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1, from, nil
		}
		at := from + i
		if at == 0 || b[at-1] != '\r' {
			return 0, 0, errBareLF
		}
		from = at + 1
		if at >= 3 && b[at-2] == '\n' {
			return from, from, nil
		}
	}
}
