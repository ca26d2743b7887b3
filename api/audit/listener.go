package audit

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/serve"
)

// openConns is how many requests the read-only listener works on at a time:
// nobody knows who they are from, and all of them read.
const openConns = 256

// Handler is the read-only listener: the log's routes and nothing else, for
// everybody. Hosts are the names it answers for; empty means any.
func (l *Log) Handler(hosts []string, reg prometheus.Registerer) http.Handler {
	router := serve.NewRouter(serve.NewMetrics(reg, "log"), l.cfg.Logger)
	for _, route := range l.routes(cacheTile) {
		router.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := route.Handle(w, r); err != nil {
				router.Fail(w, r, err)
			}
		})
	}
	return serve.NewGuard(router, hosts, openConns)
}
