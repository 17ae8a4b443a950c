package deployment

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tristore/drivers"
	"tristore/drivers/store"
)

func TestCheckConfigSpeaksToTheUser(t *testing.T) {
	url := func(text string) drivers.URL {
		parsed, err := drivers.ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	sound := StoreConfig{"postgresql", url("postgres://u:hunter2@host:5432/db")}
	for name, test := range map[string]struct {
		collections StoreConfig
		says        string
	}{
		"sound":         {sound, ""},
		"mixed":         {StoreConfig{"mongodb", url("mongodb://u:hunter2@host/db")}, "must be on one engine"},
		"disagreeing":   {StoreConfig{"postgresql", url("mongodb://u:hunter2@host/db")}, "must begin with postgres or postgresql"},
		"no database":   {StoreConfig{"postgresql", url("postgres://u:hunter2@host:5432/")}, "add /collections"},
		"no driver":     {StoreConfig{"", sound.URL}, "has no driver"},
		"unknown":       {StoreConfig{"postgres", sound.URL}, "did you mean postgresql?"},
		"no URL at all": {StoreConfig{Driver: "postgresql"}, "has no URL"},
	} {
		err := CheckConfig(map[store.Name]StoreConfig{store.UsersStore: sound, store.PermissionsStore: sound, store.CollectionsStore: test.collections})
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the sentence holds the password: %v", name, err)
		}
	}
	if err := CheckConfig(nil); err == nil {
		t.Error("a configuration without stores was accepted")
	}
}

func TestUntrustedByType(t *testing.T) {
	wrapped := fmt.Errorf("connecting: %w", x509.UnknownAuthorityError{})
	if !untrusted(wrapped) || untrusted(errors.New("x509: certificate signed by unknown authority")) || untrusted(nil) {
		t.Error("a certificate error is told by its type, never by its text")
	}
}
