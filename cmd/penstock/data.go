package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"penstock/branches/workspace"
)

// The files of a data folder.
const (
	lockFile       = "lock"
	keyFile        = "key"
	storeFile      = "penstock.db"
	adminTokenFile = "admin-token" // main's; those of others are in tokensDir, by name
	tokensDir      = "tokens"
	engineURLFile  = "engine-url"
	urlFile        = "url"
	controlSocket  = "control.sock"
	engineDir      = "engine"
)

// dataDir is the folder for everything that penstock keeps.
type dataDir string

func (d dataDir) path(name string) string { return filepath.Join(string(d), name) }

// open makes the folder if it is not there.
func (d dataDir) open() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	return nil
}

// errLocked says that another process holds the folder.
var errLocked = errors.New("another penstock uses this data folder")

// lock takes the folder for this process, until it ends or unlock is called.
func (d dataDir) lock() (unlock func(), err error) {
	f, err := os.OpenFile(d.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return func() { _ = f.Close() }, nil
}

// write replaces a file that only the owner may read, at once or not at all.
func (d dataDir) write(name, text string) error {
	path := d.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.WriteString(text + "\n")
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path)) // a key that is lost loses every secret
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func (d dataDir) readLine(name string) (string, error) {
	b, err := os.ReadFile(d.path(name))
	return strings.TrimSpace(string(b)), err
}

// tokenFile is where a workspace's admin token is kept.
func tokenFile(w workspace.Workspace) string {
	if w.ID == workspace.Main {
		return adminTokenFile
	}
	return filepath.Join(tokensDir, w.Name)
}

// encodedKey finds the key-encryption key: the variable, the file named, or the folder's own, made when the folder is new.
func (d dataDir) encodedKey(named string, storeExists bool) (string, error) {
	if named != "" {
		b, err := os.ReadFile(named)
		if err != nil {
			return "", fmt.Errorf("read the key of --key-file: %w", err)
		}
		return string(b), nil
	}
	if k := os.Getenv("PENSTOCK_KEY"); k != "" {
		return k, nil
	}
	b, err := os.ReadFile(d.path(keyFile))
	switch {
	case err == nil:
		if info, err := os.Stat(d.path(keyFile)); err == nil && info.Mode().Perm()&0o077 != 0 {
			return "", fmt.Errorf("others may read %s: chmod 600 it, and make a new key if they did", d.path(keyFile))
		}
		return string(b), nil
	case !os.IsNotExist(err):
		return "", fmt.Errorf("read key: %w", err)
	case storeExists:
		return "", fmt.Errorf("the key of this data folder is missing: put it back at %s, or give it by PENSTOCK_KEY or --key-file; without it no secret can be opened", d.path(keyFile))
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	encoded := base64.StdEncoding.EncodeToString(key)
	return encoded, d.write(keyFile, encoded)
}
