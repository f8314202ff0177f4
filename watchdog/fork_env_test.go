package main

import (
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"sampan/watchdog/internal/wire"
)

func environment(t *testing.T, base []string, head string) []string {
	t.Helper()
	c := &clientConn{}
	if err := c.req.Parse([]byte(head)); err != nil {
		t.Fatal(err)
	}
	env, _ := newCGIEnv(base).forRequest(c)
	return env
}

func TestHeaderNamesWithUnderscoresAreDroppedUnlessKept(t *testing.T) {
	c := &clientConn{}
	head := "GET / HTTP/1.1\r\nHost: h\r\nX_Forwarded_For: forged\r\nX-Real: 1\r\n\r\n"
	if err := c.req.Parse([]byte(head)); err != nil {
		t.Fatal(err)
	}
	e := newCGIEnv(nil)
	for _, kept := range []bool{false, true} {
		e.keepUnderscores = kept
		env, _ := e.forRequest(c)
		if slices.Contains(env, "Http_X_forwarded_for=forged") != kept || !slices.Contains(env, "Http_X_Real=1") {
			t.Errorf("kept %v: %q", kept, env)
		}
	}
}

func TestEnvironmentOfAForkedCall(t *testing.T) {
	env := environment(t, []string{"PATH=/bin", "A=1", "A=2", "Http_Accept=mine"},
		"POST /p%20q%00?x=%20y HTTP/1.1\r\nHost: h:1\r\nSOAPAction: s\r\nx-forwarded-for: a\r\nX-Two: 1\r\nX-Two: 2\r\n"+
			"Cookie: a=1\r\nCookie: b=2\r\nAccept: theirs\r\nProxy: evil\r\nMethod: evil\r\nX_A: under\r\nX-A: dash\r\n"+
			"Content-Length: 3\r\nPath_Raw: evil\r\n\r\n")
	for _, want := range []string{
		"PATH=/bin", "A=2", "Http_Method=POST", "Http_Path=/p q", "Http_Path_Raw=/p%20q%00", "Http_Query=x=%20y", "Http_Host=h:1",
		"Http_ContentLength=3", "Http_Content_Length=3", "Http_Soapaction=s", "Http_X_Forwarded_For=a", "Http_X_Two=1, 2",
		"Http_Cookie=a=1; b=2", "Http_Accept=theirs", "Http_X_A=dash",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("%q is missing in %q", want, env)
		}
	}
	names := map[string]bool{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if names[name] || strings.Contains(value, "evil") || name == "Http_Proxy" {
			t.Errorf("unwanted %q", entry)
		}
		names[name] = true
	}
}

func TestDashedNameWinsInAnyOrder(t *testing.T) {
	for _, lines := range []string{"X-A: dash\r\nX_A: under\r\n", "X_A: under\r\nX-A: dash\r\n"} {
		c := &clientConn{}
		if err := c.req.Parse([]byte("GET / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n")); err != nil {
			t.Fatal(err)
		}
		e := newCGIEnv(nil)
		e.keepUnderscores = true
		env, _ := e.forRequest(c)
		if !slices.Contains(env, "Http_X_A=dash") {
			t.Errorf("%q: %q", lines, env)
		}
	}
}

func TestHeadersCannotForgeFixedNames(t *testing.T) {
	env := environment(t, nil, "GET / HTTP/1.1\r\nHost: h\r\nQuery: evil\r\nTransfer_Encoding: evil\r\nContentLength: 7\r\n\r\n")
	for _, entry := range env {
		if strings.HasPrefix(entry, "Http_Query") || strings.Contains(entry, "evil") || strings.HasSuffix(entry, "=7") {
			t.Errorf("forged %q", entry)
		}
	}
}

func TestTooLargeHeaderIsSkipped(t *testing.T) {
	c := &clientConn{}
	head := "GET / HTTP/1.1\r\nHost: h\r\nX-Big: " + strings.Repeat("x", 200_000) + "\r\nX-Small: 1\r\n"
	for range 20 {
		head += "X-Pile: " + strings.Repeat("y", 100_000) + "\r\n"
	}
	if err := c.req.Parse([]byte(head + "\r\n")); err != nil {
		t.Fatal(err)
	}
	env, skipped := newCGIEnv(nil).forRequest(c)
	total := 0
	for _, entry := range env {
		total += len(entry) + 1
		if len(entry) > maxEnvString {
			t.Errorf("an entry of %d bytes", len(entry))
		}
	}
	if total > maxEnvTotal || len(skipped) == 0 || !slices.Contains(env, "Http_X_Small=1") {
		t.Errorf("%d bytes, skipped %q", total, skipped)
	}
}

func FuzzHeaderToVariable(f *testing.F) {
	for _, seed := range []string{"x-forwarded-for", "SOAPAction", "X-Under_score", "X-Weird.name", "dnt", "Proxy"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if f, err := wire.ParseField([]byte(name + ": 1")); err != nil || string(f.Name) != name {
			return
		}
		got := string(variableName(nil, []byte(name)))
		want := "Http_" + strings.ReplaceAll(textproto.CanonicalMIMEHeaderKey(name), "-", "_")
		if got != want || strings.ContainsAny(got, "=\x00") {
			t.Fatalf("%q: %q, want %q", name, got, want)
		}
		if canonicalName([]byte(name)) != textproto.CanonicalMIMEHeaderKey(name) {
			t.Fatalf("%q: canonical %q", name, canonicalName([]byte(name)))
		}
		env := environment(t, nil, "GET / HTTP/1.1\r\nHost: h\r\n"+name+": 1\r\n\r\n")
		seen := 0
		for _, entry := range env {
			if key, _, _ := strings.Cut(entry, "="); key == got {
				seen++
			}
		}
		if seen > 1 {
			t.Fatalf("%q appears %d times", got, seen)
		}
	})
}
