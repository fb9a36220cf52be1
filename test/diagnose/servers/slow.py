"""Accepts one connection each ACCEPT_MS, from a queue of BACKLOG, and keeps it."""
import os
import socket
import time

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(os.environ["PORT"])))
server.listen(int(os.environ["BACKLOG"]))
held = []
while True:
    held.append(server.accept())
    time.sleep(int(os.environ["ACCEPT_MS"]) / 1000)
