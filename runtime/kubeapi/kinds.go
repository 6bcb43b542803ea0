package kubeapi

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	apitypes "k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/podspec/defaults"
	"github.com/podsim/podsim/podspec/validation"
	"github.com/podsim/podsim/runtime/kubeapi/memory"
	"github.com/podsim/podsim/runtime/store"
)

func configMaps(config Config) *resource[*corev1.ConfigMap] {
	return &resource[*corev1.ConfigMap]{
		collection: config.Store.ConfigMaps, singular: "configmap", shortNames: []string{"cm"},
		newObject: func() *corev1.ConfigMap { return &corev1.ConfigMap{} },
		newList:   func() runtime.Object { return &corev1.ConfigMapList{} },
		table:     configMapTable(), fields: metadataFields[*corev1.ConfigMap],
		check: validation.ValidateConfigMap, checkUpdate: validation.ValidateConfigMapUpdate,
	}
}

func secrets(config Config) *resource[*corev1.Secret] {
	return &resource[*corev1.Secret]{
		collection: config.Store.Secrets, singular: "secret",
		newObject: func() *corev1.Secret { return &corev1.Secret{} },
		newList:   func() runtime.Object { return &corev1.SecretList{} },
		table:     secretTable(),
		fields: func(secret *corev1.Secret) fields.Set {
			return with(metadataFields(secret), fields.Set{"type": string(secret.Type)})
		},
		check: validation.ValidateSecret, checkUpdate: validation.ValidateSecretUpdate,
		warn: func(_ context.Context, o *corev1.Secret) []string { return warningsOf(o) }, warnUpdate: func(newer, _ *corev1.Secret) []string { return warningsOf(newer) },
	}
}

func claims(config Config) *resource[*corev1.PersistentVolumeClaim] {
	return &resource[*corev1.PersistentVolumeClaim]{
		collection: config.Store.Claims, singular: "persistentvolumeclaim", shortNames: []string{"pvc"}, returnsDeleted: true,
		newObject: func() *corev1.PersistentVolumeClaim { return &corev1.PersistentVolumeClaim{} },
		newList:   func() runtime.Object { return &corev1.PersistentVolumeClaimList{} },
		table:     claimTable(), fields: metadataFields[*corev1.PersistentVolumeClaim],
		writes: claimWriter{memory.Straight[*corev1.PersistentVolumeClaim]{Collection: config.Store.Claims}, config.Node},
		prepare: func(claim *corev1.PersistentVolumeClaim) {
			claim.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending}
			if !slices.Contains(claim.Finalizers, podspec.ClaimProtection) { // as an API server's admission does
				claim.Finalizers = append(claim.Finalizers, podspec.ClaimProtection)
			}
		},
		check: validation.ValidateClaim,
		prepareUpdate: func(newer, older *corev1.PersistentVolumeClaim) {
			newer.Status = older.Status // is not the client's to write
		},
		checkUpdate: validation.ValidateClaimUpdate,
		warn:        func(_ context.Context, o *corev1.PersistentVolumeClaim) []string { return warningsOf(o) },
		warnUpdate:  func(newer, _ *corev1.PersistentVolumeClaim) []string { return warningsOf(newer) },
	}
}

// claimWriter has the node look for the volumes of claims and remove them.
type claimWriter struct {
	memory.Straight[*corev1.PersistentVolumeClaim]
	node Node
}

// Create implements memory.Writer.
func (w claimWriter) Create(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*corev1.PersistentVolumeClaim, error) {
	if err := w.node.AdoptClaims(ctx); err != nil { // else a volume that another node made would be taken for this claim's own
		return nil, err
	}
	return w.Straight.Create(ctx, claim)
}

// Delete implements memory.Writer.
func (w claimWriter) Delete(ctx context.Context, key apitypes.NamespacedName, preconditions *metav1.Preconditions) (*corev1.PersistentVolumeClaim, error) {
	claim, err := w.Collection.Get(key)
	if err != nil {
		return nil, err
	}
	if err := w.Collection.CheckPreconditions(claim, preconditions); err != nil {
		return nil, err
	}
	return claim, w.node.DeleteClaim(ctx, key.Namespace, key.Name)
}

