package defaults

import (
	corev1 "k8s.io/api/core/v1"
)

// defaultFileMode is the mode of the files in volumes made of objects, 0644 (S1.2).
const defaultFileMode int32 = 0644

// tokenExpirationSeconds is how long a projected service account token lives (S1.2).
const tokenExpirationSeconds int64 = 3600

func volume(v *corev1.Volume) {
	if v.VolumeSource == (corev1.VolumeSource{}) {
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
	if v.Secret != nil {
		setDefaultPointer(&v.Secret.DefaultMode, defaultFileMode)
	}
	if v.ConfigMap != nil {
		setDefaultPointer(&v.ConfigMap.DefaultMode, defaultFileMode)
	}
	if v.DownwardAPI != nil {
		setDefaultPointer(&v.DownwardAPI.DefaultMode, defaultFileMode)
		fieldRefs(v.DownwardAPI.Items)
	}
	if v.Projected != nil {
		setDefaultPointer(&v.Projected.DefaultMode, defaultFileMode)
		for i := range v.Projected.Sources {
			s := &v.Projected.Sources[i]
			if s.ServiceAccountToken != nil {
				setDefaultPointer(&s.ServiceAccountToken.ExpirationSeconds, tokenExpirationSeconds)
			}
			if s.DownwardAPI != nil {
				fieldRefs(s.DownwardAPI.Items)
			}
		}
	}
	if v.HostPath != nil {
		setDefaultPointer(&v.HostPath.Type, corev1.HostPathUnset)
	}
	if v.Image != nil {
		setDefault(&v.Image.PullPolicy, pullPolicy(v.Image.Reference))
	}
	networkDisk(v)
	if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
		claimSpec(&v.Ephemeral.VolumeClaimTemplate.Spec)
	}
}

func fieldRefs(files []corev1.DownwardAPIVolumeFile) {
	for i := range files {
		if files[i].FieldRef != nil {
			setDefault(&files[i].FieldRef.APIVersion, "v1")
		}
	}
}

// networkDisk fills in what disks of other machines and of clouds are like, where a volume does not say.
func networkDisk(v *corev1.Volume) {
	if v.ISCSI != nil {
		setDefault(&v.ISCSI.ISCSIInterface, "default")
	}
	if v.RBD != nil {
		setDefault(&v.RBD.RBDPool, "rbd")
		setDefault(&v.RBD.RadosUser, "admin")
		setDefault(&v.RBD.Keyring, "/etc/ceph/keyring")
	}
	if v.ScaleIO != nil {
		setDefault(&v.ScaleIO.StorageMode, "ThinProvisioned")
		setDefault(&v.ScaleIO.FSType, "xfs")
	}
	if disk := v.AzureDisk; disk != nil {
		setDefaultPointer(&disk.CachingMode, corev1.AzureDataDiskCachingReadWrite)
		setDefaultPointer(&disk.FSType, "ext4")
		setDefaultPointer(&disk.ReadOnly, false)
		setDefaultPointer(&disk.Kind, corev1.AzureSharedBlobDisk)
	}
}
