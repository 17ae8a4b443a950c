package programs

import (
	"os"
	"path/filepath"
)

// sharedDir is where root's cache is. Servers that root starts run as nobody, who
// cannot look into root's home.
const sharedDir = "/var/cache/tristore"

// DefaultDir is the cache folder when nobody names one: below the user's own cache
// folder, and for root below the machine's.
func DefaultDir() string {
	if os.Geteuid() == 0 {
		return sharedDir
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "tristore")
	}
	return filepath.Join(os.TempDir(), "tristore-cache")
}
