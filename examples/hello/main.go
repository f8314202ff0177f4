// A function that greets. It is an ordinary HTTP server; the watchdog in front of it starts it, waits until it accepts
// connections, passes calls on and ends it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// The watchdog listens on 8080; `upstream_url` in the Dockerfile names this address.
const address = "127.0.0.1:8082"

// Longest input that is read.
const maxInput = 64 << 10

func main() {
	if err := run(); err != nil {
		slog.Error("hello ends", "err", err)
		os.Exit(1)
	}
}

// run serves until SIGTERM, then lets the calls that are under way end.
func run() error {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()

	server := &http.Server{Addr: address, Handler: http.HandlerFunc(greet), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	drain, cancelDrain := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancelDrain()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}

func greet(w http.ResponseWriter, r *http.Request) {
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxInput))
	if err != nil {
		http.Error(w, "the input is longer than 64 KiB", http.StatusRequestEntityTooLarge)
		return
	}
	name := strings.TrimSpace(string(input))
	if name == "" {
		name = "world"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "Hello, %s!\n", name)
}
