package main

import (
	"bytes"
	"unicode/utf8"

	"sampan/watchdog/internal/wire"
)

// sniffed is how much of the output is looked at, in bytes.
const sniffed = 512

var signatures = []struct{ prefix, kind string }{
	{"\x89PNG\r\n\x1a\n", "image/png"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"GIF87a", "image/gif"},
	{"GIF89a", "image/gif"},
	{"%PDF-", "application/pdf"},
	{"PK\x03\x04", "application/zip"},
	{"\x1f\x8b\x08", "application/x-gzip"},
	{"<?xml", "text/xml; charset=utf-8"},
}

// sniff guesses a media type for classic mode, where neither configuration nor request names one.
func sniff(b []byte) string {
	if len(b) > sniffed {
		b = b[:sniffed]
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b, []byte(s.prefix)) {
			return s.kind
		}
	}
	start := bytes.TrimLeft(b, " \t\r\n")
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<div", "<p>", "<h1"} {
		if len(start) >= len(tag) && wire.FoldEqual(start[:len(tag)], tag) {
			return "text/html; charset=utf-8"
		}
	}
	if isText(b) {
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// isText accepts UTF-8 without control characters; a sequence cut at the end does not count against it.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 && (len(b) >= utf8.UTFMax || utf8.FullRune(b)) {
			return false
		}
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b {
			return false
		}
		b = b[size:]
	}
	return true
}
