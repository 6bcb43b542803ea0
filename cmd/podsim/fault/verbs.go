package fault

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/podsim/podsim/runtime/endpoint"
	"github.com/podsim/podsim/runtime/fault"
)

func (v *verbs) kill() *cobra.Command {
	f := fault.Fault{Kind: fault.Kill}
	cmd := command("kill POD [-c CONTAINER] [--signal=SIGNAL]", "Send a signal to a container", `
		Send a signal to the first process of a container, SIGKILL unless another is given. What follows is the pod's own affair: with
		restartPolicy Always the container starts again.`, `
		# Kill a container as the machine does when it is in need
		podsim fault kill web -c app

		# Let it read its configuration again
		podsim fault kill web -c proxy --signal=HUP`,
		func(ctx context.Context, args []string) (err error) {
			if f.Signal, err = fault.ParseSignal(f.Signal); err != nil {
				return fmt.Errorf("--signal: %w", err)
			}
			return v.inject(ctx, args, f)
		})
	containerFlag(cmd, &f.Container)
	cmd.Flags().StringVarP(&f.Signal, "signal", "s", "SIGKILL", "The signal, by name or number")
	return cmd
}

func (v *verbs) pause() *cobra.Command {
	f := fault.Fault{Kind: fault.Pause}
	cmd := command("pause POD [-c CONTAINER]", "Freeze a container", `
		Freeze all processes of a container, as if they hung: probes of it time out. A signal thaws it, also the one that ends it.`, `
		# Let a container hang, and go on
		podsim fault pause web -c app
		podsim fault resume web -c app`,
		func(ctx context.Context, args []string) error { return v.inject(ctx, args, f) })
	containerFlag(cmd, &f.Container)
	return cmd
}

func (v *verbs) resume() *cobra.Command {
	f := fault.Fault{Kind: fault.Pause}
	cmd := command("resume POD [-c CONTAINER]", "Thaw frozen containers", `
		Thaw a container that was frozen with 'podsim fault pause', or all of them.`, `
		# Let a frozen container go on
		podsim fault resume web -c app`,
		func(ctx context.Context, args []string) error {
			if err := onePod(args); err != nil {
				return err
			}
			if f.Container != "" {
				return v.end(ctx, args[0], f.Identify())
			}
			return v.endKinds(ctx, args[0], fault.Pause)
		})
	containerFlag(cmd, &f.Container)
	return cmd
}

