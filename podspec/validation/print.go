package validation

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The API server prints a whole structure as a bad value from a form of the types that has no JSON names: every field
// is there, under the name that Go code has for it. These types give the same picture (S2.67, S2.69).

type serverSecurityContext struct {
	Capabilities             *serverCapabilities
	Privileged               *bool
	SELinuxOptions           *serverSELinux
	WindowsOptions           *serverWindowsOptions
	RunAsUser                *int64
	RunAsGroup               *int64
	RunAsNonRoot             *bool
	ReadOnlyRootFilesystem   *bool
	AllowPrivilegeEscalation *bool
	ProcMount                *corev1.ProcMountType
	SeccompProfile           *serverProfile
	AppArmorProfile          *serverProfile
}

type serverCapabilities struct{ Add, Drop []corev1.Capability }

type serverSELinux struct{ User, Role, Type, Level string }

type serverWindowsOptions struct {
	GMSACredentialSpecName, GMSACredentialSpec, RunAsUserName *string
	HostProcess                                               *bool
}

// serverProfile is a seccomp or an AppArmor profile.
type serverProfile struct {
	Type             string
	LocalhostProfile *string
}

func asServerPrints(sc *corev1.SecurityContext) serverSecurityContext {
	printed := serverSecurityContext{
		Privileged: sc.Privileged, RunAsUser: sc.RunAsUser, RunAsGroup: sc.RunAsGroup,
		RunAsNonRoot: sc.RunAsNonRoot, ReadOnlyRootFilesystem: sc.ReadOnlyRootFilesystem,
		AllowPrivilegeEscalation: sc.AllowPrivilegeEscalation, ProcMount: sc.ProcMount,
	}
	if c := sc.Capabilities; c != nil {
		printed.Capabilities = &serverCapabilities{Add: c.Add, Drop: c.Drop}
	}
	if o := sc.SELinuxOptions; o != nil {
		printed.SELinuxOptions = &serverSELinux{User: o.User, Role: o.Role, Type: o.Type, Level: o.Level}
	}
	if o := sc.WindowsOptions; o != nil {
		printed.WindowsOptions = &serverWindowsOptions{o.GMSACredentialSpecName, o.GMSACredentialSpec, o.RunAsUserName, o.HostProcess}
	}
	if p := sc.SeccompProfile; p != nil {
		printed.SeccompProfile = &serverProfile{Type: string(p.Type), LocalhostProfile: p.LocalhostProfile}
	}
	if p := sc.AppArmorProfile; p != nil {
		printed.AppArmorProfile = &serverProfile{Type: string(p.Type), LocalhostProfile: p.LocalhostProfile}
	}
	return printed
}

// serverTrustBundle is a ClusterTrustBundle in a projected volume. Its selector is of a type that has JSON names.
type serverTrustBundle struct {
	Name, SignerName *string
	LabelSelector    *metav1.LabelSelector
	Optional         *bool
	Path             string
	User             *int64
}

func trustBundleAsServerPrints(b *corev1.ClusterTrustBundleProjection) serverTrustBundle {
	return serverTrustBundle{b.Name, b.SignerName, b.LabelSelector, b.Optional, b.Path, b.User}
}
