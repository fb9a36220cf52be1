"""A server in threads and its own clients, for the ends that a connection can have: `ends-server.py PORT WHAT`. It begins with a line on stdin."""
import os, resource, select, socket, struct, sys, threading, time

port, what = int(sys.argv[1]), sys.argv[2]
LINGER = struct.pack('ii', 1, 0)
ADDRESS = ('127.0.0.1', port)


def listen(at, backlog=512):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(('127.0.0.1', at))
    sock.listen(backlog)
    return sock


def say(line):
    print(line, flush=True)


def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    conn.close()


def take_all(conn):
    try:
        while conn.recv(4096):
            pass
    except OSError:
        pass
    conn.close()


def one(client, server):
    """One connection, accepted and served by a thread of its own that ends with it."""
    served = threading.Event()

    def serve():
        conn, _ = listener.accept()
        server(conn)
        served.set()

    thread = threading.Thread(target=serve)
    thread.start()
    conn = socket.create_connection(ADDRESS)
    name = conn.getsockname()[1]
    client(conn)
    served.wait()
    time.sleep(0.05)
    conn.close()
    thread.join()
    time.sleep(0.05)
    return name


listener = listen(port)
other = listen(0) if what == 'two' else None
say('ready')
sys.stdin.readline()

if what == 'ends':
    def late(conn):
        time.sleep(0.05)
        conn.send(b'x')

    def unread(conn):
        time.sleep(0.05)
        conn.close()

    say('client %d' % one(lambda c: c.close(), take_all))
    say('server %d' % one(lambda c: c.recv(9), lambda c: c.close()))
    say('unread %d' % one(lambda c: c.send(b'abc'), unread))
    say('linger %d' % one(lambda c: None, reset))
    say('reset %d' % one(reset, take_all))
    say('late %d' % one(late, lambda c: c.close()))
    queued = socket.create_connection(ADDRESS)
    say('queued %d' % queued.getsockname()[1])
    time.sleep(0.05)
    listener.close()
elif what in ('blocked', 'two', 'threads'):
    # Clients in a process of their own; the server looks at what waits only now and then.
    count = 200
    pid = os.fork()
    if pid == 0:
        listener.close()
        clients = []
        for n in range(count):
            clients.append(socket.create_connection(ADDRESS))
            if other and n % 3 == 0:
                clients.append(socket.create_connection(other.getsockname()))
            time.sleep(0.001)
        time.sleep(1.5)
        os._exit(0)
    taken = []
    lock = threading.Lock()

    def take(sock, all):
        while True:
            conn, name = sock.accept()
            with lock:
                taken.append(conn)
                if all:
                    say('taken %d %.3f' % (name[1], time.time() * 1000))

    if what == 'threads':
        for _ in range(4):
            threading.Thread(target=take, args=(listener, True), daemon=True).start()
    else:
        if other:
            other.setblocking(False)
        listener.setblocking(False)
        began = time.time()
        got = 0
        while got < count:
            for sock in filter(None, (other, listener)):
                while True:
                    try:
                        conn, name = sock.accept()
                    except BlockingIOError:
                        break
                    taken.append(conn)
                    if sock is listener:
                        got += 1
                        say('taken %d %.3f' % (name[1], time.time() * 1000))
            # An event loop that is blocked, once.
            time.sleep(0.25 if 50 < got < 60 else 0.005)
    os.waitpid(pid, 0)
elif what == 'burst':
    # All of its connections end with it.
    nofile = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))
    count = min(5000, nofile - 50)
    pid = os.fork()
    if pid == 0:
        listener.close()
        clients = [socket.create_connection(ADDRESS) for n in range(count)]
        for conn in clients:
            conn.recv(9)
        os._exit(0)
    taken = [listener.accept()[0] for n in range(count)]
    say('burst %d' % count)
    # The child hears of the end of each, and of its own.
    os._exit(0)
elif what == 'descriptors':
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
        listener.close()
        clients = [socket.create_connection(ADDRESS) for n in range(12)]
        time.sleep(1)
        os._exit(0)
    taken = []
    failed = 0
    while failed < 5:
        try:
            taken.append(listener.accept()[0])
            if len(taken) == 1:
                keep = [os.dup(0) for n in range(10)]
        except OSError:
            failed += 1
            time.sleep(0.02)
    say('failed %d' % failed)
    os.waitpid(pid, 0)
say('done')
sys.stdin.readline()
