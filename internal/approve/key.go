package approve

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// maxKey in bytes is more than any key has.
const maxKey = 64 << 10

// private refuses a file that others can read. What is no file, such as a pipe, has no others.
func private(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("the key cannot be read: %w", err)
	}
	if mode := info.Mode(); runtime.GOOS != "windows" && mode.IsRegular() && mode.Perm()&0o077 != 0 {
		return fmt.Errorf("others can read the key (its mode is %04o), and whoever has it can approve: chmod 600 %s, and think about making a new one", mode.Perm(), name)
	}
	return nil
}

// parseKey reads a private key in PEM. Its errors have nothing of the key in them.
func parseKey(text []byte) (crypto.Signer, error) {
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			return nil, errors.New("the key is no private key in PEM")
		}
		var key any
		var err error
		switch {
		case block.Type == "EC PARAMETERS": // openssl ecparam -genkey writes them before the key
			continue
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, errors.New("the key is encrypted: openssl pkey -in key.pem | terraform-provider-governed approve --key - … decrypts it without writing it anywhere")
		case block.Type == "OPENSSH PRIVATE KEY":
			return nil, errors.New("the key is in the format of OpenSSH; openssl genpkey -algorithm ed25519 makes one that can be used")
		case block.Type == "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case block.Type == "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case block.Type == "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case strings.HasSuffix(block.Type, "PUBLIC KEY"), block.Type == "CERTIFICATE":
			return nil, errors.New("the key is the public one, and the private one signs")
		default:
			return nil, errors.New("the key is PEM of another kind than a private key")
		}
		signer, ok := key.(crypto.Signer)
		if err != nil || !ok {
			return nil, errors.New("the key cannot be read: it has to be Ed25519, ECDSA on P-256, or RSA of 2048 bits or more")
		}
		return signer, nil
	}
}
