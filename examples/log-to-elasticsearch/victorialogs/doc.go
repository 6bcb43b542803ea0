//go:build tools

// Package victorialogs has the module depend on VictoriaLogs, the store that this example builds and runs.
package victorialogs

import _ "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs"
