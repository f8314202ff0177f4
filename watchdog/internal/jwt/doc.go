// Package jwt verifies bearer tokens of an authority that publishes its keys (OpenID Connect discovery, RFC
// 7517), and says what they permit. It knows nothing of calls.
//
// The door is Verifier; its Verify gives the Claims of a token that is good now.
package jwt
