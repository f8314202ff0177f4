package main

import (
	"os"
	"syscall"
)

// pipeEnd is a descriptor of a pipe as a child gets it: blocking, and closed by us after the fork.
type pipeEnd int

func (e pipeEnd) close() {
	if e >= 0 {
		_ = syscall.Close(int(e))
	}
}

// pipeFrom makes a pipe that the child writes and we read.
func pipeFrom(name string) (ours *os.File, childs pipeEnd, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, -1, os.NewSyscallError("pipe2", err)
	}
	return pollable(fds[0], name), pipeEnd(fds[1]), nil
}

// pipeTo makes a pipe that we write and the child reads.
func pipeTo(name string) (ours *os.File, childs pipeEnd, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, -1, os.NewSyscallError("pipe2", err)
	}
	return pollable(fds[1], name), pipeEnd(fds[0]), nil
}

// pollable makes our end non-blocking, only ours: os.Pipe would make the child's end non-blocking too, and most
// programs do not expect that of their stdout.
func pollable(fd int, name string) *os.File {
	_ = syscall.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), name)
}
