package wire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func readBody(text string, kind BodyKind, length int64, slow bool) (string, *Body, error) {
	var rd io.Reader = strings.NewReader(text)
	if slow {
		rd = iotest.OneByteReader(rd)
	}
	src := NewSource(rd)
	var b Body
	b.Start(&src, kind, length)
	got, err := io.ReadAll(&b)
	return string(got), &b, err
}

func TestChunkedBody(t *testing.T) {
	const text = "5\r\nhello\r\n06;x=y\r\n world\r\n0\r\nX-T: 1\r\nContent-Length: 9\r\n\r\nNEXT"
	for _, slow := range []bool{false, true} {
		got, b, err := readBody(text, ChunkedBody, 0, slow)
		if got != "hello world" || err != nil || string(b.Trailer) != "X-T: 1\r\n" {
			t.Errorf("slow=%v: %q, trailer %q, %v", slow, got, b.Trailer, err)
		}
		if !slow && string(b.src.Buffered()) != "NEXT" {
			t.Errorf("left %q", b.src.Buffered())
		}
	}
}

func TestBadChunksAreErrors(t *testing.T) {
	for _, text := range []string{
		"x\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "-5\r\nhello\r\n",
		"0x5\r\nhello\r\n", "ffffffffffffffff\r\n", " 5\r\nhello\r\n", "5 5\r\nhello\r\n", "\r\nhello", "5;\x01\r\nhello\r\n",
		"0\r\nbad trailer\r\n\r\n", strings.Repeat("0", 5000),
	} {
		if got, _, err := readBody(text, ChunkedBody, 0, false); !errors.Is(err, ErrBadChunk) {
			t.Errorf("%.20q: %q, %v", text, got, err)
		}
	}
}

func TestCutBodyIsNeverWhole(t *testing.T) {
	for _, text := range []string{"5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\nX: 1\r\n"} {
		if _, _, err := readBody(text, ChunkedBody, 0, false); err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, _, err := readBody("abc", SizedBody, 4, false); err != io.ErrUnexpectedEOF {
		t.Errorf("sized: %v", err)
	}
	if got, _, err := readBody("abc", UntilClose, 0, false); got != "abc" || err != nil {
		t.Errorf("until close: %q, %v", got, err)
	}
}

func TestBodyLimit(t *testing.T) {
	src := NewSource(strings.NewReader("0123456789"))
	b := Body{Limit: 5}
	b.Start(&src, SizedBody, 10)
	if _, err := io.ReadAll(&b); err != ErrBodyTooLong {
		t.Error(err)
	}
}

func FuzzChunkedBody(f *testing.F) {
	f.Add("5\r\nhello\r\n0\r\n\r\n")
	f.Add("1;a\r\nx\r\n0\r\nT: v\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		whole, _, err := readBody(text, ChunkedBody, 0, false)
		slow, _, slowErr := readBody(text, ChunkedBody, 0, true)
		if whole != slow || (err == nil) != (slowErr == nil) {
			t.Fatalf("%q: %q %v, byte by byte %q %v", text, whole, err, slow, slowErr)
		}
	})
}
