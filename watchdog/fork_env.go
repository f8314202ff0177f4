package main

import (
	"bytes"
	"strconv"
	"strings"

	"sampan/watchdog/internal/wire"
)

const (
	// maxEnvString is the longest single entry that Linux passes on, in bytes, without its NUL.
	maxEnvString = 128<<10 - 1
	// maxEnvTotal limits the whole environment, in bytes. Linux allows a quarter of the stack limit,
	// arguments included.
	maxEnvTotal = 1 << 20
)

// controlVariable tells a process which descriptor its control channel is.
const controlVariable = "FWATCHDOG_CTRL_FD"

// cgiEnv builds the environment of forked processes.
type cgiEnv struct {
	base  []string
	size  int
	names map[string]int // of base entries that a request could collide with
	// keepUnderscores lets header names with underscores pass.
	keepUnderscores bool
}

func newCGIEnv(base []string) *cgiEnv {
	e := &cgiEnv{names: map[string]int{}}
	seen := map[string]int{}
	for _, entry := range base {
		name, _, _ := strings.Cut(entry, "=")
		if name == controlVariable {
			continue // set per process, where it is on
		}
		if at, twice := seen[name]; twice {
			e.base[at] = entry // the last one wins
			continue
		}
		seen[name] = len(e.base)
		if strings.HasPrefix(name, "Http_") {
			e.names[name] = len(e.base)
		}
		e.base = append(e.base, entry)
		e.size += len(entry) + 1
	}
	return e
}

// fixedNames cannot be set by request headers in any spelling, because some languages ignore the case of
// variables.
var fixedNames = [...]string{
	"http_method", "http_path", "http_path_raw", "http_query", "http_host", "http_contentlength", "http_content_length",
	"http_transfer_encoding", "http_proxy",
}

func fixedName(name []byte) bool {
	for _, fixed := range fixedNames {
		if wire.FoldEqual(name, fixed) {
			return true
		}
	}
	return false
}

// variableName turns a header name into the variable's: Go's canonical form, dashes as underscores, a prefix.
func variableName(dst, header []byte) []byte {
	dst = append(dst, "Http_"...)
	upper := true
	for _, c := range header {
		switch {
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case !upper && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		upper = c == '-'
		if c == '-' {
			c = '_'
		}
		dst = append(dst, c)
	}
	return dst
}

// cgiBuild is one environment under construction.
type cgiBuild struct {
	from    *cgiEnv
	entries []string
	index   map[string]int  // entry of each variable
	dashed  map[string]bool // it came from a header spelled with dashes
	total   int
	skipped []string
}

// forRequest returns the environment for a call, and the variables that were too large to pass.
func (e *cgiEnv) forRequest(c *clientConn) (env, skipped []string) {
	req := &c.req
	b := &cgiBuild{from: e, total: e.size, index: make(map[string]int, len(req.Fields)+8)}
	b.entries = make([]string, len(e.base), len(e.base)+len(req.Fields)+10)
	copy(b.entries, e.base)
	for name, at := range e.names {
		b.index[name] = at
	}
	b.fixed(c)
	for i := range req.Fields {
		b.header(&req.Fields[i])
	}
	if c.authSeconds != "" {
		b.set("Http_X_Auth_Seconds", c.authSeconds)
	}
	return b.entries, b.skipped
}

// fixed adds what every call has. It comes first so that large headers cannot crowd it out.
func (b *cgiBuild) fixed(c *clientConn) {
	req := &c.req
	b.set("Http_Method", string(req.Method))
	if path, ok := req.DecodedPath(); ok && len(path) > 0 {
		b.set("Http_Path", strings.ReplaceAll(string(path), "\x00", ""))
	}
	b.set("Http_Path_Raw", string(req.Path()))
	if query := req.Query(); len(query) > 0 {
		b.set("Http_Query", string(query))
	}
	b.set("Http_Host", string(req.Host))
	length := strconv.FormatInt(req.BodyLength(), 10)
	b.set("Http_ContentLength", length)
	b.set("Http_Content_Length", length)
	if req.Framing.Chunked {
		b.set("Http_Transfer_Encoding", "chunked")
	}
}

// header adds one request header. Repeated ones are joined. A name with underscores is dropped: it would get
// the same variable as the name with dashes, which a proxy in front may have set or checked. If the
// configuration keeps such names and both come, the one with dashes wins in any order.
func (b *cgiBuild) header(f *wire.Field) {
	if f.Kind == wire.TrailerField || f.Kind == wire.TransferEncoding || f.Kind == wire.HostField {
		return
	}
	var space [64]byte
	raw := variableName(space[:0], f.Name)
	if fixedName(raw) {
		return
	}
	name := string(raw)
	under := bytes.IndexByte(f.Name, '_') >= 0
	if under && !b.from.keepUnderscores {
		return
	}
	at, known := b.index[name]
	if known && at >= len(b.from.base) {
		if wasUnder := !b.dashed[name] && strings.ContainsRune(name[len("Http_"):], '_'); wasUnder != under {
			if under {
				return
			}
			known = false
		}
	}
	if !under {
		if b.dashed == nil {
			b.dashed = map[string]bool{}
		}
		b.dashed[name] = true
	}
	if !known || at < len(b.from.base) {
		b.set(name, string(f.Value))
		return
	}
	separator := ", "
	if name == "Http_Cookie" {
		separator = "; "
	}
	b.set(name, b.entries[at][len(name)+1:]+separator+string(f.Value))
}

// set adds or replaces a variable, unless it is too large to be passed.
func (b *cgiBuild) set(name, value string) {
	grown := len(name) + len(value) + 2
	at, known := b.index[name]
	old := 0
	if known {
		old = len(b.entries[at]) + 1
	}
	if grown-1 > maxEnvString || b.total-old+grown > maxEnvTotal {
		b.skipped = append(b.skipped, name)
		return
	}
	b.total += grown - old
	if known {
		b.entries[at] = name + "=" + value
		return
	}
	b.index[name] = len(b.entries)
	b.entries = append(b.entries, name+"="+value)
}
