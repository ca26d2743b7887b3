package serve

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds of every HTTP door. Each is what an honest caller on a bad line still
// meets and an enemy cannot profit from.
const (
	HeaderTimeout  = 5 * time.Second  // a request's header arrives in one or two packets
	BodyTimeout    = 15 * time.Second // 256 KiB at 20 kB/s
	AnswerTimeout  = 75 * time.Second // longer than the longest wait (long poll, 30 s) plus sending
	IdleTimeout    = 2 * time.Minute  // keep-alive between a clerk's clicks
	MaxHeaderBytes = 24 << 10         // a token is at most 8 KiB; browsers add 2 KiB
	MaxTarget      = 8 << 10          // longest request target
	MaxConns       = 8192             // connections of one listener
	maxStreams     = 100              // HTTP/2 streams of one connection
)

// NewServer makes an http.Server with the bounds above. Errors of single
// connections (failed handshakes, resets) are logged at debug: any passer-by
// can cause them.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: HeaderTimeout,
		// No ReadTimeout: it would cancel the context of a handler that waits
		// for a commit. Guard sets the body's deadline and Body clears it.
		WriteTimeout:   AnswerTimeout,
		IdleTimeout:    IdleTimeout,
		MaxHeaderBytes: MaxHeaderBytes,
		TLSConfig:      &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"}},
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReadFrameSize: 64 << 10},
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),

		DisableGeneralOptionsHandler: true,
	}
}

// IsLoopback reports whether a listener's address is reachable from this
// machine only. A node serves plain HTTP nowhere else.
func IsLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
