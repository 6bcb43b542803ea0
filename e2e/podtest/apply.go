package podtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
)

// fieldManager is the name under which objects are applied.
const fieldManager = "podtest"

// Apply changes objects of the test's namespace, or adds them, as kubectl apply --server-side does: they come as Kubernetes' own Go types,
// and whatever namespaces they name are not heeded.
func (p *Pod) Apply(objects ...runtime.Object) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.ApplyContext(ctx, objects...) })
}

// ApplyContext is Apply with a context.
func (p *Pod) ApplyContext(ctx context.Context, objects ...runtime.Object) error {
	for _, o := range objects {
		content, err := withKind(o)
		if err == nil {
			err = p.apply(ctx, content)
		}
		if err != nil {
			return p.failed(ctx, fmt.Sprintf("applying a %T", o), err)
		}
	}
	return nil
}

// ApplyYAML is Apply for the text of one object. A text with several is an error, and none of them is applied.
func (p *Pod) ApplyYAML(text string) {
	p.t.Helper()
	p.must(func(ctx context.Context) error { return p.ApplyYAMLContext(ctx, text) })
}

// ApplyYAMLContext is ApplyYAML with a context.
func (p *Pod) ApplyYAMLContext(ctx context.Context, text string) error {
	content, err := oneObject(text)
	if err == nil {
		err = p.apply(ctx, content)
	}
	if err != nil {
		return p.failed(ctx, "applying an object", err)
	}
	return nil
}

// oneObject is the content of the one object of a text, YAML or JSON.
func oneObject(text string) (map[string]any, error) {
	var objects []map[string]any
	var names []string
	for decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), len(text)); ; {
		var content map[string]any
		err := decoder.Decode(&content)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if content == nil {
			continue // nothing but comments
		}
		o := unstructured.Unstructured{Object: content}
		objects, names = append(objects, content), append(names, fmt.Sprintf("%s %q", o.GetKind(), o.GetName()))
	}
	switch len(objects) {
	case 0:
		return nil, errors.New("there is no object in the text")
	case 1:
		return objects[0], nil
	}
	return nil, fmt.Errorf("there are %d objects (%s) where ApplyYAML takes one", len(objects), strings.Join(names, ", "))
}

// withKind is the object's content with its API version and kind.
func withKind(o runtime.Object) (map[string]any, error) {
	kinds, _, err := scheme.Scheme.ObjectKinds(o)
	if err != nil {
		return nil, err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	content["apiVersion"], content["kind"] = kinds[0].ToAPIVersionAndKind()
	return content, nil
}

// apply applies an object but for what a server sets.
func (p *Pod) apply(ctx context.Context, content map[string]any) error {
	o := unstructured.Unstructured{Object: content}
	o.SetNamespace(p.space.namespace)
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"} {
		unstructured.RemoveNestedField(content, "metadata", field)
	}
	delete(content, "status")
	client, err := dynamic.NewForConfig(p.space.config)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(content)
	if err != nil {
		return err
	}
	resource, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind()) // the guess is right for all kinds that a pod's tests have
	_, err = client.Resource(resource).Namespace(p.space.namespace).Patch(ctx, o.GetName(), types.ApplyPatchType, patch,
		metav1.PatchOptions{FieldManager: fieldManager, Force: ptr.To(true)})
	return err
}
