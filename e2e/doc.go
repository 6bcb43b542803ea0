// Package e2e runs podsim as a user does, on a real Docker Engine: each file of testdata/script is a script of commands,
// the manifests that they use, and what must be seen.
//
//	go test ./e2e                           all scripts
//	go test ./e2e -run 'TestScripts/^exec$' one of them, with -v for its whole output
//
// Every script has podsim on its PATH, a state directory and hence a node of its own, and the namespace $NS that no other
// script and no other run uses, so scripts run in parallel; those of testdata/alone look at the whole engine and run
// before them, and those of testdata/dial, where the node itself reaches into the pod, run twice: as TestScripts/dial-automatic, and
// through the pod's sandbox as TestScripts/dial-tunnel (PODSIM_DIAL). Scripts that need an engine say so in their first line and are skipped by name where none answers. Beside
// testscript's own commands there are
//
//	exits CODE[|CODE...] PROGRAM [ARG...]
//	                             run a program that must end with this exit code, or one of them: a command that ends its own
//	                             container ends with 0, or with 137 when the container's end was faster
//	await FILE REGEXP            wait until the file, written by a command in the background, matches
//	until REGEXP PROGRAM [ARG...]
//	                             run a program again and again until its output matches
//	takes MIN MAX PROGRAM [ARG...]
//	                             run a program that must succeed, and no sooner or later than that
//	prompt LIMIT                 for some seconds the node must answer `get pods` within the limit, a stray answer excepted
//	killnode                     kill -9 every podsim process of this script
//	ends                         wait until the node has ended itself
//	release VERSION PROGRAM      build the podsim of a release
//	leakcheck                    nothing of $NS (or $NS-...) is on the engine, the node has ended itself, its socket is gone
//	serve DIR                    serve the directory over HTTP at $URL
//	registry [USER PASSWORD]     a registry at $REGISTRY, which asks for these credentials if there are any
//	push NAME [ARCHITECTURE]     an image in that registry, with what busybox has; it may say that it is for another architecture
//	muteregistry                 a registry at $REGISTRY that accepts connections and never answers
//	oldengine VERSION            an engine whose newest API is VERSION, at $DOCKER_HOST
//
// The program kubectl is kubectl itself, built from the module k8s.io/kubectl.
//
// After all scripts the engine must hold exactly what it held before.
package e2e
