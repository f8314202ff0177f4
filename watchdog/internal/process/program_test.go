package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckProgramSaysWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", "/bin:/usr/bin")
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	self, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	loader := interpreterOf("/bin/sh")
	cases := []struct{ name, program, says string }{
		{"a program that is there", "sh", ""},
		{"a script whose interpreter is there", file("good", "#! /bin/sh -e\n", 0o755), ""},
		{"a file without any head", file("empty", "", 0o755), ""},
		{"a typo", "pyhton3", `"pyhton3": executable file not found in $PATH`},
		{"a file that is not there", dir + "/none", "no such file or directory"},
		{"a file that may not be executed", file("plain", "#!/bin/sh\n", 0o644), "permission denied"},
		{"a script without its interpreter", file("script", "#!/usr/bin/no-python -u\n", 0o755),
			"it needs /usr/bin/no-python, which is not in the image"},
	}
	if loader != "" {
		other := strings.Repeat("x", len(loader)-1)
		broken := strings.Replace(string(self), loader+"\x00", "/"+other+"\x00", 1)
		cases = append(cases, struct{ name, program, says string }{
			"a binary without its loader", file("binary", broken, 0o755), "it needs /" + other + ", which is not in the image"})
	}
	for _, c := range cases {
		err := CheckProgram(c.program)
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}
