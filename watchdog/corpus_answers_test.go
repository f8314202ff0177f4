package main

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// answerCase is one answer of test/corpus/answers.json, which the gateway's tests read too.
type answerCase struct {
	Name         string
	Answer, Body corpusText
	Expect       string
	Method       string
	Status       int
	Ends         bool
}

// scriptedFunction answers each call with the pieces that were set before it.
type scriptedFunction struct {
	app    *app
	script chan script
	read   chan struct{} // the caller has what it wanted
}

type script struct {
	pieces []string
	ends   bool
}

func newScriptedFunction(t *testing.T) *scriptedFunction {
	f := &scriptedFunction{script: make(chan script, 1), read: make(chan struct{})}
	f.app = fakeFunction(t, nil, func(_ int, nc net.Conn, r *bufio.Reader) {
		if _, _, err := readRequest(r); err != nil {
			return
		}
		next := <-f.script
		for i, piece := range next.pieces {
			if i > 0 {
				time.Sleep(300 * time.Microsecond) // so that the pieces are read apart; nothing depends on it
			}
			_, _ = io.WriteString(nc, piece)
		}
		if next.ends {
			_ = nc.Close()
		}
		<-f.read
	})
	return f
}

// call makes the call of a case.
func (f *scriptedFunction) call(t *testing.T, k *answerCase, pieces ...string) answer {
	f.script <- script{pieces, k.Ends}
	c := f.app.connect(t)
	defer c.nc.Close()
	c.send(k.Method + " / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	got, _ := c.final(k.Method)
	f.read <- struct{}{}
	return got
}

func (k *answerCase) check(t *testing.T, got answer) bool {
	switch {
	case k.Expect == "accept" && (got.status != k.Status || got.body != string(k.Body) || got.err != nil):
		t.Errorf("%s: want %d and %.80q, got %d, %.200q, %v", k.Name, k.Status, k.Body, got.status, got.body, got.err)
	case k.Expect != "accept" && got.status != 502 && got.err == nil:
		t.Errorf("%s: passed on as %d, %.200q", k.Name, got.status, got.body)
	default:
		return true
	}
	return false
}

func TestCorpusOfAnswers(t *testing.T) {
	cases := make(chan *answerCase)
	var workers sync.WaitGroup
	for range 8 {
		f := newScriptedFunction(t)
		workers.Add(1)
		go func() {
			defer workers.Done()
			for k := range cases {
				whole := string(k.Answer)
				good := k.check(t, f.call(t, k, whole))
				for at := 1; good && at < min(len(whole), 300); at++ {
					good = k.check(t, f.call(t, k, whole[:at], whole[at:]))
				}
			}
		}()
	}
	all := readCorpus[answerCase](t, "answers.json", 100)
	for i := range all {
		cases <- &all[i]
	}
	close(cases)
	workers.Wait()
}
