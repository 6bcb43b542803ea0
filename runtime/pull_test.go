package runtime

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/podsim/podsim/runtime/engine/enginetest"
)

const appImage = "registry.example.com/team/app:1"

// pulling is a pod p with one container of the image, and more fields of its spec.
func pulling(policy, pod string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: main, image: " + appImage +
		", imagePullPolicy: " + policy + "}]\n" + pod
}

// pullEvents are the events of the pod about its image, as "Reason: message".
func (w *world) pullEvents() []string {
	var lines []string
	for _, line := range w.eventsOf("p") {
		_, line, _ = strings.Cut(line, " ")
		reason, _, _ := strings.Cut(line, " ")
		if !slices.Contains([]string{"Scheduled", "Created", "Started"}, reason) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (w *world) waiting() string {
	s := w.pod("p").Status.ContainerStatuses[0].State.Waiting
	if s == nil {
		return ""
	}
	return s.Reason + ": " + s.Message
}

func (w *world) pullSecret(name, user, password string) {
	w.Helper()
	content := `{"auths": {"registry.example.com": {"username": "` + user + `", "password": "` + password + `"}}}`
	w.secret(name, content)
}

func (w *world) secret(name, content string) {
	w.Helper()
	_, err := w.node.store.Secrets.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(content)}})
	if err != nil {
		w.Fatal(err)
	}
}

func TestWhatThePullPoliciesSay(t *testing.T) {
	const (
		at      = " spec.containers{main}: "
		present = "Pulled" + at + `Container image "` + appImage + `" already present on machine and can be accessed by the pod`
		pull    = "Pulling" + at + `Pulling image "` + appImage + `"`
		pulled  = "Pulled" + at + `Successfully pulled image "` + appImage + `" in 3s (3s including waiting). Image size: 4261550 bytes.`
		never   = `Container image "` + appImage + `" is not present with pull policy of Never`
		denied  = "manifest for " + appImage + " not found: manifest unknown: not found"
	)
	for _, row := range []struct {
		name, policy    string
		present, served bool
		events          []string
		waiting         string
	}{
		{"S14.1: present", "IfNotPresent", true, true, []string{present}, ""},
		{"S14.1, S14.3: absent", "IfNotPresent", false, true, []string{pull, pulled}, ""},
		{"S14.1: present, but always pulled", "Always", true, true, []string{pull, pulled}, ""},
		{"S14.1: present, and never pulled", "Never", true, true, []string{present}, ""},
		{"S14.1: absent, and never pulled", "Never", false, true,
			[]string{"ErrImageNeverPull" + at + never, "Failed" + at + "Error: ErrImageNeverPull"}, "ErrImageNeverPull: " + never},
		{"S14.4: not to be had", "IfNotPresent", false, false,
			[]string{pull, "Failed" + at + `Failed to pull image "` + appImage + `": ` + denied, "Failed" + at + "Error: ErrImagePull"},
			"ErrImagePull: " + denied},
		{"S14.10: present, but not to be had", "Always", true, false,
			[]string{pull, "Failed" + at + `Failed to pull image "` + appImage + `": ` + denied, "Failed" + at + "Error: ErrImagePull"},
			"ErrImagePull: " + denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if row.present {
					w.machine.AddImage(appImage, enginetest.Image{Size: 4261550})
				}
				if row.served {
					w.machine.Serve(appImage, enginetest.Pull{Takes: 3 * time.Second, Image: enginetest.Image{Size: 4261550}})
				}
				w.create(pulling(row.policy, ""))
				w.await("p", "its container to run or wait", func(pod *corev1.Pod) bool {
					return pod.Status.Phase == corev1.PodRunning || w.waiting() != "ContainerCreating: "
				})
				if diff := cmp.Diff(row.events, w.pullEvents()); diff != "" {
					w.Errorf("events:\n%s", diff)
				}
				if got := w.waiting(); got != row.waiting {
					w.Errorf("waiting: %s", got)
				}
			})
		})
	}
}

