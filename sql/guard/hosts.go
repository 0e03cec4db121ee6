package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	errAddress = errors.New("the guard cannot read the address")
	errNoHosts = errors.New("no host is")
)

// plainHost splits what the table functions of databases take, host or host:port, and gives host:port. Lists and patterns
// ({1..3}, a|b, a,b), which ClickHouse would expand, are refused.
func plainHost(text, port string) (string, error) {
	host := text
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	} else if strings.Count(text, ":") > 0 {
		return "", errAddress
	}
	return join(host, port)
}

// urlHost gives the host:port that an address of the form scheme://host[:port]/… leads to; http, https and s3 only, without
// a user in it. It reads the text itself: what is not plain is refused rather than read in one of several ways.
func urlHost(text string) (string, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return "", errors.New("the address has no http, https or s3 in front")
	}
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	port := ""
	switch scheme { // in small letters: of HTTP:// ClickHouse makes other things
	case "http":
		port = "80"
	case "https":
		port = "443"
	case "s3":
		if !isName(host) {
			return "", errAddress
		}
		return join(host+".s3.amazonaws.com", "443")
	default:
		return "", errors.New("the address has no http, https or s3 in front")
	}
	if strings.HasPrefix(host, "[") {
		if end := strings.IndexByte(host, ']'); end > 0 {
			if rest := host[end+1:]; strings.HasPrefix(rest, ":") {
				port = rest[1:]
			} else if rest != "" {
				return "", errAddress
			}
			return join(host[1:end], port)
		}
		return "", errAddress
	}
	if h, p, found := strings.Cut(host, ":"); found {
		host, port = h, p
	}
	return join(host, port)
}

// bucketHosts are the further hosts that ClickHouse may ask for an address of S3: it takes the bucket off in front of the name of
// a service.
func bucketHosts(hostport string) (hosts []string) {
	for _, rest, found := strings.Cut(hostport, "."); found; _, rest, found = strings.Cut(rest, ".") {
		if service.MatchString(rest) {
			hosts = append(hosts, rest)
		}
	}
	return hosts
}

var service = regexp.MustCompile(`^(?:s3|cos|obs|oss|eos)`)

func join(host, port string) (string, error) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return "", errAddress
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" {
		return netip.AddrPortFrom(addr, uint16(n)).String(), nil
	}
	if !isName(host) {
		return "", errAddress
	}
	return strings.ToLower(host) + ":" + port, nil
}

// isName tells a plain name of a host. Its last part may not be a number: resolvers read 127.1, 0x7f.1 or 2130706433 as
// addresses.
func isName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	last := ""
	for part := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if part == "" || len(part) > 63 {
			return false
		}
		for _, c := range []byte(part) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
		last = part
	}
	return last[0] < '0' || last[0] > '9'
}

// Hosts decides which hosts table functions may reach. It is immutable and safe to share if its resolver is.
type Hosts struct {
	allow   map[string]bool
	never   map[string]bool
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

// NewHosts allows public addresses and what stands in allow (host:port, as names or addresses), and never what stands in
// never, whatever allow says: a :port there means that port of every address of this machine. Names are resolved by resolve
// once a judgement, and the address decides: a name that leads to a loopback, link-local, private or otherwise inner address
// is refused unless allow lists it. The error tells which entry cannot be read.
func NewHosts(allow, never []string, resolve func(ctx context.Context, host string) ([]netip.Addr, error)) (*Hosts, error) {
	h := &Hosts{allow: map[string]bool{}, never: map[string]bool{}, resolve: resolve}
	for i, list := range []struct {
		entries []string
		into    map[string]bool
	}{{allow, h.allow}, {never, h.never}} {
		for _, entry := range list.entries {
			if strings.HasPrefix(entry, ":") && i == 1 {
				list.into[entry] = true
				continue
			}
			host, port, err := net.SplitHostPort(entry)
			if err != nil {
				return nil, fmt.Errorf("host %q: write it as HOST:PORT", entry)
			}
			key, err := join(host, port)
			if err != nil {
				return nil, fmt.Errorf("host %q: write a plain name or address and a port", entry)
			}
			list.into[key] = true
		}
	}
	return h, nil
}

// Func gives the function for Policy.Host. ctx bounds the look-ups of names.
func (h *Hosts) Func(ctx context.Context) func(hostport string, listed bool) error {
	return func(hostport string, listed bool) error { return h.judge(ctx, hostport, listed) }
}

func (h *Hosts) judge(ctx context.Context, hostport string, listed bool) error {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return errAddress
	}
	key, err := join(host, port)
	if err != nil {
		return err
	}
	var addrs []netip.Addr
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = []netip.Addr{addr}
	} else {
		if h.resolve == nil {
			return errors.New("names cannot be resolved here")
		}
		if addrs, err = h.resolve(ctx, strings.ToLower(host)); err != nil || len(addrs) == 0 {
			if h.allow[key] && !h.never[key] {
				return nil // the engine will say that it does not exist
			}
			return errors.New("its name cannot be resolved")
		}
	}
	for _, addr := range addrs {
		addr = addr.Unmap().WithZone("")
		exact, _ := join(addr.String(), port)
		if h.never[key] || h.never[exact] || h.never[":"+port] && (addr.IsLoopback() || addr.IsUnspecified()) {
			return errors.New("it is the engine itself")
		}
		if h.allow[key] || h.allow[exact] {
			continue
		}
		if listed {
			return errors.New("it is not listed, and the engine runs expressions that it answers")
		}
		if !isPublic(addr) {
			return errors.New("it is an inner address")
		}
	}
	return nil
}

// inner are the networks beside those that netip knows by name.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // documentation
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // reaches IPv4 addresses of any kind
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("::/96"),
}

// isPublic tells addresses of the open internet.
func isPublic(a netip.Addr) bool {
	if !a.IsValid() || a.IsLoopback() || a.IsPrivate() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() ||
		a.IsLinkLocalMulticast() || a.IsInterfaceLocalMulticast() || !a.IsGlobalUnicast() {
		return false
	}
	for _, p := range inner {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
