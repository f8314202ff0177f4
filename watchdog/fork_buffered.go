package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"sampan/watchdog/internal/process"
)

// outputBlock is the size of one piece of collected output, in bytes.
const outputBlock = 32 << 10

// bufferedRunner answers after the process has ended: in classic and serializing mode.
type bufferedRunner struct {
	forkRunner
	classic bool
}

// serve implements runner.
func (r *bufferedRunner) serve(c *clientConn) {
	cfg := r.server.cfg
	if r.classic && cfg.classicLines {
		r.server.log.print("Forking fprocess.")
	}
	if cfg.writeDebug {
		r.server.log.print(fmt.Sprintf("Query %s", c.req.Query()))
		r.server.log.print(fmt.Sprintf("Path %s", c.req.Path()))
	}
	if cfg.debugHeaders {
		r.server.log.headers("in", c.req.Fields)
	}
	input, err := r.input(c)
	if err != nil {
		c.requestFailed(err)
		return
	}
	f, err := r.start(c, input)
	if err != nil {
		r.notStarted(c, err)
		return
	}
	defer f.release()
	output, readErr := r.collect(c, f)
	status, finished := f.finish(readErr)
	if !finished {
		r.ended(c, f)
		return
	}
	r.answer(c, f, status, output)
}

// input is the request as JSON if that is configured; otherwise nil, and the body is passed on as it arrives.
func (r *bufferedRunner) input(c *clientConn) ([]byte, error) {
	if !c.body.Done {
		if err := c.sendContinue(); err != nil {
			return nil, errClientGone
		}
	}
	if !r.classic || !r.server.cfg.marshalRequest {
		return nil, nil
	}
	raw, err := c.readWhole()
	if err != nil {
		return nil, err
	}
	type body struct {
		Raw []byte `json:"raw"`
	}
	envelope := struct {
		Header map[string][]string `json:"header"`
		Body   body                `json:"body"`
	}{map[string][]string{}, body{raw}}
	for i := range c.req.Fields {
		f := &c.req.Fields[i]
		name := canonicalName(f.Name)
		envelope.Header[name] = append(envelope.Header[name], string(f.Value))
	}
	return json.Marshal(envelope)
}

// collect gathers the output in blocks, so that only one copy of it exists.
func (r *bufferedRunner) collect(c *clientConn, f *forkCall) (output [][]byte, err error) {
	if c.guard.attach(f) != notEnded {
		return nil, os.ErrDeadlineExceeded
	}
	size := 512
	for {
		block := make([]byte, size)
		n := 0
		for n < size && err == nil {
			var got int
			got, err = f.stdout.Read(block[n:])
			n += got
		}
		if n > 0 {
			output = append(output, block[:n])
		}
		if err != nil {
			return output, err
		}
		size = min(size*4, outputBlock)
	}
}

func (r *bufferedRunner) answer(c *clientConn, f *forkCall, status syscall.WaitStatus, output [][]byte) {
	text := ""
	if status != 0 {
		text = process.Outcome(status)
		c.reply.note = exitNote(status)
		output = append([][]byte{[]byte(text + "\n")}, output...)
	}
	length := int64(0)
	for _, block := range output {
		length += int64(len(block))
	}
	ctl, err := f.control()
	if err != nil {
		c.reply.note = "bad-control-message"
		c.answer(500, plainText, err.Error()+"\n")
		return
	}
	took := time.Since(c.start)
	c.resolveUnreadBody()
	r.head(c, ctl, status, output)
	c.duration(took)
	c.endHead(length)
	for i, block := range output {
		output[i] = nil // free what has been sent
		if c.write(block) != nil {
			c.clientVanished()
			break
		}
	}
	_ = c.end(nil)
	r.server.memory.after(length)
	r.logResult(c, text, took, f)
}

// head writes status and headers: 500 for a failure, else what the function said, else 200.
func (r *bufferedRunner) head(c *clientConn, ctl *control, status syscall.WaitStatus, output [][]byte) {
	switch {
	case status != 0:
		c.begin(500, nil)
		c.out = append(c.out, plainText...)
	case ctl != nil:
		c.begin(ctl.status, nil)
		c.out = append(c.out, ctl.lines...)
		if ctl.contentType != "" {
			c.header("Content-Type", ctl.contentType)
		} else {
			r.contentType(c, output)
		}
	default:
		c.begin(200, nil)
		r.contentType(c, output)
	}
	c.out = append(c.out, r.server.date()...)
}

// contentType is the configured one. Classic falls back to the request's, then to a guess from the output.
func (r *bufferedRunner) contentType(c *clientConn, output [][]byte) {
	switch {
	case r.server.cfg.contentType != "":
		c.header("Content-Type", r.server.cfg.contentType)
	case c.req.HasContentType:
		c.headerBytes([]byte("Content-Type"), c.req.ContentType)
	case len(output) > 0:
		c.header("Content-Type", sniff(output[0]))
	}
}

// logResult keeps the classic watchdog's line about each call.
func (r *bufferedRunner) logResult(c *clientConn, failure string, took time.Duration, f *forkCall) {
	if !r.classic || !r.server.cfg.classicLines {
		return
	}
	seconds := string(appendSeconds(nil, took))
	switch {
	case failure != "":
		r.server.log.print(fmt.Sprintf("Failed: %s - Wrote %d Bytes - Duration: %ss", failure, c.reply.bytes, seconds))
	case r.server.cfg.writeDebug:
		r.server.log.print(fmt.Sprintf("Duration: %ss", seconds))
	default:
		r.server.log.print(fmt.Sprintf("Wrote %d Bytes - Duration: %ss", c.reply.bytes, seconds))
	}
}

// canonicalName is a header's name in Go's canonical form.
func canonicalName(name []byte) string {
	b := append([]byte(nil), name...)
	upper := true
	for i, c := range b {
		switch {
		case upper && 'a' <= c && c <= 'z':
			b[i] = c - 'a' + 'A'
		case !upper && 'A' <= c && c <= 'Z':
			b[i] = c - 'A' + 'a'
		}
		upper = c == '-'
	}
	return string(b)
}
