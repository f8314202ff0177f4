package main

import (
	"bytes"
	"errors"
)

// maxFields bounds what one message may make us remember: a head of a megabyte could hold a quarter million fields.
const maxFields = 4096

var (
	errBadField      = errors.New("malformed header field")
	errTooManyFields = errors.New("too many header fields")
)

// field is one header line, its slices point into the connection's buffer.
type field struct {
	name, value []byte
	kind        fieldKind
}

// fieldKind says what a header means to the watchdog itself; most mean nothing to it.
type fieldKind uint8

const (
	ordinary fieldKind = iota
	hopByHop
	connectionField
	contentLength
	transferEncoding
	hostField
	upgradeField
	expectField
	trailerField
	teField
	dateField
	contentType
	acceptField
	xTimeout
	xDuration
	authorizationField
	callIDField
	userAgentField
	authSecondsField
)

// knownField is a header that means something to the watchdog.
type knownField struct {
	lower string
	kind  fieldKind
}

// knownFields lists them by the length of their names, so that most headers are told apart by that alone.
var knownFields = func() (byLength [20][]knownField) {
	for _, k := range []knownField{
		{"te", teField}, {"host", hostField}, {"date", dateField}, {"accept", acceptField}, {"expect", expectField},
		{"upgrade", upgradeField}, {"trailer", trailerField}, {"x-timeout", xTimeout}, {"x-call-id", callIDField},
		{"connection", connectionField}, {"keep-alive", hopByHop}, {"user-agent", userAgentField},
		{"content-type", contentType}, {"authorization", authorizationField}, {"content-length", contentLength},
		{"x-auth-seconds", authSecondsField}, {"proxy-connection", hopByHop}, {"transfer-encoding", transferEncoding},
		{"proxy-authenticate", hopByHop}, {"x-duration-seconds", xDuration}, {"proxy-authorization", hopByHop},
	} {
		byLength[len(k.lower)] = append(byLength[len(k.lower)], k)
	}
	return byLength
}()

// classify maps a header name, in any case, to its meaning.
func classify(name []byte) fieldKind {
	if len(name) < len(knownFields) {
		for _, k := range knownFields[len(name)] {
			if foldEqual(name, k.lower) {
				return k.kind
			}
		}
	}
	return ordinary
}

// foldEqual compares without regard to ASCII case; lower is in lower case.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// parseFields appends the header lines of block to dst. The block ends with an empty line, and each line ends in CR LF.
// Folded lines, blanks before the colon, and control characters are errors: each has been used to smuggle requests.
func parseFields(dst []field, block []byte) ([]field, error) {
	for {
		i := bytes.IndexByte(block, '\n')
		if i < 1 || block[i-1] != '\r' {
			return dst, errBadField
		}
		line := block[:i-1]
		block = block[i+1:]
		if len(line) == 0 {
			return dst, nil
		}
		if len(dst) == maxFields {
			return dst, errTooManyFields
		}
		f, err := parseField(line)
		if err != nil {
			return dst, err
		}
		dst = append(dst, f)
	}
}

func parseField(line []byte) (field, error) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || !isToken(line[:colon]) {
		return field{}, errBadField
	}
	value := trimBlanks(line[colon+1:])
	for _, c := range value {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return field{}, errBadField
		}
	}
	name := line[:colon]
	return field{name: name, value: value, kind: classify(name)}, nil
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// tokenByte marks the characters that RFC 9110 allows in a name.
var tokenByte = func() (table [256]bool) {
	for c := '0'; c <= '9'; c++ {
		table[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		table[c], table[c-'a'+'A'] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		table[c] = true
	}
	return table
}()

func isToken(b []byte) bool {
	for _, c := range b {
		if !tokenByte[c] {
			return false
		}
	}
	return len(b) > 0
}

// eachToken calls f with every member of a comma-separated list.
func eachToken(list []byte, f func(token []byte)) {
	for len(list) > 0 {
		token := list
		if i := bytes.IndexByte(list, ','); i >= 0 {
			token, list = list[:i], list[i+1:]
		} else {
			list = nil
		}
		if token = trimBlanks(token); len(token) > 0 {
			f(token)
		}
	}
}

// containsFold tells whether needle, in lower case, occurs in b in any case.
func containsFold(b []byte, needle string) bool {
	for i := 0; i+len(needle) <= len(b); i++ {
		if foldEqual(b[i:i+len(needle)], needle) {
			return true
		}
	}
	return false
}

// parseLength reads a Content-Length: digits only, no sign, no list. It returns -1 when it is not one.
func parseLength(b []byte) int64 {
	if len(b) == 0 || len(b) > 18 {
		return -1
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}
