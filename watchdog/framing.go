package main

import (
	"bytes"
	"errors"
)

var errFraming = errors.New("ambiguous message length")

// framing is what the header fields say about a message's body and connection, gathered while walking them once.
type framing struct {
	length    int64 // Content-Length, -1 when absent
	chunked   bool
	encodings int // Transfer-Encoding fields seen
	close     bool
	keepAlive bool
	upgrade   bool // Connection names Upgrade
	// once refuses a second Content-Length even if it says the same: from a client that is an attempt, from a function
	// a clumsy framework.
	once bool
	// named lists the header names that Connection declares hop-by-hop, beyond the well-known ones.
	named [][]byte
}

func (m *framing) reset() {
	*m = framing{length: -1, named: m.named[:0]}
}

// see takes in one field. It fails for two lengths that disagree or must not be, a length that is no number, and any
// coding but chunked.
func (m *framing) see(f *field) error {
	switch f.kind {
	case contentLength:
		n := parseLength(f.value)
		if n < 0 || (m.length >= 0 && (m.once || m.length != n)) {
			return errFraming
		}
		m.length = n
	case transferEncoding:
		m.encodings++
		if m.encodings > 1 || !foldEqual(f.value, "chunked") {
			return errFraming
		}
		m.chunked = true
	case connectionField:
		m.seeConnection(f.value)
	}
	return nil
}

func (m *framing) seeConnection(value []byte) {
	switch {
	case foldEqual(value, "keep-alive"):
		m.keepAlive = true
		return
	case foldEqual(value, "close"):
		m.close = true
		return
	}
	eachToken(value, func(token []byte) {
		switch {
		case foldEqual(token, "close"):
			m.close = true
		case foldEqual(token, "keep-alive"):
			m.keepAlive = true
		case foldEqual(token, "upgrade"):
			m.upgrade = true
		default:
			m.named = append(m.named, token)
		}
	})
}

// dropNamed marks as hop-by-hop what Connection named. Framing and routing fields stay: naming Content-Length or Host
// there must not make two parties see different messages.
func (m *framing) dropNamed(fields []field) {
	for _, name := range m.named {
		for i := range fields {
			f := &fields[i]
			if f.kind != contentLength && f.kind != hostField && bytes.EqualFold(f.name, name) {
				f.kind = hopByHop
			}
		}
	}
}
