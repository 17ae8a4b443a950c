package drivers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// canary must never be seen in anything printed, logged or saved.
const canary = "c4n4ry-p4ssw0rd"

// holder keeps secrets where fmt cannot ask them how they wish to be printed.
type holder struct {
	secret Secret
	url    URL
	Target Target
}

func address(t *testing.T, text string) URL {
	t.Helper()
	u, err := ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestSecretsNeverShow(t *testing.T) {
	secret := NewSecret(canary)
	plain := address(t, "postgres://app:"+canary+"@db.example:5432/users?sslmode=require")
	option := address(t, "postgres://db.example/users?password="+canary+"&sslpassword="+canary+"&sslmode=require")
	all := map[string]any{
		"secret": secret, "pointer": &secret, "url": plain, "url pointer": &plain, "url with options": option,
		"target": Target{URL: plain}, "target pointer": &Target{URL: option}, "slice": []Secret{secret}, "map": map[string]URL{"a": plain},
		"hidden": holder{secret, plain, Target{URL: option}}, "hidden pointer": &holder{secret, option, Target{URL: plain}}, "hidden in a slice": []holder{{secret, plain, Target{}}},
		"with user": plain.WithUser("x", secret), "with database": plain.WithDatabase("other"), "with option": plain.WithOption("a", "b"),
		"new url": Address{Scheme: "mongodb", User: "app", Password: secret, HostPort: "h:1", Database: "d"}.URL(), "password": plain.Password(),
		"error": fmt.Errorf("dialing %v as %s: %w", plain, secret, errors.New("refused")),
	}
	for name, value := range all {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
			check(t, name+" "+verb, fmt.Sprintf(verb, value))
		}
		if encoded, err := json.Marshal(value); err == nil {
			check(t, name+" as JSON", string(encoded))
		}
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(handler).With("with", value).Info("dialing", "value", value, slog.Group("group", "value", value))
		}
		check(t, name+" logged", log.String())
	}
}

func check(t *testing.T, how, text string) {
	t.Helper()
	hexed := fmt.Sprintf("%x", canary)
	if strings.Contains(text, canary) || strings.Contains(strings.ToLower(text), hexed) {
		t.Errorf("%s shows the password: %s", how, text)
	}
}

func TestSecretKeepsItsValue(t *testing.T) {
	if s := NewSecret(canary); s.Reveal() != canary || s.Empty() {
		t.Error("the value was lost")
	}
	if !(Secret{}).Empty() || (Secret{}).Reveal() != "" || !NewSecret("").Empty() {
		t.Error("no secret is not empty")
	}
	if a, b := GenerateSecret(), GenerateSecret(); a.Reveal() == b.Reveal() || len(a.Reveal()) < 20 {
		t.Error("generated secrets are alike or short")
	}
}

func TestURLParts(t *testing.T) {
	u := address(t, "postgres://app:p%2Fw@db.example:5432/users?sslmode=require")
	for got, want := range map[string]string{
		u.Scheme(): "postgres", u.Host(): "db.example", u.Port(): "5432", u.HostPort(): "db.example:5432", u.Database(): "users",
		u.User(): "app", u.Password().Reveal(): "p/w", u.Option("sslmode"): "require",
		u.WithDatabase("a b").Reveal():              "postgres://app:p%2Fw@db.example:5432/a%20b?sslmode=require",
		u.WithUser("x", NewSecret("y@")).Reveal():   "postgres://x:y%40@db.example:5432/users?sslmode=require",
		u.WithOption("sslmode", "disable").Reveal(): "postgres://app:p%2Fw@db.example:5432/users?sslmode=disable",
		u.String(): "postgres://app:xxxxx@db.example:5432/users?sslmode=require",
		Address{Scheme: "mongodb", HostPort: "h:1", Database: "d"}.URL().Reveal(): "mongodb://h:1/d",
	} {
		if got != want {
			t.Errorf("got %q, wanted %q", got, want)
		}
	}
	if u.Database() != "users" || u.Option("sslmode") != "require" || u.Password().Reveal() != "p/w" {
		t.Error("a copy changed what it was made from")
	}
	if !(URL{}).Zero() || u.Zero() || (URL{}).Database() != "" || !(URL{}).Password().Empty() {
		t.Error("the zero address is not zero")
	}
}

// badAddresses hold the canary; each must be refused without repeating it.
func badAddresses() []string {
	return []string{
		canary, "", "postgres:" + canary, "//app:" + canary + "@h/d", "postgres://app:" + canary + "@", "postgres://app:" + canary + "@h:port/d",
		"postgres://app:" + canary + "/x@h/d", "postgres://app:" + canary + "?x@h/d", "postgres://app:" + canary + "#x@h/d", "postgres://app:1/" + canary + "@h/d",
		"postgres://app:a@b/" + canary + "@h/d", "postgres://app:%zz" + canary + "@h/d", "postgres://app:" + canary + "\x7f@h/d", "host=h password=" + canary,
	}
}

func TestParseURLRefusesWithoutRepeating(t *testing.T) {
	for _, text := range badAddresses() {
		u, err := ParseURL(text)
		if err == nil {
			t.Errorf("%q was accepted as %s", text, u)
			continue
		}
		check(t, "the error", err.Error())
	}
}

func FuzzParseURL(f *testing.F) {
	for _, text := range append(badAddresses(), "postgres://a:b@h:1/d?x=y", "mongodb://h/d", "postgres://u:%2f@[::1]:5/x") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseURL(text)
		if err != nil {
			if strings.Contains(err.Error(), text) && len(text) > 12 {
				t.Errorf("the error repeats %q", text)
			}
			return
		}
		if password := u.Password().Reveal(); len(password) > 12 {
			rest := u.Scheme() + u.User() + u.HostPort() + u.Database() + u.parts().RawQuery + u.parts().Fragment
			if !strings.Contains(rest, password) && strings.Contains(u.String(), password) {
				t.Errorf("%s shows the password", u)
			}
		}
		if again, err := ParseURL(u.Reveal()); err == nil && again.Reveal() != u.Reveal() {
			t.Errorf("%q is read back as %q", u.Reveal(), again.Reveal())
		}
	})
}
