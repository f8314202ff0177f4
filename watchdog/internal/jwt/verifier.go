package jwt

import (
	"fmt"
	"sync"
	"time"
)

// refetchPause keeps tokens with invented key ids from turning into requests to the authority.
const refetchPause = 10 * time.Second

// Verifier knows the keys of an authority.
type Verifier struct {
	authority string
	// note is told which keys there are, warn when they cannot be fetched again.
	note, warn func(text string)

	mu     sync.Mutex
	issuer string
	keys   map[string]publicKey
	asked  time.Time // when an unknown key last made us fetch
}

// NewVerifier fetches the keys.
func NewVerifier(authority string, note, warn func(text string)) (*Verifier, error) {
	v := &Verifier{authority: authority, note: note, warn: warn}
	return v, v.fetch()
}

// fetch needs the lock, except while nobody else knows v.
func (v *Verifier) fetch() error {
	issuer, keys, err := fetchKeys(v.authority)
	if err != nil {
		return err
	}
	v.issuer, v.keys = issuer, keys
	v.note(fmt.Sprintf("issuer %s, authority %s", issuer, v.authority))
	for id := range keys {
		v.note("key " + id)
	}
	return nil
}

// keyFor finds a key, asking the authority again for one that is not known.
func (v *Verifier) keyFor(id string) (publicKey, string, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key, known := v.keys[id]
	if !known && time.Since(v.asked) > refetchPause {
		v.asked = time.Now()
		if err := v.fetch(); err != nil {
			v.warn(err.Error())
		}
		key, known = v.keys[id]
	}
	return key, v.issuer, known
}
