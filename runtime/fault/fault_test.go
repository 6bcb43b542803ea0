package fault

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func quantity(text string) *resource.Quantity {
	q := resource.MustParse(text)
	return &q
}

func duration(d time.Duration) metav1.Duration { return metav1.Duration{Duration: d} }

func TestFaultsAreIdentifiedAndDescribed(t *testing.T) {
	for _, test := range []struct {
		fault     Fault
		id, words string
	}{
		{Fault{Kind: Kill, Container: "app", Signal: "SIGHUP"}, "", "container app gets SIGHUP"},
		{Fault{Kind: Memory, Container: "app"}, "", "container app runs out of memory"},
		{Fault{Kind: Pause, Container: "app"}, "pause/app", "container app is frozen"},
		{Fault{Kind: Cut}, "cut", "the network is cut"},
		{Fault{Kind: Network, Wire: &Wire{Latency: duration(200 * time.Millisecond), Jitter: duration(50 * time.Millisecond), Loss: 0.5, Rate: 1_500_000}},
			"network", "the network delays by 200ms ±50ms, loses 0.5% and carries 1.5mbit"},
		{Fault{Kind: Network, Wire: &Wire{Loss: 5}}, "network", "the network loses 5%"},
		{Fault{Kind: Fill, Volume: "data"}, "fill/data", "volume data is full"},
		{Fault{Kind: Fill, Volume: "data", Size: quantity("10Mi")}, "fill/data", "10Mi of volume data are taken"},
		{Fault{Kind: Pull}, "pull", "images cannot be pulled"},
		{Fault{Kind: Pull, Image: "web:1"}, "pull/web:1", "image web:1 cannot be pulled"},
	} {
		if id := test.fault.Identify(); id != test.id || test.fault.Lasts() != (id != "") {
			t.Errorf("%s: ID %q, want %q", test.words, id, test.id)
		}
		if words := test.fault.String(); words != test.words {
			t.Errorf("%q, want %q", words, test.words)
		}
	}
}

const somePod = `
metadata: {name: web}
spec:
  initContainers: [{name: init, image: "busybox:1.36"}]
  containers:
  - {name: app, image: "web:1", resources: {limits: {memory: 64Mi}}}
  - {name: proxy, image: "proxy:1"}
  volumes:
  - {name: limited, emptyDir: {sizeLimit: 1Mi}}
  - {name: memory, emptyDir: {medium: Memory}}
  - {name: disk, emptyDir: {}}
  - {name: claim, persistentVolumeClaim: {claimName: data}}
  - {name: machine, hostPath: {path: /tmp}}
  - {name: settings, configMap: {name: settings}}
  - {name: files, image: {reference: "files:1"}}
`

