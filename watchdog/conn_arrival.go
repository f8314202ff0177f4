package main

import (
	"syscall"
	"time"
)

// arrivalLook is the longest time between two looks at whether an answer has arrived.
const arrivalLook = 20 * time.Millisecond

// States of a TCP connection whose end the other side has not acknowledged (Linux: include/net/tcp_states.h).
const (
	tcpFinWait1 = 4
	tcpLastAck  = 9
	tcpClosing  = 11
)

// awaitArrival ends the sending side and waits until the client's system has acknowledged that end, and so all that
// was sent before it. The container's network goes with its last process: what is still on its way then is lost, and
// the client waits for it for ever, since nobody is left who could tell it so. How long the watchdog as a whole waits
// is bounded by its drain.
func (c *clientConn) awaitArrival(limit time.Duration) {
	if c.nc.CloseWrite() != nil {
		return
	}
	end := time.Now().Add(limit)
	for pause := time.Millisecond; c.endIsUnacknowledged() && time.Now().Before(end); pause *= 2 {
		time.Sleep(min(pause, arrivalLook))
	}
}

func (c *clientConn) endIsUnacknowledged() bool {
	raw, err := c.nc.SyscallConn()
	if err != nil {
		return false
	}
	state := 0
	if raw.Control(func(fd uintptr) {
		var info int
		// The state is the first byte of the kernel's tcp_info, which is the lowest of an int on all processors we build for.
		if info, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO); err == nil {
			state = info & 0xff
		}
	}) != nil {
		return false
	}
	return state == tcpFinWait1 || state == tcpLastAck || state == tcpClosing
}
