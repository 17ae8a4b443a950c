// Package security checks how the stores are reached: encrypted or not at all, by a
// certificate of the right authority, and by a configuration that makes sense.
//
// Each exported function is a scenarios.Check; its comment lists the facts it records
// and what a sound store gives. Arrow: security imports scenarios, drivers and
// reports/result.
package security

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"time"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// dialPatience bounds one attempt; a server that hangs is neither accepting nor refusing.
const dialPatience = 15 * time.Second

// TLS tries each of the three databases without and with encryption.
//
// Cases: 6, "refused" without and "accepted" with TLS for each database.
// Facts:
//   - databases = 3
//   - plain_accepted = 0, tls_refused = 0
//   - sessions_asked: TLS sessions whose server told about their encryption: 3 on
//     PostgreSQL, 0 where the engine has no word for it
//   - sessions_unencrypted = 0: of those, sessions the server calls plain
func TLS(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	for _, fact := range []string{"databases", "plain_accepted", "tls_refused", "sessions_asked", "sessions_unencrypted"} {
		saw.Set(fact, 0)
	}
	for _, name := range store.Names() {
		saw.Add("databases", 1)
		plain := attempt(ctx, withoutTLS(deployed.Target(name)), saw)
		saw.Compare(fmt.Sprintf("%s without TLS", name), "refused", plain)
		if plain.Accepted {
			saw.Add("plain_accepted", 1)
		} else {
			saw.See("%s without TLS: %v", name, plain.Err)
		}
		// Accepted afterwards, it was not the server being away that refused before.
		encrypted := attempt(ctx, deployed.Target(name), saw)
		saw.Compare(fmt.Sprintf("%s with TLS", name), "accepted", encrypted)
		if !encrypted.Accepted {
			saw.Add("tls_refused", 1)
			saw.See("%s with TLS: %v", name, encrypted.Err)
		}
		if encrypted.Asked {
			saw.Add("sessions_asked", 1)
		}
		if encrypted.Asked && !encrypted.Encrypted {
			saw.Add("sessions_unencrypted", 1)
		}
	}
}

// Authority tries each database with the right CA, with another one, with none, and
// with the self-signed flag.
//
// Cases: 12, four for each database: "accepted", "certificate refused" twice, "accepted".
// Without a CA this machine's own roots decide, so that "accepted" is right there where
// they know the cluster's authority, as they may for a managed service.
// Facts:
//   - databases = 3
//   - foreign_authority_accepted = 0: sessions opened although the CA was another or none was given
//   - right_authority_refused = 0: sessions refused with the right CA or the self-signed flag
func Authority(ctx context.Context, on scenarios.Stage, saw *result.Observation) {
	other := on.Host.Cluster.OtherCAFile
	if other == "" {
		saw.Stop(fmt.Errorf("this cluster was reached without a second CA to try: no provider made one"))
		return
	}
	deployed, err := on.Deploy(ctx)
	if err != nil {
		saw.Stop(err)
		return
	}
	defer func() { saw.Stop(deployed.Close(context.WithoutCancel(ctx))) }()
	for _, fact := range []string{"databases", "foreign_authority_accepted", "right_authority_refused"} {
		saw.Set(fact, 0)
	}
	for _, name := range store.Names() {
		saw.Add("databases", 1)
		for _, trust := range trusts(deployed.Target(name), other) {
			got := attempt(ctx, trust.target, saw)
			saw.Compare(fmt.Sprintf("%s with %s", name, trust.name), trust.want, got)
			if got.String() != trust.want {
				saw.See("%s with %s: %s: %v", name, trust.name, got, got.Err)
			}
			sound := trust.want == "accepted"
			if got.Accepted && !sound {
				saw.Add("foreign_authority_accepted", 1)
			}
			if !got.Accepted && sound {
				saw.Add("right_authority_refused", 1)
			}
		}
	}
}

// trust is one way to believe a certificate, and what must come of it.
type trust struct {
	name   string
	target drivers.Target
	want   string
}

func trusts(right drivers.Target, other string) []trust {
	foreign, none, selfSigned := right, right, right
	foreign.CAFile, none.CAFile, selfSigned.CAFile = other, "", ""
	foreign.SelfSigned, none.SelfSigned, selfSigned.SelfSigned = false, false, true
	byMachine := "certificate refused"
	if !right.SelfSigned && machineKnows(right.CAFile) {
		byMachine = "accepted"
	}
	return []trust{
		{"the right CA", right, "accepted"},
		{"another CA", foreign, "certificate refused"},
		{"no CA", none, byMachine},
		{"the self-signed flag", selfSigned, "accepted"},
	}
}

// machineKnows tells whether this machine's roots vouch for a CA that is in the file; no
// file means that they are what the cluster is reached by.
func machineKnows(caFile string) bool {
	if caFile == "" {
		return true
	}
	bundle, err := os.ReadFile(caFile)
	if err != nil {
		return false // every attempt with it then says so
	}
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		if _, err := authority.Verify(x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
			return true
		}
	}
	return false
}

// withoutTLS asks for a plain session in the words of the family's URL.
func withoutTLS(target drivers.Target) drivers.Target {
	target.CAFile, target.SelfSigned = "", false
	if target.Engine.Family() == drivers.FamilyPostgres {
		target.URL = target.URL.WithOption("sslmode", "disable")
		return target
	}
	target.URL = target.URL.WithOption("tls", "false")
	return target
}

// attempt dials once. No answer in time is trouble, since it is no refusal either.
func attempt(ctx context.Context, target drivers.Target, saw *result.Observation) deployment.Dialed {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	dialed := deployment.Dial(ctx, target)
	if !dialed.Accepted && ctx.Err() != nil {
		saw.Stop(fmt.Errorf("database %s neither accepted nor refused a session: %w", target.URL.Database(), dialed.Err))
	}
	return dialed
}
