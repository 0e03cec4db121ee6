package project

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// A kind is what a file of a project is, by its name and folder.
type kind uint8

const (
	datasourceFile kind = iota + 1 // first: fixtures and pipes need the tables
	fixtureFile
	pipeFile
)

// A file is one file of a project as the last look found it.
type file struct {
	path string // below the project's folder, with slashes
	name string // the resource's name
	kind kind
	size int64
	time time.Time
	// outside says that the file is a link to somewhere else: such a file is none of the project, and is not read.
	outside bool
}

// in is the file's path as the user knows it.
func (f file) in(dir string) string { return filepath.Join(dir, filepath.FromSlash(f.path)) }

// same tells whether a file was left alone between two looks.
func (f file) same(g file) bool { return f.size == g.size && f.time.Equal(g.time) }

// scan finds the files of a project at any depth. Hidden folders and node_modules are none of it.
func scan(dir string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path != dir && os.IsNotExist(err) { // deleted while we looked
				return nil
			}
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if path != dir && (strings.HasPrefix(base, ".") || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(base)
		k := kindOf(ext, filepath.Base(filepath.Dir(path)))
		if k == 0 || strings.HasPrefix(base, ".") {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return nil // gone, or a link to nowhere: there is nothing to load
		}
		outside := d.Type()&fs.ModeSymlink != 0 && leadsOutside(dir, path)
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files = append(files, file{path: filepath.ToSlash(rel), name: strings.TrimSuffix(base, ext), kind: k, size: info.Size(), time: info.ModTime(), outside: outside})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read project folder: %w", err)
	}
	sort.Slice(files, func(i, j int) bool {
		if files[i].kind != files[j].kind {
			return files[i].kind < files[j].kind
		}
		return files[i].path < files[j].path
	})
	return files, nil
}

func leadsOutside(dir, link string) bool {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return true
	}
	target, err := filepath.EvalSymlinks(link)
	if err != nil {
		return true
	}
	rel, err := filepath.Rel(root, target)
	return err != nil || !filepath.IsLocal(rel)
}

func kindOf(ext, folder string) kind {
	switch {
	case ext == ".datasource":
		return datasourceFile
	case ext == ".pipe":
		return pipeFile
	case folder == "fixtures" && (ext == ".ndjson" || ext == ".csv"):
		return fixtureFile
	}
	return 0
}
