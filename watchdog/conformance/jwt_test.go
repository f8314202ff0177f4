package conformance

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

var jwtCases = []testCase{
	{"X43", "jwt_401", "jwt_auth: no token, a foreign key, a wrong issuer, an expired one and alg=none are 401; health and ready are exempt", false, false, jwtRefused},
	{"X44", "jwt_403_200", "jwt_auth: the wrong permission is 403, the right one 200; patterns are anchored", false, false, jwtPermissions},
	{"X45", "jwt_new_key", "jwt_auth: a token of a key that is new at the authority is accepted", false, false, jwtNewKey},
}

// authority is an OpenID issuer with one or more RSA keys.
type authority struct {
	*httptest.Server
	mu   sync.Mutex
	keys []*rsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.addKey(t)
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": a.URL, "jwks_uri": a.URL + "/keys"})
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		var set []map[string]string
		for i, key := range a.keys {
			set = append(set, map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": fmt.Sprint("key-", i),
				"n": base64url(key.N.Bytes()), "e": base64url(big.NewInt(int64(key.E)).Bytes())})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": set})
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) addKey(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, key)
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token signs claims with key number i; changes win over the good defaults.
func (a *authority) token(t *testing.T, i int, permission string, changes map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": a.URL, "aud": []string{a.URL}, "sub": "test", "iat": time.Now().Unix(),
		"exp": time.Now().Add(time.Hour).Unix(), "function": map[string]any{"permissions": []string{permission}}}
	for name, value := range changes {
		claims[name] = value
	}
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": fmt.Sprint("key-", i)})
	payload, err := json.Marshal(claims)
	must(t, err)
	signed := base64url(header) + "." + base64url(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.keys[i], crypto.SHA256, sum[:])
	must(t, err)
	return "Authorization: Bearer " + signed + "." + base64url(signature)
}

func (a *authority) guarded(t *testing.T) *watchdog {
	t.Helper()
	return start(t, append(fork("classic", "echo"), "jwt_auth=true", "jwt_auth_authority="+a.URL, "max_inflight=1",
		"OPENFAAS_NAME=env", "OPENFAAS_NAMESPACE=openfaas-fn")...)
}

func jwtRefused(t *testing.T) {
	a, foreign := newAuthority(t), newAuthority(t)
	w := a.guarded(t)
	r := w.get("/").want(t, 401).platformFault(t, true)
	if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("WWW-Authenticate %q", r.header.Get("WWW-Authenticate"))
	}
	good := a.token(t, 0, "openfaas-fn:env", nil)
	parts := strings.Split(strings.TrimPrefix(good, "Authorization: Bearer "), ".")
	none := base64url([]byte(`{"alg":"none","kid":"key-0"}`)) + "." + parts[1] + "."
	for name, header := range map[string]string{
		"foreign key":    foreign.token(t, 0, "openfaas-fn:env", map[string]any{"iss": a.URL, "aud": a.URL}),
		"wrong issuer":   a.token(t, 0, "openfaas-fn:env", map[string]any{"iss": "http://other"}),
		"wrong audience": a.token(t, 0, "openfaas-fn:env", map[string]any{"aud": "http://other"}),
		"expired":        a.token(t, 0, "openfaas-fn:env", map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}),
		"not yet valid":  a.token(t, 0, "openfaas-fn:env", map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"alg none":       "Authorization: Bearer " + none,
		"nonsense":       "Authorization: Bearer x.y.z",
		"not a bearer":   "Authorization: Basic eDp5",
		"changed claims": "Authorization: Bearer " + parts[0] + "." + base64url([]byte(`{"sub":"me"}`)) + "." + parts[2],
	} {
		if r := w.get("/", header); r.status != 401 {
			t.Errorf("%s: status %d, body %q", name, r.status, r.body)
		}
	}
	w.get("/_/health").want(t, 200)
	w.get("/_/ready").want(t, 200)
	w.get("/", good).want(t, 200)
}

func jwtPermissions(t *testing.T) {
	a := newAuthority(t)
	w := a.guarded(t)
	for permission, status := range map[string]int{
		"openfaas-fn:env": 200, "openfaas-fn:*": 200, "*": 200, "*:env": 200, "openfaas-fn:e*": 200,
		"openfaas-fn:en": 403, "openfaas-fn:nv": 403, "fn:env": 403, "other:env": 403, "openfaas-fn:environment": 403,
		"openfaas-fn:.*": 403, "": 403,
	} {
		if r := w.get("/", a.token(t, 0, permission, nil)); r.status != status {
			t.Errorf("permission %q: status %d, want %d (%q)", permission, r.status, status, r.body)
		}
	}
	w.get("/", a.token(t, 0, "", map[string]any{"function": nil})).want(t, 403)
}

func jwtNewKey(t *testing.T) {
	a := newAuthority(t)
	w := a.guarded(t)
	w.get("/", a.token(t, 0, "*", nil)).want(t, 200)
	a.addKey(t)
	w.get("/", a.token(t, 1, "*", nil)).want(t, 200)
}
