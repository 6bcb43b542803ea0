package podspec

import "strings"

// expand replaces $(NAME) by the value that lookup has for NAME (S9.5). A name without a value stays as it is written,
// $$ stands for $, and what was put in is not expanded again. Names are taken literally up to the closing parenthesis.
func expand(text string, lookup func(name string) (value string, ok bool)) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			text = rest[1:]
		case strings.HasPrefix(rest, "("):
			name, after, closed := strings.Cut(rest[1:], ")")
			if !closed { // the text goes on after the parenthesis, where more references may be
				out.WriteString("$(")
				text = rest[1:]
				continue
			}
			if value, ok := lookup(name); ok {
				out.WriteString(value)
			} else {
				out.WriteString("$(" + name + ")")
			}
			text = after
		default:
			out.WriteByte('$')
			text = rest
		}
	}
}
