package instance

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/podsim/podsim/podspec"
)

// identity is whom a container runs as, before the image's accounts are looked at: the container's values, else the pod's, else the
// image's USER, of which a node takes the user alone (S12.1, S12.2).
type identity struct {
	user string // a name or a number; "" is root
	gid  *int64 // nil: the user's primary group
	// strict: the image's groups of the user do not count (S12.3).
	strict bool
}

func identityOf(pod *corev1.Pod, c *corev1.Container, imageUser string) identity {
	own, all := securityContext(c), podSecurityContext(pod)
	var id identity
	id.user, _, _ = strings.Cut(imageUser, ":")
	if uid := podspec.RunAsUser(pod, c); uid != nil {
		id.user = strconv.FormatInt(*uid, 10)
	}
	id.gid = first(own.RunAsGroup, all.RunAsGroup)
	id.strict = all.SupplementalGroupsPolicy != nil && *all.SupplementalGroupsPolicy == corev1.SupplementalGroupsPolicyStrict
	return id
}

// NeedsAccounts reports whether Config has to know the users and groups of the image. The engine looks into the image only for a user
// without a group: then it takes the user's primary group and adds the others. Where one of the two is not wanted, both have to be named.
func NeedsAccounts(pod *corev1.Pod, c *corev1.Container, imageUser string) bool {
	id := identityOf(pod, c, imageUser)
	return id.strict != (id.gid != nil)
}

// user is the engine's user[:group] of the instance (S12.1, S12.2), after the check that runAsNonRoot asks for (S12.4).
func user(in Input) (string, error) {
	own, pod := securityContext(in.Container), podSecurityContext(in.Pod)
	if isTrue(first(own.RunAsNonRoot, pod.RunAsNonRoot)) {
		if err := checkNonRoot(in, podspec.RunAsUser(in.Pod, in.Container)); err != nil {
			return "", err
		}
	}
	id := identityOf(in.Pod, in.Container, in.ImageUser)
	name := id.user
	switch {
	case id.gid == nil && !id.strict:
		return name, nil
	case name == "":
		name = "0"
	}
	if id.gid != nil {
		return fmt.Sprintf("%s:%d", name, *id.gid), nil
	}
	return fmt.Sprintf("%s:%d", name, in.Accounts.primaryGroup(id.user)), nil
}

func checkNonRoot(in Input, uid *int64) error {
	where := fmt.Sprintf("(pod: %q, container: %s)", podspec.PodIdentity(in.Pod), in.Container.Name)
	if uid != nil {
		if *uid == 0 {
			return fmt.Errorf("container's runAsUser breaks non-root policy %s", where)
		}
		return nil
	}
	name, _, _ := strings.Cut(in.ImageUser, ":")
	n, err := strconv.ParseInt(name, 10, 64)
	switch {
	case name == "" || err == nil && n == 0:
		return fmt.Errorf("container has runAsNonRoot and image will run as root %s", where)
	case err != nil:
		return fmt.Errorf("container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root %s", name, where)
	}
	if faults := validation.IsValidUserID(n); len(faults) > 0 {
		return fmt.Errorf("container has runAsNonRoot and image has an invalid user id (%d). (Must be 1-(%d)): %s %s",
			n, math.MaxInt32, strings.Join(faults, "; "), where)
	}
	return nil
}

// groups are the supplementary groups that the engine is to add: the pod's (S11.64, S12.3), and those that the image has for the user
// where the engine would not look, because a group is named.
func groups(in Input) []string {
	var list []string
	add := func(gid int64) {
		if g := strconv.FormatInt(gid, 10); !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	context := podSecurityContext(in.Pod)
	if context.FSGroup != nil {
		add(*context.FSGroup)
	}
	for _, g := range context.SupplementalGroups {
		add(g)
	}
	if id := identityOf(in.Pod, in.Container, in.ImageUser); id.gid != nil && !id.strict {
		for _, g := range in.Accounts.groupsOf(id.user) {
			add(g)
		}
	}
	return list
}
