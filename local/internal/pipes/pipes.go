// Package pipes connects a test's client to a server in memory, so that testing/synctest's fake clock drives the deadlines of both.
// It does not drive those of network connections.
package pipes

import "net"

// Listener accepts the connections that Dial makes. Close the channel to end the server.
type Listener chan net.Conn

// Dial returns the client's end of a new connection, once the server has accepted it.
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

// Addr returns an empty address: there is no network.
func (l Listener) Addr() net.Addr { return &net.TCPAddr{} }
