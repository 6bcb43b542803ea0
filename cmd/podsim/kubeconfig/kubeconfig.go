// Package kubeconfig is `podsim kubeconfig`: it lets kubectl, client-go and all that is built on it work with podsim's node.
package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/podsim/podsim/cmd/podsim/client"
	"github.com/podsim/podsim/cmd/podsim/nodeflags"
	"github.com/podsim/podsim/runtime/endpoint"
)

type options struct {
	session *client.Session
	file    string // "" is the standard output
	genericiooptions.IOStreams
}

// NewCommand makes the verb.
func NewCommand(session *client.Session, streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{session: session, IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Write a kubeconfig for kubectl and client-go",
		Long: templates.LongDesc(`
			Write a kubeconfig with which kubectl, client-go and all that is built on it reach podsim's node. The node begins to
			listen on a port of 127.0.0.1, if it does not yet; one is started if none runs. The cluster, the user and the context
			are named podsim, and the namespace is that of -n.

			The kubeconfig stays good when the node ends and another follows, but only podsim's own commands start one: a node in
			the background ends some time after its last pod and its last request, and podsim node runs one that stays. Who has
			the kubeconfig may do everything that podsim may.`),
		Example: templates.Examples(`
			# Use kubectl with podsim
			podsim kubeconfig -o podsim.kubeconfig
			kubectl --kubeconfig=podsim.kubeconfig get pods

			# Use it for all commands of this shell, in the namespace team
			podsim kubeconfig -n team -o podsim.kubeconfig
			export KUBECONFIG=$PWD/podsim.kubeconfig`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().StringVarP(&o.file, "output", "o", "", "The file to write, which may be there only if podsim has written it; the standard output without it")
	return cmd
}

func (o *options) run(ctx context.Context) error {
	if o.file != "" {
		if err := checkReplaceable(o.file); err != nil {
			return err
		}
	}
	connection, err := o.session.Connect(ctx, nodeflags.Options{})
	if err != nil {
		return err
	}
	if connection.StartedNode {
		fmt.Fprintln(o.ErrOut, "podsim's node was started in the background and ends some time after its last pod and request; podsim node runs one that stays")
	}
	access, err := connection.Access(ctx)
	if err != nil {
		return err
	}
	content, err := clientcmd.Write(*access.Kubeconfig(o.session.Namespace))
	if err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	if o.file == "" {
		_, err := o.Out.Write(content)
		return err
	}
	return write(o.file, content)
}

// checkReplaceable tells why a file must not be written: it is there, and neither empty nor a kubeconfig that podsim wrote.
func checkReplaceable(file string) error {
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	if info.Mode().IsRegular() {
		config, err := clientcmd.LoadFromFile(file)
		if info.Size() == 0 || err == nil && onlyOwn(config.Clusters) && onlyOwn(config.AuthInfos) && onlyOwn(config.Contexts) {
			return nil
		}
	}
	return fmt.Errorf("writing the kubeconfig: %s is there and not a kubeconfig of podsim's own, so it stays as it is: name another file; "+
		"KUBECONFIG=%s:FILE has kubectl read both", file, file)
}

func onlyOwn[T any](entries map[string]T) bool {
	_, own := entries[endpoint.KubeconfigName]
	return own && len(entries) == 1
}

// write replaces the file at once, so that no other user ever reads it, nor anybody half of it.
func write(file string, content []byte) (err error) {
	unfinished, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*") // with mode 0600
	if err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	_, err = unfinished.Write(content)
	if err = errors.Join(err, unfinished.Close()); err == nil {
		err = os.Rename(unfinished.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", errors.Join(err, os.Remove(unfinished.Name())))
	}
	return nil
}
