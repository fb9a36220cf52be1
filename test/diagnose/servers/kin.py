"""Serves HTTP at HOST, a thread for each connection, and as MODE says:

plain    one process
reload   a parent that holds the listener, and a worker; at HUP another one starts, and the old one lets go of the listener, serves its
         connections to their end, and leaves
handover at HUP a child takes over the listener, and this process serves its connections to their end, and leaves
sandbox  beside it a child of the same program that holds no listener and has given up its right to descriptors
"""
import os
import resource
import signal
import socket
import threading
import time

MODE = os.environ.get("MODE", "plain")
HOST = os.environ.get("HOST", "127.0.0.1")
PARENT = os.getppid()


def listen():
    info = socket.getaddrinfo(HOST, int(os.environ["PORT"]), type=socket.SOCK_STREAM)[0]
    listener = socket.socket(info[0], socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if os.environ.get("REUSEPORT"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(info[4])
    listener.listen(512)
    return listener


def handle(connection):
    with connection:
        while connection.recv(4096):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def accept(listener, until=lambda: os.getppid() != PARENT):
    listener.settimeout(0.05)
    threads = []
    while not until():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        connection.settimeout(None)
        thread = threading.Thread(target=handle, args=(connection,), daemon=True)
        thread.start()
        threads.append(thread)
    return threads


def work(listener):
    """A worker, in a process of its own. Gives its pid."""
    pid = os.fork()
    if pid > 0:
        return pid
    over = []
    parent = os.getppid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGUSR1, lambda *_: over.append(1))
    threads = accept(listener, lambda: over or os.getppid() != parent)
    listener.close()
    for thread in threads:
        thread.join(10)
    time.sleep(0.5)
    os._exit(0)


listener = listen()
if MODE == "reload":
    worker = work(listener)
    turns = []
    signal.signal(signal.SIGHUP, lambda *_: turns.append(1))
    signal.signal(signal.SIGTERM, lambda *_: (os.kill(worker, signal.SIGKILL), os._exit(0)))
    signal.signal(signal.SIGCHLD, lambda *_: os.waitpid(-1, os.WNOHANG))
    while True:
        if turns:
            turns.clear()
            before, worker = worker, work(listener)
            time.sleep(0.3)
            os.kill(before, signal.SIGUSR1)
        time.sleep(0.02)
if MODE == "handover":
    over = []
    signal.signal(signal.SIGHUP, lambda *_: over.append(1))
    threads = accept(listener, lambda: over)
    if os.fork() == 0:
        # Whoever waits for the end of the first does not wait for this one.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        accept(listener, lambda: not os.path.exists(f"/proc/{PARENT}"))
        os._exit(0)
    listener.close()
    for thread in threads:
        thread.join(10)
    os._exit(0)
if MODE == "sandbox" and os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    listener.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(0)
accept(listener)
