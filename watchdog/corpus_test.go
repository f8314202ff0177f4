package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// corpusFunction tells each caller what arrived. A call of /hold is answered when somebody releases it.
type corpusFunction struct {
	app      *app
	release  chan struct{}
	arrived  atomic.Int32
	smuggled atomic.Bool
}

func newCorpusFunction(t *testing.T) *corpusFunction {
	f := &corpusFunction{release: make(chan struct{})}
	f.app = fakeFunction(t, map[string]string{"read_timeout": "5s"}, func(_ int, nc net.Conn, r *bufio.Reader) {
		for {
			head, body, err := readRequest(r)
			if head != "" {
				f.arrived.Add(1)
			}
			if err != nil {
				return
			}
			line, _, _ := strings.Cut(head, "\r\n")
			words := strings.Split(line, " ")
			if strings.HasSuffix(words[1], "/smuggled") {
				f.smuggled.Store(true)
			}
			if words[1] == "/hold" {
				<-f.release
			}
			answer := words[0] + " " + words[1] + "\n" + body
			if _, err := fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer); err != nil {
				return
			}
		}
	})
	return f
}

// check reads the answer to a case that was sent on c, and says what is wrong with it.
func (f *corpusFunction) check(c *testClient, k *corpusCase, before int32) error {
	got, _ := c.final(k.Method)
	after := k.After
	switch k.Expect {
	case "accept":
		if want := k.Method + " " + string(k.Target) + "\n" + string(k.Body); got.status != 200 || got.body != want {
			return fmt.Errorf("want 200 and %.80q, got %d and %.200q, %v", want, got.status, got.body, got.err)
		}
	default:
		if !slices.Contains(k.Status, got.status) {
			return fmt.Errorf("want one of %v, got %d and %.200q, %v", k.Status, got.status, got.body, got.err)
		}
		if f.arrived.Load() != before && !k.MayReach {
			return errors.New("it reached the function")
		}
		if k.Expect == "own" {
			return nil
		}
		after = "close"
	}
	if after == "close" {
		if more, err := io.ReadAll(c.r); len(more) > 0 || isTimeout(err) {
			return fmt.Errorf("not closed: %.80q, %v", more, err)
		}
		return nil
	}
	if next := c.call(get); next.status != 200 || next.body != "GET /\n" {
		return fmt.Errorf("the next request on the connection: %+v", next)
	}
	return nil
}

// put sends bytes; the server may have closed already.
func (c *testClient) put(text string) { _, _ = io.WriteString(c.nc, text) }

func (f *corpusFunction) alone(t *testing.T, k *corpusCase) error {
	c := f.app.connect(t)
	defer c.nc.Close()
	before := f.arrived.Load()
	c.put(string(k.Request))
	return f.check(c, k, before)
}

// behind sends the case while the request before it has no answer yet.
func (f *corpusFunction) behind(t *testing.T, k *corpusCase) error {
	c := f.app.connect(t)
	defer c.nc.Close()
	before := f.arrived.Load()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		c.put("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n" + string(k.Request))
	}()
	eventually(t, "the first request is in the function", func() bool { return f.arrived.Load() > before })
	_ = c.nc.SetReadDeadline(time.Now().Add(2 * time.Millisecond))
	if early, err := c.r.ReadByte(); err == nil {
		return fmt.Errorf("answered before the request ahead of it: %q", early)
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	f.release <- struct{}{}
	if first := c.receive("GET"); first.status != 200 || first.body != "GET /hold\n" {
		return fmt.Errorf("the request ahead of it: %+v", first)
	}
	err := f.check(c, k, before+1)
	<-sent
	return err
}

// cut sends the case in two pieces, with a moment between them.
func (f *corpusFunction) cut(t *testing.T, k *corpusCase, at int) error {
	c := f.app.connect(t)
	defer c.nc.Close()
	before := f.arrived.Load()
	c.put(string(k.Request[:at]))
	time.Sleep(300 * time.Microsecond) // so that the pieces are read apart; nothing depends on it
	c.put(string(k.Request[at:]))
	return f.check(c, k, before)
}

// cuts are the places at which a request is cut: each in its head and the line behind, of long ones those
// near the ends.
func (k *corpusCase) cuts() (places []int) {
	head := strings.Index(string(k.Request), "\r\n\r\n")
	if head < 0 {
		head = len(k.Request)
	}
	for at := 1; at < min(head+30, len(k.Request)); at++ {
		if at < 200 || at > head-20 {
			places = append(places, at)
		}
	}
	return places
}

// each runs a check over the corpus, with a few functions at once.
func eachCorpusCase(t *testing.T, run func(t *testing.T, f *corpusFunction, k *corpusCase)) {
	cases := make(chan *corpusCase)
	var workers sync.WaitGroup
	for range 8 {
		f := newCorpusFunction(t)
		workers.Add(1)
		go func() {
			defer workers.Done()
			for k := range cases {
				run(t, f, k)
				if f.smuggled.Swap(false) {
					t.Errorf("%s: the request inside reached the function", k.Name)
				}
			}
		}()
	}
	all := readCorpus[corpusCase](t, "requests.json", 400)
	for i := range all {
		cases <- &all[i]
	}
	close(cases)
	workers.Wait()
}

func TestCorpusOfRequests(t *testing.T) {
	eachCorpusCase(t, func(t *testing.T, f *corpusFunction, k *corpusCase) {
		if err := f.alone(t, k); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
	})
}

func TestCorpusBehindAnUnansweredRequest(t *testing.T) {
	eachCorpusCase(t, func(t *testing.T, f *corpusFunction, k *corpusCase) {
		if err := f.behind(t, k); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
	})
}

func TestCorpusCutAtEveryByteOfTheHead(t *testing.T) {
	eachCorpusCase(t, func(t *testing.T, f *corpusFunction, k *corpusCase) {
		for _, at := range k.cuts() {
			if err := f.cut(t, k, at); err != nil {
				t.Errorf("%s, cut at %d: %v", k.Name, at, err)
				return
			}
		}
	})
}
