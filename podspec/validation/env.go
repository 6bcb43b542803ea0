package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubectl/pkg/util/fieldpath"

	"github.com/podsim/podsim/podspec"
)

// validateEnv checks the variables of a container (S2.36 to S2.42). A name given twice is fine: the last one counts.
func validateEnv(env []corev1.EnvVar, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, variable := range env {
		at := path.Index(i)
		if variable.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
		} else {
			errs = append(errs, invalid(at.Child("name"), variable.Name, validation.IsRelaxedEnvVarName(variable.Name))...)
		}
		errs = append(errs, validateEnvSource(variable, at.Child("valueFrom"))...)
	}
	return errs
}

func validateEnvSource(variable corev1.EnvVar, path *field.Path) field.ErrorList {
	from := variable.ValueFrom
	if from == nil {
		return nil
	}
	var errs field.ErrorList
	sources := 0
	if from.FieldRef != nil {
		sources++
		errs = append(errs, validateFieldRef(from.FieldRef, envFieldPaths, path.Child("fieldRef"))...)
	}
	if from.ResourceFieldRef != nil {
		sources++
		errs = append(errs, validateResourceFieldRef(from.ResourceFieldRef, path.Child("resourceFieldRef"))...)
	}
	if ref := from.ConfigMapKeyRef; ref != nil {
		sources++
		errs = append(errs, validateKeyRef(ref.Name, ref.Key, path.Child("configMapKeyRef"))...)
	}
	if ref := from.SecretKeyRef; ref != nil {
		sources++
		errs = append(errs, validateKeyRef(ref.Name, ref.Key, path.Child("secretKeyRef"))...)
	}
	if from.FileKeyRef != nil {
		sources++
		errs = append(errs, validateFileKeyRef(from.FileKeyRef, path.Child("fileKeyRef"))...)
	}
	switch {
	case sources == 0:
		errs = append(errs, field.Invalid(path, "",
			"must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"))
	case variable.Value != "":
		errs = append(errs, field.Invalid(path, "", "may not be specified when `value` is not empty"))
	case sources > 1:
		errs = append(errs, field.Invalid(path, "", "may not have more than one field specified at a time"))
	}
	return errs
}

// envFieldPaths are the fields of a pod that a variable can take its value from (S2.40); labels['k'] and
// annotations['k'] come on top.
var envFieldPaths = []string{
	"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
	"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}

// knownFieldPaths are the further ones that the API knows, though not for variables.
var knownFieldPaths = []string{
	"metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase",
}

// volumeFieldPaths are the fields of a pod that a file can show (S2.31).
var volumeFieldPaths = []string{"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"}

// validateFieldRef checks a reference to a field of the pod; supported are those that it may name.
func validateFieldRef(ref *corev1.ObjectFieldSelector, supported []string, path *field.Path) field.ErrorList {
	if ref.APIVersion == "" {
		return field.ErrorList{field.Required(path.Child("apiVersion"), "")}
	}
	at := path.Child("fieldPath")
	if ref.FieldPath == "" {
		return field.ErrorList{field.Required(at, "")}
	}
	converting := func(complaint string) field.ErrorList {
		return field.ErrorList{field.Invalid(at, ref.FieldPath, "error converting fieldPath: "+complaint)}
	}
	if ref.APIVersion != "v1" {
		return converting("unsupported pod version: " + ref.APIVersion)
	}
	if name, key, ok := fieldpath.SplitMaybeSubscriptedPath(ref.FieldPath); ok {
		switch name {
		case "metadata.annotations":
			return invalid(path, strings.ToLower(key), validation.IsQualifiedName(strings.ToLower(key)))
		case "metadata.labels":
			return invalid(path, key, validation.IsQualifiedName(key))
		}
		return converting("field label does not support subscript: " + ref.FieldPath)
	}
	switch name := podspec.CurrentFieldPath(ref.FieldPath); {
	case slices.Contains(supported, name):
		return nil
	case slices.Contains(knownFieldPaths, name), slices.Contains(envFieldPaths, name):
		return field.ErrorList{field.NotSupported(at, name, supported)}
	}
	return converting("field label not supported: " + ref.FieldPath)
}

func validateKeyRef(name, key string, path *field.Path) field.ErrorList {
	errs := invalid(path.Child("name"), name, apivalidation.NameIsDNSSubdomain(name, false))
	if key == "" {
		return append(errs, field.Required(path.Child("key"), ""))
	}
	return append(errs, invalid(path.Child("key"), key, validation.IsConfigMapKey(key))...)
}

// validateFileKeyRef checks a variable that comes from a file (S2.43).
func validateFileKeyRef(ref *corev1.FileKeySelector, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if ref.Key == "" {
		errs = append(errs, field.Required(path.Child("key"), ""))
	} else {
		errs = append(errs, invalid(path.Child("key"), ref.Key, validation.IsRelaxedEnvVarName(ref.Key))...)
	}
	errs = append(errs, validateDNSLabel(path.Child("volumeName"), ref.VolumeName)...)
	if ref.Path == "" {
		errs = append(errs, field.Required(path.Child("path"), ""))
	}
	return append(errs, validateNoBacksteps(ref.Path, path.Child("path"))...)
}

// validateFileVolumes checks the volumes of such files. The API server does so after everything else.
func validateFileVolumes(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	check := func(c *corev1.Container, at *field.Path) {
		for i, variable := range c.Env {
			if variable.ValueFrom == nil || variable.ValueFrom.FileKeyRef == nil {
				continue
			}
			name := variable.ValueFrom.FileKeyRef.VolumeName
			named := at.Child("env").Index(i).Child("valueFrom", "fileKeyRef", "volumeName")
			switch v := slices.IndexFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == name }); {
			case v < 0:
				errs = append(errs, field.NotFound(named, name))
			case spec.Volumes[v].EmptyDir == nil:
				errs = append(errs, field.Invalid(named, name, "referenced volume must be of type emptyDir"))
			}
		}
	}
	for c, at := range podspec.ContainersWithPaths(spec, path) {
		check(c, at)
	}
	for i := range spec.EphemeralContainers {
		check(podspec.EphemeralContainer(&spec.EphemeralContainers[i]), path.Child("ephemeralContainers").Index(i))
	}
	return errs
}

