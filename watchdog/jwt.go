package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"sampan/watchdog/internal/jwt"
	"sampan/watchdog/internal/wire"
)

// authenticator admits calls that carry a token of the authority for this function.
type authenticator struct {
	verifier *jwt.Verifier
	log      *logger
	target   string // namespace:name
}

// newAuthenticator fetches the keys; without them the function must not start.
func newAuthenticator(cfg jwtConfig, log *logger) (*authenticator, error) {
	if cfg.functionName == "" || cfg.functionsNS == "" {
		return nil, errors.New("jwt_auth needs OPENFAAS_NAME and OPENFAAS_NAMESPACE")
	}
	note := func(string) {}
	if cfg.debug {
		note = func(text string) { log.print("jwt_auth: " + text) }
	}
	v, err := jwt.NewVerifier(cfg.authority, note, func(text string) { log.warn("jwt_auth: " + text) })
	if err != nil {
		return nil, fmt.Errorf("jwt_auth: %w", err)
	}
	return &authenticator{verifier: v, log: log, target: cfg.functionsNS + ":" + cfg.functionName}, nil
}

// admit lets a call pass or answers 401 or 403.
func (a *authenticator) admit(c *clientConn) bool {
	token, isBearer := bearer(c.req.Authorization)
	if !isBearer {
		a.deny(c, 401, "Bearer token missing")
		return false
	}
	claims, err := a.verifier.Verify(token, time.Now())
	if err != nil {
		a.deny(c, 401, err.Error())
		return false
	}
	if !claims.Admits(a.target) {
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
