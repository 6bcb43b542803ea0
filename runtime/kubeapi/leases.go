package kubeapi

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/podsim/podsim/podspec/validation"
)

// leases are what clients elect their leaders by.
func leases(config Config) *resource[*coordinationv1.Lease] {
	clear := func(lease *coordinationv1.Lease) { // of the coordinated election, which is off by default
		lease.Spec.Strategy, lease.Spec.PreferredHolder = nil, nil
	}
	return &resource[*coordinationv1.Lease]{
		collection: config.Store.Leases, singular: "lease", createOnUpdate: true, versionedUpdates: true,
		newObject: func() *coordinationv1.Lease { return &coordinationv1.Lease{} },
		newList:   func() runtime.Object { return &coordinationv1.LeaseList{} },
		table:     leaseTable(), fields: metadataFields[*coordinationv1.Lease],
		prepare: clear, check: validation.ValidateLease,
		prepareUpdate: func(newer, _ *coordinationv1.Lease) { clear(newer) },
		checkUpdate:   validation.ValidateLeaseUpdate,
	}
}

func leaseTable() table[*coordinationv1.Lease] {
	return table[*coordinationv1.Lease]{
		columns: []metav1.TableColumnDefinition{nameColumn(), column("Holder", "Who holds the lease."), ageColumn()},
		row: func(lease *coordinationv1.Lease, now time.Time) metav1.TableRow {
			return cells(lease.Name, valueOr(lease.Spec.HolderIdentity, ""), since(lease.CreationTimestamp.Time, now))
		},
	}
}
