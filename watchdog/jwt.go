package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"sampan/watchdog/internal/wire"
)

const (
	authLeeway = time.Second
	// refetchPause keeps tokens with invented key ids from turning into requests to the authority.
	refetchPause = 10 * time.Second
)

// authenticator admits calls that carry a token of the authority for this function.
type authenticator struct {
	cfg    jwtConfig
	log    *logger
	target string // namespace:name

	mu     sync.Mutex
	issuer string
	keys   map[string]publicKey
	asked  time.Time // when an unknown key last made us fetch
}

// newAuthenticator fetches the keys; without them the function must not start.
func newAuthenticator(cfg jwtConfig, log *logger) (*authenticator, error) {
	if cfg.functionName == "" || cfg.functionsNS == "" {
		return nil, errors.New("jwt_auth needs OPENFAAS_NAME and OPENFAAS_NAMESPACE")
	}
	a := &authenticator{cfg: cfg, log: log, target: cfg.functionsNS + ":" + cfg.functionName}
	if err := a.fetch(); err != nil {
		return nil, fmt.Errorf("jwt_auth: %w", err)
	}
	return a, nil
}

// fetch needs the lock, except while nobody else knows a.
func (a *authenticator) fetch() error {
	issuer, keys, err := fetchKeys(a.cfg.authority)
	if err != nil {
		return err
	}
	a.issuer, a.keys = issuer, keys
	if a.cfg.debug {
		a.log.print(fmt.Sprintf("jwt_auth: issuer %s, authority %s", issuer, a.cfg.authority))
		for id := range keys {
			a.log.print("jwt_auth: key " + id)
		}
	}
	return nil
}

// keyFor finds a key, asking the authority again for one that is not known.
func (a *authenticator) keyFor(id string) (publicKey, string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key, known := a.keys[id]
	if !known && time.Since(a.asked) > refetchPause {
		a.asked = time.Now()
		if err := a.fetch(); err != nil {
			a.log.warn("jwt_auth: " + err.Error())
		}
		key, known = a.keys[id]
	}
	return key, a.issuer, known
}

// admit lets a call pass or answers 401 or 403.
func (a *authenticator) admit(c *clientConn) bool {
	token, isBearer := bearer(c.req.Authorization)
	if !isBearer {
		a.deny(c, 401, "Bearer token missing")
		return false
	}
	claims, err := a.verify(token, time.Now())
	if err != nil {
		a.deny(c, 401, err.Error())
		return false
	}
	if !claims.admits(a.target) {
		a.deny(c, 403, "insufficient permissions")
		return false
	}
	c.authSeconds = string(appendSeconds(nil, time.Since(c.start)))
	return true
}

func bearer(value []byte) ([]byte, bool) {
	scheme, token, found := bytes.Cut(value, []byte(" "))
	if !found || !wire.FoldEqual(scheme, "bearer") {
		return nil, false
	}
	token = wire.TrimBlanks(token)
	return token, len(token) > 0
}

func (a *authenticator) deny(c *clientConn, status int, why string) {
	c.reply.note = "denied"
	lines := faultLines + "X-Content-Type-Options: nosniff\r\n"
	if status == 401 {
		lines += "WWW-Authenticate: Bearer realm=\"IAM function invoke\"\r\n"
	}
	c.answer(status, lines, why+"\n")
	a.log.print(fmt.Sprintf("%s %s - %d - %s (%.4fs)", c.req.Method, c.req.Target, status, why,
		time.Since(c.start).Seconds()))
}

// admits tells whether the token is good for the function. Patterns must match from end to end: a permission for
// "ns:abc" says nothing about "ns:abcd".
func (t *claims) admits(target string) bool {
	if !anyPattern(t.Function.Permissions, target) {
		return false
	}
	return len(t.Function.Audience) == 0 || anyPattern(t.Function.Audience, target)
}

func anyPattern(patterns []string, target string) bool {
	for _, p := range patterns {
		if matches(p, target) {
			return true
		}
	}
	return false
}

// matches compares with a pattern in which each * stands for any text, in linear time.
func matches(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
