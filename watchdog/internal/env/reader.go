// Package env reads what stands in environment variables: values in forgiving formats, and commands.
package env

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Reader reads variables with their forgiving formats. What it cannot read becomes a warning and the default:
// a function must not stop working because of a variable that the former watchdog ignored. An empty value is
// as unset.
type Reader struct {
	// Lookup answers the value of a variable, empty when it is not set.
	Lookup func(string) string
	// Warnings are for the log.
	Warnings []string
}

// NewReader reads this process's environment.
func NewReader() *Reader { return &Reader{Lookup: os.Getenv} }

// Warn notes that a value cannot be used, and what is used instead.
func (e *Reader) Warn(name, value string, usual any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf("%s=%q is not valid, using %v", name, value, usual))
}

// Text returns the first of the names that has a value.
func (e *Reader) Text(usual string, names ...string) string {
	for _, name := range names {
		if v := e.Lookup(name); v != "" {
			return v
		}
	}
	return usual
}

// Duration takes whole seconds or Go's notation; negative ones are refused.
func (e *Reader) Duration(name string, usual time.Duration) time.Duration {
	v := e.Lookup(name)
	if v == "" {
		return usual
	}
	d, err := time.ParseDuration(v)
	if seconds, numeric := strconv.ParseInt(v, 10, 32); numeric == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d < 0 {
		e.Warn(name, v, usual)
		return usual
	}
	return d
}

// Boolean takes the usual spellings in any case.
func (e *Reader) Boolean(usual bool, names ...string) bool {
	for _, name := range names {
		v := e.Lookup(name)
		switch strings.ToLower(v) {
		case "":
			continue
		case "1", "t", "true", "y", "yes", "on":
			return true
		case "0", "f", "false", "n", "no", "off":
			return false
		}
		e.Warn(name, v, usual)
		return usual
	}
	return usual
}

// Integer takes what lies between low and high.
func (e *Reader) Integer(name string, usual, low, high int) int {
	v := e.Lookup(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		e.Warn(name, v, usual)
		return usual
	}
	return n
}

// Bytes takes a number with an optional unit: k, M, G, Ki, Mi, Gi, each with or without B. A bare number is
// bytes.
func (e *Reader) Bytes(name string, usual int64) int64 {
	v := e.Lookup(name)
	if v == "" {
		return usual
	}
	digits := strings.TrimRight(v, "BbKkMmGgIi")
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	factor, known := byteUnits[strings.TrimSuffix(strings.ToLower(v[len(digits):]), "b")]
	if err != nil || n < 0 || !known || n > (1<<62)/factor {
		e.Warn(name, v, usual)
		return usual
	}
	return n * factor
}

// BytesWithin is Bytes with a smallest and a largest value.
func (e *Reader) BytesWithin(name string, usual, low, high int64) int64 {
	n := e.Bytes(name, usual)
	if n < low || n > high {
		e.Warn(name, e.Lookup(name), usual)
		return usual
	}
	return n
}

var byteUnits = map[string]int64{
	"": 1, "k": 1000, "m": 1000 * 1000, "g": 1000 * 1000 * 1000, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30,
}
