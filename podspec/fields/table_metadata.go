package fields

var metadataSection = Section{
	"Metadata",
	"",
	[]Field{
		{"metadata.annotations", InPart, "Notes for clients; field references tell them (S9B). podsim: those that older versions had for AppArmor " +
			"do not become profiles (S1.2.2); podsim.io/network names a network of the engine that the pod joins."},
		{"metadata.creationTimestamp", ServerSet, "When the pod was created (S1.2.1)."},
		{"metadata.deletionGracePeriodSeconds", ServerSet, "The grace period of the deletion (S8.2)."},
		{"metadata.deletionTimestamp", ServerSet, "When the deletion's grace period ends (S8.2)."},
		{"metadata.finalizers", Honoured, "Who has to agree before a deleted pod is gone."},
		{"metadata.generateName", Honoured, "The beginning of the name of a pod without one, to which the server adds five characters (S2.2)."},
		{"metadata.generation", ServerSet, "Counts the changes of what is wanted (S1.2.1, S8.2)."},
		{"metadata.labels", Honoured, "What selectors find the pod by; field references tell them (S9B)."},
		{"metadata.managedFields", ServerSet, "Which client set which field."},
		{"metadata.name", Honoured, "The pod's name, and its host name unless the spec has another (S2.1, S10.10)."},
		{"metadata.namespace", Honoured, "Where the pod is, with the ConfigMaps, Secrets and claims it uses (S2.6)."},
		{"metadata.ownerReferences", InPart, "Objects without which the pod has to go, such as the controller that made it. podsim: they are shown; nothing goes because of them."},
		{"metadata.ownerReferences.apiVersion", Honoured, "The owner's API group and version."},
		{"metadata.ownerReferences.blockOwnerDeletion", InPart, "Whether the owner, deleted in the foreground, stays until the pod is gone. podsim: it is shown, and keeps nothing."},
		{"metadata.ownerReferences.controller", Honoured, "Whether this owner manages the pod; one at most can."},
		{"metadata.ownerReferences.kind", Honoured, "The owner's kind."},
		{"metadata.ownerReferences.name", Honoured, "The owner's name."},
		{"metadata.ownerReferences.uid", Honoured, "The owner's identity."},
		{"metadata.resourceVersion", ServerSet, "The version of the stored object."},
		{"metadata.selfLink", ServerSet, "Nothing any more."},
		{"metadata.uid", ServerSet, "The pod's identity, new with every creation (S1.2.1)."},
	},
}
