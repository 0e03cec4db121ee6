package chengine_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"

	"penstock/sql/engine"
	"penstock/sql/engine/chengine"
)

// BenchmarkStream keeps the library's QueryFormat and this package's round tripper side by side, on a server that does
// nothing, over statements of different lengths: the day the library is as cheap, the round tripper goes.
func BenchmarkStream(b *testing.B) {
	answer := strings.Repeat("0123456789abcdef\n", 20)
	hello := helloBlock(b)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Query().Get("default_format") == "Native" {
			_, _ = w.Write(hello)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer srv.Close()
	client, err := chengine.Open(chengine.Config{URL: srv.URL})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	library, err := clickhouse.Open(&clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{strings.TrimPrefix(srv.URL, "http://")}, MaxOpenConns: 64, MaxIdleConns: 64})
	if err != nil {
		b.Fatal(err)
	}
	defer library.Close()
	ctx := context.Background()
	for _, size := range []int{200, 2_000, 20_000} {
		sql := "SELECT '" + strings.Repeat("x", size-9) + "'"
		b.Run(fmt.Sprintf("round tripper/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				res, err := client.Stream(ctx, engine.Query{ID: "id", SQL: []byte(sql), Format: "TSV", ReadOnly: true})
				if err != nil {
					b.Fatal(err)
				}
				drain(b, res.Body)
			}
		})
		b.Run(fmt.Sprintf("QueryFormat/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				body, err := library.QueryFormat(ctx, "TSV", sql)
				if err != nil {
					b.Fatal(err)
				}
				drain(b, body)
			}
		})
	}
}

func drain(b *testing.B, r io.ReadCloser) {
	if _, err := io.Copy(io.Discard, r); err != nil {
		b.Fatal(err)
	}
	r.Close()
}

// helloBlock answers the library's first question.
func helloBlock(b *testing.B) []byte {
	var name, version, zone proto.ColStr
	var revision proto.ColUInt32
	name.Append("bench")
	version.Append("26.7.1.1")
	revision.Append(0)
	zone.Append("UTC")
	in := []proto.InputColumn{{Name: "displayName()", Data: name}, {Name: "version()", Data: version}, {Name: "revision()", Data: revision}, {Name: "timezone()", Data: zone}}
	var buf proto.Buffer
	if err := (proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: len(in), Rows: 1}).EncodeBlock(&buf, clickhouse.ClientTCPProtocolVersion, in); err != nil {
		b.Fatal(err)
	}
	return buf.Buf
}