func services(config Config) *resource[*corev1.Service] {
	return &resource[*corev1.Service]{
		collection: config.Store.Services, singular: "service", shortNames: []string{"svc"}, categories: []string{"all"}, returnsDeleted: true,
		newObject: func() *corev1.Service { return &corev1.Service{} },
		newList:   func() runtime.Object { return &corev1.ServiceList{} },
		table:     serviceTable(),
		fields: func(service *corev1.Service) fields.Set {
			return with(metadataFields(service), fields.Set{"spec.clusterIP": service.Spec.ClusterIP, "spec.type": string(service.Spec.Type)})
		},
		writes: &serviceWriter{Straight: memory.Straight[*corev1.Service]{Collection: config.Store.Services}},
		prepare: func(service *corev1.Service) {
			defaults.Service(service)
			service.Status = corev1.ServiceStatus{}
		},
		check: validation.ValidateService,
		prepareUpdate: func(newer, older *corev1.Service) {
			keepClusterIP(newer, older)
			defaults.Service(newer)
			newer.Status = older.Status
		},
		checkUpdate: validation.ValidateServiceUpdate,
	}
}

// serviceWriter gives new Services their addresses.
type serviceWriter struct {
	memory.Straight[*corev1.Service]
	giving sync.Mutex // from the choice of an address until it is taken
}

// Create implements memory.Writer.
func (w *serviceWriter) Create(ctx context.Context, service *corev1.Service) (*corev1.Service, error) {
	w.giving.Lock()
	defer w.giving.Unlock()
	if err := giveClusterIP(service, w.Collection); err != nil {
		return nil, err
	}
	return w.Straight.Create(ctx, service)
}

// keepClusterIP leaves a Service its address when a client sends it without one, as an API server does.
func keepClusterIP(newer, older *corev1.Service) {
	if newer.Spec.ClusterIP == "" && newer.Spec.Type != corev1.ServiceTypeExternalName {
		newer.Spec.ClusterIP, newer.Spec.ClusterIPs = older.Spec.ClusterIP, older.Spec.ClusterIPs
	}
}

// giveClusterIP gives a new Service the first free address of the Services' range, unless it names its own, wants none or is but a name
// for another.
func giveClusterIP(service *corev1.Service, all *store.Collection[*corev1.Service]) error {
	spec := &service.Spec
	if spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	taken := map[string]bool{}
	others, _ := all.List("")
	for _, other := range others {
		if store.KeyOf(other) != store.KeyOf(service) { // that it exists already is for others to say
			taken[other.Spec.ClusterIP] = true
		}
	}
	if spec.ClusterIP == "" {
		taken[podspec.DNSServiceAddress] = true // for a Service that asks for it
		address := netip.MustParseAddr(podspec.APIServiceAddress).Next()
		for taken[address.String()] {
			address = address.Next()
		}
		if !podspec.ServiceRange().Contains(address) {
			return fmt.Errorf("giving service %q an address: all of %s are taken", service.Name, podspec.ServiceRange())
		}
		spec.ClusterIP = address.String()
	} else if spec.ClusterIP != corev1.ClusterIPNone {
		why := ""
		if address, err := netip.ParseAddr(spec.ClusterIP); err != nil || !podspec.ServiceRange().Contains(address) {
			why = fmt.Sprintf("the provided IP (%s) is not in the valid range. The range of valid IPs is %s", spec.ClusterIP, podspec.ServiceRange())
		} else if taken[spec.ClusterIP] {
			why = "provided IP is already allocated"
		}
		if why != "" {
			return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("Service").GroupKind(), service.Name, field.ErrorList{
				field.Invalid(field.NewPath("spec", "clusterIPs"), []string{spec.ClusterIP}, fmt.Sprintf("failed to allocate IP %s: %s", spec.ClusterIP, why))})
		}
	}
	spec.ClusterIPs = []string{spec.ClusterIP}
	return nil
}

func trustBundles(config Config) *resource[*certificatesv1.ClusterTrustBundle] {
	return &resource[*certificatesv1.ClusterTrustBundle]{
		collection: config.Store.TrustBundles, singular: "clustertrustbundle", clusterScoped: true,
		newObject: func() *certificatesv1.ClusterTrustBundle { return &certificatesv1.ClusterTrustBundle{} },
		newList:   func() runtime.Object { return &certificatesv1.ClusterTrustBundleList{} },
		table:     trustBundleTable(),
		fields: func(bundle *certificatesv1.ClusterTrustBundle) fields.Set {
			return fields.Set{"metadata.name": bundle.Name, "spec.signerName": bundle.Spec.SignerName}
		},
		check: validation.ValidateTrustBundle, checkUpdate: validation.ValidateTrustBundleUpdate,
	}
}
