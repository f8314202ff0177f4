package metrics

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"sampan/watchdog/internal/wire"
)

// metricsLimit bounds reading a scrape's request, and writing its answer.
const metricsLimit = 500 * time.Millisecond

// Serve answers GET /metrics on a port of its own, independent of how busy the function is.
func (m *Metrics) Serve(port int) error {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return fmt.Errorf("listen on port %d: %w", port, err)
	}
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			go m.scrape(nc)
		}
	}()
	return nil
}

// scrape serves one request and closes.
func (m *Metrics) scrape(nc net.Conn) {
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(metricsLimit))
	src := wire.NewSource(nc)
	var req wire.Request
	head, err := src.Head(8 << 10)
	if err != nil || req.Parse(head) != nil {
		return
	}
	status, body := 200, []byte(nil)
	switch method := string(req.Method); {
	case string(req.Path()) != "/metrics":
		status, body = 404, []byte("404 page not found\n")
	case method != "GET" && method != "HEAD":
		status, body = 405, []byte("only GET\n")
	default:
		body = m.text()
	}
	answer := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"+
		"Content-Length: %d\r\nConnection: close\r\n\r\n", status, wire.StatusText(status), len(body))
	if string(req.Method) != "HEAD" {
		answer = append(answer, body...)
	}
	_ = nc.SetDeadline(time.Now().Add(metricsLimit))
	_, _ = nc.Write(answer)
}

// text is the exposition in format 0.0.4.
func (m *Metrics) text() []byte {
	var b bytes.Buffer
	declare := func(name, kind, help string) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	value := func(name, kind, help string, v float64) {
		declare(name, kind, help)
		fmt.Fprintf(&b, "%s %s\n", name, number(v))
	}
	declare("http_requests_total", "counter", "Total number of HTTP requests processed.")
	m.each(func(labels string, s *series) {
		fmt.Fprintf(&b, "http_requests_total{%s} %d\n", labels, s.count.Load())
	})
	declare("http_request_duration_seconds", "histogram", "Seconds spent serving HTTP requests.")
	m.each(func(labels string, s *series) { writeHistogram(&b, labels, s) })
	value("http_requests_in_flight", "gauge", "Number of HTTP requests in flight.", float64(m.InFlight.Load()))
	up := 0.0
	if m.about.ChildUp() {
		up = 1
	}
	value("fwatchdog_child_up", "gauge", "Whether the function can take calls.", up)
	value("fwatchdog_child_restarts_total", "counter", "Restarts of the function's process: never.", 0)
	value("fwatchdog_timeouts_total", "counter", "Calls ended at their time limit.", float64(m.Timeouts.Load()))
	declare("fwatchdog_build_info", "gauge", "Always 1; the labels say what runs.")
	fmt.Fprintf(&b, "fwatchdog_build_info{version=%q,commit=%q,mode=%q} 1\n", m.about.Version, m.about.Commit, m.about.Mode)
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	value("process_cpu_seconds_total", "counter", "User and system CPU time of the watchdog.",
		seconds(usage.Utime)+seconds(usage.Stime))
	value("process_resident_memory_bytes", "gauge", "Resident memory of the watchdog.", residentBytes())
	fds, _ := os.ReadDir("/proc/self/fd")
	value("process_open_fds", "gauge", "Open file descriptors of the watchdog.", float64(len(fds)))
	value("process_start_time_seconds", "gauge", "Start of the watchdog since the Unix epoch.",
		float64(m.about.Started.UnixMilli())/1000)
	return b.Bytes()
}

// each visits the series that have been used, in a fixed order.
func (m *Metrics) each(visit func(labels string, s *series)) {
	for method := range m.byCall {
		for status := range m.byCall[method] {
			if s := m.byCall[method][status].Load(); s != nil {
				visit(fmt.Sprintf("code=\"%d\",method=\"%s\"", status, methods[method]), s)
			}
		}
	}
}

func writeHistogram(b *bytes.Buffer, labels string, s *series) {
	const name = "http_request_duration_seconds"
	// Read the total first: a call that ends meanwhile must not make a bucket larger than +Inf.
	total, below := s.count.Load(), int64(0)
	for i, bound := range buckets {
		below = min(below+s.buckets[i].Load(), total)
		fmt.Fprintf(b, "%s_bucket{%s,le=\"%s\"} %d\n", name, labels, number(bound), below)
	}
	fmt.Fprintf(b, "%s_bucket{%s,le=\"+Inf\"} %d\n", name, labels, total)
	fmt.Fprintf(b, "%s_sum{%s} %s\n", name, labels, number(time.Duration(s.nanos.Load()).Seconds()))
	fmt.Fprintf(b, "%s_count{%s} %d\n", name, labels, total)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// residentBytes reads the second field of statm, in pages.
func residentBytes() float64 {
	raw, _ := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(raw)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return float64(pages) * float64(os.Getpagesize())
}
