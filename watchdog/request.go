package main

import (
	"bytes"
	"errors"
)

var (
	errBadRequest     = errors.New("malformed request")
	errBadVersion     = errors.New("unsupported HTTP version")
	errBadExpectation = errors.New("unsupported expectation")
)

// request is a parsed request head. Its slices live until the call ends.
type request struct {
	method  []byte
	target  []byte // origin-form as the client wrote it, or "*"
	host    []byte
	fields  []field
	framing framing
	http11  bool
	expects bool // Expect: 100-continue not yet answered
	upgrade []byte
	xTimeout,
	accept,
	contentType,
	authorization,
	callID,
	userAgent []byte
	hasContentType bool
	teTrailers     bool
}

// parse reads a request head, strictly: what two parsers could understand differently is an error.
func (r *request) parse(head []byte) error {
	fields := r.fields[:0]
	named := r.framing.named
	*r = request{framing: framing{named: named}}
	r.framing.reset()
	r.framing.once = true

	line, rest, ok := cutLine(head, strictLines)
	if !ok {
		return errBadRequest
	}
	if err := r.parseLine(line); err != nil {
		return err
	}
	fields, err := parseFields(fields, rest, strictLines)
	r.fields = fields
	if err != nil {
		return err
	}
	return r.walk()
}

// walk gathers what the fields say and refuses what they must not say.
func (r *request) walk() error {
	hosts := 0
	fromTarget := r.host
	for i := range r.fields {
		f := &r.fields[i]
		if f.kind == ordinary {
			continue
		}
		if err := r.framing.see(f); err != nil {
			return err
		}
		switch f.kind {
		case hostField:
			hosts++
			r.host = f.value
		case upgradeField:
			r.upgrade = f.value
		case expectField:
			if !foldEqual(f.value, "100-continue") {
				return errBadExpectation
			}
			r.expects = r.http11
		case teField:
			r.teTrailers = r.teTrailers || containsFold(f.value, "trailers")
		default:
			r.remember(f)
		}
	}
	if fromTarget != nil {
		r.host = fromTarget
	}
	return r.check(hosts)
}

func (r *request) remember(f *field) {
	switch f.kind {
	case xTimeout:
		r.xTimeout = f.value
	case acceptField:
		r.accept = f.value
	case contentType:
		if !r.hasContentType {
			r.contentType, r.hasContentType = f.value, true
		}
	case authorizationField:
		r.authorization = f.value
	case callIDField:
		r.callID = f.value
	case userAgentField:
		r.userAgent = f.value
	}
}

func (r *request) check(hosts int) error {
	m := &r.framing
	if m.chunked && (m.length >= 0 || !r.http11) {
		return errFraming
	}
	if hosts > 1 || (hosts == 0 && r.http11) || !validHost(r.host) {
		return errBadRequest
	}
	if !m.upgrade || !r.http11 || foldEqual(r.upgrade, "h2c") {
		r.upgrade = nil
	}
	if len(m.named) > 0 {
		m.dropNamed(r.fields)
	}
	return nil
}

// hostByte marks what may stand in a Host: a name, an address or nothing, perhaps with a port; no blanks, slashes or user
// parts. The gateway has the same set.
var hostByte = func() (table [256]bool) {
	for c := range table {
		table[c] = tokenByte[c]
	}
	for _, c := range "#^`|\"" {
		table[c] = false
	}
	for _, c := range "(),;=:[]" {
		table[c] = true
	}
	return table
}()

func validHost(host []byte) bool {
	for _, c := range host {
		if !hostByte[c] {
			return false
		}
	}
	return true
}

// wantsKeepAlive tells whether the client would send another request on this connection.
func (r *request) wantsKeepAlive() bool {
	if r.http11 {
		return !r.framing.close
	}
	return r.framing.keepAlive && !r.framing.close
}

// bodyLength is the announced length: -1 when chunked, 0 without a body.
func (r *request) bodyLength() int64 {
	if r.framing.chunked {
		return -1
	}
	return max(r.framing.length, 0)
}

// path and query split the target as written, without decoding.
func (r *request) path() []byte {
	if i := bytes.IndexByte(r.target, '?'); i >= 0 {
		return r.target[:i]
	}
	return r.target
}

func (r *request) query() []byte {
	if i := bytes.IndexByte(r.target, '?'); i >= 0 {
		return r.target[i+1:]
	}
	return nil
}

// decodedPath resolves percent escapes; false for a malformed one.
func (r *request) decodedPath() ([]byte, bool) {
	raw := r.path()
	if bytes.IndexByte(raw, '%') < 0 {
		return raw, true
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '%' {
			out = append(out, raw[i])
			continue
		}
		if i+2 >= len(raw) {
			return nil, false
		}
		hi, lo := hexDigit(raw[i+1]), hexDigit(raw[i+2])
		if hi < 0 || lo < 0 {
			return nil, false
		}
		out = append(out, byte(hi<<4|lo))
		i += 2
	}
	return out, true
}
