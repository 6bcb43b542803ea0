package validation

import (
	"strings"
	"testing"

	"github.com/podsim/podsim/podspec/spectest"
)

func TestAPodAsksForNothingThatItsSystemDoesNotHave(t *testing.T) {
	const forWindows, forLinux = "Forbidden: cannot be set for a windows pod", "Forbidden: windows options cannot be set for a linux pod"
	checkSpecs(t, []validationCase{
		{"S2.80", "an unknown system", "{os: {name: mac}}", []string{`spec.os: Unsupported value: "mac": supported values: "linux", "windows"`}},
		{"", "a system without a name", "{os: {}}", []string{`spec.os.name: Required value`}},
		{"", "options of Windows on Linux", "{os: {name: linux}, securityContext: {windowsOptions: {}}, containers: [{name: c, image: i, securityContext: {windowsOptions: {}}}]}",
			[]string{`spec.securityContext.windowsOptions: ` + forLinux, `C0.securityContext.windowsOptions: ` + forLinux}},
		{"", "users of Linux on Windows", "{os: {name: windows}, hostPID: true, securityContext: {fsGroup: 1}, containers: [{name: c, image: i, securityContext: {runAsUser: 1, privileged: false}}]}",
			[]string{`spec.securityContext.fsGroup: ` + forWindows, `spec.hostPID: ` + forWindows, `C0.securityContext.privileged: ` + forWindows, `C0.securityContext.runAsUser: ` + forWindows}},
		{"", "resources of the pod on Windows", "{os: {name: windows}, resources: {limits: {cpu: 1}}}", []string{`spec.resources: Forbidden: may not be set for a windows pod`}},
	})
}

func TestWindowsOptionsAreValidated(t *testing.T) {
	account := func(name string) string {
		return spectest.Container("securityContext: {windowsOptions: {runAsUserName: '" + name + "'}}")
	}
	complaint := func(name string, complaints ...string) []string {
		var want []string
		for _, c := range complaints {
			want = append(want, `C0.securityContext.windowsOptions.runAsUserName: Invalid value: "`+strings.ReplaceAll(name, `\`, `\\`)+`": runAsUserName`+c)
		}
		return want
	}
	const format = "'s Domain doesn't match the NetBios nor the DNS format"
	checkSpecs(t, []validationCase{
		{"", "an account", account(`DOMAIN\user`), nil},
		{"", "an account without a name", account(""), complaint("", " cannot be an empty string")},
		{"", "an account with two domains", account(`a\b\c`), complaint(`a\b\c`, " cannot contain more than one backslash")},
		{"", "an account with a domain of no form", account(`a?\b`), complaint(`a?\b`, format)},
		{"", "an account without a domain and a user", account(`\`), complaint(`\`, format, "'s User cannot be empty")},
		{"", "an account of dots", account(`..`), complaint(`..`, "'s User cannot contain only periods or spaces")},
		{"", "an account with a slash", account(`a/b`), complaint(`a/b`, `'s User cannot contain the following characters: "/\:;|=,+*?<>@[]`)},
		{"", "a host process beside another container", "{containers: [{name: c, image: i, securityContext: {windowsOptions: {hostProcess: true}}}, {name: d, image: i}]}", []string{
			`spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers`,
			`spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers`}},
		{"", "a container that is not what its pod says", "{hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: c, image: i, securityContext: {windowsOptions: {hostProcess: false}}}]}", []string{
			`C0.securityContext.windowsOptions.hostProcess: Invalid value: false: pod hostProcess value must be identical if both are specified, was true`}},
	})
}
