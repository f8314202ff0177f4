package main

type authenticator struct{}

func newAuthenticator(jwtConfig, *logger) (*authenticator, error) { return nil, nil }
func (a *authenticator) admit(c *clientConn) bool                 { return true }
