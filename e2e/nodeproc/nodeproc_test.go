package nodeproc

import (
	"testing"
	"time"
)

func TestResidentMemoryIsReadInBytes(t *testing.T) {
	got, err := residentBytes("Name:\tpodsim\nVmHWM:\t   70000 kB\nVmRSS:\t   51200 kB\nThreads:\t9\n")
	if err != nil || got != 50<<20 {
		t.Errorf("got %d, %v; want %d", got, err, 50<<20)
	}
	if _, err := residentBytes("Name:\tkthreadd\n"); err == nil {
		t.Error("a status without VmRSS gave no error")
	}
}

func TestProcessorTimeIsUserAndSystemTime(t *testing.T) {
	stat := "42 (pod sim) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 7 7 20 0 9 0 12345 0 0"
	got, err := cpuTime(stat)
	if err != nil || got != 2*time.Second {
		t.Errorf("got %v, %v; want 2s", got, err)
	}
	if _, err := cpuTime("42 (podsim) S 1"); err == nil {
		t.Error("a stat that is cut off gave no error")
	}
}

func TestAProcessBelongsToTheStateDirectoryThatItsEnvironmentNames(t *testing.T) {
	environ := []byte("PATH=/bin\x00PODSIM_STATE_DIR=/tmp/a\x00")
	for value, want := range map[string]bool{"/tmp/a": true, "/tmp": false, "/tmp/ab": false} {
		if got := hasVariable(environ, StateDirVariable, value); got != want {
			t.Errorf("state directory %q: got %v, want %v", value, got, want)
		}
	}
}
