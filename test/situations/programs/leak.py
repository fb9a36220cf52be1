"""Answers what comes, and forgets to close a connection whose client has closed it. On PORT."""
import os, select, socket, time

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', int(os.environ['PORT'])))
s.listen(512)
loop, users = select.epoll(), {}
loop.register(s, select.EPOLLIN)
while True:
    for fd, _ in loop.poll():
        if fd == s.fileno():
            try:
                c, _ = s.accept()
            except OSError:
                time.sleep(.05)
                continue
            users[c.fileno()] = c
            loop.register(c, select.EPOLLIN)
        elif users[fd].recv(999):
            users[fd].send(b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')
        else:
            loop.unregister(fd)
