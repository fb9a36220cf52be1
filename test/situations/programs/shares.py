"""WORKERS processes, each with a listener of its own on PORT (SO_REUSEPORT); the first of all waits for them. A worker that gets SIGUSR1 looks at nobody
for PAUSE_S, then closes its listener and goes on with who is in; with SIGUSR2 it takes memory until the kernel ends it."""
import ctypes, os, selectors, signal, socket, time

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


def worker():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: with the first
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(('', int(os.environ['PORT'])))
    s.listen(512)
    s.setblocking(False)
    loop, todo = selectors.DefaultSelector(), []
    loop.register(s, selectors.EVENT_READ)
    signal.signal(signal.SIGUSR1, lambda *_: todo.append('close'))
    signal.signal(signal.SIGUSR2, lambda *_: todo.append('eat'))
    while True:
        for key, _ in loop.select(0.02):
            if key.fileobj is s:
                c, _ = s.accept()
                loop.register(c, selectors.EVENT_READ)
                continue
            try:
                said = key.fileobj.recv(999)
            except OSError:
                said = b''
            if said:
                key.fileobj.send(OK)
            else:
                loop.unregister(key.fileobj)
                key.fileobj.close()
        if 'close' in todo:
            time.sleep(float(os.environ.get('PAUSE_S', 0)))
            loop.unregister(s)
            s.close()
        eaten = []
        while 'eat' in todo:
            eaten.append(b'x' * (1 << 22))
        todo.clear()


for _ in range(int(os.environ.get('WORKERS', 4))):
    if os.fork() == 0:
        worker()
while True:
    try:
        os.wait()
    except ChildProcessError:
        signal.pause()
