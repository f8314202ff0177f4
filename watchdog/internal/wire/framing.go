package wire

import (
	"bytes"
	"errors"
)

// ErrFraming says that two parsers could see the end of the message at different places.
var ErrFraming = errors.New("ambiguous message length")

// Framing is what the header fields say about a message's body and connection, gathered while walking them
// once.
type Framing struct {
	Length    int64 // Content-Length, -1 when absent
	Chunked   bool
	encodings int // Transfer-Encoding fields seen
	close     bool
	keepAlive bool
	upgrade   bool // Connection names Upgrade
	// once refuses a second Content-Length even if it has the same value: from a client that is probably an
	// attack, from a function only a clumsy framework.
	once bool
	// named lists the header names that Connection declares hop-by-hop, beyond the well-known ones.
	named [][]byte
}

func (m *Framing) reset() {
	*m = Framing{Length: -1, named: m.named[:0]}
}

// see reads one field. It fails for lengths that differ or must not be repeated, a length that is not a
// number, and any coding but chunked.
func (m *Framing) see(f *Field) error {
	switch f.Kind {
	case ContentLength:
		n := ParseLength(f.Value)
		if n < 0 || (m.Length >= 0 && (m.once || m.Length != n)) {
			return ErrFraming
		}
		m.Length = n
	case TransferEncoding:
		m.encodings++
		if m.encodings > 1 || !FoldEqual(f.Value, "chunked") {
			return ErrFraming
		}
		m.Chunked = true
	case ConnectionField:
		m.seeConnection(f.Value)
	}
	return nil
}

func (m *Framing) seeConnection(value []byte) {
	switch {
	case FoldEqual(value, "keep-alive"):
		m.keepAlive = true
		return
	case FoldEqual(value, "close"):
		m.close = true
		return
	}
	eachToken(value, func(token []byte) {
		switch {
		case FoldEqual(token, "close"):
			m.close = true
		case FoldEqual(token, "keep-alive"):
			m.keepAlive = true
		case FoldEqual(token, "upgrade"):
			m.upgrade = true
		default:
			m.named = append(m.named, token)
		}
	})
}

// dropNamed marks as hop-by-hop what Connection named. Framing and routing fields stay: naming Content-Length
// or Host there must not make two parties see different messages.
func (m *Framing) dropNamed(fields []Field) {
	for _, name := range m.named {
		for i := range fields {
			f := &fields[i]
			if f.Kind != ContentLength && f.Kind != HostField && bytes.EqualFold(f.Name, name) {
				f.Kind = HopByHop
			}
		}
	}
}
