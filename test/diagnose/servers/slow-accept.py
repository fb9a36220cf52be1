"""Accepts one connection each ACCEPT_MS, from a queue of BACKLOG, answers each request, and closes when its client does."""
import os
import socket
import threading
import time

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(os.environ["PORT"])))
server.listen(int(os.environ["BACKLOG"]))


def serve(client):
    try:
        while client.recv(999):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except OSError:
        pass
    client.close()


while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
    time.sleep(int(os.environ["ACCEPT_MS"]) / 1000)
