package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// parseUpstream turns upstream_url into the place to connect to: http://host:port/prefix or
// unix:///path.sock.
func parseUpstream(raw string) (*upstream, error) {
	if raw == "" {
		return nil, errors.New("mode=http needs upstream_url, such as http://127.0.0.1:3000")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("upstream_url=%q: %w", raw, err)
	}
	switch u.Scheme {
	case "unix":
		if u.Path == "" {
			return nil, fmt.Errorf("upstream_url=%q names no socket", raw)
		}
		return &upstream{network: "unix", address: u.Path, host: []byte("localhost")}, nil
	case "http":
	default:
		return nil, fmt.Errorf("upstream_url=%q: only http:// and unix:// are supported", raw)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("upstream_url=%q names no host", raw)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return &upstream{
		network: "tcp",
		address: net.JoinHostPort(u.Hostname(), port),
		prefix:  []byte(strings.TrimRight(u.EscapedPath(), "/")),
		host:    []byte(u.Host),
	}, nil
}
