"""TIMES health checks of PORT at HOST, one each EVERY_MS, which end by RST; with SAYS they send that first."""
import os, socket, struct, time

for _ in range(int(os.environ['TIMES'])):
    c = socket.create_connection((os.environ['HOST'], int(os.environ['PORT'])))
    if os.environ.get('SAYS'):
        c.send(os.environ['SAYS'].encode())
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.close()
    time.sleep(float(os.environ['EVERY_MS']) / 1e3)
