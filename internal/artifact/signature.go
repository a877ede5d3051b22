package artifact

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"strconv"
	"strings"
	"time"

	"github.com/berth-registry/berth"
)

// Signature is what a signature says of itself. It was not verified, and nor was the
// certificate: anybody can write one with any name in it.
type Signature struct {
	Format    string       // cosign, sigstore bundle, notation
	Subject   berth.Digest // what was signed
	Reference string       // the name that the signer gave it
	Identity  string       // of the signer in the certificate: an address of mail, or of a workflow
	Issuer    string       // who vouched for the identity, else who issued the certificate
	Created   string       // RFC 3339, in UTC; when it was signed, by the signer's word
	Logged    string       // when the transparency log took it, by the word of what came with it
	Expires   string       // when the certificate ends
	KeyHint   string       // of a key without a certificate
}

func (d *Document) simpleSigning(content []byte, notes map[string]string) {
	s := &Signature{Format: "cosign"}
	d.Signature, d.Kind = s, KindSignature
	d.problem(readLarge("the signature", content, func(r *reader, key string) {
		switch key {
		case "critical":
			s.critical(r)
		case "optional":
			r.object(func(key string) {
				if key == "timestamp" {
					s.Created = unixTime(r)
				} else {
					r.skip()
				}
			})
		default:
			r.skip()
		}
	}))
	if len(notes[noteCertificate]) <= maxCertificate {
		if block, _ := pem.Decode([]byte(notes[noteCertificate])); block != nil {
			d.certificate(block.Bytes)
		}
	}
	if rekor := notes[noteRekor]; rekor != "" {
		readLarge("the bundle", []byte(rekor), func(r *reader, key string) {
			if key != "Payload" {
				r.skip()
				return
			}
			r.object(func(key string) {
				if key == "integratedTime" {
					s.Logged = unixTime(r)
				} else {
					r.skip()
				}
			})
		})
	}
	d.Text, d.Cut = shown(content)
}

// critical reads what was signed.
func (s *Signature) critical(r *reader) {
	r.object(func(key string) {
		switch key {
		case "identity":
			r.pairs(func(key, value string) {
				if key == "docker-reference" {
					s.Reference = line(value, 2*maxName)
				}
			})
		case "image":
			r.pairs(func(key, value string) {
				if strings.EqualFold(key, "docker-manifest-digest") {
					s.Subject = digestOf(value)
				}
			})
		default:
			r.skip()
		}
	})
}

// unixTime reads seconds since 1970, as a number or as a text.
func unixTime(r *reader) string {
	var n int64
	if r.peek() == '"' {
		n, _ = strconv.ParseInt(r.text(), 10, 64)
	} else {
		n = r.integer()
	}
	if n <= 0 || n > 1<<36 {
		return ""
	}
	return time.Unix(n, 0).UTC().Format(time.RFC3339)
}

const maxCertificate = 64 << 10

// certificate takes from a certificate whom it names.
func (d *Document) certificate(der []byte) {
	if len(der) > maxCertificate {
		return
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		d.problem("the certificate could not be read")
		return
	}
	s := d.Signature
	switch {
	case len(c.EmailAddresses) > 0:
		s.Identity = c.EmailAddresses[0]
	case len(c.URIs) > 0:
		s.Identity = c.URIs[0].String()
	case len(c.DNSNames) > 0:
		s.Identity = c.DNSNames[0]
	default:
		s.Identity = c.Subject.String()
	}
	s.Identity, s.Issuer = line(s.Identity, maxURL), line(fulcioIssuer(c), maxURL)
	if s.Issuer == "" {
		s.Issuer = line(c.Issuer.String(), maxName)
	}
	s.Expires = c.NotAfter.UTC().Format(time.RFC3339)
	if s.Created == "" && fulcioIssuer(c) != "" { // such a certificate lives ten minutes
		s.Created = c.NotBefore.UTC().Format(time.RFC3339)
	}
}

