def app(environ, start):
    start('413 Too Large', [('Content-Length', '0'), ('Connection', 'close')])
    return [b'']
