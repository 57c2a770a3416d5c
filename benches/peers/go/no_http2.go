//go:build !xnet

package main

import (
	"crypto/tls"
	"net/http"
)

// hasHTTP2 says whether golang.org/x/net was there when this was compiled.
const hasHTTP2 = false

func http2Transports(*tls.Config) (plain, encrypted http.RoundTripper) { return nil, nil }
