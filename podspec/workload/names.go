package workload

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// suffixLength is how many characters a server adds to a generateName.
	suffixLength = 5
	// maxGeneratedBase is the length to which a server cuts a generateName: what is left of a DNS label.
	maxGeneratedBase = validation.DNS1123LabelMaxLength - suffixLength
)

// UID is the uid of an object that a manifest describes. A server makes up a new one at each creation; this one is always the
// same, so that the pods of an object are known by it.
func UID(kind, namespace, name string) types.UID {
	return types.UID(uuid.NewSHA1(uuid.Nil, []byte(strings.Join([]string{"podsim", kind, namespace, name}, "/"))).String())
}

// IsMadeUp says of the controller of an object that nobody has to keep it: it is one that a manifest describes, of which UID made the uid
// and of which there is no object on any server.
func IsMadeUp(owner metav1.OwnerReference) bool {
	switch owner.Kind {
	case "ReplicaSet", "StatefulSet", "DaemonSet", "Job":
		id, err := uuid.Parse(string(owner.UID))
		return err == nil && id.Version() == 5 // those of a server are random
	}
	return false
}

// GeneratedName is a name that a server might make of a generateName. It depends on the base and on the seed alone.
func GeneratedName(base, seed string) string {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(base+"/"+seed)))
	return base[:min(len(base), maxGeneratedBase)] + rand.SafeEncodeString(sum[:suffixLength])
}

// generateName is what a controller puts before the random end of its pods' names. The dash is left out where the name would become
// too long with it.
func generateName(controller string) string {
	if len(controller) >= validation.DNS1123SubdomainMaxLength {
		return controller
	}
	return controller + "-"
}

// seed tells the pods of one controller apart.
func seed(controller metav1.Object, replica int) string {
	return string(controller.GetUID()) + "/" + strconv.Itoa(replica)
}
