package wire

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
)

func parseText(head string) (*Request, error) {
	var r Request
	err := r.Parse([]byte(head))
	return &r, err
}

func TestRequestIsRefused(t *testing.T) {
	cases := map[string]string{
		"two lengths":               "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
		"the same length twice":     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
		"list of lengths":           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
		"signed length":             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
		"empty length":              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
		"length and coding":         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
		"unknown coding":            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"hidden coding":             "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
		"coding twice":              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		"coding in 1.0":             "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
		"blank before colon":        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n",
		"folded line":               "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
		"no name":                   "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
		"no colon":                  "GET / HTTP/1.1\r\nHost: a\r\nfoo\r\n\r\n",
		"NUL in value":              "GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
		"CR in value":               "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
		"bare LF":                   "GET / HTTP/1.1\nHost: a\r\n\r\n",
		"no host":                   "GET / HTTP/1.1\r\n\r\n",
		"two hosts":                 "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"user in host":              "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
		"version 0.9":               "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
		"path in host":              "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
		"blank in target":           "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
		"relative target":           "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
		"star for GET":              "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
		"no version":                "GET /\r\nHost: a\r\n\r\n",
		"version 2":                 "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
		"method with a control":     "G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n",
		"unknown expectation":       "GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n",
		"length beyond any integer": "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
	}
	for name, head := range cases {
		if _, err := parseText(head); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestRequestKeepsTargetAsWritten(t *testing.T) {
	cases := []struct{ target, origin, host string }{
		{"//a//b/../c", "//a//b/../c", "h"},
		{"/p%20q%2F?x=%20y&z", "/p%20q%2F?x=%20y&z", "h"},
		{"http://other:81/x?y", "/x?y", "other:81"},
		{"http://other", "/", "other"},
		{"http://other?q", "/?q", "other"},
		{"/\xc3\xa4", "/\xc3\xa4", "h"},
	}
	for _, c := range cases {
		r, err := parseText("GET " + c.target + " HTTP/1.1\r\nHost: h\r\n\r\n")
		if err != nil || string(r.Target) != c.origin || string(r.Host) != c.host {
			t.Errorf("%q: %q at %q, %v", c.target, r.Target, r.Host, err)
		}
	}
}

func TestConnectionCannotNameFraming(t *testing.T) {
	r, err := parseText("POST / HTTP/1.1\r\nHost: a\r\nConnection: close, x-hop, content-length, host\r\n" +
		"X-Hop: 1\r\nContent-Length: 3\r\nX-Stay: 1\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if !r.Framing.close || r.Fields[2].Kind != HopByHop || r.Fields[3].Kind != ContentLength || r.Fields[0].Kind != HostField {
		t.Errorf("%+v", r.Fields)
	}
}

func FuzzRequestTarget(f *testing.F) {
	for _, seed := range []string{"/", "//a", "/%zz", "/%00?x#y", "http://a/b", "*", "/a%2fb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		r, err := parseText("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")
		if err != nil {
			return
		}
		if strings.HasPrefix(target, "/") && string(r.Target) != target {
			t.Fatalf("%q was changed to %q", target, r.Target)
		}
		if r.Target[0] != '/' && string(r.Target) != "*" {
			t.Fatalf("%q became %q", target, r.Target)
		}
		if bytes.ContainsAny(r.Target, " \r\n\x00") {
			t.Fatalf("%q lets %q through", target, r.Target)
		}
		want, failed := url.PathUnescape(string(r.Path()))
		got, ok := r.DecodedPath()
		if ok != (failed == nil) || (ok && string(got) != want) {
			t.Fatalf("%q: %q %v, want %q %v", target, got, ok, want, failed)
		}
	})
}

// FuzzRequestHead checks that an accepted head is read the same way after it was written again.
func FuzzRequestHead(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"))
	f.Add([]byte("POST /x HTTP/1.0\r\nContent-Length: 1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		end, _, err := headEnd(raw, 0, strictLines)
		if err != nil || end < 0 {
			return
		}
		var r Request
		if r.Parse(raw[:end]) != nil {
			return
		}
		if r.Framing.Chunked && r.Framing.Length >= 0 {
			t.Fatal("two framings")
		}
		for _, field := range r.Fields {
			again := AppendField(nil, &field)
			if bytes.Count(again, []byte("\n")) != 1 || bytes.IndexByte(again, 0) >= 0 {
				t.Fatalf("field %q breaks the line", again)
			}
		}
	})
}
