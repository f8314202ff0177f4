package main

import (
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// table collects the rows of the result and knows which targets were missed.
type table struct {
	rows   [][4]string
	missed int
}

func (t *table) row(what, value, target string, met bool) {
	verdict := "met"
	if !met {
		verdict = "MISSED"
		t.missed++
	}
	t.rows = append(t.rows, [4]string{what, value, target, verdict})
}

func (t *table) note(what, value string) { t.rows = append(t.rows, [4]string{what, value, "", ""}) }

func (t *table) print(out io.Writer) int {
	rows := append([][4]string{{"what", "measured", "target", ""}}, t.rows...)
	var width [4]int
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for i, row := range rows {
		fmt.Fprintf(out, "| %-*s | %-*s | %-*s | %-*s |\n", width[0], row[0], width[1], row[1], width[2], row[2], width[3], row[3])
		if i == 0 {
			fmt.Fprintln(out, "|---|---|---|---|")
		}
	}
	return t.missed
}

func median[T time.Duration | float64 | int](values []T) T {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1e3) }

func us(d time.Duration) string { return fmt.Sprintf("%.0f µs", d.Seconds()*1e6) }

func mb(kilobytes int) string { return fmt.Sprintf("%.1f MB", float64(kilobytes)/1024) }
