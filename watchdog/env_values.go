package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// envReader reads variables with their forgiving formats. What it cannot read becomes a warning and the default: a
// function must not stop working because of a variable that the former watchdog ignored. An empty value is as unset.
type envReader struct {
	lookup   func(string) string
	warnings []string
}

func newEnvReader() *envReader { return &envReader{lookup: os.Getenv} }

func (e *envReader) warn(name, value string, usual any) {
	e.warnings = append(e.warnings, fmt.Sprintf("%s=%q is not valid, using %v", name, value, usual))
}

// text returns the first of the names that has a value.
func (e *envReader) text(usual string, names ...string) string {
	for _, name := range names {
		if v := e.lookup(name); v != "" {
			return v
		}
	}
	return usual
}

// duration takes whole seconds or Go's notation; negative ones are refused.
func (e *envReader) duration(name string, usual time.Duration) time.Duration {
	v := e.lookup(name)
	if v == "" {
		return usual
	}
	d, err := time.ParseDuration(v)
	if seconds, numeric := strconv.ParseInt(v, 10, 32); numeric == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d < 0 {
		e.warn(name, v, usual)
		return usual
	}
	return d
}

// boolean takes the usual spellings in any case.
func (e *envReader) boolean(usual bool, names ...string) bool {
	for _, name := range names {
		v := e.lookup(name)
		switch strings.ToLower(v) {
		case "":
			continue
		case "1", "t", "true", "y", "yes", "on":
			return true
		case "0", "f", "false", "n", "no", "off":
			return false
		}
		e.warn(name, v, usual)
		return usual
	}
	return usual
}

// integer takes what lies between low and high.
func (e *envReader) integer(name string, usual, low, high int) int {
	v := e.lookup(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		e.warn(name, v, usual)
		return usual
	}
	return n
}

// bytes takes a number with an optional unit: k, M, G, Ki, Mi, Gi, each with or without B. A bare number is bytes.
func (e *envReader) bytes(name string, usual int64) int64 {
	v := e.lookup(name)
	if v == "" {
		return usual
	}
	digits := strings.TrimRight(v, "BbKkMmGgIi")
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	factor, known := byteUnits[strings.TrimSuffix(strings.ToLower(v[len(digits):]), "b")]
	if err != nil || n < 0 || !known || n > (1<<62)/factor {
		e.warn(name, v, usual)
		return usual
	}
	return n * factor
}

// bytesWithin is bytes with a smallest and a largest value.
func (e *envReader) bytesWithin(name string, usual, low, high int64) int64 {
	n := e.bytes(name, usual)
	if n < low || n > high {
		e.warn(name, e.lookup(name), usual)
		return usual
	}
	return n
}

var byteUnits = map[string]int64{
	"": 1, "k": 1000, "m": 1000 * 1000, "g": 1000 * 1000 * 1000, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30,
}
