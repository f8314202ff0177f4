package process

import (
	"os"
	"syscall"
)

// PipeEnd is a descriptor of a pipe as a child gets it: blocking, and closed by us after the fork.
type PipeEnd int

// Close may be called on an end that was never opened, too.
func (e PipeEnd) Close() {
	if e >= 0 {
		_ = syscall.Close(int(e))
	}
}

// PipeFrom makes a pipe that the child writes and we read.
func PipeFrom(name string) (ours *os.File, childs PipeEnd, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, -1, os.NewSyscallError("pipe2", err)
	}
	return pollable(fds[0], name), PipeEnd(fds[1]), nil
}

// PipeTo makes a pipe that we write and the child reads.
func PipeTo(name string) (ours *os.File, childs PipeEnd, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, -1, os.NewSyscallError("pipe2", err)
	}
	return pollable(fds[1], name), PipeEnd(fds[0]), nil
}

// pollable makes our end non-blocking, only ours: os.Pipe would make the child's end non-blocking too, and
// most programs do not expect that of their stdout.
func pollable(fd int, name string) *os.File {
	_ = syscall.SetNonblock(fd, true)
	return os.NewFile(uintptr(fd), name)
}
