package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one program under measurement.
type process struct {
	name string
	port int
	cmd  *exec.Cmd
}

func spawn(name string, port int, env []string, argv ...string) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}, env...)
	cmd.Stderr = io.Discard
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{name, port, cmd}, nil
}

// stop asks first, so that a watchdog takes its child with it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(3*time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait()
	timer.Stop()
}

// waitFor polls a path until it answers 200.
func (p *process) waitFor(path string, pause time.Duration) error {
	deadline := time.Now().Add(10 * time.Second)
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	answer := make([]byte, 512)
	for time.Now().Before(deadline) {
		if conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", p.port)); err == nil {
			_, _ = conn.Write(request)
			n, _ := conn.Read(answer)
			conn.Close()
			if bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200")) {
				return nil
			}
		}
		time.Sleep(pause)
	}
	return fmt.Errorf("%s does not answer %s", p.name, path)
}

// cpu is the time that this process alone (not its children) has used: utime + stime.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2) // USER_HZ is 100 on Linux
}

// memory returns the resident kilobytes now and at their peak.
func (p *process) memory() (now, peak int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for _, line := range strings.Split(string(status), "\n") {
		key, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch key {
		case "VmRSS":
			now = n
		case "VmHWM":
			peak = n
		}
	}
	return now, peak
}

// resetPeak makes the kernel forget the highest resident size.
func (p *process) resetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0)
}

func freePort() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
