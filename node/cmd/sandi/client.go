package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
)

// client is the way to a node's public API, as the flags say.
func (s *settings) client() (*client.Client, error) {
	token, err := s.clientToken()
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, &exitError{code: exitDenied, err: errors.New("no access token; give --token or SANDI_TOKEN (sandi token issue makes one)")}
	}
	transport := client.NewTransport()
	if s.cacert != "" {
		pem, err := os.ReadFile(s.cacert)
		if err != nil {
			return nil, fmt.Errorf("couldn't read --cacert: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--cacert %s holds no certificate", s.cacert)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return client.New(client.Options{
		Base: s.addr, Token: func(context.Context) (string, error) { return token, nil }, HTTP: &http.Client{Transport: transport}, Lang: s.problemLanguage(),
	})
}

func trimNewline(s string) string { return strings.TrimRight(s, "\r\n") }

func (s *settings) problemLanguage() problem.Language {
	if s.lang == "zh" {
		return problem.Chinese
	}
	return problem.English
}
