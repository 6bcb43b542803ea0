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

// volumeKind is one kind of volume: the name of its field, whether a volume is of it, and what is wrong with it.
type volumeKind struct {
	name     string
	set      bool
	validate func(*field.Path) field.ErrorList // nil for the kinds that podsim refuses
}

// nameAmongOthers is how the API server names the kind when a volume has another already.
func (k volumeKind) nameAmongOthers() string {
	switch k.name {
	case "downwardAPI":
		return "downwarAPI"
	case "cephfs":
		return "cephFS"
	default:
		return k.name
	}
}

// volumeKinds lists the kinds in the order in which the API server looks at them, which decides the one that a message
// about two kinds in one volume names (S2.20).
func volumeKinds(v *corev1.Volume) []volumeKind {
	return []volumeKind{
		{"emptyDir", v.EmptyDir != nil, func(p *field.Path) field.ErrorList { return validateEmptyDir(v.EmptyDir, p) }},
		{"hostPath", v.HostPath != nil, func(p *field.Path) field.ErrorList { return validateHostPath(v.HostPath, p) }},
		{"gitRepo", v.GitRepo != nil, nil},
		{"gcePersistentDisk", v.GCEPersistentDisk != nil, nil},
		{"awsElasticBlockStore", v.AWSElasticBlockStore != nil, nil},
		{"secret", v.Secret != nil, func(p *field.Path) field.ErrorList { return validateSecretVolume(v.Secret, p) }},
		{"nfs", v.NFS != nil, func(p *field.Path) field.ErrorList { return validateNFSVolume(v.NFS, p) }},
		{"iscsi", v.ISCSI != nil, nil},
		{"glusterfs", v.Glusterfs != nil, nil},
		{"flocker", v.Flocker != nil, nil},
		{"persistentVolumeClaim", v.PersistentVolumeClaim != nil, func(p *field.Path) field.ErrorList {
			return validateClaimVolume(v.PersistentVolumeClaim, p)
		}},
		{"rbd", v.RBD != nil, nil},
		{"cinder", v.Cinder != nil, nil},
		{"cephfs", v.CephFS != nil, nil},
		{"quobyte", v.Quobyte != nil, nil},
		{"downwardAPI", v.DownwardAPI != nil, func(p *field.Path) field.ErrorList { return validateDownwardVolume(v.DownwardAPI, p) }},
		{"fc", v.FC != nil, nil},
		{"flexVolume", v.FlexVolume != nil, nil},
		{"configMap", v.ConfigMap != nil, func(p *field.Path) field.ErrorList { return validateConfigMapVolume(v.ConfigMap, p) }},
		{"azureFile", v.AzureFile != nil, nil},
		{"vsphereVolume", v.VsphereVolume != nil, nil},
		{"photonPersistentDisk", v.PhotonPersistentDisk != nil, nil},
		{"portworxVolume", v.PortworxVolume != nil, nil},
		{"azureDisk", v.AzureDisk != nil, nil},
		{"storageos", v.StorageOS != nil, nil},
		{"projected", v.Projected != nil, func(p *field.Path) field.ErrorList { return validateProjectedVolume(v.Projected, p) }},
		{"scaleIO", v.ScaleIO != nil, nil},
		{"csi", v.CSI != nil, func(p *field.Path) field.ErrorList { return validateCSIVolume(v.CSI, p) }},
		{"ephemeral", v.Ephemeral != nil, nil},
		{"image", v.Image != nil, func(p *field.Path) field.ErrorList { return validateImageVolume(v.Image, p) }},
	}
}

func validateVolumeSource(v *corev1.Volume, podName string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	found := 0
	for _, kind := range volumeKinds(v) {
		if !kind.set {
			continue
		}
		found++
		switch at := path.Child(kind.name); {
		case found > 1:
			errs = append(errs, field.Forbidden(path.Child(kind.nameAmongOthers()), "may not specify more than 1 volume type"))
		case v.Ephemeral != nil && kind.name == "ephemeral":
			errs = append(errs, validateEphemeralVolume(v, podName, path)...)
		case kind.validate != nil:
			errs = append(errs, kind.validate(at)...)
		}
	}
	if found == 0 {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	return errs
}
