package env

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitCommand(t *testing.T) {
	cases := []struct {
		in   string
		want []string
	}{
		{"cat", []string{"cat"}},
		{"  node   index.js ", []string{"node", "index.js"}},
		{`sh -c 'echo "a  b" && true'`, []string{"sh", "-c", `echo "a  b" && true`}},
		{`a "b \"c\" \d \\"`, []string{"a", `b "c" \d \`}},
		{`a\ b 'c'd"e"`, []string{"a b", "cde"}},
		{`a '' ""`, []string{"a", "", ""}},
		{`java -Dx=y=z $HOME *`, []string{"java", "-Dx=y=z", "$HOME", "*"}},
		{`C:\\dir`, []string{`C:\dir`}},
		{`end\`, []string{`end\`}},
		{"", nil},
	}
	for _, c := range cases {
		got, err := SplitCommand(c.in)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v; want %q", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{`a 'b`, `a "b\"`} {
		if got, err := SplitCommand(bad); err == nil {
			t.Errorf("%q was accepted as %q", bad, got)
		}
	}
}

func FuzzSplitCommand(f *testing.F) {
	f.Add(`sh -c 'a b'`)
	f.Add(`a\ "b\\"`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := SplitCommand(in)
		if err != nil {
			return
		}
		if !strings.ContainsAny(in, `'"\`) {
			want := strings.FieldsFunc(in, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) })
			if !slices.Equal(got, want) {
				t.Fatalf("%q: %q, want %q", in, got, want)
			}
		}
		// Whatever came out must survive being quoted and split again.
		var quoted []string
		for _, arg := range got {
			quoted = append(quoted, "'"+strings.ReplaceAll(arg, "'", `'\''`)+"'")
		}
		again, err := SplitCommand(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, got) {
			t.Fatalf("%q: %q became %q, %v", in, got, again, err)
		}
	})
}
