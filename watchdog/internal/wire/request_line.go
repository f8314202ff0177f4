package wire

import "bytes"

// CheckLine looks at a request line, with its end, whose head is not complete yet.
func (r *Request) CheckLine(line []byte) error {
	line, _, ok := cutLine(line, strictLines)
	if !ok {
		return ErrBareLF
	}
	return r.parseLine(line)
}

// parseLine splits "METHOD target HTTP/1.x".
func (r *Request) parseLine(line []byte) error {
	first := bytes.IndexByte(line, ' ')
	last := bytes.LastIndexByte(line, ' ')
	if first < 1 || last <= first+1 {
		return ErrBadRequest
	}
	r.Method = line[:first]
	target := line[first+1 : last]
	version := line[last+1:]
	switch string(version) {
	case "HTTP/1.1":
		r.HTTP11 = true
	case "HTTP/1.0":
	default:
		if isVersion(version) {
			return ErrBadVersion
		}
		return ErrBadRequest
	}
	if !isToken(r.Method) || !validTarget(target) {
		return ErrBadRequest
	}
	r.Target, r.Host = splitTarget(target, string(r.Method) == "CONNECT")
	if r.Target == nil || (string(r.Target) == "*" && string(r.Method) != "OPTIONS") {
		return ErrBadRequest
	}
	return nil
}

// isVersion tells a version that we do not speak from nonsense: HTTP/ and digits, perhaps with a dot among
// them.
func isVersion(word []byte) bool {
	digits, ok := bytes.CutPrefix(word, []byte("HTTP/"))
	if !ok || len(digits) == 0 {
		return false
	}
	for i, c := range digits {
		if (c < '0' || c > '9') && (c != '.' || i == 0) {
			return false
		}
	}
	return true
}

// validTarget refuses blanks and control characters; everything else passes byte for byte.
func validTarget(target []byte) bool {
	for _, c := range target {
		if c <= 0x20 || c == 0x7f {
			return false
		}
	}
	return len(target) > 0
}

// splitTarget reduces a request target to its origin-form. Of an absolute URL the authority counts as the
// host. The result is nil for a target that is neither.
func splitTarget(target []byte, connect bool) (origin, host []byte) {
	switch {
	case connect, target[0] == '/', string(target) == "*":
		return target, nil
	}
	rest := target
	switch {
	case len(rest) > 7 && FoldEqual(rest[:7], "http://"):
		rest = rest[7:]
	case len(rest) > 8 && FoldEqual(rest[:8], "https://"):
		rest = rest[8:]
	default:
		return nil, nil
	}
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		return []byte("/"), rest
	}
	if end == 0 {
		return nil, nil
	}
	if rest[end] != '/' {
		return append([]byte("/"), rest[end:]...), rest[:end]
	}
	return rest[end:], rest[:end]
}
