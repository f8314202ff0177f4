package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPackagesImportOnlyWhatArchitectureDraws holds the arrows of "Rooms of the watchdog" in
// docs/architecture.md.
func TestPackagesImportOnlyWhatArchitectureDraws(t *testing.T) {
	const internal = "sampan/watchdog/internal/"
	arrows := map[string][]string{"env": nil, "wire": nil, "process": nil, "jwt": {"wire"}, "metrics": {"wire"}}
	files, err := filepath.Glob("internal/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		room := filepath.Base(filepath.Dir(file))
		allowed, drawn := arrows[room]
		if !drawn {
			t.Errorf("%s: the package %s is not drawn", file, room)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range parsed.Imports {
			path, _ := strconv.Unquote(imported.Path.Value)
			other, ours := strings.CutPrefix(path, internal)
			if (ours && !slices.Contains(allowed, other)) || (!ours && strings.Contains(path, ".")) {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}
