package fault

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// units are those of rates, as tc(8) knows them, in bits a second, the largest first.
var units = []struct {
	name string
	bits int64
}{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}}

// ParseRate reads a rate such as "1mbit" or "56.6kbit", in bits a second.
func ParseRate(text string) (int64, error) {
	for _, unit := range units {
		number, ok := strings.CutSuffix(strings.ToLower(text), unit.name)
		if !ok {
			continue
		}
		rate, err := strconv.ParseFloat(number, 64)
		if bits := rate * float64(unit.bits); err == nil && bits >= 1 && bits < math.MaxInt64 {
			return int64(bits), nil
		}
		break
	}
	return 0, fmt.Errorf("%q is no rate such as 500kbit, 1mbit or 1gbit", text)
}

// FormatRate writes a rate in bits a second as ParseRate reads it.
func FormatRate(rate int64) string {
	for _, unit := range units {
		if rate >= unit.bits {
			return strconv.FormatFloat(float64(rate)/float64(unit.bits), 'f', -1, 64) + unit.name
		}
	}
	return "0bit"
}

// ParseShare reads a share such as "5%" or "0.1", in percent.
func ParseShare(text string) (float64, error) {
	share, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || math.IsNaN(share) || share < 0 || share > 100 {
		return 0, fmt.Errorf("%q is no share such as 5%%, between 0%% and 100%%", text)
	}
	return share, nil
}

// signals are the names of Linux' signals without SIG, by number.
var signals = []string{1: "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
	"STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"}

// realTime are the first and the last of the signals that have no names of their own.
const firstRealTime, lastRealTime = 34, 64

// ParseSignal returns the name of a signal, such as "SIGTERM", that is given by name, with or without SIG, or by number.
func ParseSignal(text string) (string, error) {
	name := strings.TrimPrefix(strings.ToUpper(text), "SIG")
	switch number, err := strconv.Atoi(name); {
	case err == nil && number >= 1 && number < len(signals):
		return "SIG" + signals[number], nil
	case err == nil && number >= firstRealTime && number <= lastRealTime:
		return realTimeName(number), nil
	case slices.Contains(signals[1:], name), isRealTime("SIG" + name):
		return "SIG" + name, nil
	}
	return "", fmt.Errorf("%q is no signal such as SIGKILL, TERM or 1", text)
}

// realTimeName is the name that an engine knows.
func realTimeName(number int) string {
	middle := (firstRealTime + lastRealTime) / 2
	switch {
	case number == firstRealTime:
		return "SIGRTMIN"
	case number == lastRealTime:
		return "SIGRTMAX"
	case number <= middle:
		return "SIGRTMIN+" + strconv.Itoa(number-firstRealTime)
	}
	return "SIGRTMAX-" + strconv.Itoa(lastRealTime-number)
}

func isRealTime(name string) bool {
	for number := firstRealTime; number <= lastRealTime; number++ {
		if realTimeName(number) == name {
			return true
		}
	}
	return false
}
