package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// In http mode most cases are the upstream themselves: the child only sleeps, and upstream_url
// points at a listener of the test, which so sees and says exactly what it wants, byte for byte.

// seen is one request as it arrived at the upstream.
type seen struct {
	head string // request line and headers, unparsed
	*http.Request
	conn net.Conn
	in   *bufio.Reader
}

// answer writes raw bytes, lines given without their ends; an empty line ends the header.
func (s *seen) answer(lines ...string) { _, _ = io.WriteString(s.conn, strings.Join(lines, "\r\n")) }

func (s *seen) hasHeader(name string) bool {
	return strings.Contains(strings.ToLower(s.head), "\r\n"+strings.ToLower(name)+":")
}

// rawUpstream serves connections with a handler that answers by hand. Returning false closes the connection.
func rawUpstream(t *testing.T, handle func(*seen) bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var mu sync.Mutex
	var open []net.Conn
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range open {
			conn.Close()
		}
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					request, err := readHead(conn, in)
					if err != nil {
						return
					}
					body := request.Body
					if !handle(request) {
						return
					}
					_, _ = io.Copy(io.Discard, body)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

func readHead(conn net.Conn, in *bufio.Reader) (*seen, error) {
	var head bytes.Buffer
	for !bytes.HasSuffix(head.Bytes(), []byte("\r\n\r\n")) {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		head.Write(line)
	}
	text := head.String()
	rest := bufio.NewReader(io.MultiReader(&head, in))
	request, err := http.ReadRequest(rest)
	if err != nil {
		return nil, err
	}
	return &seen{text, request, conn, rest}, nil
}

// behind starts a watchdog in http mode before an upstream of the test.
func behind(t *testing.T, upstream string, env ...string) *watchdog {
	t.Helper()
	return start(t, append([]string{"mode=http", "fprocess=" + fx("slow", "600"), "upstream_url=" + upstream}, env...)...)
}

// before starts a watchdog before a Go handler of the test.
func before(t *testing.T, handler http.HandlerFunc, env ...string) *watchdog {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		go server.Close()
	})
	return behind(t, server.URL, env...)
}

// serving starts a watchdog before the `serve` fixture as its real child.
func serving(t *testing.T, l launch, words ...string) *watchdog {
	t.Helper()
	address := fmt.Sprint("127.0.0.1:", freePort(t))
	l.env = append([]string{"mode=http", "upstream_url=http://" + address,
		"fprocess=" + fx(append([]string{"serve", address}, words...)...)}, l.env...)
	return l.start(t)
}

// flushed writes and flushes one piece.
func flushed(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}