func TestWhatCanBeDoneToAPod(t *testing.T) {
	const all = "init, app, proxy"
	for _, test := range []struct {
		fault Fault
		want  string // "" if it can be done
	}{
		{Fault{Kind: "hurt"}, `there is no fault of kind "hurt"`},
		{Fault{Kind: Kill, Container: "app"}, ""},
		{Fault{Kind: Kill, Container: "app", Signal: "15"}, ""},
		{Fault{Kind: Kill, Container: "app", Signal: "BANG"}, `"BANG" is no signal such as SIGKILL, TERM or 1`},
		{Fault{Kind: Kill}, "say which container: pod web has " + all},
		{Fault{Kind: Pause, Container: "nobody"}, `pod web has no container "nobody", but ` + all},
		{Fault{Kind: Memory, Container: "app"}, ""},
		{Fault{Kind: Memory, Container: "proxy"}, "container proxy has no limit of memory, and would use up the machine's: give it resources.limits.memory"},
		{Fault{Kind: Cut}, ""},
		{Fault{Kind: Network}, "say what the network is to be like: a latency, a loss or a rate"},
		{Fault{Kind: Network, Wire: &Wire{Latency: duration(time.Second), Jitter: duration(time.Second)}}, ""},
		{Fault{Kind: Network, Wire: &Wire{Latency: duration(2 * time.Minute)}}, "the latency is to be between 0 and 1m0s"},
		{Fault{Kind: Network, Wire: &Wire{Jitter: duration(time.Second)}}, "the jitter is to be between 0 and the latency"},
		{Fault{Kind: Network, Wire: &Wire{Loss: 101}}, "the loss is to be between 0% and 100%"},
		{Fault{Kind: Network, Wire: &Wire{Rate: 8}}, "the rate is to be at least 1kbit"},
		{Fault{Kind: Fill, Volume: "limited"}, ""},
		{Fault{Kind: Fill, Volume: "memory"}, "volume memory has no limit, and would take all of the machine's disk or memory: say how much, as --size=100Mi, or give it an emptyDir.sizeLimit"},
		{Fault{Kind: Fill, Volume: "disk", Size: quantity("1Mi")}, ""},
		{Fault{Kind: Fill, Volume: "disk", Size: quantity("0")}, "the size is to be above 0"},
		{Fault{Kind: Fill, Volume: "disk", Size: quantity("500m")}, "the size is to be in whole bytes, and 500m is not: m stands for thousandths, M and Mi for millions"},
		{Fault{Kind: Fill, Volume: "disk", Size: quantity("1.5Gi")}, ""},
		{Fault{Kind: Fill, Volume: "claim", Size: quantity("1Mi")}, ""},
		{Fault{Kind: Fill, Volume: "machine", Size: quantity("1Mi")}, "volume machine is the machine's (hostPath), which others use, too"},
		{Fault{Kind: Fill, Volume: "settings", Size: quantity("1Mi")}, "volume settings is one that containers only read"},
		{Fault{Kind: Fill, Volume: "none"}, `pod web has no volume "none", but limited, memory, disk, claim, machine, settings, files`},
		{Fault{Kind: Pull}, ""},
		{Fault{Kind: Pull, Image: "files:1"}, ""},
		{Fault{Kind: Pull, Image: "web:2"}, `pod web uses no image "web:2", but busybox:1.36, files:1, proxy:1, web:1`},
	} {
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict([]byte(somePod), pod); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := test.fault.Check(pod); err != nil {
			got = strings.TrimSpace(err.Error())
		}
		if got != test.want {
			t.Errorf("%+v: %q, want %q", test.fault, got, test.want)
		}
	}
}

func TestAFaultIsCompletedAsItIsChecked(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}}}
	f := Fault{Kind: Kill}
	if err := f.Check(pod); err != nil || f.Container != "app" || f.Signal != "SIGKILL" {
		t.Errorf("%+v, %v", f, err)
	}
	pod.Spec.HostNetwork = true
	for _, kind := range []Kind{Cut, Network} {
		f := Fault{Kind: kind, Wire: &Wire{Loss: 1}}
		if err := f.Check(pod); err == nil || !strings.Contains(err.Error(), "hostNetwork") {
			t.Errorf("%s of the machine's network: %v", kind, err)
		}
	}
}

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]string{"": "", "SIG": "", "term": "SIGTERM", "SIGUSR1": "SIGUSR1", "1": "SIGHUP", "31": "SIGSYS", "34": "SIGRTMIN",
		"35": "SIGRTMIN+1", "63": "SIGRTMAX-1", "64": "SIGRTMAX", "rtmin+3": "SIGRTMIN+3", "0": "", "32": "", "65": "", "NOTHING": "", "SIGRTMIN+99": ""} {
		if got, err := ParseSignal(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseRateAndShare(t *testing.T) {
	for text, want := range map[string]int64{"1mbit": 1e6, "56.6kbit": 56600, "2GBIT": 2e9, "8000bit": 8000, "1": 0, "mbit": 0, "-1mbit": 0, "0.1bit": 0, "1e300gbit": 0} {
		if got, err := ParseRate(text); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"5%": 5, "0.1": 0.1, "100%": 100, "0": 0} {
		if got, err := ParseShare(text); got != want || err != nil {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "%", "101%", "-1", "NaN", "many"} {
		if _, err := ParseShare(text); err == nil {
			t.Errorf("%q is a share", text)
		}
	}
	for rate, want := range map[int64]string{1e6: "1mbit", 1500: "1.5kbit", 8: "8bit", 2e9: "2gbit"} {
		if got := FormatRate(rate); got != want {
			t.Errorf("%d: %s, want %s", rate, got, want)
		}
	}
}
