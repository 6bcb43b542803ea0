package runtime

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	dockercontainer "github.com/docker/docker/api/types/container"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/network/serviceproxy"
	"github.com/podsim/podsim/runtime/engine/enginetest"
	"github.com/podsim/podsim/runtime/store"
)

const servedPod = `
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: main, image: "busybox:1.36"}]
`

// proxyWorld notes what proxies are told; refusal, if not nil, is why they cannot be, and those that hang never answer.
type proxyWorld struct {
	*world

	mu      sync.Mutex
	tables  []serviceproxy.Table
	refusal error
	hang    bool
}

// told are the tables that proxies were told.
func (w *proxyWorld) told() []serviceproxy.Table {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.tables)
}

// refuse has proxies refuse their tables; nil has them take them again.
func (w *proxyWorld) refuse(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusal = why
}

// hangUp has proxies answer no more.
func (w *proxyWorld) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hang = true
}

func inProxyWorld(t *testing.T, story func(*proxyWorld)) {
	t.Helper()
	inWorld(t, func(w *world) {
		p := &proxyWorld{world: w}
		w.machine.OnExec(func(x enginetest.Exec) enginetest.ExecResult {
			if x.Command[len(x.Command)-1] != "proxy-table" {
				return enginetest.ExecResult{}
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.hang {
				return enginetest.ExecResult{Takes: enginetest.Forever}
			}
			var table serviceproxy.Table
			if err := json.Unmarshal(x.Input, &table); err != nil {
				t.Error(err)
			}
			if p.refusal == nil {
				p.tables = append(p.tables, table)
				return enginetest.ExecResult{}
			}
			return enginetest.ExecResult{Code: 1, Stderr: p.refusal.Error()}
		})
		story(p)
	})
}

func (w *proxyWorld) createService(name string) {
	w.Helper()
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}}
	s.Spec = corev1.ServiceSpec{ClusterIP: "10.96.0.7", Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}}}
	if _, err := w.node.store.Services.Create(s); err != nil {
		w.Fatal(err)
	}
}

func (w *proxyWorld) deleteService(name string) {
	w.Helper()
	if _, err := w.node.store.Services.Delete(types.NamespacedName{Namespace: "default", Name: name}, nil); err != nil {
		w.Fatal(err)
	}
}

// running are the ids of the running containers of a type.
func (w *proxyWorld) running(kind string) []string {
	w.Helper()
	synctest.Wait()
	all, err := w.machine.Connect().ContainerList(w.Context(), dockercontainer.ListOptions{All: true})
	if err != nil {
		w.Fatal(err)
	}
	var ids []string
	for _, c := range all {
		if c.Labels[network.LabelType] == kind && c.State == dockercontainer.StateRunning {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// reachable tells where the newest table has the Service's connections go; "-" without any table.
func (w *proxyWorld) reachable() string {
	synctest.Wait()
	if len(w.told()) == 0 {
		return "-"
	}
	var endpoints []string
	for _, f := range w.told()[len(w.told())-1].Forwards {
		for _, e := range f.Endpoints {
			endpoints = append(endpoints, e.Addr().String())
		}
	}
	return strings.Join(endpoints, " ")
}

func (w *proxyWorld) startPod() {
	w.Helper()
	w.create(servedPod)
	w.await("p", "ready", func(pod *corev1.Pod) bool { return pod != nil && isReady(pod) })
	time.Sleep(time.Second)
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func TestAPodHasAProxyAsLongAsThereAreServices(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.startPod()
		if got := w.running(network.TypeProxy); len(got) > 0 || len(w.told()) > 0 {
			t.Errorf("without Services there are proxies %v, told %v", got, w.told())
		}
		w.createService("web")
		time.Sleep(time.Second)
		if got := w.running(network.TypeProxy); len(got) != 1 || w.reachable() != w.pod("p").Status.PodIP {
			t.Errorf("with a Service there are proxies %v, told of %q", got, w.reachable())
		}
		w.deleteService("web")
		time.Sleep(time.Second)
		if got := w.running(network.TypeProxy); len(got) > 0 || w.reachable() != "" || len(w.told()[len(w.told())-1].DNS) > 0 {
			t.Errorf("after the Service there are proxies %v, told %+v", got, w.told()[len(w.told())-1])
		}
	})
}

func TestAPodThatStartsBesideAServiceReachesItAtOnce(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.createService("web")
		w.machine.Script("main", func(int) enginetest.Run {
			if len(w.told()) == 0 {
				t.Error("the container started before the proxy knew of the Service")
			}
			return enginetest.Run{For: enginetest.Forever}
		})
		w.startPod()
		if w.reachable() != w.pod("p").Status.PodIP {
			t.Errorf("the proxy was told of %q", w.reachable())
		}
		w.delete("p", 0)
		w.awaitGone("p")
		if got := w.running(network.TypeProxy); len(got) > 0 {
			t.Errorf("left: %v", got)
		}
	})
}

func TestAProxyOutlivesTheNode(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.createService("web")
		w.startPod()
		before, told := w.running(network.TypeProxy), len(w.told())
		w.crash()
		w.boot()
		w.await("p", "ready", func(pod *corev1.Pod) bool { return pod != nil && isReady(pod) })
		time.Sleep(time.Second)
		if got := w.running(network.TypeProxy); !slices.Equal(got, before) || len(before) != 1 {
			t.Errorf("proxies %v became %v", before, got)
		}
		if len(w.told()) == told || w.reachable() != w.pod("p").Status.PodIP {
			t.Errorf("the next node told of %q", w.reachable())
		}
	})
}

