package kubeapi_test

import (
	"context"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// TestOneOfTwoLeads runs client-go's leader election: the second candidate leads once the first one has left.
func TestOneOfTwoLeads(t *testing.T) {
	api := serve(t)
	leading := make(chan string)
	candidate := func(name string) (leave func()) {
		lock := &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Namespace: "team", Name: "leader"}, Client: api.clients().CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
				Lock: lock, LeaseDuration: 20 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 10 * time.Millisecond, ReleaseOnCancel: true,
				Callbacks: leaderelection.LeaderCallbacks{
					OnStartedLeading: func(ctx context.Context) {
						select {
						case leading <- name:
						case <-ctx.Done():
						}
					},
					OnStoppedLeading: func() {},
				},
			})
		}()
		return func() { stop(); <-ended }
	}
	leaveFirst := candidate("first")
	if name := <-leading; name != "first" {
		t.Fatalf("%s leads", name)
	}
	leaveSecond := candidate("second")
	defer leaveSecond()
	lease, err := api.clients().CoordinationV1().Leases("team").Get(t.Context(), "leader", metav1.GetOptions{})
	if err != nil || *lease.Spec.HolderIdentity != "first" {
		t.Fatalf("the lease: %v, %v", lease, err)
	}
	leaveFirst()
	if name := <-leading; name != "second" {
		t.Fatalf("then %s leads", name)
	}
}

func TestLeaseUpdatesNameWhatTheyReplace(t *testing.T) {
	api := serve(t)
	leases := api.clients().CoordinationV1().Leases("default")
	seconds := int32(-1)
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "l"}, Spec: coordinationv1.LeaseSpec{LeaseDurationSeconds: &seconds}}
	_, err := leases.Create(t.Context(), lease, metav1.CreateOptions{})
	if want := `Lease.coordination.k8s.io "l" is invalid: spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	lease.Spec.LeaseDurationSeconds = nil
	if _, err := leases.Update(t.Context(), lease, metav1.UpdateOptions{}); err != nil {
		t.Errorf("an update of what is not there creates it: %v", err)
	}
	if _, err := leases.Update(t.Context(), lease, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("an update that names no version: %v", err)
	}
}
