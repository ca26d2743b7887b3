package authority

import (
	"crypto/tls"
	"slices"
)

// ServerTLS is the listening side: TLS 1.3, a client certificate always, one of
// the given ALPN protocols always, no session tickets. accept decides inside
// the handshake whether the authenticated peer may use that protocol; nil
// accepts every node of every region.
//
// Verification is VerifyConnection's: RequireAnyClientCert checks only that
// the peer owns the key, because one ClientCAs pool would merge the regions.
func (k *Keeper) ServerTLS(alpn []string, accept func(id Identity, alpn string) error) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		ClientAuth:             tls.RequireAnyClientCert,
		SessionTicketsDisabled: true,
		NextProtos:             slices.Clone(alpn),
		GetCertificate:         func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.now.Load(), nil },
		VerifyConnection: func(state tls.ConnectionState) error {
			if err := protocolFits(state, alpn); err != nil {
				return err
			}
			want := Role("")
			if accept == nil {
				want = RoleNode
			}
			id, err := k.cfg.Roots.Verify(state.PeerCertificates, want)
			if err != nil {
				return err
			}
			if accept == nil {
				return nil
			}
			if err := accept(id, state.NegotiatedProtocol); err != nil {
				return &VerifyError{Code: CodeNotAccepted, Err: err}
			}
			return nil
		},
	}
}

// ClientTLS is the dialling side: the server must be exactly the node
// wantNodeID, under its own region's CA, speaking alpn.
func (k *Keeper) ClientTLS(wantNodeID, alpn string) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		NextProtos:             []string{alpn},
		GetClientCertificate:   func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return k.now.Load(), nil },
		// The library's own check wants a host name and one pool for all; the
		// identity is a URI and the pool depends on it. VerifyConnection below
		// checks everything, on every handshake.
		InsecureSkipVerify: true, //nolint:gosec // replaced, not skipped
		VerifyConnection: func(state tls.ConnectionState) error {
			if err := protocolFits(state, []string{alpn}); err != nil {
				return err
			}
			id, err := k.cfg.Roots.Verify(state.PeerCertificates, RoleNode)
			if err != nil {
				return err
			}
			if id.ID != wantNodeID {
				return &VerifyError{Code: CodeOtherNode}
			}
			return nil
		},
	}
}

// protocolFits refuses what crypto/tls tolerates: a peer that offers no ALPN at
// all. Version and resumption cannot differ with these configurations; they are
// checked because a later change of one line could make them.
func protocolFits(state tls.ConnectionState, alpn []string) error {
	if state.Version != tls.VersionTLS13 || state.DidResume || !slices.Contains(alpn, state.NegotiatedProtocol) {
		return &VerifyError{Code: CodeProtocol}
	}
	return nil
}
