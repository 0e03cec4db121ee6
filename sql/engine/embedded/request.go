package embedded

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
)

// maxStatement is how long a statement may be, in bytes; an INSERT's rows do not count. ClickHouse's own max_query_size
// is far below it and applies too.
const maxStatement = 16 << 20

// maxInsertHead is how far into a body the rows of an INSERT may begin, in bytes.
const maxInsertHead = 256 << 10

// request is what a client asked for, as ClickHouse's HTTP interface reads it.
type request struct {
	id       string // the client's query id, or one of ours
	database string
	format   string // the default one, for a statement without FORMAT
	settings []setting
	comment  string // the client's log_comment
	readonly string // "", "1" or "2"
	wait     bool   // wait_end_of_query: answer only when all is known
	native   int    // client_protocol_version: clickhouse-go, or one that speaks like it; else 0
	zip      string // the answer's Content-Encoding: "", "gzip" or "deflate"
	blocks   compress.Method
	compress bool // the answer in ClickHouse's own compressed blocks
	stmt     statement
	rows     io.Reader // of an INSERT
}

type setting struct{ name, value string }

// settingName is how a setting may be called; what does not look so would end the SET statement early.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// ignoredParams are parameters of ClickHouse's HTTP handler that are no settings and change nothing here.
var ignoredParams = []string{"quota_key", "buffer_size", "stacktrace", "close_session", "session_timeout", "role",
	"add_http_cors_header", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "http_zlib_compression_level",
	"http_native_compression_disable_checksumming_on_decompress", "cancel_http_readonly_queries_on_client_close",
	"http_write_exception_in_output_format", "http_response_buffer_size", "http_wait_end_of_query"}

// authorized tells whether the request carries the user and the password, in any of the ways that ClickHouse takes them.
// given is false when it carries none at all.
func authorized(r *http.Request, params url.Values, user, password string) (ok, given bool) {
	u, p := r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	if u == "" && p == "" {
		var basic bool
		if u, p, basic = r.BasicAuth(); !basic {
			u, p = params.Get("user"), params.Get("password")
		}
	}
	if u == "" && p == "" {
		return false, false
	}
	if u == "" {
		u = "default"
	}
	same := subtle.ConstantTimeCompare([]byte(u), []byte(user)) & subtle.ConstantTimeCompare([]byte(p), []byte(password))
	return same == 1, true
}

// readRequest reads parameters, headers and as much of the body as the statement needs. The error is an *exception, or
// an error of reading the body.
func readRequest(r *http.Request, params url.Values) (*request, error) {
	req := &request{
		id:       params.Get("query_id"),
		database: first(params.Get("database"), r.Header.Get("X-ClickHouse-Database"), "default"),
		format:   first(params.Get("default_format"), r.Header.Get("X-ClickHouse-Format"), "TabSeparated"),
		wait:     on(params.Get("wait_end_of_query")) || on(params.Get("http_wait_end_of_query")),
		comment:  params.Get("log_comment"),
		compress: on(params.Get("compress")),
		blocks:   compress.LZ4,
		readonly: params.Get("readonly"),
	}
	req.native, _ = strconv.Atoi(params.Get("client_protocol_version")) // what is no number is no such client
	if strings.EqualFold(params.Get("network_compression_method"), "zstd") {
		req.blocks = compress.ZSTD
	}
	if params.Get("session_id") != "" {
		return nil, newException(codeNotImplemented, "NOT_IMPLEMENTED", "the embedded engine has no sessions: leave session_id out")
	}
	if err := req.takeSettings(params); err != nil {
		return nil, err
	}
	if r.Method != http.MethodPost && (req.readonly == "" || req.readonly == "0") {
		req.readonly = "2" // as ClickHouse does: a GET changes nothing
	}
	if on(params.Get("enable_http_compression")) {
		req.zip = acceptedEncoding(r.Header.Get("Accept-Encoding"))
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return nil, newException(codeNotImplemented, "NOT_IMPLEMENTED", "the embedded engine takes no multipart bodies (external tables)")
	}
	body, err := decodedBody(r, on(params.Get("decompress")))
	if err != nil {
		return nil, err
	}
	return req, req.readStatement(params.Get("query"), body)
}