func TestTheBackOffOfPulls(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve(appImage, enginetest.Pull{Err: errors.New("no route to host")})
		var attempts []time.Duration
		w.machine.Intercept(func(_ context.Context, call enginetest.Call) error {
			if call.Method == "ImagePull" {
				attempts = append(attempts, time.Since(w.begun).Round(time.Second))
			}
			return nil
		})
		w.create(pulling("IfNotPresent", ""))
		time.Sleep(5 * time.Second)
		want := `ImagePullBackOff: Back-off pulling image "` + appImage + `": ErrImagePull: no route to host`
		if got := w.waiting(); got != want {
			w.Errorf("waiting: %s (S3D)", got)
		}
		w.wantEvent("p", `Normal BackOff spec.containers{main}: Back-off pulling image "`+appImage+`"`)
		w.wantEvent("p", "Warning Failed spec.containers{main}: Error: ImagePullBackOff")
		time.Sleep(30 * time.Minute)
		if len(attempts) < 8 {
			w.Fatalf("attempts at %v", attempts)
		}
		// Each back-off is met by a pass every 10 s (S5.13), and counts from the end of the last attempt (S5.12).
		for i, delay := range []time.Duration{10, 20, 40, 80, 160, 300, 300} {
			passed, least := attempts[i+1]-attempts[i], delay*time.Second
			if passed < least || passed > least+11*time.Second {
				w.Errorf("attempt %d came %v after the one before, with a back-off of %v (S5.12)", i+2, passed, least)
			}
		}
	})
}

func TestImageNames(t *testing.T) {
	for _, row := range []struct{ image, waiting string }{
		{"busybox", ""}, // latest is always pulled, by its full name
		{"a66eb41a975a", `ErrImagePull: manifest for docker.io/library/a66eb41a975a:latest not found: manifest unknown: not found`}, // no id (S14.6)
		{"BusyBox", `InvalidImageName: Failed to apply default image tag "BusyBox": couldn't parse image name "BusyBox": ` +
			`invalid reference format: repository name (library/BusyBox) must be lowercase`}, // S14.9
	} {
		inWorld(t, func(w *world) {
			w.machine.Serve("docker.io/library/busybox:latest", enginetest.Pull{})
			w.create("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: main, image: " + row.image + "}]\n")
			time.Sleep(900 * time.Millisecond)
			if got := w.waiting(); got != row.waiting {
				w.Errorf("%s: waiting: %s", row.image, got)
			}
			if row.waiting == "" {
				w.wantEvent("p", `Normal Pulling spec.containers{main}: Pulling image "busybox"`) // S14.5
			}
			if strings.HasPrefix(row.waiting, "InvalidImageName") {
				w.wantEvent("p", "Warning InspectFailed spec.containers{main}: "+strings.TrimPrefix(row.waiting, "InvalidImageName: "))
				w.wantEvent("p", "Warning Failed spec.containers{main}: Error: InvalidImageName")
			}
		})
	}
}

func TestARestartUnderPolicyAlwaysNeedsTheRegistry(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve(appImage, enginetest.Pull{})
		w.machine.Script("main", func(int) enginetest.Run { return enginetest.Run{For: 5 * time.Second} })
		w.create(pulling("Always", ""))
		w.awaitPhase("p", corev1.PodRunning)
		w.machine.Serve(appImage, enginetest.Pull{Err: errors.New("no route to host")})
		time.Sleep(5500 * time.Millisecond)
		if got := w.waiting(); !strings.HasSuffix(got, "no route to host") { // S14.10
			w.Errorf("waiting: %q", got)
		}
		w.wantTimeline("0s started main 0", "5s exited main 0: 0")
	})
}

// keychain is a Docker configuration with one credential, or with trouble.
type keychain struct {
	user, password string
	err            error
}

func (k keychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	if k.err != nil || k.user == "" {
		return authn.Anonymous, k.err
	}
	return authn.FromConfig(authn.AuthConfig{Username: k.user, Password: k.password}), nil
}

