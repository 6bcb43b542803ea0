// Package podtest runs pods in Go tests, as net/http/httptest runs servers: one call brings a pod up, on the Docker Engine of the machine,
// with the semantics of a real kubelet, and when the test has ended nothing is left of it.
//
//	func TestTheSidecarShipsWhatTheAppLogs(t *testing.T) {
//		pod := podtest.Up(t, podtest.File("testdata/pod.yaml"), podtest.Env("app", "GREETING", "hello"))
//		pod.WaitReady()
//		pod.Container("sidecar").WaitLog("shipped: hello")
//		if got := pod.Container("app").Exec("cat", "/var/log/app.log"); got.Code != 0 {
//			t.Errorf("the app has no log: %s", got.Stderr)
//		}
//		ending := pod.Delete(podtest.OwnGrace)
//		if end, _ := ending.Of("sidecar"); end.ExitCode != 0 {
//			t.Errorf("the sidecar did not end well:\n%s", ending)
//		}
//	}
//
// The pods of a test are in a namespace of its own, so that tests run in parallel. All tests of a process share one node of podsim's,
// which lives in the process: no podsim command is needed. Where no engine answers, tests are skipped. What a test process that was killed
// has left on the engine, or of namespaces on a cluster, the next one of the same user on the same machine removes; on the engine so does
// testcontainers' reaper, where one runs.
//
// Faults show what a pod does when something goes wrong: Container.Kill, Container.Pause, Pod.CutNetwork, Pod.FillVolume and more. Explore
// asks whether a container may be killed at any moment: it kills it at each event of the pod, and at random moments, which PODSIM_SEED
// repeats.
//
// With PODSIM_TARGET=kubeconfig, or OnCluster, the pods run on a cluster. The namespaces of tests there have the labels
// podsim.io/podtest.machine, with the host name of the machine that the test ran on, and podsim.io/podtest.started. What killed tests of a
// machine have left that runs no more:
//
//	kubectl delete namespaces -l podsim.io/podtest.machine=$HOSTNAME
package podtest
