package follow

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// logOf is a log whose lines are given with the seconds at which they were written.
func logOf(lines ...string) string {
	var text strings.Builder
	for _, line := range lines {
		seconds, rest, _ := strings.Cut(line, " ")
		fmt.Fprintf(&text, "2026-03-01T12:00:%s0000000Z %s", seconds, rest)
	}
	return text.String()
}

func TestALogThatIsReadAgainGoesOnWhereItBrokeOff(t *testing.T) {
	for _, row := range []struct {
		name  string
		reads []string // what each reading gives; all but the last break off
		want  []string
	}{
		{"the beginning was dropped meanwhile", []string{
			logOf("01.00 a\n", "01.01 b\n", "05.00 c\n"), logOf("05.00 c\n", "05.50 d\n")}, []string{"a", "b", "c", "d"}},
		{"all that was read was dropped meanwhile", []string{
			logOf("01.00 a\n", "01.01 b\n"), logOf("05.00 c\n")}, []string{"a", "b", "c"}},
		{"lines of one time", []string{
			logOf("01.00 a\n", "01.00 a\n"), logOf("01.00 a\n", "01.00 a\n", "01.00 a\n", "01.00 b\n")}, []string{"a", "a", "a", "b"}},
		{"two streams whose lines are not in the order of their times", []string{
			logOf("01.02 out\n", "01.01 err\n"), logOf("01.02 out\n", "01.01 err\n", "01.03 out\n")}, []string{"out", "err", "out"}},
		{"it begins earlier than was asked for", []string{
			logOf("01.00 a\n", "09.90 b\n"), logOf("01.00 a\n", "09.90 b\n", "09.91 c\n")}, []string{"a", "b", "c"}},
		{"a line that had no end", []string{
			logOf("01.00 a\n", "01.01 hal"), logOf("01.00 a\n", "01.01 half\n", "01.02 b\n")}, []string{"a", "hal", "f", "b"}},
		{"a last line that stays without an end", []string{
			logOf("01.00 a\n", "01.01 end"), logOf("01.00 a\n", "01.01 end")}, []string{"a", "end"}},
		{"a last line whose end came", []string{
			logOf("01.00 a\n", "01.01 end"), logOf("01.00 a\n", "01.01 end\n")}, []string{"a", "end"}},
		{"a line that is too long", []string{
			logOf("01.00 "+strings.Repeat("x", longestLine)+"y\n", "01.01 \n"), logOf("01.00 "+strings.Repeat("x", longestLine)+"y\n", "01.01 \n", "01.02 z\n")},
			[]string{strings.Repeat("x", longestLine-31), strings.Repeat("x", 31) + "y", "", "z"}},
		{"no line at all", []string{"", ""}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			log := &logReader{line: func(line []byte) { got = append(got, string(line)) }}
			for _, text := range row.reads {
				if err := log.read(strings.NewReader(text)); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestALineThatBrokeOffIsHandedOnOnce(t *testing.T) {
	whole := logOf("01.00 one\n", "01.01 two\n", "01.02 three\n")
	for at := range len(whole) {
		var got []string
		log := &logReader{line: func(line []byte) { got = append(got, string(line)) }}
		if err := log.read(io.MultiReader(strings.NewReader(whole[:at]), brokenReader{})); err == nil {
			t.Fatal("the stream broke, and nobody knows")
		}
		if since := log.position.Since(); len(got) > 0 && since.After(time.Date(2026, 3, 1, 12, 0, 1, 0, time.UTC)) {
			t.Errorf("the log is read again only since %v", since)
		}
		if err := log.read(strings.NewReader(whole)); err != nil {
			t.Fatal(err)
		}
		if want := []string{"one", "two", "three"}; !slices.Equal(got, want) {
			t.Errorf("broken after %d bytes: got %q, want %q", at, got, want)
		}
	}
}
