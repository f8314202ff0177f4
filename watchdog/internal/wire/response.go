package wire

import (
	"bytes"
	"errors"
	"math"
	"time"
)

// ErrBadResponse says that a head is none of an answer.
var ErrBadResponse = errors.New("malformed response")

// Response is a parsed response head. Its slices live until the connection is given back.
type Response struct {
	Status      int
	Reason      []byte
	http11      bool
	Fields      []Field
	Framing     Framing
	ContentType []byte
	HasDate     bool
	Kept        time.Duration // how long the function keeps an idle connection; very long when it does not say
}

// Parse reads a response head from a server that is not trusted.
func (r *Response) Parse(head []byte) error {
	line, rest, ok := cutLine(head, looseLines)
	if !ok {
		return ErrBadResponse
	}
	fields, named := r.Fields[:0], r.Framing.named
	*r = Response{Framing: Framing{named: named}, Kept: math.MaxInt64}
	r.Framing.reset()
	if len(line) < 12 || (len(line) > 12 && line[12] != ' ') || line[8] != ' ' {
		return ErrBadResponse
	}
	switch string(line[:8]) {
	case "HTTP/1.1":
		r.http11 = true
	case "HTTP/1.0":
	default:
		return ErrBadResponse
	}
	status := ParseLength(line[9:12])
	if status < 100 {
		return ErrBadResponse
	}
	r.Status = int(status)
	if len(line) > 13 {
		r.Reason = line[13:]
		for _, c := range r.Reason {
			if c < 0x20 && c != '\t' || c == 0x7f {
				return ErrBadResponse
			}
		}
	}
	var err error
	r.Fields, err = parseFields(fields, rest, looseLines)
	if err != nil {
		return err
	}
	return r.walk()
}

func (r *Response) walk() error {
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.Kind {
		case Ordinary:
			continue
		case ContentType:
			r.ContentType = f.Value
		case DateField:
			r.HasDate = true
		case KeepAliveField:
			r.Kept = keepAliveTime(f.Value)
		}
		if err := r.Framing.see(f); err != nil {
			return err
		}
	}
	if r.Framing.Chunked && (r.Framing.Length >= 0 || !r.http11) {
		return ErrFraming
	}
	if len(r.Framing.named) > 0 {
		r.Framing.dropNamed(r.Fields)
	}
	return nil
}

// keepAliveTime reads the timeout of a Keep-Alive header, in seconds: "timeout=5, max=100".
func keepAliveTime(value []byte) time.Duration {
	kept := time.Duration(math.MaxInt64)
	eachToken(value, func(token []byte) {
		name, number, ok := bytes.Cut(token, []byte("="))
		if !ok || !FoldEqual(TrimBlanks(name), "timeout") {
			return
		}
		if n := ParseLength(TrimBlanks(number)); n >= 0 && n < 1e9 {
			kept = time.Duration(n) * time.Second
		}
	})
	return kept
}

// BodyKind tells how the body of a response to method ends, and its length when it is sized.
func (r *Response) BodyKind(method []byte) (BodyKind, int64) {
	switch {
	case string(method) == "HEAD", r.Status < 200, r.Status == 204, r.Status == 304:
		return NoBody, 0
	case r.Framing.Chunked:
		return ChunkedBody, 0
	case r.Framing.Length >= 0:
		return SizedBody, r.Framing.Length
	}
	return UntilClose, 0
}

// Reusable tells whether the server keeps the connection open after this response.
func (r *Response) Reusable() bool {
	return (r.http11 || r.Framing.keepAlive) && !r.Framing.close
}
