package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var staticCases = []testCase{
	{"T82", "static_files", "static: index, file, HEAD, range, missing, traversal, POST: 200, 200, 200, 206, 404, 404, 405", true, false, staticFiles},
	{"X23", "static_listing", "static: listings are off, static_list=true turns them on; dot-files stay hidden", false, false, staticListing},
	{"X24", "static_fallback", "static: static_fallback answers for missing pages", false, false, staticFallback},
}

func staticSite(t *testing.T) string {
	t.Helper()
	parent := t.TempDir()
	dir := filepath.Join(parent, "public")
	must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, ".git"), 0o755))
	for name, text := range map[string]string{"index.html": "<p>index</p>", "a.txt": "0123456789", "sub/b.css": "b{}",
		".env": "secret", ".git/config": "secret", "../outside.txt": "outside"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func staticFiles(t *testing.T) {
	w := start(t, "mode=static", "static_path="+staticSite(t))
	w.get("/").want(t, 200).wantBody(t, "<p>index</p>").wantHeader(t, "Content-Type", "text/html; charset=utf-8").wantDuration(t)
	r := w.get("/a.txt").want(t, 200).wantBody(t, "0123456789").wantHeader(t, "Content-Type", "text/plain; charset=utf-8")
	if r.header.Get("Last-Modified") == "" {
		t.Error("no Last-Modified")
	}
	w.get("/sub/b.css").want(t, 200).wantHeader(t, "Content-Type", "text/css; charset=utf-8")
	w.call("HEAD", "/a.txt", "").want(t, 200).wantHeader(t, "Content-Length", "10").wantBody(t, "")
	w.get("/a.txt", "Range: bytes=2-4").want(t, 206).wantBody(t, "234").wantHeader(t, "Content-Range", "bytes 2-4/10")
	w.get("/missing").want(t, 404).platformFault(t, false)
	for _, target := range []string{"/../outside.txt", "/%2e%2e/outside.txt", "/sub/..%2f..%2foutside.txt", "/..%5coutside.txt"} {
		c := w.dial().send("GET "+target+" HTTP/1.1", "Host: h")
		if r := c.result("GET"); r.status != 404 && r.status != 400 || strings.Contains(r.body, "outside") && r.status == 200 {
			t.Errorf("%s: %d %q", target, r.status, r.body)
		}
	}
	if r := w.call("POST", "/a.txt", "x").want(t, 405); r.header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
	if w.health() != 200 {
		t.Error("health is not 200")
	}

	missing := start(t, "mode=static", "static_path=/no/such/directory")
	missing.get("/").want(t, 404)
}

func staticListing(t *testing.T) {
	dir := staticSite(t)
	off := start(t, "mode=static", "static_path="+dir)
	if r := off.get("/sub/"); r.status == 200 {
		t.Errorf("a listing without static_list: %q", r.body)
	}
	on := start(t, "mode=static", "static_path="+dir, "static_list=true")
	if r := on.get("/sub/").want(t, 200); !strings.Contains(r.body, "b.css") {
		t.Errorf("listing %q", r.body)
	}
	for _, path := range []string{"/.env", "/.git/config", "/.git/"} {
		on.get(path).want(t, 404)
	}
	must(t, os.Remove(filepath.Join(dir, "index.html")))
	if r := on.get("/").want(t, 200); strings.Contains(r.body, ".env") || strings.Contains(r.body, ".git") {
		t.Errorf("dot-files in the listing: %q", r.body)
	}
}

func staticFallback(t *testing.T) {
	w := start(t, "mode=static", "static_path="+staticSite(t), "static_fallback=index.html")
	w.get("/some/page").want(t, 200).wantBody(t, "<p>index</p>").wantHeader(t, "Content-Type", "text/html; charset=utf-8")
	w.get("/a.txt").want(t, 200).wantBody(t, "0123456789")
	if r := w.get("/.env"); strings.Contains(r.body, "secret") {
		t.Error("the fallback opened a dot-file")
	}
}
