"""Sends a SYN to PORT at HOST every 50 ms for FOR_MS. Its kernel knows of no such connection, and answers the SYN-ACK with RST."""
import os
import socket
import struct
import time

host, port = os.environ["HOST"], int(os.environ["PORT"])
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
raw.connect((host, 0))
ends = socket.inet_aton(raw.getsockname()[0]) + socket.inet_aton(host)


def syn(source, checksum):
    return struct.pack("!HHIIBBHHH", source, port, 1000, 0, 5 << 4, 2, 64240, checksum, 0)


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


until = time.time() + int(os.environ["FOR_MS"]) / 1000
source = 20000
while time.time() < until:
    raw.send(syn(source, checksum(ends + struct.pack("!BBH", 0, 6, 20) + syn(source, 0))))
    source += 1
    time.sleep(0.05)
