package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// The load generator: closed loop, keep-alive, raw sockets, 127.0.0.1 only.

// sample is what one stretch of load showed.
type sample struct {
	calls     int
	took      time.Duration
	latencies []time.Duration // sorted
}

func (s sample) perSecond() float64 { return float64(s.calls) / s.took.Seconds() }

func (s sample) percentile(p float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.latencies[min(len(s.latencies)-1, int(p/100*float64(len(s.latencies))))]
}

// load keeps so many connections busy until the time is over or the calls are made (0: no limit).
func load(port, connections int, length time.Duration, calls int) (sample, error) {
	var mu sync.Mutex
	var all sample
	var failure error
	var workers sync.WaitGroup
	begin := time.Now()
	deadline := begin.Add(length)
	for i := range connections {
		share := 0
		if calls > 0 {
			share = (calls + i) / connections
		}
		workers.Add(1)
		go func() {
			defer workers.Done()
			latencies, err := worker(port, deadline, share)
			mu.Lock()
			defer mu.Unlock()
			all.latencies = append(all.latencies, latencies...)
			failure = errors.Join(failure, err)
		}()
	}
	workers.Wait()
	all.took = time.Since(begin)
	all.calls = len(all.latencies)
	slices.Sort(all.latencies)
	return all, failure
}

var smallRequest = []byte("POST /sink HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nUser-Agent: bench\r\nX-Call-Id: 0123456789abcdef\r\n\r\nhello")

func worker(port int, deadline time.Time, calls int) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 8<<10)
	latencies := make([]time.Duration, 0, max(calls, 1<<12))
	for {
		begin := time.Now()
		if calls > 0 && len(latencies) == calls || calls == 0 && begin.After(deadline) {
			return latencies, nil
		}
		if _, err := conn.Write(smallRequest); err != nil {
			return latencies, err
		}
		if err := readAnswer(in); err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(begin))
	}
}

// readAnswer reads one 200 with a length or chunks, without allocating.
func readAnswer(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("answer %q", line)
	}
	length := -1
	for {
		line, err = in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if len(line) > 16 && bytes.EqualFold(line[:15], []byte("Content-Length:")) {
			length, err = strconv.Atoi(string(bytes.TrimSpace(line[15:])))
			if err != nil {
				return err
			}
		}
	}
	if length >= 0 {
		_, err = in.Discard(length)
		return err
	}
	return skipChunks(in)
}

func skipChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return err
		}
		if size > 0 {
			if _, err := in.Discard(int(size) + 2); err != nil {
				return err
			}
			continue
		}
		for { // trailers
			line, err := in.ReadSlice('\n')
			if err != nil || len(line) == 2 {
				return err
			}
		}
	}
}

// transfer moves one body of this size, down or up, on a connection of its own.
func transfer(port int, size int64, up bool) (time.Duration, error) {
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	begin := time.Now()
	if up {
		fmt.Fprintf(conn, "POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", size)
		block := make([]byte, 256<<10)
		for left := size; left > 0; left -= int64(len(block)) {
			if _, err := conn.Write(block[:min(left, int64(len(block)))]); err != nil {
				return 0, err
			}
		}
		err = readAnswer(in)
		return time.Since(begin), err
	}
	fmt.Fprintf(conn, "GET /bytes?n=%d HTTP/1.1\r\nHost: h\r\n\r\n", size)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) == 2 {
			break
		}
	}
	block := make([]byte, 256<<10)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.LimitReader(in, size), block)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return time.Since(begin), err
}

// eventDelays reads events that carry the time of their writing and returns how late each arrived, sorted.
func eventDelays(port, count int) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /events?ms=5 HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
	in := bufio.NewReader(conn)
	var delays []time.Duration
	for len(delays) < count {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		now := time.Now().UnixMicro()
		if text, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data: ")); ok {
			written, err := strconv.ParseInt(string(text), 10, 64)
			if err != nil {
				return nil, err
			}
			delays = append(delays, time.Duration(now-written)*time.Microsecond)
		}
	}
	slices.Sort(delays)
	return delays, nil
}
