//go:build xnet

package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"golang.org/x/net/http2"
)

// hasHTTP2 says whether golang.org/x/net was there when this was compiled.
const hasHTTP2 = true

// http2Transports returns a transport of HTTP/2 by prior knowledge, and one of HTTP/2 by ALPN over TLS.
func http2Transports(config *tls.Config) (plain, encrypted http.RoundTripper) {
	// It would encrypt, whatever the scheme.
	dial := func(ctx context.Context, network, address string, _ *tls.Config) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	plain = &http2.Transport{AllowHTTP: true, DialTLSContext: dial, DisableCompression: true}
	return plain, &http2.Transport{TLSClientConfig: config, DisableCompression: true}
}
