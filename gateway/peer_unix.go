//go:build unix

package gateway

import (
	"errors"
	"net"
	"syscall"
)

// peerLeft looks whether the peer has closed the connection, without taking a byte from it.
func peerLeft(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	left := false
	var one [1]byte
	err = raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == nil:
			left = n == 0
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		default:
			left = true
		}
	})
	return left || err != nil
}
