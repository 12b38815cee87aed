package acctest

import (
	"crypto/rsa"
	"sync"
	"sync/atomic"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

// someKeys are made once and given out in turn, because a key takes as long as all else that a test does. Certificates of the
// same key are still different ones.
var someKeys [4]struct {
	once sync.Once
	key  *rsa.PrivateKey
	err  error
}

var keysGiven atomic.Uint64

// oldKey is what a provider in this process takes for a new private key.
func oldKey() (*rsa.PrivateKey, error) {
	one := &someKeys[keysGiven.Add(1)%uint64(len(someKeys))]
	one.once.Do(func() { one.key, one.err = azure.NewKey() })
	return one.key, one.err
}
