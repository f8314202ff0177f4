package env

import "errors"

var errUnclosedQuote = errors.New("a quote is not closed")

// SplitCommand splits fprocess into arguments at blanks. Single quotes keep everything, double quotes all but
// a backslash before a double quote or another backslash; outside of quotes a backslash keeps the next
// character. There is no shell behind it: no variables, no globs, no operators. Quoted empty strings stay
// arguments.
func SplitCommand(s string) ([]string, error) {
	var args []string
	var word []byte
	started := false
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'':
			word = append(word, c)
		case c == '\\' && i+1 < len(s) && (quote == 0 || s[i+1] == '"' || s[i+1] == '\\'):
			i++
			word, started = append(word, s[i]), true
		case quote != 0:
			word = append(word, c)
		case c == '\'' || c == '"':
			quote, started = c, true
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			if started {
				args = append(args, string(word))
			}
			word, started = word[:0], false
		default:
			word, started = append(word, c), true
		}
	}
	if quote != 0 {
		return nil, errUnclosedQuote
	}
	if started {
		args = append(args, string(word))
	}
	return args, nil
}
