package splice

import (
	"testing"
	"time"
)

func TestARequestComesBackAsItWasSent(t *testing.T) {
	for _, want := range []Request{
		{Network: "tcp", Address: "10.0.0.5:80"},
		{Network: "tcp6", Address: "[fd00::5]:80", Timeout: 1500 * time.Millisecond},
		{Network: "tcp", Address: "a name with blanks:80", Timeout: 1},
	} {
		if got, err := ParseRequest(want.String()); err != nil || got != want {
			t.Errorf("%q came back as %+v, %v", want, got, err)
		}
	}
	for _, line := range []string{"", "\n", "tcp 10.0.0.5:80\n", "1s tcp\n", "-1s tcp 10.0.0.5:80\n"} {
		if got, err := ParseRequest(line); err == nil {
			t.Errorf("%q is %+v", line, got)
		}
	}
}
