package deployment

import (
	"fmt"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/store"
)

// StoreConfig is what a platform's configuration says about one store.
type StoreConfig struct {
	Driver string // postgresql or mongodb, as the platform writes it
	URL    drivers.URL
}

// CheckConfig refuses a configuration that the platform does not allow although it may
// not notice: a store left out, an unknown driver, a URL of another engine than its
// driver, a URL without a database name, or stores on different engines. The error is
// one sentence for the user; it never holds a password.
func CheckConfig(all map[store.Name]StoreConfig) error {
	for _, name := range store.Names() {
		config, configured := all[name]
		if !configured {
			return fmt.Errorf("store %s is not configured: give all three of %v a driver and a URL", name, store.Names())
		}
		if err := checkOne(name, config); err != nil {
			return err
		}
	}
	first := all[store.Names()[0]].Driver
	for _, name := range store.Names()[1:] {
		if driver := all[name].Driver; driver != first {
			return fmt.Errorf("store %s is on %s and store %s on %s: all three must be on one engine", store.Names()[0], first, name, driver)
		}
	}
	return nil
}

func checkOne(name store.Name, config StoreConfig) error {
	schemes := map[string][]string{"postgresql": {"postgres", "postgresql"}, "mongodb": {"mongodb", "mongodb+srv"}}
	fitting, known := schemes[config.Driver]
	switch {
	case config.Driver == "":
		return fmt.Errorf("store %s has no driver: write postgresql or mongodb, since the platform's default differs by version", name)
	case !known:
		nearest := drivers.Nearest(config.Driver, []string{"postgresql", "mongodb"})
		return fmt.Errorf("store %s has driver %q, which is not known; did you mean %s?", name, config.Driver, nearest)
	case config.URL.Zero():
		return fmt.Errorf("store %s has no URL: write %s://user:password@host:port/database", name, fitting[0])
	case !slices.Contains(fitting, config.URL.Scheme()):
		return fmt.Errorf("store %s has driver %s and a %s URL: the URL must begin with %s", name, config.Driver, config.URL.Scheme(), strings.Join(fitting, " or "))
	case config.URL.Database() == "":
		return fmt.Errorf("store %s has a URL without a database name: add /%s after the host", name, name)
	}
	return nil
}
