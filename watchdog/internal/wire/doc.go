// Package wire is the syntax of HTTP/1.1 in both directions: it reads heads and bodies through one buffer per
// connection, in place and without allocating. It knows nothing of calls, functions or time limits.
//
// The doors are Request and Response for heads, and Body for what follows them; all three read from a Source.
// Whatever two parsers could understand differently is an error in a Request; a Response is forgiven what is
// only clumsy.
package wire
