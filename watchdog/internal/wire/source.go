package wire

import (
	"bytes"
	"errors"
	"io"
)

const (
	// initialBuffer is the buffer of an idle connection, in bytes.
	initialBuffer = 4 << 10
	// readStep is the least space that is offered to a read, in bytes.
	readStep = 512
)

// Why a head could not be read.
var (
	ErrHeadTooLarge = errors.New("header block too large")
	ErrBareLF       = errors.New("line does not end in CR LF")
	ErrHeadMemory   = errors.New("no memory left for request heads")
)

// Budget lends memory, in bytes; Take is false when there is none left.
type Budget interface {
	Take(n int64) bool
	Give(n int64)
}

// Source reads a connection through one buffer. A message head is parsed in place: while its slices are in
// use the buffer is pinned, and what is read later goes behind them or into a new buffer.
type Source struct {
	rd   io.Reader
	buf  []byte
	r, w int
	pin  int
	// most is the largest buffer while a head is read, in bytes; 0 is no limit.
	most int
	// Budget, when set, lends the memory beyond the buffer's initial size; held is how much was lent.
	Budget Budget
	held   int64
}

// NewSource is a source that reads from rd.
func NewSource(rd io.Reader) Source {
	return Source{rd: rd, buf: make([]byte, initialBuffer)}
}

// Buffered is what was read and not consumed yet.
func (s *Source) Buffered() []byte { return s.buf[s.r:s.w] }

// Skip drops the next n buffered bytes.
func (s *Source) Skip(n int) { s.r += n }

// FillHead is Fill with a limit for the buffer, for callers that look at an incomplete head.
func (s *Source) FillHead(limit int) error {
	s.most = limit + readStep
	defer func() { s.most = 0 }()
	return s.Fill()
}

// Fill reads at least one byte more.
func (s *Source) Fill() error {
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

func (s *Source) makeRoom() error {
	rest := s.Buffered()
	if s.pin == 0 && s.r > 0 && len(s.buf)-len(rest) >= readStep {
		s.w = copy(s.buf, rest)
		s.r = 0
		return nil
	}
	// Either the buffer is full, or a parsed head still points into it. That array stays with the head and
	// stays counted.
	size := max(initialBuffer, 2*len(rest))
	if s.most > 0 && size > s.most {
		size = max(s.most, len(rest)+readStep)
	}
	if s.Budget != nil {
		more := int64(size - initialBuffer)
		if s.pin == 0 {
			more -= s.held
		}
		if !s.Budget.Take(more) {
			return ErrHeadMemory
		}
		s.held += more
	}
	fresh := make([]byte, size)
	s.w = copy(fresh, rest)
	s.r, s.pin, s.buf = 0, 0, fresh
	return nil
}

// PinHead protects everything consumed so far until Unpin.
func (s *Source) PinHead() { s.pin = s.r }

// Unpin invalidates the slices into the head, and frees a buffer that grew for one message.
func (s *Source) Unpin() {
	s.pin = 0
	rest := s.Buffered()
	if len(s.buf) > initialBuffer && len(rest) <= initialBuffer-readStep {
		s.buf = append(make([]byte, 0, initialBuffer), rest...)[:initialBuffer]
		s.r, s.w = 0, len(rest)
	} else if len(rest) == 0 {
		s.r, s.w = 0, 0
	}
	if s.held > 0 {
		kept := int64(len(s.buf) - initialBuffer)
		s.Budget.Give(s.held - kept)
		s.held = kept
	}
}

// Close returns the memory that the budget lent.
func (s *Source) Close() {
	if s.held > 0 {
		s.Budget.Give(s.held)
		s.held = 0
	}
}

// Head returns the next header block including its empty line, reading as much as it needs. It fails with
// ErrHeadTooLarge above limit bytes, and with ErrBareLF when a line ends in a lone LF, which different
// parsers understand differently. The slice lives until Unpin.
func (s *Source) Head(limit int) ([]byte, error) { return s.readHead(limit, strictLines) }

// AnswerHead is Head for answers of a function: lines may end in a lone LF. Nothing can be hidden in that,
// because the head is rewritten before it is passed on.
func (s *Source) AnswerHead(limit int) ([]byte, error) { return s.readHead(limit, looseLines) }

func (s *Source) readHead(limit int, rule lineRule) ([]byte, error) {
	scanned := 0
	s.most = limit + readStep
	defer func() { s.most = 0 }()
	for {
		end, seen, err := headEnd(s.Buffered(), scanned, rule)
		if err != nil {
			return nil, err
		}
		if end > limit || (end < 0 && s.w-s.r > limit) {
			return nil, ErrHeadTooLarge
		}
		if end >= 0 {
			head := s.buf[s.r : s.r+end]
			s.r += end
			return head, nil
		}
		scanned = seen
		if err := s.Fill(); err != nil {
			return nil, err
		}
	}
}

// headEnd looks for the empty line that ends a header block, from offset from on. It returns the length of
// the block, or -1 and the offset to go on from when more bytes have come.
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
			return 0, 0, ErrBareLF
		}
		if lineEnd > 0 && b[lineEnd-1] == '\r' {
			return 0, 0, ErrBadField // else an end that is not quite one would be waited behind
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
