package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRanges(t *testing.T) {
	cases := []struct {
		value         string
		start, length int64
		status        int
	}{
		{"bytes=0-3", 0, 4, 206}, {"bytes=5-", 5, 5, 206}, {"bytes=-3", 7, 3, 206}, {"bytes=2-100", 2, 8, 206},
		{"bytes=-100", 0, 10, 206}, {"bytes=10-", 0, 0, 416}, {"bytes=-0", 0, 0, 416}, {"bytes=3-1", 0, 10, 200},
		{"bytes=0-1,3-4", 0, 10, 200}, {"lines=1-2", 0, 10, 200}, {"bytes=x-y", 0, 10, 200},
	}
	for _, c := range cases {
		start, length, status := parseRange(c.value, 10)
		if start != c.start || length != c.length || status != c.status {
			t.Errorf("%s: %d+%d, %d", c.value, start, length, status)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	root := t.TempDir()
	_ = os.MkdirAll(filepath.Join(root, "sub"), 0o755)
	for name, text := range map[string]string{"index.html": "<p>home", "a.txt": "0123456789", ".secret": "no"} {
		_ = os.WriteFile(filepath.Join(root, name), []byte(text), 0o644)
	}
	a := testApp(t, "cat", map[string]string{"mode": "static", "static_path": root})
	c := a.connect(t)
	for request, want := range map[string]struct {
		status int
		body   string
		head   string
	}{
		"GET / HTTP/1.1\r\n":                              {200, "<p>home", "text/html"},
		"GET /a.txt HTTP/1.1\r\n":                         {200, "0123456789", "text/plain"},
		"HEAD /a.txt HTTP/1.1\r\n":                        {200, "", "Content-Length: 10"},
		"GET /a.txt HTTP/1.1\r\nRange: bytes=2-4\r\n":     {206, "234", "Content-Range: bytes 2-4/10"},
		"GET /index.html HTTP/1.1\r\n":                    {301, "", "Location: /\r\n"},
		"GET /sub HTTP/1.1\r\n":                           {301, "", "Location: /sub/\r\n"},
		"GET /sub/ HTTP/1.1\r\n":                          {404, "404 page not found\n", ""},
		"GET /.secret HTTP/1.1\r\n":                       {404, "404 page not found\n", ""},
		"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n":      {404, "404 page not found\n", ""},
		"GET //evil.example/..%2findex.html HTTP/1.1\r\n": {301, "", "Location: /evil.example/../\r\n"},
		"POST /a.txt HTTP/1.1\r\nContent-Length: 0\r\n":   {405, "", "Allow: GET, HEAD"},
		"GET /%zz HTTP/1.1\r\n":                           {400, "Bad request: malformed path.\n", ""},
		"GET /a.txt%00.html HTTP/1.1\r\n":                 {404, "404 page not found\n", ""},
	} {
		got := c.call(request + "Host: h\r\n\r\n")
		if got.status != want.status || got.body != want.body || !strings.Contains(got.head, want.head) {
			t.Errorf("%q: %+v", request, got)
		}
	}
}
