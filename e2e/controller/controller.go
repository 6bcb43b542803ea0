// Package controller is a controller as people write them with client-go: replicas elect a leader with a Lease, and the leader's loop
// reconciles the ConfigMaps that it watches. It uses the account of its pod, or a kubeconfig. The end-to-end scripts run it both ways.
package controller

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/workqueue"
)

// Of a ConfigMap with the key Said the controller sees to it that the key Heard holds the same in capitals.
const (
	Said  = "said"
	Heard = "heard"
)

const (
	leaseName     = "controller"
	leaseDuration = 3 * time.Second
	renewDeadline = 2 * time.Second
	retryPeriod   = 300 * time.Millisecond
)

// Run takes part until the context ends, which gives the lease back, and tells what it does. identity tells replicas apart.
func Run(ctx context.Context, identity string, out io.Writer) error {
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	config, err := loader.ClientConfig()
	if err != nil {
		return err
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, leaseName, clients.CoreV1(), clients.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: identity})
	if err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				fmt.Fprintf(out, "%s leads\n", identity)
				if err := (&reconciler{clients: clients, namespace: namespace, out: out}).run(ctx); err != nil {
					fmt.Fprintln(out, err)
				}
			},
			OnStoppedLeading: func() { fmt.Fprintf(out, "%s leads no more\n", identity) },
		},
	})
	if err != nil {
		return err
	}
	elector.Run(ctx)
	return nil
}

// reconciler is the loop of the leader.
type reconciler struct {
	clients    kubernetes.Interface
	namespace  string
	out        io.Writer
	configMaps listers.ConfigMapNamespaceLister
	queue      workqueue.TypedRateLimitingInterface[string] // of names
}

func (r *reconciler) run(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(r.clients, 0, informers.WithNamespace(r.namespace))
	watched := factory.Core().V1().ConfigMaps()
	r.configMaps = watched.Lister().ConfigMaps(r.namespace)
	r.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	add := func(object any) { r.queue.Add(object.(*corev1.ConfigMap).Name) }
	_, err := watched.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: add, UpdateFunc: func(_, object any) { add(object) },
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	if !cache.WaitForCacheSync(ctx.Done(), watched.Informer().HasSynced) {
		return nil // the context has ended
	}
	stop := context.AfterFunc(ctx, r.queue.ShutDown)
	defer stop()
	for {
		name, ended := r.queue.Get()
		if ended {
			return nil
		}
		if err := r.reconcile(ctx, name); err != nil {
			r.queue.AddRateLimited(name)
		} else {
			r.queue.Forget(name)
		}
		r.queue.Done(name)
	}
}

func (r *reconciler) reconcile(ctx context.Context, name string) error {
	found, err := r.configMaps.Get(name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	wanted := strings.ToUpper(found.Data[Said])
	if found.Data[Heard] == wanted {
		return nil
	}
	found = found.DeepCopy()
	found.Data[Heard] = wanted
	_, err = r.clients.CoreV1().ConfigMaps(r.namespace).Update(ctx, found, metav1.UpdateOptions{})
	switch {
	case err == nil:
		fmt.Fprintf(r.out, "%s reconciled\n", name)
	case !errors.Is(err, context.Canceled):
		fmt.Fprintf(r.out, "%s: %v\n", name, err)
	}
	return err
}

// Main is Run for a process, which an interrupt ends. Its identity is its argument, or else the host's name.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	identity, err := os.Hostname()
	if len(os.Args) > 1 {
		identity, err = os.Args[1], nil
	}
	if err == nil {
		err = Run(ctx, identity, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "controller:", err)
		os.Exit(1)
	}
}
