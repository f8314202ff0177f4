package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"sampan/watchdog/internal/wire"
)

// staticRunner serves files below a directory.
type staticRunner struct {
	server *server
	root   string
}

func (r *staticRunner) ready() bool { return true }

var errHidden = errors.New("hidden")

// serve implements runner.
func (r *staticRunner) serve(c *clientConn) {
	if !isGetOrHead(c) {
		return
	}
	decoded, ok := c.req.DecodedPath()
	if !ok {
		c.answer(400, plainText, "Bad request: malformed path.\n")
		return
	}
	name := string(decoded)
	if base, isIndex := strings.CutSuffix(name, "/index.html"); isIndex {
		r.redirect(c, escaped(base+"/"))
		return
	}
	file, info, err := r.open(name)
	if err != nil && r.server.cfg.staticFallback != "" && !errors.Is(err, errHidden) {
		file, info, err = r.open("/" + r.server.cfg.staticFallback)
	}
	if err != nil {
		c.answer(404, plainText, "404 page not found\n")
		return
	}
	defer file.Close()
	if info.IsDir() {
		r.directory(c, name, file)
		return
	}
	r.file(c, name, file, info)
}

// open finds what a request path names: only regular files and directories, nothing that begins with a dot,
// nothing above the root.
func (r *staticRunner) open(name string) (*os.File, os.FileInfo, error) {
	if strings.ContainsRune(name, 0) || strings.ContainsRune(name, '\\') {
		return nil, nil, errHidden
	}
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") {
			return nil, nil, errHidden
		}
	}
	full := filepath.Join(r.root, filepath.FromSlash(path.Clean("/"+name)))
	info, err := os.Stat(full)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, nil, errHidden
	}
	file, err := os.Open(full)
	return file, info, err
}

// escaped makes a path safe for Location; a leading double slash would name another host.
func escaped(name string) string {
	return "/" + strings.TrimLeft((&url.URL{Path: name}).EscapedPath(), "/")
}

func (r *staticRunner) redirect(c *clientConn, to string) {
	if query := c.req.Query(); len(query) > 0 {
		to += "?" + string(query)
	}
	c.answer(301, "Location: "+to+"\r\n", "")
}

// directory serves the index, or a listing where that is allowed.
func (r *staticRunner) directory(c *clientConn, name string, dir *os.File) {
	if !strings.HasSuffix(name, "/") {
		r.redirect(c, escaped(name+"/"))
		return
	}
	if file, info, err := r.open(name + "index.html"); err == nil {
		defer file.Close()
		if !info.IsDir() {
			r.file(c, "index.html", file, info)
			return
		}
	}
	if !r.server.cfg.staticList {
		c.answer(404, plainText, "404 page not found\n")
		return
	}
	entries, err := dir.ReadDir(-1)
	if err != nil {
		c.answer(500, plainText, "The directory cannot be read.\n")
		return
	}
	var page strings.Builder
	page.WriteString("<!doctype html>\n<ul>\n")
	for _, entry := range entries {
		shown := entry.Name()
		if strings.HasPrefix(shown, ".") {
			continue
		}
		if entry.IsDir() {
			shown += "/"
		}
		link := (&url.URL{Path: "./" + shown}).EscapedPath()
		fmt.Fprintf(&page, "<li><a href=\"%s\">%s</a>\n", html.EscapeString(link), html.EscapeString(shown))
	}
	page.WriteString("</ul>\n")
	c.answer(200, "Content-Type: text/html; charset=utf-8\r\n", page.String())
}

// file sends one file, or the part of it that was asked for. The kernel copies it.
func (r *staticRunner) file(c *clientConn, name string, file *os.File, info os.FileInfo) {
	size := info.Size()
	modified := info.ModTime().UTC().Format(httpTime)
	if since, err := time.Parse(httpTime, headerValue(c, "if-modified-since")); err == nil &&
		!info.ModTime().Truncate(time.Second).After(since) {
		c.answer(304, "Last-Modified: "+modified+"\r\n", "")
		return
	}
	start, length, status := int64(0), size, 200
	if wanted := headerValue(c, "range"); wanted != "" {
		condition := headerValue(c, "if-range")
		if condition == "" || condition == modified {
			start, length, status = parseRange(wanted, size)
		}
	}
	if status == 416 {
		c.answer(416, fmt.Sprintf("Content-Range: bytes */%d\r\n", size), "")
		return
	}
	kind := contentTypeOf(name, file)
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		c.answer(500, plainText, "The file cannot be read.\n")
		return
	}
	c.begin(status, nil)
	c.header("Content-Type", kind)
	c.header("Last-Modified", modified)
	c.header("Accept-Ranges", "bytes")
	if status == 206 {
		c.header("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, start+length-1, size))
	}
	c.out = append(c.out, r.server.date()...)
	c.duration(time.Since(c.start))
	c.endHead(length)
	if c.flush() == nil && !c.reply.noBody {
		c.reply.bytes, _ = c.nc.ReadFrom(io.LimitReader(file, length))
	}
	_ = c.end(nil)
}

const httpTime = "Mon, 02 Jan 2006 15:04:05 GMT"

func contentTypeOf(name string, file *os.File) string {
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	var start [sniffed]byte
	n, _ := file.ReadAt(start[:], 0)
	return sniff(start[:n])
}

func headerValue(c *clientConn, lower string) string {
	for i := range c.req.Fields {
		if wire.FoldEqual(c.req.Fields[i].Name, lower) {
			return string(c.req.Fields[i].Value)
		}
	}
	return ""
}

// parseRange reads a Range header with a single range. Several ranges, or another unit, give the whole file,
// as a server may always do.
func parseRange(value string, size int64) (start, length int64, status int) {
	spec, isBytes := strings.CutPrefix(value, "bytes=")
	first, last, isRange := strings.Cut(spec, "-")
	if !isBytes || !isRange || strings.ContainsRune(spec, ',') {
		return 0, size, 200
	}
	if first == "" {
		n := wire.ParseLength([]byte(last))
		if n < 0 {
			return 0, size, 200
		}
		if n == 0 || size == 0 {
			return 0, 0, 416
		}
		n = min(n, size)
		return size - n, n, 206
	}
	start = wire.ParseLength([]byte(first))
	end := size - 1
	if last != "" {
		end = wire.ParseLength([]byte(last))
		if end < 0 || end < start {
			return 0, size, 200
		}
	}
	if start < 0 {
		return 0, size, 200
	}
	if start >= size {
		return 0, 0, 416
	}
	return start, min(end, size-1) - start + 1, 206
}
