package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateLifecycle checks the hooks and the stop signal of a container that may have them: a main or a sidecar (S2.55).
func validateLifecycle(lifecycle *corev1.Lifecycle, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	if lifecycle == nil {
		return nil
	}
	var errs field.ErrorList
	if hook := lifecycle.PostStart; hook != nil {
		errs = append(errs, validateHandler(hookHandler(hook), spec.TerminationGracePeriodSeconds, path.Child("postStart"))...)
	}
	if hook := lifecycle.PreStop; hook != nil {
		errs = append(errs, validateHandler(hookHandler(hook), spec.TerminationGracePeriodSeconds, path.Child("preStop"))...)
	}
	if lifecycle.StopSignal != nil {
		errs = append(errs, validateStopSignal(*lifecycle.StopSignal, spec.OS, path.Child("stopSignal"))...)
	}
	return errs
}

// validateStopSignal wants the pod to name its operating system, and the signal to be one of that system.
func validateStopSignal(signal corev1.Signal, os *corev1.PodOS, path *field.Path) field.ErrorList {
	switch {
	case os == nil:
		return field.ErrorList{field.Forbidden(path, "may not be set for containers with empty `spec.os.name`")}
	case os.Name == corev1.Windows:
		return validateMember(path, signal, corev1.SIGKILL, corev1.SIGTERM)
	case os.Name == corev1.Linux:
		return validateMember(path, signal, linuxSignals()...)
	}
	return nil
}

func linuxSignals() []corev1.Signal {
	signals := []corev1.Signal{
		"SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT",
		"SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM",
		"SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
		"SIGRTMIN", "SIGRTMAX",
	}
	for i := 1; i <= 15; i++ {
		signals = append(signals, corev1.Signal(fmt.Sprintf("SIGRTMIN+%d", i)))
	}
	for i := 1; i <= 14; i++ {
		signals = append(signals, corev1.Signal(fmt.Sprintf("SIGRTMAX-%d", i)))
	}
	return signals
}