// endKinds ends the faults of some kinds.
func (v *verbs) endKinds(ctx context.Context, pod string, kinds ...fault.Kind) error {
	var ids []string
	err := v.with(ctx, pod, func(faults endpoint.Faults) error {
		lasting, err := faults.List(ctx)
		for _, f := range lasting {
			for _, kind := range kinds {
				if f.Kind == kind {
					ids = append(ids, f.ID)
				}
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		fmt.Fprintf(v.ErrOut, "No such faults found in pod %s.\n", pod)
		return nil
	}
	return v.end(ctx, pod, ids...)
}

func (v *verbs) network() *cobra.Command {
	var cut, restore bool
	var wire fault.Wire
	var loss, rate string
	cmd := command("network POD (--cut | --latency=DURATION [--jitter=DURATION] | --loss=SHARE | --rate=RATE | --restore)",
		"Cut the network of a pod, or make it slow, lossy or narrow", `
		Cut a pod off from its network: nothing arrives, and nobody is told, as with a cable that is pulled. What the pod's containers
		say to each other at localhost arrives all the same.

		Or make the network slow, lossy or narrow: --latency, --jitter and --rate are about what the pod sends, --loss about what is
		sent to it. A latency takes a kernel with netem (sch_netem), a rate one with sch_tbf, and all the others nf_tables.`, `
		# Pull the cable, and put it back
		podsim fault network web --cut
		podsim fault network web --restore

		# A bad line
		podsim fault network web --latency=200ms --jitter=50ms --loss=5% --rate=1mbit`,
		func(ctx context.Context, args []string) (err error) {
			if loss != "" {
				if wire.Loss, err = fault.ParseShare(loss); err != nil {
					return fmt.Errorf("--loss: %w", err)
				}
			}
			if rate != "" {
				if wire.Rate, err = fault.ParseRate(rate); err != nil {
					return fmt.Errorf("--rate: %w", err)
				}
			}
			shaped := wire != fault.Wire{}
			switch {
			case cut && restore || restore && shaped || cut && shaped:
				return errors.New("--cut, --restore and the others exclude each other; a pod may be cut off beside them with a second command")
			case restore:
				if err := onePod(args); err != nil {
					return err
				}
				return v.endKinds(ctx, args[0], fault.Cut, fault.Network)
			case cut:
				return v.inject(ctx, args, fault.Fault{Kind: fault.Cut})
			case !shaped:
				return errors.New("say what is to become of the network: --cut, --latency, --loss, --rate or --restore")
			}
			return v.inject(ctx, args, fault.Fault{Kind: fault.Network, Wire: &wire})
		})
	flags := cmd.Flags()
	flags.BoolVar(&cut, "cut", false, "Let nothing arrive in either direction")
	flags.BoolVar(&restore, "restore", false, "End what was done to the network")
	flags.DurationVar(&wire.Latency.Duration, "latency", 0, "How much later what the pod sends leaves it, such as 200ms")
	flags.DurationVar(&wire.Jitter.Duration, "jitter", 0, "By how much the latency varies")
	flags.StringVar(&loss, "loss", "", "The share of what is sent to the pod that gets lost, such as 5%")
	flags.StringVar(&rate, "rate", "", "How much the pod can send, such as 500kbit, 1mbit or 1gbit a second")
	return cmd
}

func (v *verbs) fill() *cobra.Command {
	f := fault.Fault{Kind: fault.Fill}
	var size string
	cmd := command("fill POD --volume=VOLUME [--size=SIZE]", "Fill a volume", `
		Take the place in a volume with a file, '.podsim-fault' at its top. One in memory is full then, and writing to it fails. One on
		disk with a sizeLimit is full up to that, and more makes the pod one to be evicted, as on a node. One without a limit takes
		--size, so that the disk of the machine is not filled. A second fill of the same volume takes the place of the first: the size is
		how much is taken in all.`, `
		# Let a volume in memory, or one with a limit, be full
		podsim fault fill web --volume=cache

		# Take 100 MiB of a claim
		podsim fault fill web --volume=data --size=100Mi`,
		func(ctx context.Context, args []string) error {
			if f.Volume == "" {
				return errors.New("say which volume: --volume")
			}
			if size != "" {
				quantity, err := resource.ParseQuantity(size)
				if err != nil {
					return fmt.Errorf("--size: %q is no size such as 100Mi", size)
				}
				f.Size = &quantity
			}
			return v.inject(ctx, args, f)
		})
	cmd.Flags().StringVar(&f.Volume, "volume", "", "The volume, by its name in the pod")
	cmd.Flags().StringVar(&size, "size", "", "How much of it to take, such as 100Mi; all that it can hold without")
	return cmd
}

func (v *verbs) memory() *cobra.Command {
	f := fault.Fault{Kind: fault.Memory}
	cmd := command("memory POD [-c CONTAINER]", "Let a container run out of memory", `
		Have a container use up the memory that its limit allows, so that the kernel kills its processes: its state is OOMKilled then.
		The command returns when they have ended. It takes a limit, and an engine that has the rights of root on its machine.`, `
		# See what the pod does when a container runs out of memory
		podsim fault memory web -c app`,
		func(ctx context.Context, args []string) error { return v.inject(ctx, args, f) })
	containerFlag(cmd, &f.Container)
	return cmd
}

func (v *verbs) pull() *cobra.Command {
	f := fault.Fault{Kind: fault.Pull}
	cmd := command("pull POD [--image=IMAGE]", "Have images fail to be pulled", `
		Have the next pulls of an image of the pod fail, or of all its images, as if the registry did not answer. The image counts as
		missing meanwhile, also if the engine has it, unless the pull policy is Never. Containers that run go on.`, `
		# Let the container not find its image when it starts again
		podsim fault pull web --image=busybox:1.36
		podsim fault kill web -c app`,
		func(ctx context.Context, args []string) error { return v.inject(ctx, args, f) })
	cmd.Flags().StringVar(&f.Image, "image", "", "The image, as the pod names it; all without")
	return cmd
}

func (v *verbs) list() *cobra.Command {
	return command("list POD", "List what was done to a pod and lasts", `
		List what was done to a pod on purpose and lasts. Of what is over, events tell.`, `
		# List the faults of a pod
		podsim fault list web`,
		func(ctx context.Context, args []string) error {
			if err := onePod(args); err != nil {
				return err
			}
			return v.with(ctx, args[0], func(faults endpoint.Faults) error {
				lasting, err := faults.List(ctx)
				if err != nil {
					return err
				}
				if len(lasting) == 0 {
					fmt.Fprintf(v.ErrOut, "No faults found in pod %s.\n", args[0])
					return nil
				}
				table := tabwriter.NewWriter(v.Out, 0, 0, 3, ' ', 0)
				fmt.Fprintln(table, "ID\tAGE\tEFFECT")
				for _, f := range lasting {
					fmt.Fprintf(table, "%s\t%s\t%s\n", f.ID, age(f.Since), f)
				}
				return table.Flush()
			})
		})
}

func age(since metav1.Time) string { return duration.HumanDuration(time.Since(since.Time)) }

func (v *verbs) clear() *cobra.Command {
	return command("clear POD [ID ...]", "End what was done to a pod", `
		End what was done to a pod on purpose and lasts: all of it, or what 'podsim fault list' shows by these IDs.`, `
		# Mend a pod
		podsim fault clear web

		# Thaw a container, and leave the rest
		podsim fault clear web pause/app`,
		func(ctx context.Context, args []string) error { return v.end(ctx, args[0], args[1:]...) })
}

func containerFlag(cmd *cobra.Command, container *string) {
	cmd.Flags().StringVarP(container, "container", "c", "", "The container; of a pod with one, that")
}
