package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"tristore/drivers"
)

// scramVerifier computes what the server stores for a password (RFC 5803, as PostgreSQL
// spells it), so that the password itself is not part of a statement that may be logged.
func scramVerifier(password drivers.Secret) (string, error) {
	plain := password.Reveal()
	if plain == "" {
		return "", errors.New("the password is empty")
	}
	for i := range len(plain) {
		if plain[i] < 0x20 || plain[i] > 0x7e {
			return "", errors.New("the password holds something else than printable ASCII, which SCRAM would normalise")
		}
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	return scramWith(plain, salt)
}

// scramIterations is the server's own default.
const scramIterations = 4096

func scramWith(plain string, salt []byte) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, plain, salt, scramIterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("deriving a SCRAM key: %w", err)
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramIterations, text(salt), text(stored[:]), text(keyed(salted, "Server Key"))), nil
}

func keyed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
