def app(environ, start):
    # /eat takes more memory than there is; the kernel ends whoever asks for it.
    if environ['PATH_INFO'] == '/eat':
        bytearray(1 << 30)[::4096] = b'x' * (1 << 18)
    start('200 OK', [('Content-Length', '2')])
    return [b'ok']
