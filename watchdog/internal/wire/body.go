package wire

import (
	"errors"
	"io"
)

// Why a body could not be read.
var (
	ErrBadChunk    = errors.New("malformed chunked body")
	ErrBodyTooLong = errors.New("body over the limit")
)

const (
	// maxChunkLine bounds a chunk's size with its extensions, in bytes; nobody uses them.
	maxChunkLine = 4 << 10
	// maxChunkDigits bounds the hexadecimal digits of a chunk's size: every program can count so far.
	maxChunkDigits = 13
	// maxTrailerBytes bounds all trailer lines of one body, those that are dropped too. In bytes.
	maxTrailerBytes = 16 << 10
)

// BodyKind says what marks the end of a body.
type BodyKind uint8

const (
	NoBody BodyKind = iota
	SizedBody
	ChunkedBody
	UntilClose
)

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkData
	chunkDataEnd
	chunkTrailer
)

// Body decodes one message body. Read ends with io.EOF only when the body is complete; a connection that ends
// early gives io.ErrUnexpectedEOF, so nobody can take a cut body for a whole one.
type Body struct {
	src   *Source
	Kind  BodyKind
	Left  int64 // bytes of the body, or of the current chunk, still to come
	state chunkState
	Done  bool
	Total int64 // bytes delivered
	Limit int64 // ErrBodyTooLong above it; 0 is none
	// Trailer holds the trailer lines of a chunked body, without the empty line, once it is done.
	Trailer []byte
	// trailerBytes counts all trailer lines.
	trailerBytes int
	// BeforeWait, when set, runs before each read that may block.
	BeforeWait func()
}

// Start describes the next message on src; length counts for a sized body.
func (b *Body) Start(src *Source, kind BodyKind, length int64) {
	*b = Body{src: src, Kind: kind, Left: length, Trailer: b.Trailer[:0], Limit: b.Limit, BeforeWait: b.BeforeWait}
	if kind == NoBody || (kind == SizedBody && length == 0) {
		b.Done = true
	}
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	for {
		n, err := b.Take(p)
		if n > 0 || err != nil {
			return n, err
		}
		if b.BeforeWait != nil {
			b.BeforeWait()
		}
		if b.readsDirect(p) {
			return b.readDirect(p)
		}
		if err := b.src.Fill(); err != nil {
			if err = b.ended(err); err != nil {
				return 0, err
			}
		}
	}
}

// Take delivers what is already buffered and never blocks: 0 and nil means that more has to be read first.
func (b *Body) Take(p []byte) (int, error) {
	for {
		if b.Done {
			return 0, io.EOF
		}
		if b.Kind != ChunkedBody || b.state == chunkData {
			have := b.src.Buffered()
			if len(have) == 0 {
				return 0, nil
			}
			n := copy(p, b.cut(have))
			b.src.r += n
			return n, b.account(n)
		}
		progress, err := b.chunkStep()
		if err != nil {
			return 0, err
		}
		if !progress {
			return 0, nil
		}
	}
}

// cut limits p to what belongs to this body or chunk.
func (b *Body) cut(p []byte) []byte {
	if b.Kind != UntilClose && int64(len(p)) > b.Left {
		return p[:b.Left]
	}
	return p
}

func (b *Body) account(n int) error {
	b.Total += int64(n)
	if b.Kind != UntilClose {
		b.Left -= int64(n)
	}
	if b.Left == 0 {
		switch b.Kind {
		case SizedBody:
			b.Done = true
		case ChunkedBody:
			b.state = chunkDataEnd
		}
	}
	if b.Limit > 0 && b.Total > b.Limit {
		return ErrBodyTooLong
	}
	return nil
}

// readsDirect tells whether the next bytes may go to p without passing the buffer.
func (b *Body) readsDirect(p []byte) bool {
	return len(p) >= initialBuffer && len(b.src.Buffered()) == 0 && (b.Kind != ChunkedBody || b.state == chunkData)
}

func (b *Body) readDirect(p []byte) (int, error) {
	n, err := b.src.rd.Read(b.cut(p))
	if n > 0 {
		return n, b.account(n)
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	if err = b.ended(err); err == nil {
		err = io.EOF
	}
	return 0, err
}

// ended translates a read error: the end of the connection is the end of the body only where nothing else
// marks it.
func (b *Body) ended(err error) error {
	if err != io.EOF {
		return err
	}
	if b.Kind == UntilClose {
		b.Done = true
		return nil
	}
	return io.ErrUnexpectedEOF
}
