"""A server of the UNIX socket SOCKET with a queue of five, which takes one user each 200 ms."""
import os, socket, time

s = socket.socket(socket.AF_UNIX)
s.bind(os.environ['SOCKET'])
s.listen(5)
os.chmod(os.environ['SOCKET'], 0o777)
held = []
while True:
    c, _ = s.accept()
    held.append(c)
    c.send(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    time.sleep(.2)