// A Service that was created or deleted after the pods began is, or is not, there for the next node.
func TestTheNextNodeKnowsTheServicesThatThereWereAtLast(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		names := func() string {
			all, _ := w.node.store.Services.List("default")
			var names []string
			for _, s := range all {
				names = append(names, s.Name)
			}
			return strings.Join(names, " ")
		}
		w.createService("early")
		w.startPod()
		w.createService("late")
		time.Sleep(5 * time.Second)
		w.deleteService("early")
		time.Sleep(5 * time.Second)
		w.crash()
		w.boot()
		if got := names(); got != "kubernetes late" {
			t.Errorf("the next node has %s", got)
		}
		w.deleteService("late")
		time.Sleep(5 * time.Second)
		w.crash()
		w.boot()
		if got := names(); got != "kubernetes" {
			t.Errorf("the one after that has %s", got)
		}
		time.Sleep(5 * time.Second)
		if got := w.running(network.TypeProxy); len(got) > 0 {
			t.Errorf("left: %v", got)
		}
	})
}

func TestTheNewestRecordOfANamespacesServicesHolds(t *testing.T) {
	n := NewNode(nil, Options{ID: "node"})
	record := func(version uint64, names ...string) []byte {
		saved := savedServices{Version: version}
		for _, name := range names {
			saved.Services = append(saved.Services, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", ResourceVersion: "5"}})
		}
		content, err := json.Marshal(saved)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	for _, step := range []struct {
		record []byte
		want   int
	}{{record(20, "a", "b"), 2}, {record(10, "a", "b", "c"), 2}, {nil, 2}, {record(30, "a"), 1}, {record(40), 0}} {
		if err := n.adoptServices("ns", step.record); err != nil {
			t.Fatal(err)
		}
		if all, _ := n.store.Services.List("ns"); len(all) != step.want {
			t.Errorf("after %s there are %d Services, want %d", step.record, len(all), step.want)
		}
	}
	if all, _ := n.store.Services.List("default"); len(all) != 1 {
		t.Errorf("there are %d Services in default", len(all))
	}
}

func TestALostProxyAndALostSandboxGetNewProxies(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.createService("web")
		w.startPod()
		first := w.running(network.TypeProxy)
		if err := w.machine.Remove(first[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		second := w.running(network.TypeProxy)
		if len(second) != 1 || second[0] == first[0] {
			t.Errorf("after the proxy's end: %v", second)
		}
		if err := w.machine.Remove(w.running(network.TypeSandbox)[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		third := w.running(network.TypeProxy)
		if len(third) != 1 || third[0] == second[0] || w.reachable() != w.pod("p").Status.PodIP {
			t.Errorf("after the sandbox's end: %v, told of %q", third, w.reachable())
		}
	})
}

func TestAProxyThatFailsKeepsNoPodFromRunning(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.refuse(errors.New("the kernel has no nf_tables"))
		w.createService("web")
		w.startPod()
		w.wantEvent("p", "Warning FailedServiceProxy : Services cannot be reached from this pod: telling the proxy for Services: "+
			"agent proxy-table: exit code 1: the kernel has no nf_tables")
		w.refuse(nil)
		time.Sleep(5 * time.Second)
		if w.reachable() != w.pod("p").Status.PodIP {
			t.Errorf("once it can, the proxy is told of %q", w.reachable())
		}
	})
}

func TestAProxyThatHangsDelaysNoDeletion(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.startPod()
		w.hangUp()
		w.createService("web")
		time.Sleep(time.Second)
		if got := w.running(network.TypeProxy); len(got) != 1 {
			t.Errorf("proxies %v", got)
		}
		begun := time.Now()
		w.delete("p", 0)
		w.awaitGone("p")
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the deletion took %v", took)
		}
		w.wantNothingLeft()
	})
}

func TestARouterStandsBetweenNamespacesThatHaveServices(t *testing.T) {
	inProxyWorld(t, func(w *proxyWorld) {
		w.startPod()
		other := w.pod("p").DeepCopy()
		other.Namespace, other.Labels = "other", nil
		if _, err := w.node.CreatePod(w.Context(), other); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := w.running(network.TypeRouter); len(got) > 0 {
			t.Errorf("without Services there is a router: %v", got)
		}
		w.createService("web")
		time.Sleep(10 * time.Second)
		first := w.running(network.TypeRouter)
		if len(first) != 1 || len(w.told()[len(w.told())-1].Routes) != 1 {
			t.Errorf("routers %v, told %+v", first, w.told()[len(w.told())-1].Routes)
		}
		w.crash()
		w.boot()
		time.Sleep(10 * time.Second)
		if got := w.running(network.TypeRouter); len(got) != 1 || got[0] == first[0] {
			t.Errorf("after the node's end there are the routers %v", got)
		}
		if _, err := w.node.DeletePod(w.Context(), "other", "p", nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := w.running(network.TypeRouter); len(got) > 0 || len(w.told()[len(w.told())-1].Routes) > 0 {
			t.Errorf("with one namespace there are routers %v, routes %v", got, w.told()[len(w.told())-1].Routes)
		}
		if _, err := w.node.store.Pods.Get(store.KeyOf(other)); err == nil {
			t.Error("the other pod is still there")
		}
	})
}
