import { createServer } from 'node:http';

/** Says 413 before an upload is over, and closes: what comes is not read any more. */
createServer((request, response) => {
  response.writeHead(413, { 'Content-Length': '0', Connection: 'close' }).end(() => request.destroy());
}).listen(Number(process.env.PORT), '0.0.0.0');
