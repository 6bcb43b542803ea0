package validation

import (
	"strings"
	"testing"
)

func TestVolumesOfEveryKindAreLookedInto(t *testing.T) {
	volume := func(source string) string { return "{volumes: [{name: v, " + source + "}]}" }
	projected := func(source string) string { return volume("projected: {sources: [" + source + "]}") }
	const notISCSI = `must be valid format starting with iqn, eui, or naa`
	const pairs = "must be a host:port pair or multiple pairs separated by commas"
	const keyTypes = `supported values: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"`
	checkSpecs(t, []validationCase{
		{"", "emptyDir with more than a sticky bit", volume("emptyDir: {mode: 1024}"), []string{`V0.emptyDir.mode: Invalid value: 1024: must be a number between 0 and 01777 (octal), both inclusive`}},
		{"", "iscsi", volume("iscsi: {}"), []string{`V0.iscsi.targetPortal: Required value`, `V0.iscsi.iqn: Required value`}},
		{"", "a target's name of no form", volume("iscsi: {targetPortal: t, iqn: x, lun: 256}"),
			[]string{`V0.iscsi.iqn: Invalid value: "x": ` + notISCSI, `V0.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`}},
		{"", "an initiator's name of a wrong form", volume("iscsi: {targetPortal: t, iqn: 'iqn.2020-01.a:b', initiatorName: eui.1, chapAuthSession: true}"),
			[]string{`V0.iscsi.secretRef: Required value`, `V0.iscsi.initiatorname: Invalid value: "eui.1": must be valid format`}},
		{"", "names that are too long together", volume("iscsi: {targetPortal: " + strings.Repeat("t", 63) + ", iqn: 'iqn.2020-01.a:b', initiatorName: 'iqn.2020-01.a:b'}"),
			[]string{`V0.name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.`}},
		{"", "fc", volume("fc: {}"), []string{`V0.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both`}},
		{"", "fc with both names", volume("fc: {targetWWNs: [a], wwids: [b]}"),
			[]string{`V0.fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously`, `V0.fc.lun: Required value: lun is required if targetWWNs is specified`}},
		{"", "rbd", volume("rbd: {}"), []string{`V0.rbd.monitors: Required value`, `V0.rbd.image: Required value`}},
		{"", "cephfs", volume("cephfs: {}"), []string{`V0.cephfs.monitors: Required value`}},
		{"", "gcePersistentDisk", volume("gcePersistentDisk: {partition: -1}"),
			[]string{`V0.persistentDisk.pdName: Required value`, `V0.persistentDisk.partition: Invalid value: -1: must be between 1 and 255, inclusive`}},
		{"S2.20", "a second kind is named by its own name", "{volumes: [{name: v, emptyDir: {}, gcePersistentDisk: {}}]}", []string{`V0.gcePersistentDisk: Forbidden: may not specify more than 1 volume type`}},
		{"", "awsElasticBlockStore", volume("awsElasticBlockStore: {}"), []string{`V0.awsElasticBlockStore.volumeID: Required value`}},
		{"", "azureDisk", volume("azureDisk: {diskName: d, diskURI: x, cachingMode: Some, kind: Own}"), []string{
			`V0.azureDisk.cachingMode: Unsupported value: "Some": supported values: "None", "ReadOnly", "ReadWrite"`,
			`V0.azureDisk.kind: Unsupported value: "Own": supported values: "Dedicated", "Managed", "Shared"`,
			`V0.azureDisk.diskURI: Unsupported value: "x": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"`}},
		{"", "azureFile", volume("azureFile: {}"), []string{`V0.azureFile.secretName: Required value`, `V0.azureFile.shareName: Required value`}},
		{"", "cinder", volume("cinder: {secretRef: {}}"), []string{`V0.cinder.volumeID: Required value`, `V0.cinder.secretRef.name: Required value`}},
		{"", "vsphereVolume", volume("vsphereVolume: {}"), []string{`V0.vsphereVolume.volumePath: Required value`}},
		{"", "photonPersistentDisk", volume("photonPersistentDisk: {}"), []string{`V0.photonPersistentDisk.pdID: Required value`}},
		{"", "portworxVolume", volume("portworxVolume: {}"), []string{`V0.portworxVolume.volumeID: Required value`}},
		{"", "nfs", volume("nfs: {server: s, path: p}"), []string{`V0.nfs.path: Invalid value: "p": must be an absolute path`}},
		{"", "glusterfs", volume("glusterfs: {}"), []string{`V0.glusterfs.endpoints: Required value`, `V0.glusterfs.path: Required value`}},
		{"", "quobyte", volume("quobyte: {registry: 'a:1,b'}"), []string{`V0.quobyte.registry: Invalid value: "a:1,b": ` + pairs, `V0.quobyte.volume: Required value`}},
		{"", "flocker", volume("flocker: {datasetName: a/b, datasetUUID: c}"),
			[]string{`V0.flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously`, `V0.flocker.datasetName: Invalid value: "a/b": must not contain '/'`}},
		{"", "storageos", volume("storageos: {volumeName: V, secretRef: {}}"), []string{`V0.storageos.volumeName: Invalid value: "V": LBL`, `V0.storageos.secretRef.name: Required value`}},
		{"", "scaleIO", volume("scaleIO: {gateway: g, secretRef: null}"), []string{`V0.scaleIO.system: Required value`, `V0.scaleIO.volumeName: Required value`}},
		{"", "gitRepo", volume("gitRepo: {directory: ../x}"), []string{`V0.gitRepo.repository: Required value`, `V0.gitRepo.directory: Invalid value: "../x": must not contain '..'`}},
		{"", "flexVolume", volume("flexVolume: {driver: d, options: {Foo.K8s.io/a: b}}"),
			[]string{`V0.flexVolume.options[Foo.K8s.io/a]: Invalid value: "Foo.K8s.io/a": kubernetes.io and k8s.io namespaces are reserved`}},

		{"S2.32", "a certificate of nobody", projected("{podCertificate: {keyType: RSA, maxExpirationSeconds: 1}}"), []string{
			`V0.projected.sources[0].podCertificate.signerName: Required value`,
			`V0.projected.sources[0].podCertificate.keyType: Unsupported value: "RSA": ` + keyTypes,
			`V0.projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 1: if provided, maxExpirationSeconds must be >= 3600`,
			`V0.projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath`}},
		{"S2.32", "a long certificate of Kubernetes itself", projected("{podCertificate: {signerName: a.kubernetes.io/b, keyType: ED25519, keyPath: k, certificateChainPath: k, maxExpirationSeconds: 86401}}"), []string{
			`V0.projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 86401: if provided, maxExpirationSeconds must be <= 86400`,
			`V0.projected: Invalid value: "k": conflicting duplicate paths`}},
		{"S2.32", "a signer without a domain", projected("{podCertificate: {signerName: a/b, keyType: ED25519, keyPath: k}}"),
			[]string{`V0.projected.sources[0].podCertificate.signerName: Invalid value: "a": should be a domain with at least two segments separated by dots`}},
		{"S2.32", "a bundle by two names", projected("{clusterTrustBundle: {name: b, signerName: a.b/c, path: p}}"),
			[]string{`V0.projected.sources[0].clusterTrustBundle: Invalid value: {"Name":"b","SignerName":"a.b/c","LabelSelector":null,"Optional":null,"Path":"p","User":null}: only one of name and signerName may be used`}},
		{"S2.32", "a bundle of a signer's own", projected("{clusterTrustBundle: {name: 'a.b:c:d', path: p}}"), nil},
		{"S2.32", "a bundle with a colon and nothing before it", projected("{clusterTrustBundle: {name: ':d', path: p}}"),
			[]string{`V0.projected.sources[0].clusterTrustBundle.name: Invalid value: ":d": not a valid clustertrustbundlename: ClusterTrustBundle without signer name must not have ":" in its name`}},
	})
}
