package wire

import (
	"bytes"
	"errors"
)

const (
	// MaxFields bounds the header lines of one message, as the gateway does.
	MaxFields = 1000
	// largestKeptFields is how many a connection keeps room for between two calls.
	largestKeptFields = 64
	// maxLengthDigits is what a Content-Length may have: every program can count so far.
	maxLengthDigits = 15
)

// What is wrong with header fields.
var (
	ErrBadField      = errors.New("malformed header field")
	ErrTooManyFields = errors.New("too many header fields")
)

// Field is one header line, its slices point into the connection's buffer.
type Field struct {
	Name, Value []byte
	Kind        FieldKind
}

// FieldKind says what a header means to the watchdog itself; most mean nothing to it.
type FieldKind uint8

const (
	Ordinary FieldKind = iota
	HopByHop
	KeepAliveField
	ConnectionField
	ContentLength
	TransferEncoding
	HostField
	UpgradeField
	ExpectField
	TrailerField
	TEField
	DateField
	ContentType
	AcceptField
	XTimeout
	XDuration
	AuthorizationField
	CallIDField
	UserAgentField
	AuthSecondsField
)

// knownField is a header that means something to the watchdog.
type knownField struct {
	lower string
	kind  FieldKind
}

// knownFields lists them by the length of their names, so that most headers are told apart by that alone.
var knownFields = func() (byLength [20][]knownField) {
	for _, k := range []knownField{
		{"te", TEField}, {"host", HostField}, {"date", DateField}, {"accept", AcceptField}, {"expect", ExpectField},
		{"upgrade", UpgradeField}, {"trailer", TrailerField}, {"x-timeout", XTimeout}, {"x-call-id", CallIDField},
		{"connection", ConnectionField}, {"keep-alive", KeepAliveField}, {"user-agent", UserAgentField},
		{"content-type", ContentType}, {"authorization", AuthorizationField}, {"content-length", ContentLength},
		{"x-auth-seconds", AuthSecondsField}, {"proxy-connection", HopByHop}, {"transfer-encoding", TransferEncoding},
		{"proxy-authenticate", HopByHop}, {"x-duration-seconds", XDuration}, {"proxy-authorization", HopByHop},
	} {
		byLength[len(k.lower)] = append(byLength[len(k.lower)], k)
	}
	return byLength
}()

// classify maps a header name, in any case, to its meaning.
func classify(name []byte) FieldKind {
	if len(name) < len(knownFields) {
		for _, k := range knownFields[len(name)] {
			if FoldEqual(name, k.lower) {
				return k.kind
			}
		}
	}
	return Ordinary
}

// FoldEqual compares without regard to ASCII case; lower is in lower case.
func FoldEqual(b []byte, lower string) bool {
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

// parseFields appends the header lines of block to dst. The block ends with an empty line, and each line ends
// as the rule says. Folded lines, blanks before the colon, and control characters are errors: each has been
// used to smuggle requests.
func parseFields(dst []Field, block []byte, rule lineRule) ([]Field, error) {
	for {
		line, rest, ok := cutLine(block, rule)
		if !ok {
			return dst, ErrBadField
		}
		block = rest
		if len(line) == 0 {
			return dst, nil
		}
		if len(dst) == MaxFields {
			return dst, ErrTooManyFields
		}
		f, err := ParseField(line)
		if err != nil {
			return dst, err
		}
		dst = append(dst, f)
	}
}

// cutLine takes the first line off, without its end.
func cutLine(block []byte, rule lineRule) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(block, '\n')
	if i < 0 {
		return nil, nil, false
	}
	if i > 0 && block[i-1] == '\r' {
		return block[:i-1], block[i+1:], true
	}
	return block[:i], block[i+1:], rule == looseLines
}

// TrimFields lets go of the room for many fields.
func TrimFields(fields []Field) []Field {
	if cap(fields) > largestKeptFields {
		return nil
	}
	return fields
}

// ParseField reads one header line, without its end.
func ParseField(line []byte) (Field, error) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || !isToken(line[:colon]) {
		return Field{}, ErrBadField
	}
	value := TrimBlanks(line[colon+1:])
	for _, c := range value {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return Field{}, ErrBadField
		}
	}
	name := line[:colon]
	return Field{Name: name, Value: value, Kind: classify(name)}, nil
}

// TrimBlanks takes blanks and tabs off both ends.
func TrimBlanks(b []byte) []byte {
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
		if token = TrimBlanks(token); len(token) > 0 {
			f(token)
		}
	}
}

// ContainsFold tells whether needle, in lower case, occurs in b in any case.
func ContainsFold(b []byte, needle string) bool {
	for i := 0; i+len(needle) <= len(b); i++ {
		if FoldEqual(b[i:i+len(needle)], needle) {
			return true
		}
	}
	return false
}

// ParseLength reads a Content-Length: digits only, no sign, no list. It returns -1 when it is not one.
func ParseLength(b []byte) int64 {
	if len(b) == 0 || len(b) > maxLengthDigits {
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

// AppendField writes a field as one header line.
func AppendField(b []byte, f *Field) []byte {
	b = append(b, f.Name...)
	b = append(b, ": "...)
	b = append(b, f.Value...)
	return append(b, "\r\n"...)
}
