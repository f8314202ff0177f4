package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"time"

	"sampan/watchdog/internal/wire"
)

const (
	// fetchLimit bounds a request to the authority.
	fetchLimit = 10 * time.Second
	// maxFetched bounds its answer, in bytes.
	maxFetched = 1 << 20
)

// publicKey is one key of the authority.
type publicKey struct {
	key crypto.PublicKey
	alg string // the only algorithm it may be used with; empty is any that fits
}

// jwk is a key as RFC 7517 writes it.
type jwk struct {
	Kty, Kid, Use, Alg, Crv string
	N, E, X, Y              string
}

// fetchKeys asks the authority for its issuer name and its keys by key id. Keys of unknown kinds are left
// out.
func fetchKeys(authority string) (issuer string, keys map[string]publicKey, err error) {
	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := fetchJSON(authority+"/.well-known/openid-configuration", &discovery); err != nil {
		return "", nil, err
	}
	if discovery.Issuer == "" || discovery.JWKSURI == "" {
		return "", nil, errors.New("the authority names no issuer or no jwks_uri")
	}
	var set struct{ Keys []jwk }
	if err := fetchJSON(discovery.JWKSURI, &set); err != nil {
		return "", nil, err
	}
	keys = map[string]publicKey{}
	for _, k := range set.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		if key, err := k.public(); err == nil {
			keys[k.Kid] = publicKey{key, k.Alg}
		}
	}
	return discovery.Issuer, keys, nil
}

// public decodes the key itself.
func (k *jwk) public() (crypto.PublicKey, error) {
	switch k.Kty {
	case "RSA":
		n, e := bigInt(k.N), bigInt(k.E)
		if n == nil || e == nil || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || n.BitLen() < 2048 {
			return nil, errors.New("unusable RSA key")
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
	case "EC":
		curve := map[string]elliptic.Curve{
			"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(),
		}[k.Crv]
		x, y := bigInt(k.X), bigInt(k.Y)
		if curve == nil || x == nil || y == nil {
			return nil, errors.New("unusable EC key")
		}
		key := &ecdsa.PublicKey{Curve: curve, X: x, Y: y}
		_, err := key.ECDH() // fails for a point that is not on the curve
		return key, err
	case "OKP":
		raw, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Crv != "Ed25519" || err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, errors.New("unusable OKP key")
		}
		return ed25519.PublicKey(raw), nil
	}
	return nil, fmt.Errorf("key type %q is not supported", k.Kty)
}

func bigInt(text string) *big.Int {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil
	}
	return new(big.Int).SetBytes(raw)
}

// fetchJSON gets a small document. It uses no proxy, follows no redirect, and wants a 200.
func fetchJSON(address string, into any) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	nc, err := dialURL(u)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", address, err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(fetchLimit))
	_, err = fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
		u.RequestURI(), u.Host)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", address, err)
	}
	document, err := readDocument(nc)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", address, err)
	}
	return json.Unmarshal(document, into)
}

func dialURL(u *url.URL) (net.Conn, error) {
	port := u.Port()
	dialer := &net.Dialer{Timeout: fetchLimit}
	switch u.Scheme {
	case "http":
		if port == "" {
			port = "80"
		}
		return dialer.Dial("tcp", net.JoinHostPort(u.Hostname(), port))
	case "https":
		if port == "" {
			port = "443"
		}
		return tls.DialWithDialer(dialer, "tcp", net.JoinHostPort(u.Hostname(), port), nil)
	}
	return nil, fmt.Errorf("scheme %q is not supported", u.Scheme)
}

func readDocument(nc net.Conn) ([]byte, error) {
	src := wire.NewSource(nc)
	head, err := src.AnswerHead(64 << 10)
	if err != nil {
		return nil, err
	}
	var resp wire.Response
	if err := resp.Parse(head); err != nil {
		return nil, err
	}
	if resp.Status != 200 {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	kind, length := resp.BodyKind([]byte("GET"))
	b := wire.Body{Limit: maxFetched}
	b.Start(&src, kind, length)
	return io.ReadAll(&b)
}
