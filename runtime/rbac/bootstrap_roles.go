package rbac

import rbacv1 "k8s.io/api/rbac/v1"

// clusterRoles are those that every cluster of Kubernetes v1.37 has with its default feature gates, but for those of its own controllers.
func clusterRoles() []clusterRole {
	return []clusterRole{
		{name: "admin", gathers: true},
		{name: "cluster-admin", rules: []rbacv1.PolicyRule{
			on("*", "*", "*"),
			urls("*", "*"),
		}},
		{name: "edit", partOf: "admin", gathers: true},
		{name: "system:aggregate-to-admin", partOf: "admin", rules: []rbacv1.PolicyRule{
			on("authorization.k8s.io", "localsubjectaccessreviews", "create"),
			on("rbac.authorization.k8s.io", "rolebindings roles", readWrite),
		}},
		{name: "system:aggregate-to-edit", partOf: "edit", rules: []rbacv1.PolicyRule{
			on(core, "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", read),
			on(core, "serviceaccounts", "impersonate"),
			on(core, "pods pods/attach pods/exec pods/portforward pods/proxy", write),
			on(core, "pods/eviction", "create"),
			on(core, "configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services "+
				"services/proxy", write),
			on(core, "serviceaccounts/token", "create"),
			on(coreAndEvents, "events", write),
			on("apps", "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale", write),
			on("autoscaling", "horizontalpodautoscalers", write),
			on("batch", "cronjobs jobs", write),
			on("extensions", "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale "+
				"replicationcontrollers/scale", write),
			on("policy", "poddisruptionbudgets", write),
			on("networking.k8s.io", "ingresses networkpolicies", write),
			on("coordination.k8s.io", "leases", readWrite),
			on("resource.k8s.io", "resourceclaims resourceclaimtemplates", write),
		}},
		{name: "system:aggregate-to-view", partOf: "view", rules: []rbacv1.PolicyRule{
			on(core, "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers "+
				"replicationcontrollers/scale serviceaccounts services services/status", read),
			on(core, "bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas "+
				"resourcequotas/status", read),
			on(core, "namespaces", read),
			on(coreAndEvents, "events", read),
			on("discovery.k8s.io", "endpointslices", read),
			on("apps", "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets "+
				"replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status", read),
			on("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", read),
			on("batch", "cronjobs cronjobs/status jobs jobs/status", read),
			on("extensions", "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies "+
				"replicasets replicasets/scale replicasets/status replicationcontrollers/scale", read),
			on("policy", "poddisruptionbudgets poddisruptionbudgets/status", read),
			on("networking.k8s.io", "ingresses ingresses/status networkpolicies", read),
			on("resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates", read),
		}},
		{name: "system:auth-delegator", rules: []rbacv1.PolicyRule{
			on("authentication.k8s.io", "tokenreviews", "create"),
			on("authorization.k8s.io", "subjectaccessreviews", "create"),
		}},
		{name: "system:basic-user", rules: []rbacv1.PolicyRule{
			on("authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews", "create"),
			on("authentication.k8s.io", "selfsubjectreviews", "create"),
		}},
		{name: "system:certificates.k8s.io:certificatesigningrequests:nodeclient", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "certificatesigningrequests/nodeclient", "create"),
		}},
		{name: "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "certificatesigningrequests/selfnodeclient", "create"),
		}},
		{name: "system:certificates.k8s.io:kube-apiserver-client-approver", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "signers", "approve", "kubernetes.io/kube-apiserver-client"),
		}},
		{name: "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "signers", "approve", "kubernetes.io/kube-apiserver-client-kubelet"),
		}},
		{name: "system:certificates.k8s.io:kubelet-serving-approver", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "signers", "approve", "kubernetes.io/kubelet-serving"),
		}},
		{name: "system:certificates.k8s.io:legacy-unknown-approver", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "signers", "approve", "kubernetes.io/legacy-unknown"),
		}},
		{name: "system:cluster-trust-bundle-discovery", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "clustertrustbundles", read),
		}},
		{name: "system:discovery", rules: []rbacv1.PolicyRule{
			urls("get", "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/"),
		}},
		{name: "system:heapster", rules: []rbacv1.PolicyRule{
			on(core, "events namespaces nodes pods", read),
			on("extensions", "deployments", read),
		}},
		{name: "system:kube-aggregator", rules: []rbacv1.PolicyRule{on(core, "endpoints services", read)}},
		{name: "system:kube-controller-manager", rules: []rbacv1.PolicyRule{
			on(coreAndEvents, "events", "create patch update"),
			on("coordination.k8s.io", "leases", "create"),
			on("coordination.k8s.io", "leases", "get update", "kube-controller-manager"),
			on(core, "secrets serviceaccounts", "create"),
			on(core, "secrets", "delete"),
			on(core, "configmaps namespaces secrets serviceaccounts", "get"),
			on(core, "secrets serviceaccounts", "update"),
			on("authentication.k8s.io", "tokenreviews", "create"),
			on("authorization.k8s.io", "subjectaccessreviews", "create"),
			on("*", "*", "list watch"),
			on(core, "serviceaccounts/token", "create"),
		}},
		{name: "system:kube-dns", rules: []rbacv1.PolicyRule{on(core, "endpoints services", "list watch")}},
		{name: "system:kube-scheduler", rules: []rbacv1.PolicyRule{
			on(coreAndEvents, "events", "create patch update"),
			on("coordination.k8s.io", "leases", "create"),
			on("coordination.k8s.io", "leases", "get list update watch", "kube-scheduler"),
			on("coordination.k8s.io", "leasecandidates", readWrite),
			on(core, "nodes", read),
			on(core, "pods", "delete get list watch"),
			on(core, "bindings pods/binding", "create"),
			on(core, "pods/status", "patch update"),
			on(core, "replicationcontrollers services", read),
			on("apps extensions", "replicasets", read),
			on("apps", "statefulsets", read),
			on("policy", "poddisruptionbudgets", read),
			on(core, "persistentvolumeclaims persistentvolumes", read),
			on("authentication.k8s.io", "tokenreviews", "create"),
			on("authorization.k8s.io", "subjectaccessreviews", "create"),
			on("storage.k8s.io", "csinodes", read),
			on("storage.k8s.io", "volumeattachments", read),
			on(core, "namespaces", read),
			on("storage.k8s.io", "csidrivers", read),
			on("storage.k8s.io", "csistoragecapacities", read),
			on("resource.k8s.io", "deviceclasses", read),
			on("resource.k8s.io", "resourceclaims", "get list patch update watch"),
			on("resource.k8s.io", "resourceclaims/status", "get list patch update watch"),
			on(core, "pods/finalizers", "update"),
			on("resource.k8s.io", "resourceslices", read),
			on("resource.k8s.io", "resourceclaims", "create delete"),
			on("resource.k8s.io", "devicetaintrules", read),
			on("resource.k8s.io", "resourceclaims/binding", "patch update"),
		}},
		{name: "system:kubelet-api-admin", rules: []rbacv1.PolicyRule{
			on(core, "nodes", read),
			on(core, "nodes", "proxy"),
			on(core, "nodes/log nodes/metrics nodes/proxy nodes/stats", "*"),
			on(core, "nodes/configz nodes/healthz nodes/pods", "*"),
		}},
		{name: "system:monitoring", rules: []rbacv1.PolicyRule{
			urls("get", "/flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz"),
			on(core, "nodes/metrics", "get"),
		}},
		{name: "system:node", rules: []rbacv1.PolicyRule{
			on("authentication.k8s.io", "tokenreviews", "create"),
			on("authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews", "create"),
			on(core, "services", read),
			on(core, "nodes", "create get list watch"),
			on(core, "nodes/status", "patch update"),
			on(core, "nodes", "patch update"),
			on(coreAndEvents, "events", "create patch update"),
			on(core, "pods", read),
			on(core, "pods", "create delete"),
			on(core, "pods/status", "patch update"),
			on(core, "pods/eviction", "create"),
			on(core, "configmaps secrets", read),
			on(core, "persistentvolumeclaims persistentvolumes", "get"),
			on(core, "endpoints", "get"),
			on("certificates.k8s.io", "certificatesigningrequests", "create get list watch"),
			on("coordination.k8s.io", "leases", "create delete get patch update"),
			on("storage.k8s.io", "volumeattachments", "get"),
			on(core, "serviceaccounts/token", "create"),
			on(core, "persistentvolumeclaims/status", "get patch update"),
			on("storage.k8s.io", "csidrivers", read),
			on("storage.k8s.io", "csinodes", "create delete get patch update"),
			on("node.k8s.io", "runtimeclasses", read),
			on("resource.k8s.io", "resourceclaims", "get"),
			on("resource.k8s.io", "resourceslices", "deletecollection"),
			on("certificates.k8s.io", "clustertrustbundles", read),
			on(core, "serviceaccounts", "get"),
			on("certificates.k8s.io", "podcertificaterequests", "create get list watch"),
		}},
		{name: "system:node-bootstrapper", rules: []rbacv1.PolicyRule{
			on("certificates.k8s.io", "certificatesigningrequests", "create get list watch"),
		}},
		{name: "system:node-problem-detector", rules: []rbacv1.PolicyRule{
			on(core, "nodes", "get"),
			on(core, "nodes/status", "patch"),
			on(coreAndEvents, "events", "create patch update"),
		}},
		{name: "system:node-proxier", rules: []rbacv1.PolicyRule{
			on(core, "endpoints services", "list watch"),
			on(core, "nodes", read),
			on(coreAndEvents, "events", "create patch update"),
			on("networking.k8s.io", "servicecidrs", "list watch"),
			on("discovery.k8s.io", "endpointslices", "list watch"),
		}},
		{name: "system:persistent-volume-provisioner", rules: []rbacv1.PolicyRule{
			on(core, "persistentvolumes", "create delete get list watch"),
			on(core, "persistentvolumeclaims", "get list update watch"),
			on("storage.k8s.io", "storageclasses", read),
			on(core, "events", "watch"),
			on(coreAndEvents, "events", "create patch update"),
		}},
		{name: "system:public-info-viewer", rules: []rbacv1.PolicyRule{
			urls("get", "/healthz /livez /readyz /version /version/"),
		}},
		{name: "system:service-account-issuer-discovery", rules: []rbacv1.PolicyRule{
			urls("get", "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"),
		}},
		{name: "system:volume-scheduler", rules: []rbacv1.PolicyRule{
			on(core, "persistentvolumes", "get list patch update watch"),
			on("storage.k8s.io", "storageclasses", read),
			on(core, "persistentvolumeclaims", "get list patch update watch"),
		}},
		{name: "view", partOf: "edit", gathers: true},
	}
}
