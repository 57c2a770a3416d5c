// The backend of Go's net/http, with its standard library alone, and golang.org/x/net for HTTP/2. Speaks the line protocol
// of docs/protocol.md.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const beginningBytes = 40

// urlMax is the longest url that any backend takes, in bytes.
const urlMax = 65534

// Open says what to fetch, and within which limits.
type Open struct {
	URLs        []string `json:"urls"`
	Visits      bool     `json:"visits"`
	Concurrency int      `json:"concurrency"`
	DeadlineMS  int64    `json:"deadline_ms"`
	MaxBody     uint64   `json:"max_body"`
	Redirects   int      `json:"redirects"`
	Connections string   `json:"connections"`
	CACert      string   `json:"cacert"`
	Details     bool     `json:"details"`
	UserAgent   string   `json:"user_agent"`
}

// Order is one line of what a worker is told.
type Order struct {
	Open *Open `json:"open"`
	Pass *Pass `json:"pass"`
}

// Pass is the order to fetch: the urls of Open, or others in their place.
type Pass struct {
	Visit uint64   `json:"visit"`
	URLs  []string `json:"urls"`
}

// Failed is a failure whose class is known where it is found.
type Failed struct{ kind, message string }

func (failed Failed) Error() string { return failed.message }

// Received is a body while it arrives: counted, checksummed and held to its cap, but not kept.
type Received struct {
	bytes, maxBody uint64
	crc32          uint32
	beginning      []byte
}

func (body *Received) Write(piece []byte) (int, error) {
	body.bytes += uint64(len(piece))
	if body.bytes > body.maxBody {
		return 0, Failed{"body-too-large", fmt.Sprintf("the body is longer than %d bytes", body.maxBody)}
	}
	body.crc32 = crc32.Update(body.crc32, crc32.IEEETable, piece)
	if room := beginningBytes - len(body.beginning); room > 0 {
		if room > len(piece) {
			room = len(piece)
		}
		body.beginning = append(body.beginning, piece[:room]...)
	}
	return len(piece), nil
}

func newReceived(open *Open) *Received {
	return &Received{maxBody: open.MaxBody, beginning: make([]byte, 0, beginningBytes)}
}

// isHTTP2 says whether the backend's option asks for HTTP/2.
var isHTTP2 = len(os.Args) > 1 && os.Args[1] == "+h2"

// speaks lists what it can do beyond plain HTTP/1.1.
func speaks() []string {
	abilities := []string{"https", "keep-alive"}
	if hasHTTP2 {
		abilities = append(abilities, "h2")
	}
	return abilities
}

// newSession opens clients for urls of both schemes.
func newSession(open *Open) (*Session, error) {
	config := &tls.Config{}
	if open.CACert != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(open.CACert)) {
			return nil, errors.New("cacert holds no certificate")
		}
	}
	// Session.get follows redirects, by the rule of every backend.
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	deadline := time.Duration(open.DeadlineMS) * time.Millisecond
	client := func(transport http.RoundTripper) *http.Client {
		return &http.Client{Transport: transport, CheckRedirect: follow, Timeout: deadline}
	}
	session := &Session{open: open}
	if isHTTP2 && open.Connections == "per-fetch" {
		// A request that is to close its connection is retried without end, as if that could not be used.
		return nil, errors.New("golang.org/x/net does not close a connection of HTTP/2 after its request")
	}
	switch {
	case !isHTTP2:
		session.plain = client(http1Transport(open, config))
		session.encrypted = session.plain
	case hasHTTP2:
		plain, encrypted := http2Transports(config)
		session.plain, session.encrypted = client(plain), client(encrypted)
	default:
		return nil, errors.New("compiled without HTTP/2: install golang.org/x/net (on Debian: golang-golang-x-net-dev)")
	}
	return session, nil
}

func http1Transport(open *Open, config *tls.Config) *http.Transport {
	return &http.Transport{
		// By default two idle connections are kept to a host, and a hundred to all.
		MaxIdleConns:        open.Concurrency,
		MaxIdleConnsPerHost: open.Concurrency,
		DisableKeepAlives:   open.Connections == "per-fetch",
		// Otherwise it would ask for gzip and decode it.
		DisableCompression: true,
		DialContext:        (&net.Dialer{}).DialContext,
		TLSClientConfig:    config,
	}
}

// Session is what stays open between passes.
type Session struct {
	open             *Open
	plain, encrypted *http.Client
}

// client returns the client for a url.
func (session *Session) client(url string) *http.Client {
	if strings.HasPrefix(url, "https:") {
		return session.encrypted
	}
	return session.plain
}

// close closes the connections.
func (session *Session) close() {
	session.plain.CloseIdleConnections()
	session.encrypted.CloseIdleConnections()
}

// prepare makes the session ready for a pass: a cold one has no connections yet. Over HTTP/2 a transport counts no
// connections, so that none is kept with more hosts than the budget.
func (session *Session) prepare(urls []string) error {
	hosts := map[string]bool{}
	for _, url := range urls {
		if parts := strings.SplitN(url, "/", 4); len(parts) > 2 {
			hosts[parts[2]] = true
		}
	}
	isCrowded := isHTTP2 && len(hosts) > session.open.Concurrency
	if session.open.Connections != "cold" && !isCrowded {
		return nil
	}
	session.close()
	if !isHTTP2 {
		return nil
	}
	// A connection of HTTP/2 may not be idle yet.
	fresh, err := newSession(session.open)
	if err == nil {
		session.plain, session.encrypted = fresh.plain, fresh.encrypted
	}
	return err
}

