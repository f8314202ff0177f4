package main

import (
	"bytes"
	"strings"
	"testing"

	"sampan/watchdog/internal/wire"
)

func TestControlMessage(t *testing.T) {
	ctl, err := parseControl([]byte(`{"status":201,"headers":{"X-A":["1","2"],"content-type":"a/b","Connection":"close"}}`))
	if err != nil || ctl.status != 201 || ctl.contentType != "a/b" || string(ctl.lines) != "X-A: 1\r\nX-A: 2\r\n" {
		t.Errorf("%+v, %v", ctl, err)
	}
	for _, bad := range []string{`x`, `{"status":99}`, `{"status":101}`, `{"headers":{"A B":"c"}}`,
		`{"headers":{"A":"b\r\nC: d"}}`, `{"headers":{"A":5}}`, `{"headers":{"":"x"}}`} {
		if ctl, err := parseControl([]byte(bad)); err == nil {
			t.Errorf("%s was accepted: %+v", bad, ctl)
		}
	}
}

func FuzzControlMessage(f *testing.F) {
	f.Add([]byte(`{"status":404,"headers":{"X-A":["1","2"],"Set-Cookie":"x"}}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		ctl, err := parseControl(message)
		if err != nil {
			return
		}
		if ctl.status < 200 || ctl.status > 599 || strings.ContainsAny(ctl.contentType, "\r\n\x00") {
			t.Fatalf("%+v", ctl)
		}
		for rest := ctl.lines; len(rest) > 0; {
			line, after, whole := bytes.Cut(rest, []byte("\r\n"))
			field, err := wire.ParseField(line)
			if err != nil || !whole {
				t.Fatalf("%q: %v", ctl.lines, err)
			}
			rest = after
			if field.Kind == wire.ContentLength || field.Kind == wire.TransferEncoding || field.Kind == wire.ConnectionField {
				t.Fatalf("framing in %q", ctl.lines)
			}
		}
	})
}
