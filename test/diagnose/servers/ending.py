"""A server that ends in some way on SIGUSR1. argv: how. PORT from the environment. Users are held, and their lines echoed.

restart   a supervisor starts it again 1 s after it has told it to end (SIGTERM), which it does not catch
inherit   the same, and the supervisor keeps the listener, which the next one inherits
unlisten  it closes its listener, and serves on
threads   a thread for each user; with it go on those that find none
"""
import os, selectors, signal, socket, subprocess, sys, threading, time

HOW, PORT = sys.argv[1], int(os.environ['PORT'])


def listener():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', PORT))
    s.listen(100)
    return s


def serve(s):
    sel = selectors.DefaultSelector()
    sel.register(s, selectors.EVENT_READ)

    def unlisten(*_):
        sel.unregister(s)
        s.close()

    if HOW == 'unlisten':
        signal.signal(signal.SIGUSR1, unlisten)
    while True:
        for key, _ in sel.select():
            if key.fileobj is s:
                c, _ = s.accept()
                sel.register(c, selectors.EVENT_READ)
            elif data := key.fileobj.recv(999):
                key.fileobj.send(data)
            else:
                sel.unregister(key.fileobj)
                key.fileobj.close()


def supervise():
    kept = listener() if HOW == 'inherit' else None
    again = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: again.set())

    def start():
        env = dict(os.environ, LISTEN=str(kept.fileno()) if kept else '')
        fds = [kept.fileno()] if kept else []
        return subprocess.Popen([sys.executable, __file__, 'child'], env=env, pass_fds=fds)

    child = start()
    signal.signal(signal.SIGTERM, lambda *_: (child.terminate(), os._exit(0)))
    while True:
        if again.wait(0.1):
            again.clear()
            child.terminate()
            child.wait()
            time.sleep(1)
            child = start()


if HOW == 'child':
    fd = os.environ.get('LISTEN')
    serve(socket.socket(fileno=int(fd)) if fd else listener())
elif HOW == 'unlisten':
    serve(listener())
else:
    supervise()