// get fetches a url and then what its redirects lead to.
func (session *Session) get(url string, body *Received, buffer []byte, inBody *bool) (*http.Response, error) {
	began := time.Now()
	for hops := 0; ; hops++ {
		client := *session.client(url)
		if client.Timeout -= time.Since(began); client.Timeout < time.Millisecond {
			client.Timeout = time.Millisecond
		}
		answer, err := session.visit(&client, url, body, buffer, inBody)
		if err != nil || session.open.Redirects == 0 {
			return answer, err
		}
		target, err := redirectTarget(answer, url)
		if err != nil || target == "" {
			return answer, err
		}
		if hops == session.open.Redirects {
			return nil, Failed{"redirect-loop", fmt.Sprintf("more than %d redirects", hops)}
		}
		url = target
		*body, *inBody = *newReceived(session.open), false
	}
}

// visit fetches one url.
func (session *Session) visit(
	client *http.Client, url string, body *Received, buffer []byte, inBody *bool,
) (*http.Response, error) {
	if len(url) > urlMax {
		message := fmt.Sprintf("%s… (%d bytes): a url may have %d bytes", url[:120], len(url), urlMax)
		return nil, Failed{"unsupported", message}
	}
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, Failed{"unsupported", err.Error()}
	}
	request.Header.Set("User-Agent", session.open.UserAgent)
	request.Header.Set("Accept", "*/*")
	request.Header.Set("Accept-Encoding", "identity")
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	*inBody = true
	_, err = io.CopyBuffer(body, answer.Body, buffer)
	answer.Body.Close()
	return answer, err
}

func (session *Session) outcome(url string, buffer []byte, start time.Time) []any {
	began := time.Now()
	body := newReceived(session.open)
	inBody := false
	answer, err := session.get(url, body, buffer, &inBody)
	outcome := []any{began.Sub(start).Nanoseconds(), time.Since(began).Nanoseconds()}
	if err != nil {
		return append(outcome, kind(err, inBody), err.Error())
	}
	outcome = append(outcome, answer.StatusCode, body.bytes, body.crc32)
	if session.open.Details {
		details := map[string]any{"beginning": body.beginning, "url": answer.Request.URL.String()}
		outcome = append(outcome, details)
	}
	return outcome
}

// kind is the class of an error that all backends share.
func kind(err error, inBody bool) string {
	var failed Failed
	var timeout interface{ Timeout() bool }
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &failed):
		return failed.kind
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &record),
		strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"),
		strings.Contains(err.Error(), "unexpected ALPN protocol"):
		return "tls"
	case strings.Contains(err.Error(), "received from peer"):
		// A stream of HTTP/2 that the server reset.
		return "reset"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "local-limit"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH),
		errors.Is(err, syscall.EAFNOSUPPORT), errors.Is(err, syscall.EINVAL):
		return "connect"
	case inBody && errors.Is(err, io.ErrUnexpectedEOF):
		return "body-short"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "GOAWAY"):
		return "closed-early"
	case strings.Contains(err.Error(), "unsupported protocol scheme"):
		return "unsupported"
	}
	return "protocol"
}

func (session *Session) urls(order *Pass) []string {
	if order.URLs != nil {
		return order.URLs
	}
	if !session.open.Visits {
		return session.open.URLs
	}
	urls := make([]string, len(session.open.URLs))
	for index, url := range session.open.URLs {
		urls[index] = fmt.Sprintf("%s/%d", url, order.Visit)
	}
	return urls
}

func (session *Session) pass(visit uint64, urls []string) map[string]any {
	fetched := make([][]any, len(urls))
	var next atomic.Int64
	var workers sync.WaitGroup
	start := time.Now()
	for worker := 0; worker < session.open.Concurrency && worker < len(urls); worker++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			// One for all its fetches: without it each would have a new one of this size.
			buffer := make([]byte, 32<<10)
			for index := next.Add(1) - 1; index < int64(len(urls)); index = next.Add(1) - 1 {
				fetched[index] = session.outcome(urls[index], buffer, start)
			}
		}()
	}
	workers.Wait()
	var elapsed int64
	for _, outcome := range fetched {
		if end := outcome[0].(int64) + outcome[1].(int64); end > elapsed {
			elapsed = end
		}
	}
	return map[string]any{"visit": visit, "elapsed_ns": elapsed, "fetched": fetched}
}

func converse(input *bufio.Reader, say func(string, any)) error {
	var session *Session
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return nil
		}
		var order Order
		if err := json.Unmarshal(line, &order); err != nil {
			return err
		}
		if order.Open != nil {
			if session != nil {
				session.close()
			}
			began := time.Now()
			if order.Open.UserAgent == "" {
				order.Open.UserAgent = "fetchbench"
			}
			if session, err = newSession(order.Open); err != nil {
				return err
			}
			executor := "go " + strings.TrimPrefix(runtime.Version(), "go")
			say("ready", map[string]any{"client": "net/http", "executor": executor, "threads": runtime.GOMAXPROCS(0),
				"speaks": speaks(), "opening_ns": time.Since(began).Nanoseconds()})
			continue
		}
		if session == nil {
			return errors.New("the first order must be to open a session")
		}
		if order.Pass == nil {
			return fmt.Errorf("not a valid order: %s", line)
		}
		urls := session.urls(order.Pass)
		if err := session.prepare(urls); err != nil {
			return err
		}
		say("pass", session.pass(order.Pass.Visit, urls))
	}
}

func main() {
	output := bufio.NewWriter(os.Stdout)
	say := func(kind string, reply any) {
		line, err := json.Marshal(map[string]any{kind: reply})
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		output.Write(append(line, '\n'))
		output.Flush()
	}
	if err := converse(bufio.NewReader(os.Stdin), say); err != nil {
		say("error", err.Error())
	}
}