// fulcioIssuer returns who vouched for the identity, as Fulcio writes it: as bare text
// in the older extension, as a text of ASN.1 in the newer one.
func fulcioIssuer(c *x509.Certificate) (issuer string) {
	for _, e := range c.Extensions {
		switch e.Id.String() {
		case "1.3.6.1.4.1.57264.1.1":
			if issuer == "" {
				issuer = string(e.Value)
			}
		case "1.3.6.1.4.1.57264.1.8":
			var text string
			if rest, err := asn1.Unmarshal(e.Value, &text); err == nil && len(rest) == 0 {
				issuer = text
			}
		}
	}
	return issuer
}

// bundle reads what cosign 3 and others write: the material to verify with, and an
// envelope with a statement or a bare signature.
func (d *Document) bundle(content []byte, depth int) {
	s := &Signature{Format: "sigstore bundle"}
	d.Signature, d.Kind = s, KindSignature
	var der string
	var envelope []byte
	d.problem(readLarge("the bundle", content, func(r *reader, key string) {
		switch key {
		case "verificationMaterial":
			r.object(func(key string) { der = s.material(r, key, der) })
		case "dsseEnvelope":
			envelope = r.raw()
		default:
			r.skip()
		}
	}))
	if raw, ok := decode64(der); ok && der != "" {
		d.certificate(raw)
	}
	if len(envelope) > 0 {
		d.envelope(envelope, depth)
		if st := d.Statement; st != nil && len(st.Subjects) > 0 && len(st.Subjects[0].Digests) > 0 {
			s.Subject = digestOf(st.Subjects[0].Digests[0])
		}
	}
	d.Signature = s
}

func (s *Signature) material(r *reader, key, der string) string {
	rawBytes := func() {
		r.pairs(func(key, value string) {
			if key == "rawBytes" && der == "" {
				der = value
			}
		})
	}
	switch key {
	case "certificate":
		rawBytes()
	case "x509CertificateChain":
		r.object(func(key string) {
			if key == "certificates" {
				r.list(rawBytes)
			} else {
				r.skip()
			}
		})
	case "publicKey":
		r.pairs(func(key, value string) {
			if key == "hint" {
				s.KeyHint = line(value, maxName)
			}
		})
	case "tlogEntries":
		r.list(func() {
			r.object(func(key string) {
				if key == "integratedTime" {
					s.Logged = unixTime(r)
				} else {
					r.skip()
				}
			})
		})
	default:
		r.skip()
	}
	return der
}

// notation reads a signature of the Notary Project in its JSON form.
func (d *Document) notation(content []byte) {
	s := &Signature{Format: "notation"}
	d.Signature, d.Kind = s, KindSignature
	var payload, protected, der string
	d.problem(readLarge("the signature", content, func(r *reader, key string) {
		switch key {
		case "payload":
			payload = r.text()
		case "protected":
			protected = r.text()
		case "header":
			r.object(func(key string) {
				if key != "x5c" {
					r.skip()
					return
				}
				r.list(func() {
					if text := r.text(); der == "" {
						der = text
					}
				})
			})
		default:
			r.skip()
		}
	}))
	if raw, ok := decode64(der); ok && der != "" {
		d.certificate(raw)
	}
	if raw, ok := decode64(protected); ok {
		readLarge("the header", raw, func(r *reader, key string) {
			if key == "io.cncf.notary.signingTime" {
				s.Created = timestamp(r.text())
			} else {
				r.skip()
			}
		})
	}
	raw, ok := decode64(payload)
	if !ok {
		d.problem("the signature: its payload is not base64")
		return
	}
	d.problem(readLarge("the payload", raw, func(r *reader, key string) {
		if key != "targetArtifact" {
			r.skip()
			return
		}
		r.object(func(key string) {
			if key == "digest" {
				s.Subject = digestOf(r.text())
			} else {
				r.skip()
			}
		})
	}))
	d.Text, d.Cut = shown(raw)
}
