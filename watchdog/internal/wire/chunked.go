package wire

import (
	"bytes"
)

// chunkStep consumes the next piece of chunk syntax if all of it is buffered.
func (b *Body) chunkStep() (progress bool, err error) {
	have := b.src.Buffered()
	end := bytes.IndexByte(have, '\n')
	if end < 0 {
		most := maxChunkLine
		if b.state == chunkTrailer {
			most = maxTrailerBytes - b.trailerBytes
		}
		if len(have) > most {
			return false, ErrBadChunk
		}
		return false, nil
	}
	if end == 0 || have[end-1] != '\r' {
		return false, ErrBadChunk
	}
	line := have[:end-1]
	b.src.r += end + 1
	switch b.state {
	case chunkSize:
		return true, b.startChunk(line)
	case chunkDataEnd:
		if len(line) > 0 {
			return false, ErrBadChunk
		}
		b.state = chunkSize
	case chunkTrailer:
		return true, b.trailerLine(line)
	}
	return true, nil
}

func (b *Body) startChunk(line []byte) error {
	if len(line) > maxChunkLine {
		return ErrBadChunk
	}
	size, ok := parseChunkSize(line)
	if !ok {
		return ErrBadChunk
	}
	b.Left = size
	b.state = chunkData
	if size == 0 {
		b.state = chunkTrailer
	}
	return nil
}

// parseChunkSize reads the hexadecimal size at the start of a chunk line; extensions are ignored.
func parseChunkSize(line []byte) (int64, bool) {
	var size int64
	i := 0
	for ; i < len(line); i++ {
		digit := hexDigit(line[i])
		if digit < 0 {
			break
		}
		if i >= maxChunkDigits {
			return 0, false
		}
		size = size<<4 | int64(digit)
	}
	if i == 0 {
		return 0, false
	}
	rest := line[i:]
	for _, c := range rest {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return 0, false
		}
	}
	rest = TrimBlanks(rest)
	return size, len(rest) == 0 || rest[0] == ';'
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// trailerLine keeps a trailer that may be forwarded. Fields that frame or route a message mean nothing at its
// end and are dropped.
func (b *Body) trailerLine(line []byte) error {
	b.trailerBytes += len(line) + len("\r\n")
	if b.trailerBytes > maxTrailerBytes {
		return ErrBadChunk
	}
	if len(line) == 0 {
		b.Done = true
		return nil
	}
	f, err := ParseField(line)
	if err != nil {
		return ErrBadChunk
	}
	switch f.Kind {
	case HopByHop, KeepAliveField, ConnectionField, ContentLength, TransferEncoding, HostField, UpgradeField, ExpectField,
		TrailerField, TEField, AuthorizationField, ContentType:
		return nil
	}
	b.Trailer = append(append(b.Trailer, line...), "\r\n"...)
	return nil
}

// ChunkPrefix is the space for "ffff\r\n".
const ChunkPrefix = 6

// PutChunkSize writes a chunk line of fixed width: leading zeros are allowed.
func PutChunkSize(b []byte, n int) {
	const digits = "0123456789abcdef"
	for i := 3; i >= 0; i-- {
		b[i] = digits[n&15]
		n >>= 4
	}
	b[4], b[5] = '\r', '\n'
}
