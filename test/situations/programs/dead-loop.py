"""An accept loop that does not survive its first error. HOW: `epoll`, the listener is not watched any more; `asyncio`, the same by its loop; `thread`, the
accepting thread ends, and the users' live on; `close`, the listener is closed; `nobody`, the socket is made and nobody ever accepts. On PORT."""
import asyncio, os, select, socket, threading, time

HOW = os.environ['HOW']
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', int(os.environ['PORT'])))
s.listen(512)
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


def by_epoll():
    loop, users, n = select.epoll(), {}, s.fileno()
    loop.register(s, select.EPOLLIN)
    while True:
        for fd, _ in loop.poll():
            if fd == n:
                try:
                    c, _ = s.accept()
                except OSError:
                    s.close() if HOW == 'close' else loop.unregister(s)
                    continue
                users[c.fileno()] = c
                loop.register(c, select.EPOLLIN)
            elif users[fd].recv(999):
                users[fd].send(OK)
            else:
                loop.unregister(fd)
                users.pop(fd).close()


async def by_asyncio():
    loop = asyncio.get_running_loop()
    s.setblocking(False)

    class User(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, _):
            self.transport.write(OK)

    def take():
        try:
            c, _ = s.accept()
        except OSError:
            loop.remove_reader(s)
            return
        loop.create_task(loop.connect_accepted_socket(User, c))

    loop.add_reader(s, take)
    await loop.create_future()


def by_threads():
    def serve(c):
        while c.recv(999):
            c.send(OK)
        c.close()

    def accept():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(c,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    time.sleep(600)


if HOW == 'asyncio':
    asyncio.run(by_asyncio())
elif HOW == 'thread':
    by_threads()
elif HOW == 'nobody':
    time.sleep(600)
else:
    by_epoll()
