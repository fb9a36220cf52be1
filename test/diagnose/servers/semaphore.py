"""Serves MOST at once, a thread each, and calls accept(2) for another when one has left; never, where MOST is 0."""
import os, socket, threading, time

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(os.environ['PORT'])))
s.listen(int(os.environ.get('BACKLOG', '512')))
most = int(os.environ['MOST'])
room = threading.Semaphore(most)
if os.environ.get('COMPUTES'):
    # Another process of the same name would be seen as well; a thread that computes beside is what is meant.
    threading.Thread(target=lambda: [sum(range(1000)) for _ in iter(int, 1)], daemon=True).start()


def serve(c):
    try:
        while c.recv(999):
            c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    except OSError:
        pass
    c.close()
    room.release()


while most == 0:
    time.sleep(60)
while True:
    room.acquire()
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
