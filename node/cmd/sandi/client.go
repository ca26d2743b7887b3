package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/node/cli"
)

// client is the way to a node's public API, as the flags say.
func (s *settings) client() (*client.Client, error) {
	token, err := s.clientToken()
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, &cli.Error{Code: exitDenied, Err: errors.New("no access token; give --token or SANDI_TOKEN (sandi token issue makes one)")}
	}
	if err := s.plain(); err != nil {
		return nil, err
	}
	transport, err := s.transport()
	if err != nil {
		return nil, err
	}
	return client.New(client.Options{
		Base: s.addr, Token: func(context.Context) (string, error) { return token, nil }, HTTP: &http.Client{Transport: transport}, Lang: s.problemLanguage(),
	})
}

// plain refuses what does not go together with plain HTTP: a token on its way to another
// machine, which anybody on the way could read and use, and a certificate, which only
// TLS shows.
func (s *settings) plain() error {
	u, err := url.Parse(s.addr)
	if err != nil || u.Scheme != "http" {
		return nil // other forms the client refuses
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usagef("--addr %s: a token is not sent over plain HTTP to another machine; give the https address", s.addr)
	}
	if s.cert != "" {
		return usagef("--cert with --addr %s: only an https address is shown a certificate; set tls.cert and tls.key in the node's sandi.yaml", s.addr)
	}
	return nil
}

// transport trusts --cacert instead of the system's authorities and shows --cert to who asks.
func (s *settings) transport() (*http.Transport, error) {
	transport := client.NewTransport()
	if s.cacert == "" && s.cert == "" {
		return transport, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.cacert != "" {
		pem, err := os.ReadFile(s.cacert)
		if err != nil {
			return nil, fmt.Errorf("couldn't read --cacert: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--cacert %s holds no certificate", s.cacert)
		}
	}
	if s.cert != "" {
		pair, err := tls.LoadX509KeyPair(s.cert, firstNonEmpty(s.key, s.cert))
		if err != nil {
			return nil, fmt.Errorf("couldn't read --cert and --cert-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	transport.TLSClientConfig = config
	return transport, nil
}

func trimNewline(s string) string { return strings.TrimRight(s, "\r\n") }

func (s *settings) problemLanguage() problem.Language {
	if s.lang == "zh" {
		return problem.Chinese
	}
	return problem.English
}
