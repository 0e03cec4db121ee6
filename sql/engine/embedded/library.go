package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// LibraryVariable names the environment variable that holds the library's path.
const LibraryVariable = "PENSTOCK_LIBCHDB"

// FindLibrary looks for libchdb: the path in PENSTOCK_LIBCHDB, then beside the executable (and beside the file that it
// links to), then in /usr/local/lib and /usr/lib. A path in the variable that is no file is an error and not passed over.
// The error names every place and the command that gets the library.
func FindLibrary(getenv func(string) string, executable string) (string, error) {
	if path := getenv(LibraryVariable); path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", LibraryVariable, err)
		}
		if !isFile(abs) {
			return "", fmt.Errorf("%s is %s, which is no file: give the path of libchdb.so, or unset it to have it looked for "+
				"beside the executable (%s), in /usr/local/lib and in /usr/lib; `make build` fetches it; with --clickhouse it is not needed",
				LibraryVariable, path, filepath.Dir(executable))
		}
		return abs, nil
	}
	names := []string{"libchdb.so"}
	if runtime.GOOS == "darwin" {
		names = append(names, "libchdb.dylib")
	}
	dirs := []string{filepath.Dir(executable)}
	if real, err := filepath.EvalSymlinks(executable); err == nil && filepath.Dir(real) != dirs[0] {
		dirs = append(dirs, filepath.Dir(real))
	}
	for _, dir := range append(dirs, "/usr/local/lib", "/usr/lib") {
		for _, name := range names {
			if path := filepath.Join(dir, name); isFile(path) {
				return path, nil
			}
		}
	}
	return "", errors.New("the engine library libchdb.so was not found: not named by " + LibraryVariable +
		", not beside the executable (" + filepath.Dir(executable) + "), not in /usr/local/lib, not in /usr/lib; " +
		"`make build` (or `npm ci --prefix .npm`) fetches it; with --clickhouse it is not needed")
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
