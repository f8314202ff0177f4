package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"
)

func TestPermissionPatternsAreAnchored(t *testing.T) {
	cases := []struct {
		pattern, text string
		want          bool
	}{
		{"ns:abc", "ns:abc", true}, {"ns:abc", "ns:abcd", false}, {"abc", "ns:abc", false}, {"ns:*", "ns:x", true},
		{"*", "ns:x", true}, {"*:x", "ns:x", true}, {"n*s:*c", "nos:abc", true}, {"n*s:*c", "nos:abcd", false},
		{"", "ns:x", false}, {"ns:a.c", "ns:abc", false}, {"**a*", "ns:abc", true},
	}
	for _, c := range cases {
		if got := matches(c.pattern, c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
}

func encode(v any) string {
	raw, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// hashes are those that RFC 7518 names for each algorithm; halves are the sizes of r and s in bytes.
var (
	hashes = map[string]crypto.Hash{
		"RS256": crypto.SHA256, "RS512": crypto.SHA512, "ES256": crypto.SHA256, "ES384": crypto.SHA384, "ES512": crypto.SHA512,
	}
	halves = map[string]int{"ES256": 32, "ES384": 48, "ES512": 66}
)

// sign makes a token the way RFC 7515 describes it.
func sign(t *testing.T, alg string, key crypto.Signer, claims map[string]any) []byte {
	t.Helper()
	return signWith(t, map[string]any{"alg": alg, "kid": alg}, key, claims)
}

func signWith(t *testing.T, header map[string]any, key crypto.Signer, claims any) []byte {
	t.Helper()
	alg := header["alg"].(string)
	text := encode(header) + "." + encode(claims)
	hash, half := hashes[alg], halves[alg]
	digest := []byte(text)
	if hash != 0 {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	var signature []byte
	var err error
	if k, isEC := key.(*ecdsa.PrivateKey); isEC {
		r, s, failed := ecdsa.Sign(rand.Reader, k, digest)
		signature, err = make([]byte, 2*half), failed
		r.FillBytes(signature[:half])
		s.FillBytes(signature[half:])
	} else {
		signature, err = key.Sign(rand.Reader, digest, hash)
	}
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text + "." + base64.RawURLEncoding.EncodeToString(signature))
}

func TestTokens(t *testing.T) {
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	now := time.Unix(1_800_000_000, 0)
	v := &Verifier{issuer: "me", asked: time.Now(), keys: map[string]publicKey{
		"RS256": {key: &rsaKey.PublicKey}, "ES256": {key: &ecKey.PublicKey}, "EdDSA": {key: edKey.Public()},
		"RS512": {key: &rsaKey.PublicKey, alg: "RS256"},
	}}
	good := map[string]any{"iss": "me", "aud": []string{"x", "me"}, "exp": now.Unix() + 60}
	for alg, key := range map[string]crypto.Signer{"RS256": rsaKey, "ES256": ecKey, "EdDSA": edKey} {
		token := sign(t, alg, key, good)
		if _, err := v.Verify(token, now); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		token[len(token)-10] ^= 1
		if _, err := v.Verify(token, now); err == nil {
			t.Errorf("%s: a changed signature was accepted", alg)
		}
	}
	if _, err := v.Verify(sign(t, "RS512", rsaKey, good), now); err == nil {
		t.Error("a key was used with an algorithm that is not its own")
	}
	none := []byte(encode(map[string]string{"alg": "none", "kid": "RS256"}) + "." + encode(good) + ".")
	if _, err := v.Verify(none, now); err == nil {
		t.Error("an unsigned token was accepted")
	}
	for name, change := range map[string]map[string]any{
		"issuer": {"iss": "you"}, "audience": {"aud": "you"}, "expired": {"exp": now.Unix() - 2}, "no expiry": {"exp": nil},
		"not yet": {"nbf": now.Unix() + 5},
	} {
		claims := map[string]any{}
		for k, v := range good {
			claims[k] = v
		}
		for k, v := range change {
			claims[k] = v
		}
		if _, err := v.Verify(sign(t, "ES256", ecKey, claims), now); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
