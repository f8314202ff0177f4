package process

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

const (
	mayExecute = 1 // access(2), X_OK
	// scriptHead is what the kernel reads of a script for the name of its interpreter.
	scriptHead = 256
)

// CheckProgram tells why a program cannot be started, as far as that can be seen without starting it. The
// kernel says "no such file" about a script whose interpreter, or a binary whose loader, is missing, which is
// hard to understand.
func CheckProgram(name string) error {
	path, err := lookPath(name)
	if err != nil {
		return err
	}
	if err := syscall.Access(path, mayExecute); err != nil {
		return &os.PathError{Op: "exec", Path: path, Err: err}
	}
	needed := interpreterOf(path)
	if needed == "" {
		return nil
	}
	if _, err := os.Stat(needed); err == nil {
		return nil
	}
	return fmt.Errorf("exec %s: it needs %s, which is not in the image", path, needed)
}

// interpreterOf is the file that the kernel loads to run this one; empty when there is none, or it cannot be
// known.
func interpreterOf(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	head := make([]byte, scriptHead)
	n, _ := io.ReadFull(file, head)
	head = head[:n]
	if line, found := bytes.CutPrefix(head, []byte("#!")); found {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		return absolute(firstField(string(line)))
	}
	binary, err := elf.NewFile(file)
	if err != nil {
		return ""
	}
	for _, part := range binary.Progs {
		if part.Type == elf.PT_INTERP && part.Filesz < syscall.PathMax {
			name, _ := io.ReadAll(part.Open())
			return absolute(strings.TrimRight(string(name), "\x00"))
		}
	}
	return ""
}

func firstField(line string) string {
	if fields := strings.Fields(line); len(fields) > 0 {
		return fields[0]
	}
	return ""
}

// absolute drops a name that means another file in each directory.
func absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return ""
}
