package wire

import (
	"bytes"
	"errors"
)

// What is wrong with a request head.
var (
	ErrBadRequest     = errors.New("malformed request")
	ErrBadVersion     = errors.New("unsupported HTTP version")
	ErrBadExpectation = errors.New("unsupported expectation")
)

// Request is a parsed request head. Its slices live until the call ends.
type Request struct {
	Method  []byte
	Target  []byte // origin-form as the client wrote it, or "*"
	Host    []byte
	Fields  []Field
	Framing Framing
	HTTP11  bool
	Expects bool // Expect: 100-continue not yet answered
	Upgrade []byte
	XTimeout,
	Accept,
	ContentType,
	Authorization,
	CallID,
	UserAgent []byte
	HasContentType bool
	TETrailers     bool
}

// Parse reads a request head, strictly: what two parsers could understand differently is an error.
func (r *Request) Parse(head []byte) error {
	fields := r.Fields[:0]
	named := r.Framing.named
	*r = Request{Framing: Framing{named: named}}
	r.Framing.reset()
	r.Framing.once = true

	line, rest, ok := cutLine(head, strictLines)
	if !ok {
		return ErrBadRequest
	}
	if err := r.parseLine(line); err != nil {
		return err
	}
	fields, err := parseFields(fields, rest, strictLines)
	r.Fields = fields
	if err != nil {
		return err
	}
	return r.walk()
}

// walk gathers what the fields say and refuses what they must not say.
func (r *Request) walk() error {
	hosts := 0
	fromTarget := r.Host
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Kind == Ordinary {
			continue
		}
		if err := r.Framing.see(f); err != nil {
			return err
		}
		switch f.Kind {
		case HostField:
			hosts++
			r.Host = f.Value
		case UpgradeField:
			r.Upgrade = f.Value
		case ExpectField:
			if !FoldEqual(f.Value, "100-continue") {
				return ErrBadExpectation
			}
			r.Expects = r.HTTP11
		case TEField:
			r.TETrailers = r.TETrailers || ContainsFold(f.Value, "trailers")
		default:
			r.remember(f)
		}
	}
	if fromTarget != nil {
		r.Host = fromTarget
	}
	return r.check(hosts)
}

func (r *Request) remember(f *Field) {
	switch f.Kind {
	case XTimeout:
		r.XTimeout = f.Value
	case AcceptField:
		r.Accept = f.Value
	case ContentType:
		if !r.HasContentType {
			r.ContentType, r.HasContentType = f.Value, true
		}
	case AuthorizationField:
		r.Authorization = f.Value
	case CallIDField:
		r.CallID = f.Value
	case UserAgentField:
		r.UserAgent = f.Value
	}
}

func (r *Request) check(hosts int) error {
	m := &r.Framing
	if m.Chunked && (m.Length >= 0 || !r.HTTP11) {
		return ErrFraming
	}
	if hosts > 1 || (hosts == 0 && r.HTTP11) || !validHost(r.Host) {
		return ErrBadRequest
	}
	if !m.upgrade || !r.HTTP11 || FoldEqual(r.Upgrade, "h2c") {
		r.Upgrade = nil
	}
	if len(m.named) > 0 {
		m.dropNamed(r.Fields)
	}
	return nil
}

// hostByte marks what may stand in a Host: a name, an address or nothing, perhaps with a port; no blanks,
// slashes or user parts. The gateway has the same set.
var hostByte = func() (table [256]bool) {
	for c := range table {
		table[c] = tokenByte[c]
	}
	for _, c := range "#^`|\"" {
		table[c] = false
	}
	for _, c := range "(),;=:[]" {
		table[c] = true
	}
	return table
}()

func validHost(host []byte) bool {
	for _, c := range host {
		if !hostByte[c] {
			return false
		}
	}
	return true
}

// WantsKeepAlive tells whether the client would send another request on this connection.
func (r *Request) WantsKeepAlive() bool {
	if r.HTTP11 {
		return !r.Framing.close
	}
	return r.Framing.keepAlive && !r.Framing.close
}

// BodyLength is the announced length: -1 when chunked, 0 without a body.
func (r *Request) BodyLength() int64 {
	if r.Framing.Chunked {
		return -1
	}
	return max(r.Framing.Length, 0)
}

// Path is the target up to its question mark as written, without decoding.
func (r *Request) Path() []byte {
	if i := bytes.IndexByte(r.Target, '?'); i >= 0 {
		return r.Target[:i]
	}
	return r.Target
}

// Query is what follows the question mark, as written.
func (r *Request) Query() []byte {
	if i := bytes.IndexByte(r.Target, '?'); i >= 0 {
		return r.Target[i+1:]
	}
	return nil
}

// DecodedPath resolves percent escapes; false for a malformed one.
func (r *Request) DecodedPath() ([]byte, bool) {
	raw := r.Path()
	if bytes.IndexByte(raw, '%') < 0 {
		return raw, true
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '%' {
			out = append(out, raw[i])
			continue
		}
		if i+2 >= len(raw) {
			return nil, false
		}
		hi, lo := hexDigit(raw[i+1]), hexDigit(raw[i+2])
		if hi < 0 || lo < 0 {
			return nil, false
		}
		out = append(out, byte(hi<<4|lo))
		i += 2
	}
	return out, true
}
