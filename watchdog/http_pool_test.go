package main

import (
	"net"
	"testing"
	"time"
)

func TestForgottenConnectionsAreClosed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	pool := &upstream{network: "tcp", address: listener.Addr().String()}
	dial := func() *upstreamConn {
		t.Helper()
		u, err := pool.dial(time.Second)
		if err != nil {
			t.Fatal(err)
		}
		u.resp.Kept = time.Minute
		return u
	}

	idle, busy := dial(), dial()
	pool.give(idle, time.Now())
	pool.forget()
	pool.give(busy, time.Now())

	if u := pool.take(time.Now()); u != nil {
		t.Fatal("a connection to the old process is used again")
	}
	for name, u := range map[string]*upstreamConn{"idle": idle, "busy": busy} {
		if _, err := u.nc.Write([]byte("x")); err == nil {
			t.Errorf("the one that was %s is open", name)
		}
	}
	next := dial()
	pool.give(next, time.Now())
	if pool.take(time.Now()) != next {
		t.Error("a connection to the new process is not kept")
	}
	next.close()
}
