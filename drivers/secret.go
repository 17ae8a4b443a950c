package drivers

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// mask stands wherever a secret would have been printed.
const mask = "*****"

// Secret is a password or token. Printing, logging or encoding it shows a mask;
// Reveal is the one way out, so that a reader can list every place that uses it.
// The value stands behind a pointer: fmt does not ask Format in an unexported field of
// somebody's struct, and then prints the address. Secrets are not to be compared with ==.
type Secret struct{ value *string }

// NewSecret wraps a value read from the user.
func NewSecret(value string) Secret { return Secret{&value} }

// GenerateSecret makes a password for one run: 26 characters of base32, 130 bits.
func GenerateSecret() Secret { return NewSecret(rand.Text()) }

// Reveal returns the plain value, for the one call that must send it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty tells whether there is no secret at all.
func (s Secret) Empty() bool { return s.Reveal() == "" }

func (s Secret) String() string { return mask }

// Format masks every verb, %#v included.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, mask) }

// MarshalJSON keeps the mask in saved files.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(mask) }

// LogValue keeps the mask in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// URL is a connection address whose password prints as a mask everywhere.
// Its value stands behind two pointers, since fmt prints a struct behind one; no copy
// writes through them.
type URL struct{ plain **url.URL }

// ParseURL reads an address. Its error never repeats the text, which may hold a password.
func ParseURL(text string) (URL, error) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return URL{}, errors.New("the address is not a URL (it is not repeated here, since it may hold a password): write scheme://user:password@host:port/database")
	}
	// A / ? or # inside a password ends the host early: the rest of the password would
	// then be taken for a database name, and printed.
	_, rest, _ := strings.Cut(text, "://")
	if at := strings.IndexAny(rest, "/?#"); at >= 0 && strings.Contains(rest[at:], "@") {
		return URL{}, errors.New("the address has an @ behind its host (it is not repeated here, since it may hold a password): write / ? # @ in a password or a name as %2F %3F %23 %40")
	}
	return URL{&parsed}, nil
}

// Address is what a URL is made of; User is left out of it when empty.
type Address struct {
	Scheme   string
	User     string
	Password Secret
	HostPort string
	Database string
	Options  url.Values
}

// URL builds the connection address.
func (a Address) URL() URL {
	built := &url.URL{Scheme: a.Scheme, Host: a.HostPort, Path: "/" + a.Database, RawQuery: a.Options.Encode()}
	if a.User != "" {
		built.User = url.UserPassword(a.User, a.Password.Reveal())
	}
	return URL{&built}
}

// parts is a copy to read or to change.
func (u URL) parts() *url.URL {
	if u.plain == nil {
		return &url.URL{}
	}
	own := **u.plain
	return &own
}

// Reveal returns the whole address with its password, for a driver's parser.
func (u URL) Reveal() string { return u.parts().String() }

// Scheme and the other parts are safe to print, all but Password and Reveal.
func (u URL) Scheme() string { return u.parts().Scheme }

// Host is the bare host name.
func (u URL) Host() string { return u.parts().Hostname() }

// Port is the port as written, possibly empty.
func (u URL) Port() string { return u.parts().Port() }

// HostPort is host:port as written.
func (u URL) HostPort() string { return u.parts().Host }

// Database is the path without its slash.
func (u URL) Database() string { return strings.TrimPrefix(u.parts().Path, "/") }

// User is the account name.
func (u URL) User() string { return u.parts().User.Username() }

// Password is the secret part.
func (u URL) Password() Secret {
	password, _ := u.parts().User.Password()
	return NewSecret(password)
}

// Option returns one query parameter.
func (u URL) Option(key string) string { return u.parts().Query().Get(key) }

// WithDatabase returns a copy that names another database.
func (u URL) WithDatabase(name string) URL {
	own := u.parts()
	own.Path, own.RawPath = "/"+name, ""
	return URL{&own}
}

// WithUser returns a copy that signs in as somebody else.
func (u URL) WithUser(user string, password Secret) URL {
	own := u.parts()
	own.User = url.UserPassword(user, password.Reveal())
	return URL{&own}
}

// WithHostPort returns a copy that leads to another host:port.
func (u URL) WithHostPort(hostPort string) URL {
	own := u.parts()
	own.Host = hostPort
	return URL{&own}
}

// WithOption returns a copy with one query parameter set.
func (u URL) WithOption(key, value string) URL {
	own := u.parts()
	query := own.Query()
	query.Set(key, value)
	own.RawQuery = query.Encode()
	return URL{&own}
}

// Zero tells whether the address was never set.
func (u URL) Zero() bool { return u.parts().Host == "" }

// String masks the password, also where a query parameter carries one.
func (u URL) String() string {
	own := u.parts()
	query := own.Query()
	for key := range query {
		if name := strings.ToLower(key); strings.Contains(name, "pass") || strings.Contains(name, "secret") || strings.Contains(name, "token") {
			query.Set(key, "xxxxx")
			own.RawQuery = query.Encode()
		}
	}
	if _, err := url.ParseQuery(own.RawQuery); err != nil {
		own.RawQuery = "xxxxx" // whatever it says, nobody can tell its parameters apart
	}
	return own.Redacted()
}

// Format masks every verb, %#v included.
func (u URL) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, u.String()) }

// MarshalJSON keeps the mask in saved files.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// LogValue keeps the mask in logs.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }
