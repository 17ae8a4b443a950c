package drivers

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
)

// mask stands wherever a secret would have been printed.
const mask = "*****"

// Secret is a password or token. Printing, logging or encoding it shows a mask;
// Reveal is the one way out, so that a reader can list every place that uses it.
type Secret struct{ value string }

// NewSecret wraps a value read from the user.
func NewSecret(value string) Secret { return Secret{value} }

// GenerateSecret makes a password for one run: 26 characters of base32, 130 bits.
func GenerateSecret() Secret { return Secret{rand.Text()} }

// Reveal returns the plain value, for the one call that must send it.
func (s Secret) Reveal() string { return s.value }

// Empty tells whether there is no secret at all.
func (s Secret) Empty() bool { return s.value == "" }

func (s Secret) String() string { return mask }

// Format masks every verb, %#v included.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, mask) }

// MarshalJSON keeps the mask in saved files.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(mask) }

// LogValue keeps the mask in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// URL is a connection address whose password prints as a mask everywhere.
type URL struct{ plain url.URL }

// ParseURL reads an address. Its error never repeats the text, which may hold a password.
func ParseURL(text string) (URL, error) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return URL{}, fmt.Errorf("the address is not a URL (it is not repeated here, since it may hold a password): write scheme://user:password@host:port/database")
	}
	return URL{*parsed}, nil
}

// NewURL builds an address from its parts.
func NewURL(scheme, user string, password Secret, hostPort, database string, options url.Values) URL {
	built := url.URL{Scheme: scheme, Host: hostPort, Path: "/" + database, RawQuery: options.Encode()}
	if user != "" {
		built.User = url.UserPassword(user, password.Reveal())
	}
	return URL{built}
}

// Reveal returns the whole address with its password, for a driver's parser.
func (u URL) Reveal() string { return u.plain.String() }

// Scheme, Host, Port, Database and User are safe to print.
func (u URL) Scheme() string { return u.plain.Scheme }

// Host is the bare host name.
func (u URL) Host() string { return u.plain.Hostname() }

// Port is the port as written, possibly empty.
func (u URL) Port() string { return u.plain.Port() }

// HostPort is host:port as written.
func (u URL) HostPort() string { return u.plain.Host }

// Database is the path without its slash.
func (u URL) Database() string {
	if len(u.plain.Path) < 2 {
		return ""
	}
	return u.plain.Path[1:]
}

// User is the account name.
func (u URL) User() string { return u.plain.User.Username() }

// Password is the secret part.
func (u URL) Password() Secret {
	password, _ := u.plain.User.Password()
	return Secret{password}
}

// Option returns one query parameter.
func (u URL) Option(key string) string { return u.plain.Query().Get(key) }

// WithDatabase returns a copy that names another database.
func (u URL) WithDatabase(name string) URL {
	u.plain.Path = "/" + name
	return u
}

// WithUser returns a copy that signs in as somebody else.
func (u URL) WithUser(user string, password Secret) URL {
	u.plain.User = url.UserPassword(user, password.Reveal())
	return u
}

// WithOption returns a copy with one query parameter set.
func (u URL) WithOption(key, value string) URL {
	query := u.plain.Query()
	query.Set(key, value)
	u.plain.RawQuery = query.Encode()
	return u
}

// Zero tells whether the address was never set.
func (u URL) Zero() bool { return u.plain.Host == "" }

func (u URL) String() string { return u.plain.Redacted() }

// Format masks every verb, %#v included.
func (u URL) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, u.String()) }

// MarshalJSON keeps the mask in saved files.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// LogValue keeps the mask in logs.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }
