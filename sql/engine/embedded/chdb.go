package embedded

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is the part of libchdb's C interface that is needed. It is loaded at run time, without a C compiler.
type library struct {
	connect      func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	close        func(conn unsafe.Pointer)
	query        func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr) unsafe.Pointer
	destroy      func(result unsafe.Pointer)
	buffer       func(result unsafe.Pointer) unsafe.Pointer
	length       func(result unsafe.Pointer) uintptr
	failure      func(result unsafe.Pointer) string
	rows         func(result unsafe.Pointer) uint64
	bytes        func(result unsafe.Pointer) uint64
	readRows     func(result unsafe.Pointer) uint64
	readBytes    func(result unsafe.Pointer) uint64
	writtenRows  func(result unsafe.Pointer) uint64
	writtenBytes func(result unsafe.Pointer) uint64
}

// loadLibrary loads libchdb from path. It can be loaded once in a process and never leaves it.
func loadLibrary(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load the engine library %s: %w", path, err)
	}
	l := &library{}
	for name, fn := range map[string]any{
		"chdb_connect":                   &l.connect,
		"chdb_close_conn":                &l.close,
		"chdb_query_n":                   &l.query,
		"chdb_destroy_query_result":      &l.destroy,
		"chdb_result_buffer":             &l.buffer,
		"chdb_result_length":             &l.length,
		"chdb_result_error":              &l.failure,
		"chdb_result_rows_read":          &l.rows,
		"chdb_result_bytes_read":         &l.bytes,
		"chdb_result_storage_rows_read":  &l.readRows,
		"chdb_result_storage_bytes_read": &l.readBytes,
		"chdb_result_rows_written":       &l.writtenRows,
		"chdb_result_bytes_written":      &l.writtenBytes,
	} {
		sym, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("the engine library %s has no %s: another version? %w", path, name, err)
		}
		purego.RegisterFunc(fn, sym)
	}
	return l, nil
}

// chdbConn is one connection: a client of the engine with settings of its own. It is for one goroutine.
type chdbConn struct {
	lib *library
	ptr unsafe.Pointer // a chdb_connection *, which points to the handle that queries want
}

// open connects. The first connection of a process boots the engine on the data folder, which all later ones must name too.
func (l *library) open(dir string, args ...string) (*chdbConn, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]*byte, 0, len(args)+3)
	for _, arg := range append([]string{"clickhouse", "--path=" + dir}, args...) {
		if strings.IndexByte(arg, 0) >= 0 {
			return nil, errors.New("engine argument with a NUL byte")
		}
		b := append([]byte(arg), 0)
		pin.Pin(&b[0])
		argv = append(argv, &b[0])
	}
	n := len(argv)
	argv = append(argv, nil)
	pin.Pin(&argv[0])
	ptr := l.connect(int32(n), unsafe.Pointer(&argv[0]))
	if ptr == nil || *(*unsafe.Pointer)(ptr) == nil {
		return nil, errors.New("the engine library refused a connection")
	}
	return &chdbConn{lib: l, ptr: ptr}, nil
}

func (c *chdbConn) close() { c.lib.close(c.ptr) }

// figures is what the engine says of the work that a statement was.
type figures struct {
	resultRows, resultBytes   uint64
	readRows, readBytes       uint64
	writtenRows, writtenBytes uint64
}

// query runs a statement to its end and gives its output, when it has any, and the figures. The error is an *exception.
func (c *chdbConn) query(sql, format string) ([]byte, figures, error) {
	// Both with an end mark, though the length is told: nothing then depends on how the library looks at an empty one.
	s, f := append([]byte(sql), 0), append([]byte(format), 0)
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&s[0])
	pin.Pin(&f[0])
	res := c.lib.query(*(*unsafe.Pointer)(c.ptr), unsafe.Pointer(&s[0]), uintptr(len(sql)), unsafe.Pointer(&f[0]), uintptr(len(format)))
	if res == nil {
		return nil, figures{}, newException(codeLogical, "LOGICAL_ERROR", "the engine library gave no result")
	}
	defer c.lib.destroy(res)
	fig := figures{
		resultRows: c.lib.rows(res), resultBytes: c.lib.bytes(res),
		readRows: c.lib.readRows(res), readBytes: c.lib.readBytes(res),
		writtenRows: c.lib.writtenRows(res), writtenBytes: c.lib.writtenBytes(res),
	}
	if text := c.lib.failure(res); text != "" {
		return nil, fig, parseException(text)
	}
	n := c.lib.length(res)
	if n == 0 {
		return nil, fig, nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(c.lib.buffer(res)), n)...), fig, nil
}
