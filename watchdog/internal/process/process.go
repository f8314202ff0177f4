package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Table starts every process of the watchdog and is the only one that waits for children. As PID 1, or as a
// subreaper, it also inherits orphans: it reaps unknown children and ignores them.
type Table struct {
	mu      sync.Mutex
	running map[int]*Process
}

// Process is a started child, the leader of its own process group.
type Process struct {
	pid    int
	table  *Table
	Status syscall.WaitStatus // valid after Done
	Done   chan struct{}
	onExit func() // may be nil; runs with the table locked
}

// NewTable is empty. Run its Reap in a goroutine of its own.
func NewTable() *Table { return &Table{running: map[int]*Process{}} }

// AdoptOrphans makes descendants of our children become ours when their parent dies, as they do for PID 1.
func AdoptOrphans() {
	const setChildSubreaper = 36
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0)
}

// Reap collects the dead until stop is closed.
func (t *Table) Reap(stop <-chan struct{}) {
	dead := make(chan os.Signal, 1)
	signal.Notify(dead, syscall.SIGCHLD)
	defer signal.Stop(dead)
	for {
		t.collect()
		select {
		case <-dead:
		case <-stop:
			return
		}
	}
}

func (t *Table) collect() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if p := t.running[pid]; p != nil {
			delete(t.running, pid)
			p.Status = status
			close(p.Done)
			if p.onExit != nil {
				p.onExit()
			}
		}
	}
}

// Start runs argv with the given environment and descriptors 0, 1, 2 and on. The table is locked meanwhile,
// so that the child cannot be reaped before it is known.
func (t *Table) Start(argv, env []string, files []uintptr, onExit func()) (*Process, error) {
	path, err := lookPath(argv[0])
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env:   env,
		Files: files,
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return nil, &os.PathError{Op: "fork/exec", Path: path, Err: err}
	}
	p := &Process{pid: pid, table: t, Done: make(chan struct{}), onExit: onExit}
	t.running[pid] = p
	return p, nil
}

// Count is how many processes were started and not reaped yet.
func (t *Table) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.running)
}

// signal sends sig to the whole group; false when nobody is left in it.
func (p *Process) signal(sig syscall.Signal) bool {
	p.table.mu.Lock()
	defer p.table.mu.Unlock()
	if other := p.table.running[p.pid]; other != nil && other != p {
		return false // the number has been given to a later child
	}
	return syscall.Kill(-p.pid, sig) == nil
}

// Terminate asks the group to end and kills what is left of it after grace. It returns when nobody is left.
func (p *Process) Terminate(grace time.Duration) {
	if !p.signal(syscall.SIGTERM) {
		return
	}
	p.signal(syscall.SIGCONT)
	deadline := time.Now().Add(grace)
	pause := time.Millisecond
	for time.Now().Before(deadline) {
		time.Sleep(pause)
		if !p.signal(0) {
			return
		}
		pause = min(2*pause, 50*time.Millisecond)
	}
	p.signal(syscall.SIGKILL)
}

// Exited tells whether the process itself has been reaped.
func (p *Process) Exited() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}

// Outcome words the exit as Go's os package does, which tools around the classic watchdog parse.
func Outcome(status syscall.WaitStatus) string {
	if status.Signaled() {
		text := "signal: " + status.Signal().String()
		if status.Signal() == syscall.SIGKILL {
			text += " (out of memory? the limit is limits.memory)"
		}
		if status.CoreDump() {
			text += " (core dumped)"
		}
		return text
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// ExitCode is the code that a shell would give: 128+n for a signal.
func ExitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// TerminateAll ends every process that still runs, all groups at the same time.
func (t *Table) TerminateAll(grace time.Duration) {
	t.mu.Lock()
	var left []*Process
	for _, p := range t.running {
		left = append(left, p)
	}
	t.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range left {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p.Terminate(grace)
		}()
	}
	wg.Wait()
}

var errNotExecutable = errors.New("executable file not found in $PATH")

// lookPath finds a command as execvp does: a name with a slash is taken as it is.
func lookPath(name string) (string, error) {
	if strings.ContainsRune(name, '/') {
		if err := executable(name); err != nil {
			return "", &os.PathError{Op: "exec", Path: name, Err: err}
		}
		return name, nil
	}
	for _, dir := range strings.Split(os.Getenv("PATH"), ":") {
		if dir == "" {
			continue // the working directory is not searched by accident
		}
		if path := dir + "/" + name; executable(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("exec: %q: %w", name, errNotExecutable)
}

func executable(path string) error {
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		return err
	}
	if stat.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		return syscall.EISDIR
	}
	if stat.Mode&0o111 == 0 {
		return syscall.EACCES
	}
	return nil
}
