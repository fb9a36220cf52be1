"""A process for each connection: it answers, and ends when its client has left. All of them hold the listener."""
import os
import socketserver


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.rfile.read()


class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    max_children = 1000


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
