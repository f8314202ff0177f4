package jwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

// TestWhatALenientParserTakesIsRefused holds what libraries differ in, whoever does the work.
func TestWhatALenientParserTakesIsRefused(t *testing.T) {
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	public, edKey, _ := ed25519.GenerateKey(rand.Reader)
	now := time.Unix(1_800_000_000, 0)
	v := &Verifier{issuer: "me", asked: time.Now(), keys: map[string]publicKey{
		"RS256": {key: &rsaKey.PublicKey}, "ES256": {key: &ecKey.PublicKey}, "EdDSA": {key: public},
		"bound": {key: &rsaKey.PublicKey, alg: "RS512"},
	}}
	with := func(name string, value any) map[string]any {
		claims := map[string]any{"iss": "me", "aud": "me", "exp": now.Unix() + 60}
		maps.Copy(claims, map[string]any{name: value})
		return claims
	}
	good := with("sub", "x")
	ed := func(claims map[string]any) []byte { return sign(t, "EdDSA", edKey, claims) }
	if _, err := v.Verify(ed(good), now); err != nil {
		t.Fatal(err)
	}
	der, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	text := encode(map[string]string{"alg": "HS256", "kid": "RS256"}) + "." + encode(good)
	mac := hmac.New(sha256.New, der)
	mac.Write([]byte(text))
	for name, token := range map[string][]byte{
		"an extension that must be understood": signWith(t, map[string]any{"alg": "EdDSA", "kid": "EdDSA", "crit": []string{"b64"}}, edKey, good),
		"a public key as the secret of HS256":  []byte(text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))),
		"another curve than the algorithm's":   signWith(t, map[string]any{"alg": "ES384", "kid": "ES256"}, ecKey, good),
		"a key of another kind":                signWith(t, map[string]any{"alg": "EdDSA", "kid": "RS256"}, edKey, good),
		"a key that is for another algorithm":  signWith(t, map[string]any{"alg": "RS256", "kid": "bound"}, rsaKey, good),
		"an unknown key":                       signWith(t, map[string]any{"alg": "EdDSA", "kid": "none"}, edKey, good),
		"no key named":                         signWith(t, map[string]any{"alg": "EdDSA"}, edKey, good),
		"an expiry in quotes":                  ed(with("exp", "1800000060")),
		"an expiry of null":                    ed(with("exp", nil)),
		"a beginning beyond all clocks":        ed(with("nbf", 1e300)),
		"a beginning in 1.9 s":                 ed(with("nbf", json.Number("1800000001.9"))),
		"issued in the future":                 ed(with("iat", now.Unix()+5)),
		"no audience":                          ed(with("aud", nil)),
		"an audience that is no text":          ed(with("aud", []any{"me", 1})),
		"a fourth part":                        append(ed(good), ".x"...),
		"padding":                              append(ed(good), "=="...),
		"two parts":                            []byte(strings.Join(strings.Split(string(ed(good)), ".")[:2], ".")),
		"claims that are null":                 signWith(t, map[string]any{"alg": "EdDSA", "kid": "EdDSA"}, edKey, nil),
	} {
		if _, err := v.Verify(token, now); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
