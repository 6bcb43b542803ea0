// Package down is `podsim down`: it ends pods gracefully and waits until nothing of them is left.
package down

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/exit"
	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/podspec"
)

type options struct {
	session       *client.Session
	filenames     []string
	gracePeriod   int64 // seconds; negative means the pod's own
	volumes       bool
	all           bool
	allNamespaces bool
	timeout       time.Duration
	genericiooptions.IOStreams
}

// NewCommand makes the verb.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{session: session, IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "down (NAME|FILE|DIR|URL|-) ...",
		Short: "End pods and remove all that was made for them",
		Long: templates.LongDesc(`
			End pods gracefully, and remove all that was made for them: containers, volumes and networks. The volumes of
			PersistentVolumeClaims stay, unless --volumes is given.

			An argument is the name of a pod, or a manifest: a path with a slash, a name that ends in .yaml, .yml or .json,
			a URL, or - for standard input. Of a manifest, ConfigMaps and Secrets are removed too.`),
		Example: templates.Examples(`
			# End a pod and wait until it is gone
			podsim down web

			# End what a manifest started, and remove its data
			podsim down pod.yaml --volumes

			# End a pod at once
			podsim down web --grace-period=0

			# End every pod, in every namespace
			podsim down --all -A`),
		ValidArgsFunction: session.CompletePods,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return err
			}
			return o.run(cmd.Context(), args)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.filenames, "filename", "f", nil, "A file, directory or URL, or - for standard input; may be given several times")
	flags.Int64Var(&o.gracePeriod, "grace-period", -1, "Seconds that a pod gets to end by itself; 0 ends it at once, negative leaves it its own")
	flags.BoolVar(&o.volumes, "volumes", false, "Also remove the volumes of the pods' PersistentVolumeClaims, with their data")
	flags.BoolVar(&o.all, "all", false, "End all pods of the namespace")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "With --all: in every namespace")
	flags.DurationVar(&o.timeout, "timeout", 0, "How long to wait until the pods are gone; 0 waits without end")
	return cmd
}

func (o *options) validate(args []string) error {
	switch {
	case o.all && len(args)+len(o.filenames) > 0:
		return errors.New("--all ends every pod; name none beside it")
	case !o.all && len(args)+len(o.filenames) == 0:
		return errors.New("name a pod or a manifest, or use --all")
	case o.allNamespaces && !o.all:
		return errors.New("--all-namespaces needs --all")
	case o.timeout < 0:
		return errors.New("--timeout must not be negative")
	}
	return nil
}

func (o *options) run(ctx context.Context, args []string) (err error) {
	t, err := o.targetsOf(ctx, args)
	if err != nil {
		return err
	}
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("the pods are not gone after %v; they go on ending", o.timeout))
		defer cancel()
	}
	connection, err := o.session.Connect(ctx, nodeflags.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(ctx)) }()
	if o.all {
		if t.pods, err = o.allPods(ctx, connection); err != nil {
			return err
		}
		if len(t.pods) == 0 {
			fmt.Fprintln(o.ErrOut, "No pods found.")
		}
	}
	owned, err := podsOfWorkloads(ctx, connection.Client.CoreV1(), t.workloads)
	t.pods = unique(append(t.pods, owned...))
	return inTime(ctx, errors.Join(err, o.takeDown(ctx, connection, t)))
}

// inTime is err with the cause of ctx's end in place of all its parts that only say that ctx has ended.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	parts := exit.Parts(err)
	others := slices.DeleteFunc(slices.Clone(parts), func(part error) bool { return errors.Is(part, ctx.Err()) })
	if len(others) < len(parts) {
		others = append(others, context.Cause(ctx))
	}
	return errors.Join(others...)
}

func (o *options) allPods(ctx context.Context, connection *client.Connection) ([]name, error) {
	namespace := o.namespace()
	if o.allNamespaces {
		namespace = metav1.NamespaceAll
	}
	pods, err := connection.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var names []name
	for _, pod := range pods.Items {
		names = append(names, name{pod.Namespace, pod.Name})
	}
	return names, nil
}

func (o *options) namespace() string {
	if o.session.Namespace != "" {
		return o.session.Namespace
	}
	return metav1.NamespaceDefault
}

// takeDown deletes all pods at the same time, waits for each, and then removes what only they used. Whatever fails does
// not keep the rest from being done.
func (o *options) takeDown(ctx context.Context, connection *client.Connection, t targets) error {
	var pods []*corev1.Pod
	var errs []error
	for _, n := range t.pods {
		pod, err := o.deletePod(ctx, connection, n)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		pods = append(pods, pod)
	}
	for _, pod := range pods {
		if err := connection.Gone(ctx, pod); err != nil {
			errs = append(errs, fmt.Errorf("waiting until pod %q is gone: %w", pod.Name, err))
			continue
		}
		fmt.Fprintf(o.Out, "pod %q deleted\n", pod.Name)
	}
	core := connection.Client.CoreV1()
	users, err := client.FindUsers(ctx, connection.Client)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	errs = append(errs, t.companions.DeleteUnused(ctx, connection.Client, users))
	if o.volumes {
		errs = append(errs, o.deleteClaims(ctx, core, users, append(t.claims, claimsOf(pods)...)))
	}
	return errors.Join(errs...)
}

// deletePod asks for the end of one pod and returns it as it was.
func (o *options) deletePod(ctx context.Context, connection *client.Connection, n name) (*corev1.Pod, error) {
	pods := connection.Client.CoreV1().Pods(n.namespace)
	pod, err := pods.Get(ctx, n.name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	options := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))}
	if o.gracePeriod >= 0 {
		options.GracePeriodSeconds = &o.gracePeriod
	}
	if err := client.UnlessNotFound(pods.Delete(ctx, n.name, options)); err != nil {
		return nil, err
	}
	return pod, nil
}

// deleteClaims removes claims with their data, except those that another pod still uses.
func (o *options) deleteClaims(ctx context.Context, core corev1client.CoreV1Interface, users client.Users, claims []name) error {
	var errs []error
	done := map[name]bool{}
	for _, claim := range claims {
		if done[claim] {
			continue
		}
		done[claim] = true
		if user := users.Claims[claim.key()]; user != "" {
			fmt.Fprintf(o.ErrOut, "Warning: persistentvolumeclaim %q stays, because pod %q uses it\n", claim.name, user)
			continue
		}
		err := client.DeleteClaim(ctx, core, claim.namespace, claim.name)
		if err == nil {
			fmt.Fprintf(o.Out, "persistentvolumeclaim %q deleted\n", claim.name)
		}
		errs = append(errs, client.UnlessNotFound(err))
	}
	return errors.Join(errs...)
}

// claimsOf are the claims that the volumes of the pods name.
func claimsOf(pods []*corev1.Pod) []name {
	var claims []name
	for _, pod := range pods {
		for _, claim := range podspec.ReferencesOf(pod).Claims {
			claims = append(claims, name{pod.Namespace, claim})
		}
	}
	return claims
}
