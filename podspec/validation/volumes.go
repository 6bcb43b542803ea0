package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateVolumes checks spec.volumes and returns those without an error: the others count as not declared, so that
// every mount of them is an error too (S2.0.3).
func validateVolumes(volumes []corev1.Volume, podName string, path *field.Path) (map[string]*corev1.Volume, field.ErrorList) {
	var all field.ErrorList
	valid := map[string]*corev1.Volume{}
	seen := map[string]bool{}
	for i := range volumes {
		v, at := &volumes[i], path.Index(i)
		errs := validateVolumeSource(v, podName, at)
		errs = append(errs, validateDNSLabel(at.Child("name"), v.Name)...)
		if seen[v.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), v.Name))
		}
		if len(errs) == 0 {
			seen[v.Name] = true
			valid[v.Name] = v
		}
		all = append(all, errs...)
	}
	return valid, all
}

// validateVolumeSource requires a volume to be of exactly one kind. A second one is not looked into.
func validateVolumeSource(v *corev1.Volume, podName string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	found := false
	for _, kind := range volumeKinds(v, podName, path) {
		switch {
		case !kind.set:
		case found:
			errs = append(errs, field.Forbidden(path.Child(kind.nameAmongOthers()), "may not specify more than 1 volume type"))
		default:
			errs = append(errs, kind.validate(path.Child(kind.name))...)
		}
		if kind.set && kind.name == "iscsi" {
			errs = append(errs, validateISCSIVolumeName(v, path)...)
		}
		found = found || kind.set
	}
	if !found {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	return errs
}

// volumeKind is one kind of volume: the name of its field, whether a volume is of it, and what is wrong with it.
type volumeKind struct {
	name     string
	set      bool
	validate func(*field.Path) field.ErrorList
}

// kind makes a volumeKind of a volume's field.
func kind[T any](name string, source *T, validate func(*T, *field.Path) field.ErrorList) volumeKind {
	return volumeKind{name, source != nil, func(path *field.Path) field.ErrorList { return validate(source, path) }}
}

// nameAmongOthers is how the API server names the kind when a volume has another already.
func (k volumeKind) nameAmongOthers() string {
	switch k.name {
	case "downwardAPI":
		return "downwarAPI"
	case "cephfs":
		return "cephFS"
	case "persistentDisk":
		return "gcePersistentDisk"
	default:
		return k.name
	}
}

// volumeKinds lists the kinds in the order in which the API server looks at them, which decides the one that a message
// about two kinds in one volume names (S2.20).
func volumeKinds(v *corev1.Volume, podName string, path *field.Path) []volumeKind {
	return []volumeKind{
		kind("emptyDir", v.EmptyDir, validateEmptyDir),
		kind("hostPath", v.HostPath, validateHostPath),
		kind("gitRepo", v.GitRepo, validateGitRepoVolume),
		kind("persistentDisk", v.GCEPersistentDisk, validateGCEDisk), // as the API server spells it
		kind("awsElasticBlockStore", v.AWSElasticBlockStore, validateAWSDisk),
		kind("secret", v.Secret, validateSecretVolume),
		kind("nfs", v.NFS, validateNFSVolume),
		kind("iscsi", v.ISCSI, validateISCSIVolume),
		kind("glusterfs", v.Glusterfs, validateGlusterfsVolume),
		kind("flocker", v.Flocker, validateFlockerVolume),
		kind("persistentVolumeClaim", v.PersistentVolumeClaim, validateClaimVolume),
		kind("rbd", v.RBD, validateRBDVolume),
		kind("cinder", v.Cinder, validateCinderVolume),
		kind("cephfs", v.CephFS, validateCephFSVolume),
		kind("quobyte", v.Quobyte, validateQuobyteVolume),
		kind("downwardAPI", v.DownwardAPI, validateDownwardVolume),
		kind("fc", v.FC, validateFCVolume),
		kind("flexVolume", v.FlexVolume, validateFlexVolume),
		kind("configMap", v.ConfigMap, validateConfigMapVolume),
		kind("azureFile", v.AzureFile, validateAzureFile),
		kind("vsphereVolume", v.VsphereVolume, validateVsphereDisk),
		kind("photonPersistentDisk", v.PhotonPersistentDisk, validatePhotonDisk),
		kind("portworxVolume", v.PortworxVolume, validatePortworxVolume),
		kind("azureDisk", v.AzureDisk, validateAzureDisk),
		kind("storageos", v.StorageOS, validateStorageOSVolume),
		kind("projected", v.Projected, validateProjectedVolume),
		kind("scaleIO", v.ScaleIO, validateScaleIOVolume),
		kind("csi", v.CSI, validateCSIVolume),
		{"ephemeral", v.Ephemeral != nil, func(*field.Path) field.ErrorList { return validateEphemeralVolume(v, podName, path) }},
		kind("image", v.Image, validateImageVolume),
	}
}
