"""A server of TLS with a thread for each connection, on PORT, with CERTIFICATE. SPEAKS: http; or greeted, which says hello first, answers each line, and
says goodbye."""
import os, socketserver, ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.environ['CERTIFICATE'])


class Http(socketserver.StreamRequestHandler):
    def handle(self):
        keep = True
        while keep and self.rfile.readline():
            while (line := self.rfile.readline()) not in (b'\r\n', b'\n', b''):
                keep = keep and line.lower().strip() != b'connection: close'
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')


class Greeted(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b'hello\n')
        while line := self.rfile.readline():
            if line == b'quit\n':
                return
            self.wfile.write(b'answer\n')


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 1024

    def finish_request(self, request, address):
        speaks = Greeted if os.environ.get('SPEAKS') == 'greeted' else Http
        speaks(context.wrap_socket(request, server_side=True), address, self)


Server(('', int(os.environ['PORT'])), None).serve_forever()
