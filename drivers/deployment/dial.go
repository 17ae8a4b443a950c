package deployment

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// Dialed is what came of one attempt to sign in.
type Dialed struct {
	// Accepted tells whether the server answered a query.
	Accepted bool
	// Certificate tells that we hung up because the server's certificate was not trusted.
	Certificate bool
	// Encrypted is the server's own word on the session; Asked is false where an
	// engine has no such word.
	Encrypted, Asked bool
	// Err is what the driver said when it was not accepted.
	Err error
}

// String is short and stable.
func (d Dialed) String() string {
	switch {
	case d.Accepted:
		return "accepted"
	case d.Certificate:
		return "certificate refused"
	default:
		return "refused"
	}
}

// Dial tries to reach one database as the target says and lets go again.
func Dial(ctx context.Context, target drivers.Target) Dialed {
	var dialed Dialed
	if target.Engine.Family() == drivers.FamilyPostgres {
		dialed.Encrypted, dialed.Err = postgres.Dial(ctx, target)
		dialed.Asked = dialed.Err == nil
	} else {
		dialed.Err = mongo.Dial(ctx, target)
	}
	dialed.Accepted = dialed.Err == nil
	dialed.Certificate = untrusted(dialed.Err)
	return dialed
}

// untrusted finds a failed verification by its type, however deep the driver wrapped it.
func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}
