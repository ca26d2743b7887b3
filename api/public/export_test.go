package public

import (
	"time"

	"sandi.internal/gateway/api/serve"
)

// SetStream shortens a door's heartbeat and its patience with slow readers.
func SetStream(a *API, heartbeat, patience time.Duration) {
	a.heartbeat, a.patience = heartbeat, patience
}

// SetSubscribers bounds a door's subscribers.
func SetSubscribers(a *API, most int) {
	a.subscribers = serve.NewFair(subscribeRate, most, time.Now)
}
