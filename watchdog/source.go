package main

import (
	"bytes"
	"errors"
	"io"
)

const (
	// initialBuffer is what an idle connection costs, in bytes.
	initialBuffer = 4 << 10
	// readStep is the least space that is offered to a read, in bytes.
	readStep = 512
)

var (
	errHeadTooLarge = errors.New("header block too large")
	errBareLF       = errors.New("line does not end in CR LF")
	errHeadMemory   = errors.New("no memory left for request heads")
)

// budget lends memory, in bytes; take is false when there is none left.
type budget interface {
	Take(n int64) bool
	Give(n int64)
}

// source reads a connection through one buffer. A message head is parsed in place: while its slices are in use the
// buffer is pinned, and what is read later goes behind them or into a new buffer.
type source struct {
	rd   io.Reader
	buf  []byte
	r, w int
	pin  int
	// most is how large the buffer may grow while a head is read, in bytes; 0 is without limit.
	most int
	// budget, when set, pays for what the buffer has beyond its first size; held is what it paid.
	budget budget
	held   int64
}

func newSource(rd io.Reader) source {
	return source{rd: rd, buf: make([]byte, initialBuffer)}
}

func (s *source) buffered() []byte { return s.buf[s.r:s.w] }

// skip drops the next n buffered bytes.
func (s *source) skip(n int) { s.r += n }

// fillHead is fill with a limit for the buffer, for whoever looks at a head before all of it is there.
func (s *source) fillHead(limit int) error {
	s.most = limit + readStep
	defer func() { s.most = 0 }()
	return s.fill()
}

// fill reads at least one byte more.
func (s *source) fill() error {
	if s.r == s.w {
		s.r, s.w = s.pin, s.pin
	}
	if len(s.buf)-s.w < readStep {
		if err := s.makeRoom(); err != nil {
			return err
		}
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

func (s *source) makeRoom() error {
	rest := s.buffered()
	if s.pin == 0 && s.r > 0 && len(s.buf)-len(rest) >= readStep {
		s.w = copy(s.buf, rest)
		s.r = 0
		return nil
	}
	// Either the buffer is full, or a parsed head still points into it: that array stays with the head, and stays paid.
	size := max(initialBuffer, 2*len(rest))
	if s.most > 0 && size > s.most {
		size = max(s.most, len(rest)+readStep)
	}
	if s.budget != nil {
		more := int64(size - initialBuffer)
		if s.pin == 0 {
			more -= s.held
		}
		if !s.budget.Take(more) {
			return errHeadMemory
		}
		s.held += more
	}
	fresh := make([]byte, size)
	s.w = copy(fresh, rest)
	s.r, s.pin, s.buf = 0, 0, fresh
	return nil
}

// pinHead protects everything consumed so far until unpin.
func (s *source) pinHead() { s.pin = s.r }

// unpin ends the life of the slices into the head, and of a buffer that grew for one message.
func (s *source) unpin() {
	s.pin = 0
	rest := s.buffered()
	if len(s.buf) > initialBuffer && len(rest) <= initialBuffer-readStep {
		s.buf = append(make([]byte, 0, initialBuffer), rest...)[:initialBuffer]
		s.r, s.w = 0, len(rest)
	} else if len(rest) == 0 {
		s.r, s.w = 0, 0
	}
	if s.held > 0 {
		kept := int64(len(s.buf) - initialBuffer)
		s.budget.Give(s.held - kept)
		s.held = kept
	}
}

// close gives back what the budget paid.
func (s *source) close() {
	if s.held > 0 {
		s.budget.Give(s.held)
		s.held = 0
	}
}

// head returns the next header block including its empty line, reading as much as it needs. It fails with
// errHeadTooLarge above limit bytes, and with errBareLF when a line ends in a lone LF, which different parsers
// understand differently. The slice lives until unpin.
func (s *source) head(limit int) ([]byte, error) { return s.readHead(limit, strictLines) }

// answerHead is head for what a function sends: its lines may end in a lone LF. Nothing can be hidden in that, because the
// head is written anew before it goes on.
func (s *source) answerHead(limit int) ([]byte, error) { return s.readHead(limit, looseLines) }

func (s *source) readHead(limit int, rule lineRule) ([]byte, error) {
	scanned := 0
	s.most = limit + readStep
	defer func() { s.most = 0 }()
	for {
		end, seen, err := headEnd(s.buffered(), scanned, rule)
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
func headEnd(b []byte, from int, rule lineRule) (end, seen int, err error) {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1, from, nil
		}
		at := from + i
		lineEnd := at
		if at > 0 && b[at-1] == '\r' {
			lineEnd--
		} else if rule == strictLines {
			return 0, 0, errBareLF
		}
		if lineEnd > 0 && b[lineEnd-1] == '\r' {
			return 0, 0, errBadField // else an end that is not quite one would be waited behind
		}
		from = at + 1
		if lineEnd > 0 && b[lineEnd-1] == '\n' {
			return from, from, nil
		}
	}
}

// lineRule says how the lines of a head may end.
type lineRule bool

const (
	strictLines lineRule = false // CR LF
	looseLines  lineRule = true  // LF alone, too
)
