package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// account is whom server processes run as. A nil account is ourselves.
type account struct{ uid, gid int }

// nobody owns nothing on any Linux: PostgreSQL refuses to run as root, and nothing else
// that we start needs to.
const nobody = 65534

// serverAccount is nobody when we are root.
func serverAccount() *account {
	if os.Geteuid() != 0 {
		return nil
	}
	return &account{nobody, nobody}
}

func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid), NoSetGroups: false}
}

// give hands files to the account.
func (a *account) give(paths ...string) error {
	if a == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Lchown(path, a.uid, a.gid); err != nil {
			return fmt.Errorf("giving %s to the server's account: %w", path, err)
		}
	}
	return nil
}

// reaches tells whether the account may look into dir, through every folder above it.
func (a *account) reaches(dir string) error {
	if a == nil {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if info.Mode()&0o001 == 0 {
			return fmt.Errorf("%w: servers run as nobody when tristore is root, and nobody may not enter %s: name another cache folder with --cache, or chmod o+x it", ErrUnreachable, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}
