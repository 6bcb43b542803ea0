package nodeflags

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/podsim/podsim/runtime/instance"
)

// The flags' names, which are a kubelet's.
const (
	maxSizeFlag  = "container-log-max-size"
	maxFilesFlag = "container-log-max-files"
)

// addLogLimits makes the flags that limit the logs of containers, as a kubelet's do (S10.42).
func addLogLimits(flags *pflag.FlagSet, limits *instance.LogLimits) {
	flags.Var(maxSize{limits}, maxSizeFlag, "How large a file of a container's log becomes before the next one is begun; 10Mi when unset")
	flags.Var(maxFiles{limits}, maxFilesFlag, "How many files of a container's log are kept, at least 2; 5 when unset")
}

type maxSize struct{ limits *instance.LogLimits }

func (v maxSize) String() string {
	if v.limits == nil || v.limits.MaxSize == 0 {
		return ""
	}
	return resource.NewQuantity(v.limits.MaxSize, resource.BinarySI).String()
}

func (v maxSize) Set(text string) error {
	size, err := resource.ParseQuantity(text)
	if err != nil || size.Sign() <= 0 {
		return fmt.Errorf("%q is not a size such as 10Mi", text)
	}
	v.limits.MaxSize = size.Value()
	return nil
}

func (maxSize) Type() string { return "SIZE" }

type maxFiles struct{ limits *instance.LogLimits }

func (v maxFiles) String() string {
	if v.limits == nil || v.limits.MaxFiles == 0 {
		return ""
	}
	return strconv.Itoa(v.limits.MaxFiles)
}

func (v maxFiles) Set(text string) error {
	number, err := strconv.Atoi(text)
	if err != nil || number < 2 {
		return fmt.Errorf("%q is not a number of at least 2", text)
	}
	v.limits.MaxFiles = number
	return nil
}

func (maxFiles) Type() string { return "N" }
