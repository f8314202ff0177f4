package jwt

// Admits tells whether the token is good for the function. Patterns must match from end to end: a permission
// for "ns:abc" says nothing about "ns:abcd".
func (t *Claims) Admits(target string) bool {
	if !anyPattern(t.Function.Permissions, target) {
		return false
	}
	return len(t.Function.Audience) == 0 || anyPattern(t.Function.Audience, target)
}

func anyPattern(patterns []string, target string) bool {
	for _, p := range patterns {
		if matches(p, target) {
			return true
		}
	}
	return false
}

// matches compares with a pattern in which each * stands for any text, in linear time.
func matches(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
