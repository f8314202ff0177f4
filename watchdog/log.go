package main

import (
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"time"

	"sampan/watchdog/internal/wire"
)

// logger writes the watchdog's own lines to stderr, and header dumps to stdout; one write per line.
type logger struct {
	json   bool
	access bool
	callID bool
	mu     sync.Mutex
	out    *os.File
}

func newLogger() *logger { return &logger{out: os.Stderr} }

// line is the JSON form of a watchdog line.
type line struct {
	Time     string  `json:"time"`
	Level    string  `json:"level"`
	Msg      string  `json:"msg"`
	Method   string  `json:"method,omitempty"`
	URI      string  `json:"uri,omitempty"`
	Status   int     `json:"status,omitempty"`
	BytesIn  *int64  `json:"bytes_in,omitempty"`
	BytesOut *int64  `json:"bytes_out,omitempty"`
	Seconds  float64 `json:"duration_seconds,omitempty"`
	Outcome  string  `json:"outcome,omitempty"`
	CallID   string  `json:"call_id,omitempty"`
}

func (l *logger) print(text string) { l.emit(line{Level: "info", Msg: text}) }
func (l *logger) warn(text string)  { l.emit(line{Level: "warn", Msg: text}) }

func (l *logger) emit(entry line) {
	now := time.Now()
	var b []byte
	if l.json {
		entry.Time = now.UTC().Format(time.RFC3339Nano)
		b, _ = json.Marshal(entry)
	} else {
		b = now.AppendFormat(nil, "2006/01/02 15:04:05 ")
		b = append(b, entry.Msg...)
	}
	l.write(append(b, '\n'))
}

func (l *logger) write(b []byte) {
	l.mu.Lock()
	_, _ = l.out.Write(b)
	l.mu.Unlock()
}

// call writes the access line, when asked for, with the status that was really sent.
func (l *logger) call(c *clientConn, took time.Duration) {
	if !l.access || len(c.req.UserAgent) >= 10 && string(c.req.UserAgent[:10]) == "kube-probe" {
		return
	}
	r := &c.reply
	if l.json {
		l.emit(line{Level: "info", Msg: "call", Method: string(c.req.Method), URI: string(c.req.Target),
			Status: r.status, BytesIn: &c.body.Total, BytesOut: &r.bytes, Seconds: took.Seconds(), Outcome: r.note,
			CallID: string(c.req.CallID)})
		return
	}
	b := append([]byte(nil), c.req.Method...)
	b = append(append(b, ' '), c.req.Target...)
	b = append(b, " - "...)
	b = strconv.AppendInt(b, int64(r.status), 10)
	b = append(b, " - ContentLength: "...)
	b = append(strconv.AppendInt(b, r.bytes, 10), "B In: "...)
	b = append(strconv.AppendInt(b, c.body.Total, 10), "B ("...)
	b = append(strconv.AppendFloat(b, took.Seconds(), 'f', 4, 64), "s)"...)
	if r.note != "" {
		b = append(append(b, ' '), r.note...)
	}
	switch {
	case len(c.req.CallID) > 0:
		b = append(append(append(b, " ["...), c.req.CallID...), ']')
	case l.callID:
		b = append(b, " [none]"...)
	}
	l.print(string(b))
}

// headers dumps header fields to stdout, for debug_headers.
func (l *logger) headers(direction string, fields []wire.Field) {
	var b []byte
	for i := range fields {
		b = append(append(append(b, '['), direction...), "] "...)
		b = append(append(append(b, fields[i].Name...), '='), fields[i].Value...)
		b = append(b, '\n')
	}
	l.mu.Lock()
	_, _ = os.Stdout.Write(b)
	l.mu.Unlock()
}
