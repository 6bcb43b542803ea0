package runtime

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/podsim/podsim/network"
	"github.com/podsim/podsim/network/serviceproxy"
	"github.com/podsim/podsim/podspec"
	"github.com/podsim/podsim/runtime/services"
	"github.com/podsim/podsim/runtime/store"
)

// serviceTables has what the Services of the node come to, and tells when that changes.
type serviceTables struct {
	store *store.Store

	mu      sync.Mutex
	any     bool               // there are Services beside the API server's
	shared  serviceproxy.Table // what all pods have in common
	text    string             // that, to compare
	changed chan struct{}      // closed by the next change
}

func newServiceTables(objects *store.Store) *serviceTables {
	return &serviceTables{store: objects, changed: make(chan struct{})}
}

// refresh looks at all Services and pods again.
func (t *serviceTables) refresh() {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, _ := t.store.Services.List("")
	t.any = slices.ContainsFunc(all, isUsers)
	var table serviceproxy.Table
	pods, _ := t.store.Pods.List("")
	table.Forwards, table.Refused = services.Forwards(all, pods)
	table.Zone = services.Zone(all, pods)
	content, _ := json.Marshal(table) // it has nothing that could not be encoded
	if string(content) == t.text {
		return
	}
	t.shared, t.text = table, string(content)
	t.tell()
}

// isUsers reports whether a Service is one beside the API server's, which every node has.
func isUsers(service *corev1.Service) bool {
	api := podspec.APIService()
	return service.Name != api.Name || service.Namespace != api.Namespace
}

// of is the table of a pod on a network that is linked with others, nil if it needs none, and a channel that is closed when that may have
// changed. api is where the pod reaches the API, the zero address if it does not.
func (t *serviceTables) of(pod *corev1.Pod, networkID string, links map[string]network.Link, api netip.AddrPort) (*serviceproxy.Table, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if pod.Spec.HostNetwork || !t.any && !api.IsValid() {
		return nil, t.changed
	}
	table := t.shared
	table.Forwards, table.Refused = slices.Clone(table.Forwards), slices.Clone(table.Refused)
	if i := slices.IndexFunc(table.Forwards, func(f serviceproxy.Forward) bool { return f.Address == apiServicePort }); i >= 0 && api.IsValid() {
		table.Forwards[i].Endpoints = []netip.AddrPort{api}
	}
	table.Routes = network.RoutesFrom(networkID, links)
	table.DNS, table.Upstream = network.ProxyDNS(pod)
	for _, address := range table.DNS { // what is asked elsewhere than at its port
		if podspec.ServiceRange().Contains(address) && !slices.Contains(table.Refused, address) {
			table.Refused = append(table.Refused, address)
		}
	}
	return &table, t.changed
}

// announce has all who follow look again.
func (t *serviceTables) announce() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell()
}

// tell is announce for a caller that holds the lock.
func (t *serviceTables) tell() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// watchServices follows the Services and the pods until the context ends. When it returns, the tables and the endpoints are those of what
// is there.
func (n *Node) watchServices(ctx context.Context) {
	refresh := func() {
		n.services.refresh()
		n.refreshEndpoints()
	}
	n.redo(ctx, refresh,
		func(news func()) {
			begin := func(all []*corev1.Service) {
				news()
				for _, s := range all {
					n.saveServices(s)
				}
			}
			store.FollowEvents(ctx, n.store.Services, begin, func(event store.Event[*corev1.Service]) { news(); n.saveServices(event.Object) })
		},
		func(news func()) { store.FollowNews(ctx, n.store.Pods, news) })
}

// redo does what makes objects of others at once, and again whenever one of the sources, which follow the others until the context ends,
// has news.
func (n *Node) redo(ctx context.Context, do func(), sources ...func(news func())) {
	do()
	news := make(chan struct{}, 1)
	tell := func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}
	for _, follow := range sources {
		n.wg.Go(func() { follow(tell) })
	}
	n.wg.Go(func() {
		for {
			select {
			case <-news:
				do()
			case <-ctx.Done():
				return
			}
		}
	})
}
