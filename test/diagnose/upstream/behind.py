import os, socket, sys, time

# A server behind a proxy: AT (a port of HOST, or a path), with BACKLOG; answers the first words of a connection with "ok", and keeps it. It accepts one
# each EACH_MS, and after TAKES of them nobody.
at, backlog = os.environ['AT'], int(os.environ.get('BACKLOG', '511'))
each, takes = int(os.environ.get('EACH_MS', '0')) / 1e3, int(os.environ.get('TAKES', '1000000'))
if at.startswith('/'):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(at)
    os.chmod(at, 0o777)
else:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((os.environ.get('HOST', '127.0.0.1'), int(at)))
listener.listen(backlog)
if os.environ.get('PORT'):
    # Whoever starts it waits for this port.
    ready = socket.socket()
    ready.bind(('127.0.0.1', int(os.environ['PORT'])))
    ready.listen(1)
held = []
for _ in range(takes):
    held.append(listener.accept()[0])
    held[-1].send(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    time.sleep(each)
time.sleep(600)
