package podspec

// KubernetesVersion is the release of Kubernetes whose behaviour podsim shows.
const KubernetesVersion = "v1.37.2"
