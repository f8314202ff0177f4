package main

import (
	"os"
	"path/filepath"
)

// lockFile tells health checks that only look at the file system that the function is ready.
type lockFile struct {
	paths []string
	// checked is the one whose removal by hand makes the function unhealthy.
	checked string
}

// newLockFile follows TMPDIR but always includes /tmp/.lock, which the HEALTHCHECK of every common template
// tests.
func newLockFile(override string) *lockFile {
	if override != "" {
		return &lockFile{paths: []string{override}}
	}
	paths := []string{filepath.Join(os.TempDir(), ".lock")}
	if usual := "/tmp/.lock"; usual != paths[0] {
		paths = append(paths, usual)
	}
	return &lockFile{paths: paths}
}

// create writes every lock file, making directories where a scratch image has none. It fails when none can be
// written.
func (l *lockFile) create() (err error) {
	for _, path := range l.paths {
		if failed := writeLock(path); failed != nil {
			err = failed
		} else if l.checked == "" {
			l.checked = path
		}
	}
	if l.checked != "" {
		return nil
	}
	return err
}

func writeLock(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o1777); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o660)
}

func (l *lockFile) remove() {
	for _, path := range l.paths {
		_ = os.Remove(path)
	}
}

// intact tells that nobody has removed the lock since create. Without a lock there is nothing to remove.
func (l *lockFile) intact() bool {
	return l.checked == "" || isThere(l.checked)
}

// present looks for any lock file, for -run-healthcheck.
func (l *lockFile) present() bool {
	for _, path := range l.paths {
		if isThere(path) {
			return true
		}
	}
	return false
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