// takeSettings sorts the parameters that are settings from those that are the handler's own.
func (req *request) takeSettings(params url.Values) error {
	for key, values := range params {
		switch key {
		case "query", "query_id", "database", "default_format", "client_protocol_version", "wait_end_of_query", "log_comment",
			"compress", "decompress", "readonly", "user", "password", "session_id", "session_check", "enable_http_compression":
			continue
		}
		if slices.Contains(ignoredParams, key) {
			continue
		}
		if !settingName.MatchString(key) {
			return newException(codeUnknownSetting, "UNKNOWN_SETTING", "Unknown setting '%s'", key)
		}
		req.settings = append(req.settings, setting{key, values[len(values)-1]})
	}
	slices.SortFunc(req.settings, func(a, b setting) int { return strings.Compare(a.name, b.name) })
	switch req.readonly {
	case "", "0", "1", "2":
		return nil
	}
	return newException(codeBadArguments, "BAD_ARGUMENTS", "readonly is 0, 1 or 2")
}

// readStatement takes the statement from the parameter, the body, or both; what follows an INSERT's head are its rows.
func (req *request) readStatement(param string, body io.Reader) error {
	if param != "" {
		param += "\n"
	}
	text, more := []byte(param), true
	fill := func(limit int) error {
		for more && len(text) < limit {
			text = slices.Grow(text, 16<<10)
			n, err := body.Read(text[len(text):cap(text)])
			text = text[:len(text)+n]
			if errors.Is(err, io.EOF) {
				more = false
			} else if err != nil {
				return err
			}
		}
		return nil
	}
	// A parameter that holds an INSERT's whole head is followed by rows, which may come slowly and without end.
	if st, err := takeApart(param); err == nil && st.kind == kindInsert && st.format != "" {
		req.stmt, req.rows = st, io.MultiReader(strings.NewReader(param[st.data:]), body)
		return nil
	}
	if err := fill(maxInsertHead); err != nil {
		return err
	}
	st, err := takeApart(string(text))
	if st.kind == kindInsert && err == nil {
		req.stmt, req.rows = st, io.MultiReader(bytes.NewReader(text[st.data:]), body)
		return nil
	}
	if more {
		if err := fill(maxStatement); err != nil {
			return err
		}
		if more {
			return newException(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "the statement is longer than %d bytes", maxStatement)
		}
		st, err = takeApart(string(text))
	}
	if st.kind == kindInsert { // its head was longer than what was looked at
		req.rows = bytes.NewReader(text[st.data:])
	}
	req.stmt = st
	return err
}

// decodedBody undoes the body's Content-Encoding and ClickHouse's own compression.
func decodedBody(r *http.Request, blocks bool) (io.Reader, error) {
	var body io.Reader = r.Body
	var err error
	switch enc := r.Header.Get("Content-Encoding"); enc {
	case "", "identity":
	case "gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	default:
		return nil, newException(codeUnknownCompress, "UNKNOWN_COMPRESSION_METHOD", "the embedded engine reads gzip and deflate bodies, not %q", enc)
	}
	if errors.Is(err, io.EOF) {
		return strings.NewReader(""), nil
	}
	if err != nil {
		return nil, newException(codeBadArguments, "BAD_ARGUMENTS", "the body is not what its Content-Encoding says")
	}
	if blocks {
		body = blockReader{compress.NewReader(body)}
	}
	return body, nil
}

// blockReader reads ClickHouse's own compressed blocks, and ends as a reader ends.
type blockReader struct{ r *compress.Reader }

func (b blockReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.EOF // between two blocks: in a block it would be an unexpected one
	}
	return n, err
}

// acceptedEncoding picks the answer's encoding.
func acceptedEncoding(accept string) string {
	for _, enc := range []string{"gzip", "deflate"} {
		for part := range strings.SplitSeq(accept, ",") {
			token, q, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(token), enc) && strings.TrimSpace(q) != "q=0" {
				return enc
			}
		}
	}
	return ""
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func on(v string) bool { return v == "1" || strings.EqualFold(v, "true") }
