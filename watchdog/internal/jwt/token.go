package jwt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.Hash
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Claims is what a token says.
type Claims struct {
	Issuer    string       `json:"iss"`
	Audience  stringOrList `json:"aud"`
	Expires   *float64     `json:"exp"`
	NotBefore *float64     `json:"nbf"`
	IssuedAt  *float64     `json:"iat"`
	Function  struct {
		Permissions []string `json:"permissions"`
		Audience    []string `json:"audience"`
	} `json:"function"`
}

// stringOrList accepts both forms that RFC 7519 allows for aud.
type stringOrList []string

func (l *stringOrList) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = []string{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// authLeeway is how far the clocks of authority and function may be apart.
const authLeeway = time.Second

var errBadToken = errors.New("malformed token")

// Verify checks form, signature, issuer, audience and times of a compact token.
func (v *Verifier) Verify(token []byte, now time.Time) (*Claims, error) {
	parts := bytes.Split(token, []byte("."))
	if len(parts) != 3 {
		return nil, errBadToken
	}
	var header struct {
		Alg, Kid string
		Crit     []string
	}
	if decodeJSON(parts[0], &header) != nil || len(header.Crit) > 0 {
		return nil, errBadToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(string(parts[2]))
	if err != nil {
		return nil, errBadToken
	}
	key, issuer, known := v.keyFor(header.Kid)
	if !known {
		return nil, errors.New("unknown signing key")
	}
	signed := token[:len(token)-len(parts[2])-1]
	if err := checkSignature(key, header.Alg, signed, signature); err != nil {
		return nil, err
	}
	var t Claims
	if decodeJSON(parts[1], &t) != nil {
		return nil, errBadToken
	}
	return &t, t.check(issuer, now)
}

func decodeJSON(part []byte, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(string(part))
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// check tells whether the claims hold now. The audience is the issuer itself.
func (t *Claims) check(issuer string, now time.Time) error {
	if t.Issuer != issuer {
		return errors.New("token of another issuer")
	}
	meant := false
	for _, audience := range t.Audience {
		meant = meant || audience == issuer
	}
	if !meant {
		return errors.New("token for another audience")
	}
	at := float64(now.UnixNano()) / 1e9
	leeway := authLeeway.Seconds()
	switch {
	case t.Expires == nil || at > *t.Expires+leeway:
		return errors.New("token is expired")
	case t.NotBefore != nil && at < *t.NotBefore-leeway, t.IssuedAt != nil && at < *t.IssuedAt-leeway:
		return errors.New("token is not valid yet")
	}
	return nil
}

// algorithms that are accepted, with their hash and, for the elliptic ones, the size of one half of the
// signature.
var algorithms = map[string]struct {
	hash crypto.Hash
	half int
}{
	"RS256": {hash: crypto.SHA256}, "RS384": {hash: crypto.SHA384}, "RS512": {hash: crypto.SHA512},
	"ES256": {crypto.SHA256, 32}, "ES384": {crypto.SHA384, 48}, "ES512": {crypto.SHA512, 66},
	"EdDSA": {},
}

var errSignature = errors.New("signature is invalid")

func checkSignature(key publicKey, alg string, signed, signature []byte) error {
	rule, allowed := algorithms[alg]
	if !allowed || (key.alg != "" && key.alg != alg) {
		return fmt.Errorf("algorithm %q is not allowed", alg)
	}
	var digest []byte
	if rule.hash != 0 {
		h := rule.hash.New()
		h.Write(signed)
		digest = h.Sum(nil)
	}
	valid := false
	switch k := key.key.(type) {
	case *rsa.PublicKey:
		valid = alg[:2] == "RS" && rsa.VerifyPKCS1v15(k, rule.hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		if alg[:2] == "ES" && (k.Curve.Params().BitSize+7)/8 == rule.half && len(signature) == 2*rule.half {
			r, s := new(big.Int).SetBytes(signature[:rule.half]), new(big.Int).SetBytes(signature[rule.half:])
			valid = ecdsa.Verify(k, digest, r, s)
		}
	case ed25519.PublicKey:
		valid = alg == "EdDSA" && ed25519.Verify(k, signed, signature)
	}
	if !valid {
		return errSignature
	}
	return nil
}
