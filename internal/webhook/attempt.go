package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/berth-registry/berth"
)

const (
	statusGone  = http.StatusGone
	maxResponse = 16 << 10 // bytes that are kept of an answer
)

// attempt sends a delivery once. What goes wrong is told in the words of the log.
func (s *Service) attempt(ctx context.Context, j *job) berth.HookAttempt {
	now := s.opts.Now()
	a := berth.HookAttempt{At: now}
	req, err := s.request(ctx, j)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.RequestHeaders = headersJSON(req.Header)
	client := s.client
	if j.hook.InsecureSSL {
		client = s.careless
	}
	begun := time.Now() // how long it took is no matter of the calendar
	resp, err := client.Do(req)
	if err != nil {
		a.Error = describe(err)
		if a.Error != unreachable { // how long that took would tell which of the two it was
			a.Duration = time.Since(begun)
		}
		return a
	}
	defer resp.Body.Close()
	a.StatusCode, a.ResponseHeaders = resp.StatusCode, headersJSON(resp.Header)
	if resp.StatusCode != http.StatusSwitchingProtocols { // then what follows is no answer
		a.ResponseBody, _ = io.ReadAll(io.LimitReader(resp.Body, maxResponse)) // the status is what counts
	}
	a.Duration = time.Since(begun)
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
	case resp.StatusCode >= 300 && resp.StatusCode <= 399:
		a.Error = fmt.Sprintf("the receiver answered %d; redirects are not followed", resp.StatusCode)
	default:
		a.Error = strings.TrimSpace(fmt.Sprintf("the receiver answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	}
	return a
}

// request makes what is sent, signed. Its errors are for the log.
func (s *Service) request(ctx context.Context, j *job) (*http.Request, error) {
	address, err := berth.ParseHookURL(j.hook.URL)
	if err != nil {
		return nil, errors.New("the url of the webhook is not one any more; change it")
	}
	body, kind := j.delivery.Payload, "application/json"
	if j.hook.ContentType == "form" {
		body, kind = []byte(url.Values{"payload": {string(body)}}.Encode()), "application/x-www-form-urlencoded"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the url of the webhook is not one any more; change it")
	}
	// GitHub writes its headers so.
	for name, value := range map[string]string{
		"Content-Type":      kind,
		"Accept":            "*/*",
		"User-Agent":        "Berth-Hookshot/" + s.opts.Version,
		"X-GitHub-Event":    j.delivery.Event,
		"X-GitHub-Delivery": j.delivery.GUID,
		"X-GitHub-Hook-ID":  strconv.FormatInt(j.hook.ID, 10),
	} {
		req.Header.Set(name, value)
	}
	if j.hook.Secret != nil {
		secret, err := s.opts.OpenSecret(j.hook.Secret)
		if err != nil {
			return nil, errors.New("the secret of the webhook cannot be read any more; set it again")
		}
		req.Header.Set("X-Hub-Signature-256", Sign(secret, body))
	}
	return req, nil
}

// Sign returns the signature of a body as it stands in X-Hub-Signature-256.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write(body) // a hash takes everything
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// unreachable is said alike of names that are not there and of addresses that are not
// allowed, so that nobody learns from the log what there is in our network.
const unreachable = "the host was not found, or its address is not allowed for webhooks"

// describe words a failure to send. It does not repeat the cause, which has addresses.
func describe(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok || errors.Is(err, errNotAllowed) {
		return unreachable
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Sprintf("the receiver did not answer within %s", sendTime)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate of the receiver was not accepted"
	}
	return "the receiver did not take the connection, or broke it off"
}

// headersJSON prints headers as GitHub does: one text for each name.
func headersJSON(h http.Header) string {
	flat := make(map[string]string, len(h))
	for name, values := range h {
		flat[name] = strings.Join(values, ", ")
	}
	b, err := json.Marshal(flat)
	if err != nil {
		return "{}" // text always marshals
	}
	return string(b)
}
