package podtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/podsim/podsim/runtime/endpoint"
)

// cluster is another node of podsim's, as its kubeconfig has it.
func cluster(t *testing.T) endpoint.Access {
	t.Helper()
	RequireEngine(t)
	options := nodeOptions{gates: "ContainerStopSignals=true"} // none of the other tests has these
	node, err := process.use(t.Context(), options, func(err error) { t.Log(err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := cleaning(t)
		defer cancel()
		if err := process.release(ctx, options); err != nil {
			t.Error(err)
		}
	})
	access, err := endpoint.AskAccess(t.Context(), node.dir)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// writeKubeconfig returns a file that leads to a node.
func writeKubeconfig(t *testing.T, to endpoint.Access) string {
	t.Helper()
	content, err := clientcmd.Write(*to.Kubeconfig(""))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheSameTestOnACluster(t *testing.T) {
	access := cluster(t)
	kubeconfig := writeKubeconfig(t, access)
	for name, where := range map[string]func(*testing.T) []Option{
		"PODSIM_TARGET": func(t *testing.T) []Option {
			t.Setenv(TargetVariable, "kubeconfig")
			t.Setenv("KUBECONFIG", kubeconfig)
			return nil
		},
		"OnCluster": func(*testing.T) []Option {
			return []Option{OnCluster(&rest.Config{Host: access.Server, TLSClientConfig: rest.TLSClientConfig{
				CAData: access.CA, CertData: access.Certificate, KeyData: access.Key,
			}})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			pod := Up(t, append(where(t), YAML(sleeper))...)
			pod.WaitReady()
			if pod.space.node != nil {
				t.Fatal("it is on a node of this process")
			}
			namespace, err := pod.Client().CoreV1().Namespaces().Get(t.Context(), pod.Namespace(), metav1.GetOptions{})
			if err != nil || namespace.Labels[labelStarted] == "" {
				t.Errorf("the namespace has the labels %v, error %v", namespace.Labels, err)
			}
			if got := pod.Container("app").Exec("echo", "hello"); got.Stdout != "hello\n" {
				t.Errorf("exec: %+v", got)
			}
			ending := pod.Delete(OwnGrace)
			if end, _ := ending.Of("app"); end.ExitCode != 137 {
				t.Errorf("ended:\n%s", ending)
			}
		})
	}
}

// A run removes from a cluster what a killed one left there, and nothing else.
func TestWhatAKilledProcessLeftOnAClusterGoesWithTheNextRun(t *testing.T) {
	access := cluster(t)
	parent := newParent(t)
	t.Setenv(TargetVariable, "kubeconfig")
	t.Setenv("KUBECONFIG", writeKubeconfig(t, access))
	others := Up(t, YAML(sleeper)) // of this process, whose lock is in another directory
	namespaces := func() []string {
		t.Helper()
		owner, err := ownerOnClusters(parent)
		if err != nil {
			t.Fatal(err)
		}
		found, err := others.Client().CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: labelOwner + "=" + owner})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, n := range found.Items {
			if n.DeletionTimestamp == nil {
				names = append(names, n.Name)
			}
		}
		return names
	}
	living, input := readyProcess(t, parent)
	its := namespaces()
	killedOnceReady(t, parent)
	if left := namespaces(); len(its) != 1 || len(left) != 2 {
		t.Fatalf("there should be one namespace, and two: %q, %q", its, left)
	}
	if output, err := otherProcess(t, parent, "run").Output(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if left := namespaces(); !slices.Equal(left, its) {
		t.Errorf("left are %q, want %q of the process that lives", left, its)
	}
	others.WaitReady()
	input.Close()
	if err := living.Wait(); err != nil {
		t.Errorf("the process that lives: %v", err)
	}
	if left := leftOf(parent); len(namespaces()) > 0 || len(left) > 0 {
		t.Errorf("left behind: %q, %q", namespaces(), left)
	}
}

func TestWhatNeedsTheEngineIsSkippedOnAClusterByName(t *testing.T) {
	access := cluster(t)
	on := OnCluster(&rest.Config{Host: access.Server, TLSClientConfig: rest.TLSClientConfig{CAData: access.CA, CertData: access.Certificate, KeyData: access.Key}})
	dir := t.TempDir()
	pod := Up(t, on, YAML(sleeper))
	for want, test := range map[string]func(TB){
		"Build":         func(t TB) { Up(t, on, YAML(sleeper), Build("app", dir)) },
		"Network":       func(t TB) { Up(t, on, YAML(sleeper), Network("other")) },
		"FeatureGates":  func(t TB) { Up(t, on, YAML(sleeper), FeatureGates("ContainerStopSignals=true")) },
		"ReadFile":      func(t TB) { pod.in(t).ReadFile("tmp", "file") },
		"WriteFile":     func(t TB) { pod.in(t).WriteFile("tmp", "file", nil) },
		"Walk":          func(t TB) { pod.in(t).Walk("tmp", func(string, fs.FileInfo) error { return nil }) },
		"Testcontainer": func(t TB) { pod.in(t).Container("app").Testcontainer() },
	} {
		t.Run(want, func(t *testing.T) {
			told := trial(t, test)
			if err := told.err(); err != nil || !strings.Contains(told.skipped, want+" needs podsim's own engine, and the test runs on a cluster") {
				t.Errorf("skipped %q, error %v", told.skipped, err)
			}
		})
	}
}

// in is the pod as another test sees it.
func (p *Pod) in(t TB) *Pod {
	return &Pod{t: t, space: p.space, name: p.name, created: p.created, patience: p.patience, history: p.history}
}

func TestLabelsTellPeopleWhatIsLeftOnACluster(t *testing.T) {
	labels := clusterLabels(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	if got := labels[labelStarted]; got != "2026-05-04T03.02.01Z" {
		t.Errorf("begun at %s", got)
	}
	if machine, there := labels[labelMachine]; !there || notInLabelValues.MatchString(machine) {
		t.Errorf("of the machine %q", machine)
	}
}

func TestNoEngineSkips(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	told := trial(t, func(t TB) { Up(t, YAML(sleeper), FeatureGates("ContainerStopSignals=false")) })
	if !strings.Contains(told.skipped, "no Docker Engine answers at unix:///nonexistent/docker.sock") {
		t.Errorf("skipped %q, error %v", told.skipped, told.err())
	}
}

// trial runs a test and returns how it ended.
func trial(t *testing.T, test func(TB)) *rehearsal {
	own := newRehearsal(t, "trial")
	own.run(func() { test(own) })
	return own
}
