package kubeapi

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/podsim/podsim/podspec/validation"
)

// nodes are the machines that run pods: podsim's own one, which its store holds from the beginning.
func nodes(config Config) *resource[*corev1.Node] {
	return &resource[*corev1.Node]{
		collection: config.Store.Nodes, singular: "node", shortNames: []string{"no"}, clusterScoped: true,
		newObject: func() *corev1.Node { return &corev1.Node{} },
		newList:   func() runtime.Object { return &corev1.NodeList{} },
		table:     nodeTable(),
		fields: func(node *corev1.Node) fields.Set {
			unschedulable := "false"
			if node.Spec.Unschedulable {
				unschedulable = "true"
			}
			return fields.Set{"metadata.name": node.Name, "spec.unschedulable": unschedulable}
		},
		check: func(*corev1.Node) field.ErrorList {
			return field.ErrorList{field.Forbidden(field.NewPath("metadata", "name"), "podsim is one node and takes no others")}
		},
		prepareUpdate: func(newer, older *corev1.Node) { newer.Status = older.Status },
		checkUpdate: func(newer, older *corev1.Node) field.ErrorList {
			errs := validation.ValidateNodeMetadataUpdate(newer, older)
			if !equality.Semantic.DeepEqual(newer.Spec, older.Spec) {
				errs = append(errs, field.Forbidden(field.NewPath("spec"), "podsim schedules nothing: its node takes every pod"))
			}
			return errs
		},
	}
}

func nodeTable() table[*corev1.Node] {
	return table[*corev1.Node]{
		columns: []metav1.TableColumnDefinition{
			nameColumn(), column("Status", "Whether the node is ready."), column("Roles", "Roles of the node."), ageColumn(),
			column("Version", "Version of the kubelet."), wide("Internal-IP", "Address of the node."), wide("External-IP", "Address of the node outside the cluster."),
			wide("OS-Image", "Operating system."), wide("Kernel-Version", "Kernel and architecture."), wide("Container-Runtime", "What runs the containers."),
		},
		row: func(node *corev1.Node, now time.Time) metav1.TableRow {
			info := node.Status.NodeInfo
			return cells(node.Name, readiness(node), orNone(roles(node)), since(node.CreationTimestamp.Time, now), info.KubeletVersion,
				orNone(address(node, corev1.NodeInternalIP)), orNone(address(node, corev1.NodeExternalIP)), cmp.Or(info.OSImage, unknown),
				cmp.Or(info.KernelVersion, unknown)+" ("+info.Architecture+")", cmp.Or(info.ContainerRuntimeVersion, unknown))
		},
	}
}

func readiness(node *corev1.Node) string {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
			return "Ready"
		}
	}
	return "NotReady"
}

// roles are those that labels give the node, as kubectl shows them.
func roles(node *corev1.Node) string {
	var found []string
	for label := range node.Labels {
		if role, ok := strings.CutPrefix(label, "node-role.kubernetes.io/"); ok && role != "" {
			found = append(found, role)
		}
	}
	slices.Sort(found)
	return strings.Join(found, ",")
}

func address(node *corev1.Node, of corev1.NodeAddressType) string {
	for _, a := range node.Status.Addresses {
		if a.Type == of {
			return a.Address
		}
	}
	return ""
}
