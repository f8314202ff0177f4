package wire

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
	"testing/iotest"
)

// FuzzAnswerHead checks that a head with loose line ends means the same when it is written anew, and then is
// a strict one.
func FuzzAnswerHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 1\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 200\nX: y\nContent-Length: 1\ncontent-length: 1\n\nbody\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nX: y\n\r\nX: z\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		end, _, err := headEnd(raw, 0, looseLines)
		if err != nil || end < 0 {
			return
		}
		var loose, strict Response
		if loose.Parse(raw[:end]) != nil {
			return
		}
		again := []byte("HTTP/1.1 200 OK\r\n")
		for i := range loose.Fields {
			again = AppendField(again, &loose.Fields[i])
		}
		again = append(again, "\r\n"...)
		if end, _, err := headEnd(again, 0, strictLines); err != nil || end != len(again) {
			t.Fatalf("%q became %q: %d %v", raw, again, end, err)
		}
		if err := strict.Parse(again); err != nil && loose.http11 || len(strict.Fields) != len(loose.Fields) {
			t.Fatalf("%q became %q: %v", raw, again, err)
		}
		if loose.http11 && (strict.Framing.Length != loose.Framing.Length || strict.Framing.Chunked != loose.Framing.Chunked) {
			t.Fatalf("%q: %+v became %+v", raw, loose.Framing, strict.Framing)
		}
	})
}

// FuzzHeadInPieces checks that a head is the same however it was cut on its way.
func FuzzHeadInPieces(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"), false)
	f.Add([]byte("HTTP/1.1 200 OK\nX: y\n\nrest\r\n\r\n"), true)
	f.Add([]byte("\r\n\r\r\n\n"), true)
	f.Fuzz(func(t *testing.T, raw []byte, loose bool) {
		whole, pieces := NewSource(bytes.NewReader(raw)), NewSource(iotest.OneByteReader(bytes.NewReader(raw)))
		one, oneErr := whole.readHead(1000, lineRule(loose))
		many, manyErr := pieces.readHead(1000, lineRule(loose))
		if !bytes.Equal(one, many) || (oneErr == nil) != (manyErr == nil) {
			t.Fatalf("%q: %q %v, in pieces %q %v", raw, one, oneErr, many, manyErr)
		}
	})
}

// FuzzRequestFramingAgainstTheStandardLibrary checks that a request which both accept ends at the same byte
// for both.
func FuzzRequestFramingAgainstTheStandardLibrary(f *testing.F) {
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
	f.Add([]byte("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		end, _, err := headEnd(raw, 0, strictLines)
		if err != nil || end < 0 {
			return
		}
		var ours Request
		if ours.Parse(raw[:end]) != nil {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		if ours.BodyLength() != theirs.ContentLength || ours.Framing.Chunked != (len(theirs.TransferEncoding) > 0) {
			t.Fatalf("%q: %d, chunked %v; the library %d, %v", raw, ours.BodyLength(), ours.Framing.Chunked,
				theirs.ContentLength, theirs.TransferEncoding)
		}
		if string(ours.Method) != theirs.Method {
			t.Fatalf("%q: method %q, the library %q", raw, ours.Method, theirs.Method)
		}
	})
}
