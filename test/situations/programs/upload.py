"""TIMES uploads of 5 MB to PORT at HOST, each written to its end before anything is read, as most libraries do. Prints how many ended how."""
import collections, http.client, json, os

out = collections.Counter()
for _ in range(int(os.environ['TIMES'])):
    c = http.client.HTTPConnection(os.environ['HOST'], int(os.environ['PORT']), timeout=3)
    try:
        c.request('POST', '/', body=b'x' * 5000000)
        out[str(c.getresponse().status)] += 1
    except OSError as e:
        out[type(e).__name__] += 1
    c.close()
print(json.dumps(out))