// validateEnvFrom checks envFrom. The API server forgets the index in its errors about a missing or second source (S2.0.4, S2.44).
func validateEnvFrom(sources []corev1.EnvFromSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, source := range sources {
		if source.Prefix != "" {
			errs = append(errs, invalid(path.Index(i).Child("prefix"), source.Prefix, validation.IsRelaxedEnvVarName(source.Prefix))...)
		}
		if source.ConfigMapRef != nil {
			errs = append(errs, validateObjectRef(source.ConfigMapRef.Name, path.Index(i).Child("configMapRef").Child("name"))...)
		}
		if source.SecretRef != nil {
			errs = append(errs, validateObjectRef(source.SecretRef.Name, path.Index(i).Child("secretRef").Child("name"))...)
		}
		switch {
		case source.ConfigMapRef == nil && source.SecretRef == nil:
			errs = append(errs, field.Invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
		case source.ConfigMapRef != nil && source.SecretRef != nil:
			errs = append(errs, field.Invalid(path, "", "may not have more than one field specified at a time"))
		}
	}
	return errs
}

func validateObjectRef(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return invalid(path, name, apivalidation.NameIsDNSSubdomain(name, true))
}

// envResources are the resources that a variable can take its value from; huge pages of any size come on top (S2.41).
var envResources = []string{
	"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
}

func validateResourceFieldRef(ref *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	return append(validateFieldResource(ref.Resource, path.Child("resource")), validateDivisor(ref, path.Child("divisor"))...)
}

func validateFieldResource(resource string, path *field.Path) field.ErrorList {
	switch {
	case resource == "":
		return field.ErrorList{field.Required(path, "")}
	case !slices.Contains(envResources, resource) && !isFieldOfHugePages(resource):
		return field.ErrorList{field.NotSupported(path, resource, envResources)}
	}
	return nil
}

func isFieldOfHugePages(resource string) bool {
	return strings.HasPrefix(resource, "limits."+corev1.ResourceHugePagesPrefix) ||
		strings.HasPrefix(resource, "requests."+corev1.ResourceHugePagesPrefix)
}

// validateDivisor checks what a resource is counted in; a resource that there is not may be counted in anything.
func validateDivisor(ref *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	_, what, _ := strings.Cut(ref.Resource, ".")
	allowed := []string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"}
	values := strings.Join(allowed, ", ")
	switch {
	case isFieldOfHugePages(ref.Resource):
		what = "hugepages"
	case !slices.Contains(envResources, ref.Resource):
		return nil
	case what == "cpu":
		allowed, values = []string{"1m", "1"}, "1m and 1"
	case what == "ephemeral-storage":
		what = "local ephemeral storage"
	}
	if divisor := ref.Divisor.String(); divisor != "0" && !slices.Contains(allowed, divisor) {
		return field.ErrorList{field.Invalid(path, ref.Resource, fmt.Sprintf("only divisor's values %s are supported with the %s resource", values, what))}
	}
	return nil
}
