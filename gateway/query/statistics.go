package query

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// hasStatistics tells the formats in which ClickHouse ends an answer with what it read.
func hasStatistics(format string) bool {
	switch strings.ToLower(format) {
	case "json", "jsonstrings", "jsoncompact", "jsoncompactstrings", "jsoncolumnswithmetadata":
		return true
	}
	return false
}

// Where a secret is compared, what ClickHouse reads may depend on its value, or on that of its hash, which is looked up in keys
// and indexes (see lookups.go). So the engine writes no statistics, and, because clients do not go without them, zeros stand there.
const (
	jsonEnd = "\n}\n"
	zeros   = ",\n\n\t\"statistics\":\n\t{\n\t\t\"elapsed\": 0,\n\t\t\"rows_read\": 0,\n\t\t\"bytes_read\": 0\n\t}" + jsonEnd
)

// zeroed is a body in JSON without statistics, with zeros for them.
type zeroed struct {
	io.ReadCloser
	buf  []byte
	tail []byte // read, and not given because it may be the end
	out  []byte // to be given, before err
	err  error
}

func withZeros(body io.ReadCloser) io.ReadCloser {
	return &zeroed{ReadCloser: body, buf: make([]byte, 32<<10), tail: make([]byte, 0, len(jsonEnd))}
}

func (z *zeroed) Read(p []byte) (int, error) {
	for len(z.out) == 0 && z.err == nil {
		held := copy(z.buf, z.tail)
		n, err := z.ReadCloser.Read(z.buf[held:])
		z.out, z.err = z.buf[:held+n], err
		if err == nil {
			give := max(0, len(z.out)-len(jsonEnd))
			z.tail, z.out = append(z.tail[:0], z.out[give:]...), z.out[:give]
		} else if head, ok := bytes.CutSuffix(z.out, []byte(jsonEnd)); ok && errors.Is(err, io.EOF) {
			z.out = append(head[:len(head):len(head)], zeros...)
		}
	}
	if len(z.out) == 0 {
		return 0, z.err
	}
	n := copy(p, z.out)
	z.out = z.out[n:]
	return n, nil
}
