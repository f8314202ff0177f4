package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"sampan/watchdog/internal/wire"
)

// maxControl bounds a control message, in bytes.
const maxControl = 64 << 10

var errControl = errors.New("bad message on the control channel")

// control is what a forked function says about its response, in one JSON line on the descriptor that
// FWATCHDOG_CTRL_FD names, before its first output: {"status": 404, "headers": {"X-A": "1", "Set-Cookie":
// ["a", "b"]}}.
type control struct {
	status      int
	lines       []byte // header lines
	contentType string
}

// parseControl validates a message. A function must not be able to break the framing of its response.
func parseControl(message []byte) (*control, error) {
	var raw struct {
		Status  int                        `json:"status"`
		Headers map[string]json.RawMessage `json:"headers"`
	}
	if err := json.Unmarshal(message, &raw); err != nil {
		return nil, fmt.Errorf("%w: %w", errControl, err)
	}
	if raw.Status == 0 {
		raw.Status = 200
	}
	if raw.Status < 200 || raw.Status > 599 {
		return nil, fmt.Errorf("%w: status %d", errControl, raw.Status)
	}
	ctl := &control{status: raw.Status}
	for name, value := range raw.Headers {
		var values []string
		var one string
		if json.Unmarshal(value, &one) == nil {
			values = []string{one}
		} else if err := json.Unmarshal(value, &values); err != nil {
			return nil, fmt.Errorf("%w: header %q is neither a string nor a list of them", errControl, name)
		}
		for _, v := range values {
			if err := ctl.add(name, v); err != nil {
				return nil, err
			}
		}
	}
	return ctl, nil
}

// add checks one header as strictly as one that came over the network.
func (ctl *control) add(name, value string) error {
	f, err := wire.ParseField([]byte(name + ": " + value))
	if err != nil || string(f.Name) != name || strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("%w: header %q", errControl, name)
	}
	switch f.Kind {
	case wire.HopByHop, wire.KeepAliveField, wire.ConnectionField, wire.ContentLength, wire.TransferEncoding, wire.UpgradeField, wire.TrailerField, wire.TEField, wire.XDuration,
		wire.DateField:
		return nil
	case wire.ContentType:
		ctl.contentType = string(f.Value)
		return nil
	}
	ctl.lines = wire.AppendField(ctl.lines, &f)
	return nil
}

// readControl takes what the function has written so far, without waiting; nil when it said nothing.
func readControl(from *os.File) (*control, error) {
	raw, err := from.SyscallConn()
	if err != nil {
		return nil, nil
	}
	var message []byte
	_ = raw.Read(func(fd uintptr) bool {
		block := make([]byte, 4<<10)
		for len(message) <= maxControl {
			n, err := syscall.Read(int(fd), block)
			if err == syscall.EINTR {
				continue
			}
			if n <= 0 {
				break
			}
			message = append(message, block[:n]...)
		}
		return true
	})
	line, _, _ := bytes.Cut(message, []byte("\n"))
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return nil, nil
	}
	if len(line) > maxControl {
		return nil, errControl
	}
	return parseControl(line)
}
