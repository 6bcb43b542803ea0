package status

import (
	corev1 "k8s.io/api/core/v1"
)

// maxPodMessages is what all messages of ended containers that a pod shows may have together, in bytes (S10.33).
const maxPodMessages = 12288

// cutMessages cuts the end off messages of ended containers that are longer than their share (S10.33).
func cutMessages(pod *corev1.Pod, s *corev1.PodStatus) {
	share := maxPodMessages / max(1, len(pod.Spec.InitContainers)+len(pod.Spec.Containers)+len(pod.Spec.EphemeralContainers))
	for _, list := range [][]corev1.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			for _, ended := range []*corev1.ContainerStateTerminated{list[i].State.Terminated, list[i].LastTerminationState.Terminated} {
				if ended != nil {
					ended.Message = ended.Message[:min(len(ended.Message), share)]
				}
			}
		}
	}
}
