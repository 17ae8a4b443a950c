package drivers

// Target is everything needed to open one database of one store.
type Target struct {
	Engine Engine
	// URL holds scheme, account, host, port and database name.
	URL URL
	// CAFile is the path of a PEM bundle that must have signed the server's certificate;
	// empty means the system's roots.
	CAFile string
	// SelfSigned accepts any server certificate, as the platform's *_TLS_SELF_SIGNED does.
	SelfSigned bool
	// Application names the session in the server's statistics.
	Application string
	// PoolMax caps the connections of one opened store; zero means DefaultPoolMax.
	PoolMax int
}

// DefaultPoolMax is the platform's own pool cap on PostgreSQL.
const DefaultPoolMax = 10

// WithDatabase returns a copy that points at another database of the same server.
func (t Target) WithDatabase(name string) Target {
	t.URL = t.URL.WithDatabase(name)
	return t
}

// WithApplication returns a copy whose sessions carry another name.
func (t Target) WithApplication(name string) Target {
	t.Application = name
	return t
}
