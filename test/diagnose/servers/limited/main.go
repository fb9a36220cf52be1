// A web server that accepts no more than MOST connections at once, as golang.org/x/net/netutil.LimitListener has it: the next one
// is accepted when one has closed.
package main

import (
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
)

type listener struct {
	net.Listener
	room chan struct{}
}

type connection struct {
	net.Conn
	leave func()
}

func (l listener) Accept() (net.Conn, error) {
	l.room <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return connection{c, sync.OnceFunc(func() { <-l.room })}, nil
}

func (c connection) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

func main() {
	most, err := strconv.Atoi(os.Getenv("MOST"))
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello\n")) })
	panic(http.Serve(listener{l, make(chan struct{}, most)}, hello))
}
