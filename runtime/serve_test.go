package runtime

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestARequestThatEndsAfterTheNodeDoesNotEndItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		idle := newIdleTimer(time.Minute, func() bool { return true }, func() { t.Error("the node was ended once more") })
		idle.change(1)
		idle.close()
		idle.change(-1)
		time.Sleep(time.Hour)
		synctest.Wait()
	})
}
