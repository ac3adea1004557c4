// Package pipes lets a test's client reach a server in memory, so that the deadlines of both are in the test's own time
// (testing/synctest), as those of the network's connections are not.
package pipes

import "net"

// Listener accepts the connections that Dial makes. Whoever ends the server closes the channel.
type Listener chan net.Conn

// Dial returns the client's end of a new connection, when the server has accepted it.
func (l Listener) Dial() net.Conn {
	client, server := net.Pipe()
	l <- server
	return client
}

// Accept returns net.ErrClosed once the channel is closed.
func (l Listener) Accept() (net.Conn, error) {
	if connection, open := <-l; open {
		return connection, nil
	}
	return nil, net.ErrClosed
}

// Close does nothing: a server closes its listener twice.
func (l Listener) Close() error { return nil }

// Addr is no address of the network's.
func (l Listener) Addr() net.Addr { return &net.TCPAddr{} }
