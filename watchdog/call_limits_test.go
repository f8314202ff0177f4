package main

import (
	"testing"
	"time"
)

func TestXTimeout(t *testing.T) {
	cases := []struct {
		value string
		max   time.Duration
		want  time.Duration
	}{
		{"500ms", time.Second, 500 * time.Millisecond}, {"9s", time.Second, 0}, {"9s", 0, 9 * time.Second},
		{"0s", time.Second, 0}, {"-1s", time.Second, 0}, {"x", time.Second, 0}, {"1", time.Second, 0}, {"", time.Second, 0},
	}
	for _, c := range cases {
		if got := parseXTimeout([]byte(c.value), c.max); got != c.want {
			t.Errorf("%q of %s: %s", c.value, c.max, got)
		}
	}
}

func FuzzXTimeout(f *testing.F) {
	for _, seed := range []string{"1s", "0", "-1h", "9999999h", "1.5h"} {
		f.Add(seed, int64(time.Second))
	}
	f.Fuzz(func(t *testing.T, value string, max int64) {
		if max < 0 {
			return
		}
		got := parseXTimeout([]byte(value), time.Duration(max))
		if got < 0 || (max > 0 && got > time.Duration(max)) {
			t.Fatalf("%q of %d: %d", value, max, got)
		}
	})
}
