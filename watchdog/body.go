package main

import (
	"errors"
	"io"
)

var (
	errBadChunk    = errors.New("malformed chunked body")
	errBodyTooLong = errors.New("body over the limit")
)

const (
	// maxChunkLine bounds a chunk's size with its extensions, in bytes; nobody uses them.
	maxChunkLine = 4 << 10
	// maxChunkDigits bounds the hexadecimal digits of a chunk's size: every program can count so far.
	maxChunkDigits = 13
	// maxTrailerBytes bounds all trailer lines of one body, those that are dropped too. In bytes.
	maxTrailerBytes = 16 << 10
)

type bodyKind uint8

const (
	noBody bodyKind = iota
	sizedBody
	chunkedBody
	untilClose
)

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkData
	chunkDataEnd
	chunkTrailer
)

// body decodes one message body. Read ends with io.EOF only when the body is complete; a connection that ends early
// gives io.ErrUnexpectedEOF, so nobody can take a cut body for a whole one.
type body struct {
	src   *source
	kind  bodyKind
	left  int64 // bytes of the body, or of the current chunk, still to come
	state chunkState
	done  bool
	total int64 // bytes delivered
	limit int64 // errBodyTooLong above it; 0 is none
	// trailer holds the trailer lines of a chunked body, without the empty line, once it is done.
	trailer []byte
	// trailerBytes counts all trailer lines.
	trailerBytes int
	// beforeWait, when set, runs before each read that may block.
	beforeWait func()
}

// start describes the next message on src; length counts for a sized body.
func (b *body) start(src *source, kind bodyKind, length int64) {
	*b = body{src: src, kind: kind, left: length, trailer: b.trailer[:0], limit: b.limit, beforeWait: b.beforeWait}
	if kind == noBody || (kind == sizedBody && length == 0) {
		b.done = true
	}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for {
		n, err := b.take(p)
		if n > 0 || err != nil {
			return n, err
		}
		if b.beforeWait != nil {
			b.beforeWait()
		}
		if b.readsDirect(p) {
			return b.readDirect(p)
		}
		if err := b.src.fill(); err != nil {
			if err = b.ended(err); err != nil {
				return 0, err
			}
		}
	}
}

// take delivers what is already buffered and never blocks: 0 and nil means that more has to be read first.
func (b *body) take(p []byte) (int, error) {
	for {
		if b.done {
			return 0, io.EOF
		}
		if b.kind != chunkedBody || b.state == chunkData {
			have := b.src.buffered()
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
func (b *body) cut(p []byte) []byte {
	if b.kind != untilClose && int64(len(p)) > b.left {
		return p[:b.left]
	}
	return p
}

func (b *body) account(n int) error {
	b.total += int64(n)
	if b.kind != untilClose {
		b.left -= int64(n)
	}
	if b.left == 0 {
		switch b.kind {
		case sizedBody:
			b.done = true
		case chunkedBody:
			b.state = chunkDataEnd
		}
	}
	if b.limit > 0 && b.total > b.limit {
		return errBodyTooLong
	}
	return nil
}

// readsDirect tells whether the next bytes may go to p without passing the buffer.
func (b *body) readsDirect(p []byte) bool {
	return len(p) >= initialBuffer && len(b.src.buffered()) == 0 && (b.kind != chunkedBody || b.state == chunkData)
}

func (b *body) readDirect(p []byte) (int, error) {
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

// ended translates a read error: the end of the connection is the end of the body only where nothing else marks it.
func (b *body) ended(err error) error {
	if err != io.EOF {
		return err
	}
	if b.kind == untilClose {
		b.done = true
		return nil
	}
	return io.ErrUnexpectedEOF
}
