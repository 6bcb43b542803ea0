package validation

import (
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// maxCredentialSpec is the longest description of a group managed service account, in bytes.
const maxCredentialSpec = 64 << 10

func validateWindowsOptions(o *corev1.WindowsSecurityContextOptions, path *field.Path) field.ErrorList {
	if o == nil {
		return nil
	}
	var errs field.ErrorList
	if name := o.GMSACredentialSpecName; name != nil {
		errs = append(errs, invalid(path.Child("gmsaCredentialSpecName"), *name, validation.IsDNS1123Subdomain(*name))...)
	}
	if spec := o.GMSACredentialSpec; spec != nil {
		switch at := path.Child("gmsaCredentialSpec"); {
		case *spec == "":
			errs = append(errs, field.Invalid(at, *spec, "gmsaCredentialSpec cannot be an empty string"))
		case len(*spec) > maxCredentialSpec:
			errs = append(errs, field.Invalid(at, *spec, fmt.Sprintf("gmsaCredentialSpec size must be under %d KiB", maxCredentialSpec>>10)))
		}
	}
	if name := o.RunAsUserName; name != nil {
		errs = append(errs, invalid(path.Child("runAsUserName"), *name, windowsUserComplaints(*name))...)
	}
	return errs
}

// The longest domain and the longest user of a Windows account, in bytes.
const (
	maxWindowsDomain = 255
	maxWindowsUser   = 104
)

// What domains and users of Windows accounts are made of. A domain is a NetBIOS name or a DNS name.
var (
	windowsControl      = regexp.MustCompile(`[[:cntrl:]]`)
	windowsNetBIOS      = regexp.MustCompile(`^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$`)
	windowsDNS          = regexp.MustCompile(`^` + windowsLabel + `(\.` + windowsLabel + `)*$`)
	windowsOnlyPeriods  = regexp.MustCompile(`^[. ]+$`)
	windowsNotInAccount = `"/\:;|=,+*?<>@[]`
)

const windowsLabel = `[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`

// windowsUserComplaints checks the name of a Windows account, DOMAIN\USER or USER.
func windowsUserComplaints(name string) []string {
	switch {
	case name == "":
		return []string{"runAsUserName cannot be an empty string"}
	case windowsControl.MatchString(name):
		return []string{"runAsUserName cannot contain control characters"}
	case strings.Count(name, `\`) > 1:
		return []string{"runAsUserName cannot contain more than one backslash"}
	}
	var complaints []string
	domain, user, hasDomain := strings.Cut(name, `\`)
	if !hasDomain {
		domain, user = "", name
	}
	if len(domain) > maxWindowsDomain {
		complaints = append(complaints, fmt.Sprintf("runAsUserName's Domain length must be under %d characters", maxWindowsDomain+1))
	}
	if hasDomain && !windowsNetBIOS.MatchString(domain) && !windowsDNS.MatchString(domain) {
		complaints = append(complaints, "runAsUserName's Domain doesn't match the NetBios nor the DNS format")
	}
	switch {
	case user == "":
		complaints = append(complaints, "runAsUserName's User cannot be empty")
	case len(user) > maxWindowsUser:
		complaints = append(complaints, fmt.Sprintf("runAsUserName's User length must not be longer than %d characters", maxWindowsUser))
	}
	if windowsOnlyPeriods.MatchString(user) {
		complaints = append(complaints, "runAsUserName's User cannot contain only periods or spaces")
	}
	if strings.ContainsAny(user, windowsNotInAccount) {
		complaints = append(complaints, "runAsUserName's User cannot contain the following characters: "+windowsNotInAccount)
	}
	return complaints
}

// validateHostProcess requires the containers of a Windows pod to be processes of the host all together or not at all, and on the
// host's network if they are.
func validateHostProcess(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	var ofPod *bool
	if sc := spec.SecurityContext; sc != nil && sc.WindowsOptions != nil {
		ofPod = sc.WindowsOptions.HostProcess
	}
	all, onHost := 0, 0
	for c, at := range allContainers(spec, path) {
		all++
		own := ofPod
		if sc := c.SecurityContext; sc != nil && sc.WindowsOptions != nil && sc.WindowsOptions.HostProcess != nil {
			own = sc.WindowsOptions.HostProcess
		}
		if ofPod != nil && *own != *ofPod {
			errs = append(errs, field.Invalid(at.Child("securityContext", "windowsOptions", "hostProcess"), *own,
				fmt.Sprintf("pod hostProcess value must be identical if both are specified, was %v", *ofPod)))
		}
		if ptr.Deref(own, false) {
			onHost++
		}
	}
	if onHost > 0 && onHost < all {
		errs = append(errs, field.Invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
	}
	if onHost > 0 && !spec.HostNetwork {
		errs = append(errs, field.Invalid(path.Child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers"))
	}
	return errs
}
