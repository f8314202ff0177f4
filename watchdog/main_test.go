package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sampan/watchdog/internal/env"
	"sampan/watchdog/internal/wire"
)

// TestMain turns the test binary into a child when the environment says so.
func TestMain(m *testing.M) {
	if role := os.Getenv("FWATCHDOG_TEST_CHILD"); role != "" {
		os.Exit(child(role))
	}
	os.Exit(m.Run())
}

func child(role string) int {
	switch role {
	case "cat":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "exit3":
		fmt.Println("out")
		fmt.Fprintln(os.Stderr, "err")
		return 3
	case "slow":
		time.Sleep(7 * time.Second)
	case "noread":
		fmt.Println("noread")
	case "control":
		fmt.Fprintln(os.NewFile(3, "ctrl"), `{"status":404,"headers":{"X-A":["1","2"],"Content-Type":"text/x"}}`)
		fmt.Println("hi")
	case "orphan":
		// A grandchild that outlives its parent and holds stdout.
		_ = os.Setenv("FWATCHDOG_TEST_CHILD", "slow")
		_, _ = os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{Files: []*os.File{nil, os.Stdout, nil}})
		fmt.Println("parent")
	}
	return 0
}

// testApp runs the production wiring on a free port.
func testApp(t *testing.T, role string, set map[string]string) *app {
	t.Helper()
	t.Setenv("FWATCHDOG_TEST_CHILD", role)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // else each child lasts a second under the race detector
	vars := map[string]string{"lock_path": filepath.Join(t.TempDir(), ".lock"), "kill_grace": "500ms"}
	for name, value := range set {
		vars[name] = value
	}
	reader := env.NewReader()
	reader.Lookup = func(name string) string { return vars[name] }
	cfg, err := readConfig(reader, []string{os.Args[0]})
	if err != nil {
		t.Fatal(err)
	}
	cfg.port, cfg.metricsPort = 0, 0
	log := newLogger()
	log.out, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	a := newApp(cfg, log)
	go a.processes.Reap(a.ended)
	if err := a.prepareRunner(); err != nil {
		t.Fatal(err)
	}
	if err := a.server.listen(); err != nil {
		t.Fatal(err)
	}
	if h, ok := a.server.runner.(*httpRunner); ok {
		child := newHTTPChild()
		child.isUp.Store(true)
		h.child.Store(child)
	}
	a.server.accepting.Store(true)
	go a.server.accept()
	t.Cleanup(func() {
		drained := a.server.closeListener()
		a.processes.TerminateAll(100 * time.Millisecond)
		a.pauseFor(drained, 3*time.Second)
		close(a.ended)
	})
	return a
}

// testClient is a raw connection: tests must see exactly what is on the wire.
type testClient struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

func (a *app) connect(t *testing.T) *testClient {
	t.Helper()
	nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", a.server.listener.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { _ = nc.Close() })
	return &testClient{t, nc, bufio.NewReader(nc)}
}

func (c *testClient) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.nc, text); err != nil {
		c.t.Fatal(err)
	}
}

// answer is a response as it was read; err tells of a body that did not end properly.
type answer struct {
	status int
	head   string
	body   string
	err    error
}

// receive reads one response, with our own parsers.
func (c *testClient) receive(method string) answer {
	c.t.Helper()
	src := wire.NewSource(c.r)
	head, err := src.Head(1 << 20)
	if err != nil {
		return answer{err: err}
	}
	a := answer{head: string(head)}
	var resp wire.Response
	if err := resp.Parse(head); err != nil {
		c.t.Fatalf("%v in %q", err, head)
	}
	a.status = resp.Status
	kind, length := resp.BodyKind([]byte(method))
	var b wire.Body
	src.PinHead()
	b.Start(&src, kind, length)
	whole, err := io.ReadAll(&b)
	a.body, a.err = string(whole)+string(b.Trailer), err
	if rest := src.Buffered(); len(rest) > 0 {
		c.r = bufio.NewReader(io.MultiReader(strings.NewReader(string(rest)), c.r))
	}
	return a
}

// call sends a request and reads its response.
func (c *testClient) call(request string) answer {
	c.t.Helper()
	c.send(request)
	method, _, _ := strings.Cut(request, " ")
	return c.receive(method)
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
