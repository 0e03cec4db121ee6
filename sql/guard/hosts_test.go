package guard_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"penstock/sql/guard"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	names := map[string]string{"public.example": "93.184.216.34", "inner.example": "10.0.0.7", "listed.example": "10.0.0.8", "loop.example": "127.0.0.1",
		"acc.public.example": "93.184.216.34", "b.s3.public.example": "93.184.216.34", "s3.public.example": "93.184.216.34",
		"a_b.s3.inner.example": "93.184.216.34", "s3.inner.example": "10.0.0.1", "b.oss-x.inner.example": "93.184.216.34", "oss-x.inner.example": "10.0.0.1", "mapped.example": "::ffff:10.0.0.1", "localhost": "127.0.0.1"}
	h, err := guard.NewHosts([]string{"10.0.0.9:5432", "listed.example:5432", "127.0.0.1:9000", "127.0.0.1:8123"}, []string{"127.0.0.1:8123", ":9440"},
		func(_ context.Context, host string) ([]netip.Addr, error) {
			if a, ok := names[host]; ok {
				return []netip.Addr{netip.MustParseAddr(a)}, nil
			}
			return nil, errors.New("no such host")
		})
	if err != nil {
		t.Fatal(err)
	}
	p := guard.Policy{Database: "ws_main", Host: h.Func(context.Background()), Functions: map[string]bool{"url": true}}
	pg := func(host string) string { return "SELECT * FROM postgresql('" + host + "', 'd', 't', 'u', 'p')" }
	web := func(address string) string { return "SELECT * FROM url('" + address + "', CSV, 'a String')" }
	remote := func(host string) string { return "SELECT * FROM remote('" + host + "', d, t, 'u', 'p')" }
	s3 := func(address string) string { return "SELECT * FROM s3('" + address + "', 'k', 's', 'CSV', 'a String')" }
	azure := func(address, rest string) string {
		return "SELECT * FROM azureBlobStorage('" + address + "', 'c', 'x.csv', " + rest + ")"
	}
	for sql, allowed := range map[string]bool{
		pg("public.example:5432"): true, pg("public.example"): true, pg("93.184.216.34:1"): true, pg("[2606:2800:220:1::1]:5432"): true,
		pg("PUBLIC.example:5432"): true, pg("public.example.:5432"): false,
		pg("inner.example:5432"): false, pg("listed.example:5432"): true, pg("listed.example:5433"): false, pg("10.0.0.9:5432"): true,
		pg("10.0.0.9"): true, pg("10.0.0.9:1"): false, pg("loop.example:1"): false, pg("mapped.example:1"): false, pg("nosuch.example:1"): false,
		pg("127.0.0.1:9000"): true, pg("loop.example:9000"): true, pg("localhost:9000"): true,
		pg("127.0.0.1:8123"): false, pg("localhost:8123"): false, pg("127.0.0.1:9440"): false,
		pg("127.0.0.{1..3}:5432"): false, pg("public.example|inner.example:5432"): false, pg("public.example:5432,10.0.0.1:1"): false,
		pg("2130706433:5432"): false, pg("0x7f000001:5432"): false, pg("0177.0.0.1:5432"): false, pg("127.1:5432"): false, pg("127.0.0.01:5432"): false,
		pg("[::1]:5432"): false, pg("[::ffff:127.0.0.1]:5432"): false, pg("[fe80::1%eth0]:5432"): false, pg("[fc00::1]:5432"): false, pg("::1"): false,
		pg("0.0.0.0:5432"): false, pg("169.254.169.254:80"): false, pg("100.64.0.1:1"): false, pg("224.0.0.1:1"): false, pg("192.168.1.1:1"): false,
		pg("public.example:05432"): false, pg("public.example:0"): false, pg("public.example:65536"): false, pg(""): false, pg("a b:1"): false,
		web("https://public.example/x?y#z"): true, web("HTTPS://public.example"): false, web("http://public.example:8080/"): true,
		web("s3://bucket/key"): false, web("http://inner.example/"): false, web("http://public.example@10.0.0.1/"): false,
		web("http://10.0.0.1#@public.example/"): false, web("http://public.example\\\\@10.0.0.1/"): false, web("ftp://public.example/"): false,
		web("file:///etc/passwd"): false, web("//public.example/"): false, web("http:/public.example"): false, web("http://{public,inner}.example/"): false,
		remote("public.example:9000"): false, remote("listed.example:5432"): true, remote("127.0.0.1:9000"): true,
		s3("http://b.s3.public.example/x"): true, s3("http://a_b.s3.inner.example/x"): false, s3("http://b.oss-x.inner.example/x"): false,
		s3("http://s3.public.example/x"):                           true,
		azure("https://acc.public.example", "'acc', 'key', 'CSV'"): true, azure("HTTPS://acc.public.example", "'acc', 'key', 'CSV'"): false,
		azure("https://acc.public.example/x=1;BlobEndpoint=http://10.0.0.1", "'acc', 'key', 'CSV'"): false, azure("https://acc.public.example", "'CSV'"): false,
		azure("https://acc.public.example", "'CSV', 'auto', 'a String'"): false,
		web("http://[::1]:80/"): false, web("http://[2606:2800:220:1::1]/"): true, web("http://public.example:80:81/"): false,
	} {
		_, err := guard.New(p, 0).Check(written(sql))
		if (err == nil) != allowed {
			t.Errorf("%s: %v, allowed should be %v", sql, err, allowed)
		}
	}
	for _, bad := range []string{"host", "host:", ":80", "a b:1", "127.1:80", "http://x:1"} {
		if _, err := guard.NewHosts([]string{bad}, nil, nil); err == nil {
			t.Errorf("NewHosts takes %q", bad)
		}
	}
	if h, err := guard.NewHosts(nil, nil, nil); err != nil || h.Func(context.Background())("public.example:1", false) == nil {
		t.Error("without a resolver no name may be reached", err)
	}
}
