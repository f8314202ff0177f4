package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"testing"
	"time"
)

func TestSpoolKeepsOrderThroughMemoryAndFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := newSpool(&byteBudget{max: spoolMemory}, &byteBudget{max: 64 << 20})
	want := make([]byte, 20<<20)
	_, _ = rand.Read(want)
	var got bytes.Buffer
	begin := make(chan struct{})
	go s.write(func(b []byte) error {
		<-begin // a client that reads only after it has sent everything
		got.Write(b)
		return nil
	})
	for rest := want; len(rest) > 0; rest = rest[min(len(rest), 60_000):] {
		if err := s.put(rest[:min(len(rest), 60_000)], func() bool { return true }); err != nil {
			t.Fatal(err)
		}
	}
	close(begin)
	if err := s.finish(nil); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d of %d bytes, %v", got.Len(), len(want), err)
	}
	if s.most > spoolMemory {
		t.Errorf("%d bytes in memory", s.most)
	}
}

func TestSpoolBlocksForASlowClient(t *testing.T) {
	s := newSpool(&byteBudget{max: spoolMemory}, &byteBudget{max: 64 << 20})
	go s.write(func(b []byte) error {
		time.Sleep(time.Millisecond)
		return nil
	})
	for range 200 {
		_ = s.put(make([]byte, 32<<10), func() bool { return true })
	}
	if err := s.finish(nil); err != nil || s.most > spoolFlow+64<<10 {
		t.Errorf("%d bytes were held, %v", s.most, err)
	}
}

func TestSpoolReportsALeavingClient(t *testing.T) {
	s := newSpool(&byteBudget{max: spoolMemory}, &byteBudget{max: 1 << 20})
	go s.write(func([]byte) error { return io.ErrClosedPipe })
	var err error
	for err == nil {
		err = s.put(make([]byte, 1000), func() bool { return true })
	}
	if broken := s.finish(err); broken != io.ErrClosedPipe {
		t.Error(broken)
	}
}
