// Serves the handler over HTTP to the watchdog, which is PID 1 and listens on port 8080.
package main

import (
	"context"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"handler/function"
)

func main() {
	// The watchdog has the time limits of calls; the slow clients are its, too.
	server := &http.Server{Addr: "127.0.0.1:3000", Handler: http.HandlerFunc(function.Handle)}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-stop.Done()
		drain, cancelDrain := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancelDrain()
		if err := server.Shutdown(drain); err != nil {
			log.Println(err)
		}
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-ended
}