func TestTheCredentialsOfPulls(t *testing.T) {
	const secrets = "  imagePullSecrets: [{name: one}, {name: ''}, {name: two}]\n"
	const missing = "FailedToRetrieveImagePullSecret : Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed."
	for _, row := range []struct {
		name     string
		pod      string
		secrets  [][2]string // the user and password of one and two; "" is none
		keychain keychain
		waiting  string
		missing  string
	}{
		{"a secret of the pod", secrets, [][2]string{{"user", "pass"}, {}}, keychain{}, "", ""},
		{"a secret that the pod does not name", "", [][2]string{{"user", "pass"}}, keychain{},
			"ErrImagePull: pulling " + appImage + ": no basic auth credentials: unauthorized", ""},
		{"the second secret", secrets, [][2]string{{"other", "hunter2"}, {"user", "pass"}}, keychain{}, "", ""},
		{"two that do not serve", secrets, [][2]string{{"a", "hunter2"}, {"b", "hunter2"}}, keychain{},
			"ErrImagePull: [pulling " + appImage + ": unauthorized as a: unauthorized, pulling " + appImage + ": unauthorized as b: unauthorized]", ""},
		{"the user's own", "", nil, keychain{user: "user", password: "pass"}, "", ""},
		{"the user's own after the pod's", secrets, [][2]string{{"a", "hunter2"}, {"b", "hunter2"}}, keychain{user: "user", password: "pass"}, "", ""},
		{"missing secrets that nothing needs", secrets, nil, keychain{user: "user", password: "pass"}, "", ""},
		{"missing secrets", secrets, nil, keychain{}, "ErrImagePull: pulling " + appImage + ": no basic auth credentials: unauthorized", "one, two"},
		{"one is missing", secrets, [][2]string{{"a", "hunter2"}}, keychain{}, "ErrImagePull: pulling " + appImage + ": unauthorized as a: unauthorized", "two"},
		{"a credential helper that fails", "", nil, keychain{err: errors.New("error getting credentials - err: exit status 1, out: `hunter2`")},
			"ErrImagePull: pulling " + appImage + ": no basic auth credentials: unauthorized " +
				"(the Docker configuration has no credentials to try: error getting credentials - err: exit status 1)", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.crash()
				w.options.Keychain = row.keychain
				w.boot()
				w.machine.Serve(appImage, enginetest.Pull{Login: "user:pass"})
				for i, s := range row.secrets {
					if s[0] != "" {
						w.pullSecret([]string{"one", "two"}[i], s[0], s[1])
					}
				}
				w.create(pulling("IfNotPresent", row.pod))
				time.Sleep(900 * time.Millisecond)
				if got := w.waiting(); got != row.waiting {
					w.Errorf("waiting: %s", got)
				}
				told := slices.ContainsFunc(w.pullEvents(), func(e string) bool { return strings.HasPrefix(e, "FailedToRetrieve") })
				if told != (row.missing != "") || told && !slices.Contains(w.pullEvents(), strings.Replace(missing, "%s", row.missing, 1)) {
					w.Errorf("events (S14.8):\n%s", strings.Join(w.pullEvents(), "\n"))
				}
				if all := strings.Join(w.pullEvents(), "\n"); strings.Contains(all, "hunter2") {
					w.Errorf("events with a secret:\n%s", all)
				}
			})
		})
	}
}

func TestASecretThatIsNoDockerConfigurationIsTheReason(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve(appImage, enginetest.Pull{})
		w.secret("one", `{"auths": {"registry.example.com": {"auth": "aHVudGVyMg=="}}}`)
		w.create(pulling("IfNotPresent", "  imagePullSecrets: [{name: one}]\n"))
		time.Sleep(900 * time.Millisecond)
		const text = "unable to parse auth field, must be formatted as base64(username:password)"
		if got := w.waiting(); got != text+": "+text {
			w.Errorf("waiting: %s", got)
		}
		w.wantEvent("p", "Warning Failed spec.containers{main}: Error: "+text)
	})
}

func TestAPullWithoutAnyProgressFails(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve(appImage, enginetest.Pull{Takes: time.Hour})
		w.create(pulling("IfNotPresent", ""))
		time.Sleep(pullPatience + 500*time.Millisecond)
		if got := w.waiting(); got != "ErrImagePull: no progress for 5m0s" {
			w.Errorf("waiting: %s", got)
		}
	})
}

func TestAPullThatIsBrokenOffIsNoFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		w.machine.Serve(appImage, enginetest.Pull{Takes: time.Minute})
		w.create(pulling("IfNotPresent", ""))
		time.Sleep(time.Second)
		node := w.node
		w.stop()
		<-w.ended
		events, _ := node.store.Events.List("default")
		for _, e := range events {
			if e.Reason == "Failed" {
				w.Errorf("event: %s", e.Message)
			}
		}
		w.boot()
		w.awaitPhase("p", corev1.PodRunning)
	})
}

// TestAHelperThatAsksTheUserEndsWithThePod: nobody answers it.
func TestAHelperThatAsksTheUserEndsWithThePod(t *testing.T) {
	inWorld(t, func(w *world) {
		answer := make(chan struct{})
		defer close(answer)
		w.crash()
		w.options.Keychain = silentKeychain{answer}
		w.boot()
		w.machine.Serve(appImage, enginetest.Pull{})
		w.create(pulling("IfNotPresent", ""))
		time.Sleep(time.Minute)
		w.delete("p", 0)
		w.awaitGone("p")
		w.wantNothingLeft()
	})
}

type silentKeychain struct{ answer chan struct{} }

func (k silentKeychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	<-k.answer
	return authn.Anonymous, nil
}
