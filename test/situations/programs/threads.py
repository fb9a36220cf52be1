"""A thread, or with FORKS a process, for each connection of PORT. SPEAKS: echo, by lines; or http, which answers every request, after PAUSE_S.
DEFERS: TCP_DEFER_ACCEPT."""
import os, socket, socketserver, time


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            self.wfile.write(line)


class Http(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline():
            while self.rfile.readline() not in (b'\r\n', b'\n', b''):
                pass
            time.sleep(float(os.environ.get('PAUSE_S', 0)))
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')


Kind = socketserver.ForkingTCPServer if os.environ.get('FORKS') else socketserver.ThreadingTCPServer


class Server(Kind):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 1024
    max_children = 10000

    def server_bind(self):
        if os.environ.get('DEFERS'):
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
        super().server_bind()


speaks = Http if os.environ.get('SPEAKS') == 'http' else Echo
Server(('', int(os.environ['PORT'])), speaks).serve_forever()
