package main

import (
	"bytes"
	"errors"
	"math"
	"time"
)

var errBadResponse = errors.New("malformed response")

// response is a parsed response head. Its slices live until the connection is given back.
type response struct {
	status      int
	reason      []byte
	http11      bool
	fields      []field
	framing     framing
	contentType []byte
	hasDate     bool
	kept        time.Duration // how long the function keeps an idle connection; very long when it does not say
}

// parse reads a response head from a server that is not trusted.
func (r *response) parse(head []byte) error {
	line, rest, ok := cutLine(head, looseLines)
	if !ok {
		return errBadResponse
	}
	fields, named := r.fields[:0], r.framing.named
	*r = response{framing: framing{named: named}, kept: math.MaxInt64}
	r.framing.reset()
	if len(line) < 12 || (len(line) > 12 && line[12] != ' ') || line[8] != ' ' {
		return errBadResponse
	}
	switch string(line[:8]) {
	case "HTTP/1.1":
		r.http11 = true
	case "HTTP/1.0":
	default:
		return errBadResponse
	}
	status := parseLength(line[9:12])
	if status < 100 {
		return errBadResponse
	}
	r.status = int(status)
	if len(line) > 13 {
		r.reason = line[13:]
		for _, c := range r.reason {
			if c < 0x20 && c != '\t' || c == 0x7f {
				return errBadResponse
			}
		}
	}
	var err error
	r.fields, err = parseFields(fields, rest, looseLines)
	if err != nil {
		return err
	}
	return r.walk()
}

func (r *response) walk() error {
	for i := range r.fields {
		f := &r.fields[i]
		switch f.kind {
		case ordinary:
			continue
		case contentType:
			r.contentType = f.value
		case dateField:
			r.hasDate = true
		case keepAliveField:
			r.kept = keepAliveTime(f.value)
		}
		if err := r.framing.see(f); err != nil {
			return err
		}
	}
	if r.framing.chunked && (r.framing.length >= 0 || !r.http11) {
		return errFraming
	}
	if len(r.framing.named) > 0 {
		r.framing.dropNamed(r.fields)
	}
	return nil
}

// keepAliveTime reads the timeout of a Keep-Alive header, in seconds: "timeout=5, max=100".
func keepAliveTime(value []byte) time.Duration {
	kept := time.Duration(math.MaxInt64)
	eachToken(value, func(token []byte) {
		name, number, ok := bytes.Cut(token, []byte("="))
		if !ok || !foldEqual(trimBlanks(name), "timeout") {
			return
		}
		if n := parseLength(trimBlanks(number)); n >= 0 && n < 1e9 {
			kept = time.Duration(n) * time.Second
		}
	})
	return kept
}

// bodyKind tells how the body of a response to method ends, and its length when it is sized.
func (r *response) bodyKind(method []byte) (bodyKind, int64) {
	switch {
	case string(method) == "HEAD", r.status < 200, r.status == 204, r.status == 304:
		return noBody, 0
	case r.framing.chunked:
		return chunkedBody, 0
	case r.framing.length >= 0:
		return sizedBody, r.framing.length
	}
	return untilClose, 0
}

// reusable tells whether the server keeps the connection open after this response.
func (r *response) reusable() bool {
	return (r.http11 || r.framing.keepAlive) && !r.framing.close
}
