package network

import (
	"slices"
	"strings"
)

// resolvConf is the content of a resolver file.
type resolvConf struct {
	nameservers []string
	searches    []string
	options     []string // "name" or "name:value"
}

// parseResolvConf reads a machine's resolver file as a kubelet does (S10.24).
func parseResolvConf(file []byte) resolvConf {
	var c resolvConf
	for line := range strings.Lines(string(file)) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			c.nameservers = append(c.nameservers, fields[1:min(2, len(fields))]...)
		case "search": // also without paths
			c.searches = nil
			for _, search := range fields[1:] {
				if search != "." {
					c.searches = append(c.searches, strings.TrimSuffix(search, "."))
				}
			}
		case "options":
			for _, option := range fields[1:] {
				c.options = withOption(c.options, option)
			}
		}
	}
	return c
}

// format writes the file in the order of containerd (S10.23).
func (c resolvConf) format() []byte {
	var out strings.Builder
	if len(c.searches) > 0 {
		out.WriteString("search " + strings.Join(c.searches, " ") + "\n")
	}
	for _, nameserver := range c.nameservers {
		out.WriteString("nameserver " + nameserver + "\n")
	}
	if len(c.options) > 0 {
		out.WriteString("options " + strings.Join(c.options, " ") + "\n")
	}
	return []byte(out.String())
}

// withOption returns the options with one more, in the place of an older one of that name. It does not change its
// argument.
func withOption(options []string, option string) []string {
	name, _, _ := strings.Cut(option, ":")
	options = slices.Clone(options)
	for i, old := range options {
		if oldName, _, _ := strings.Cut(old, ":"); oldName == name {
			options[i] = option
			return options
		}
	}
	return append(options, option)
}

// withoutDuplicates keeps the first of equal strings.
func withoutDuplicates(list []string) []string {
	var unique []string
	for _, s := range list {
		if !slices.Contains(unique, s) {
			unique = append(unique, s)
		}
	}
	return unique
}
