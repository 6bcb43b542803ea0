package up

import (
	"context"
	"io"

	"github.com/docker/cli/cli/config"
	"github.com/docker/docker/api/types/registry"
)

// userCredentials are what the user's Docker configuration has for all registries, as docker build gives them to the engine: it alone
// knows from where a build pulls. A credential helper that fails costs only its own; one that asks the user need not be answered, for
// the context ends the wait.
func userCredentials(ctx context.Context) map[string]registry.AuthConfig {
	answers := make(chan map[string]registry.AuthConfig, 1)
	go func() {
		found, _ := config.LoadDefaultConfigFile(io.Discard).GetAllCredentials() // a build that needs none goes well without
		all := map[string]registry.AuthConfig{}
		for address, c := range found {
			all[address] = registry.AuthConfig{Username: c.Username, Password: c.Password, Auth: c.Auth, ServerAddress: c.ServerAddress,
				IdentityToken: c.IdentityToken, RegistryToken: c.RegistryToken}
		}
		answers <- all
	}()
	select {
	case all := <-answers:
		return all
	case <-ctx.Done():
		return nil
	}
}
