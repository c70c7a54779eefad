// ws on Node.js: compression for clients that offer it, and otherwise default options.
// `ws` compresses the copy of each member of a room by itself, in libuv's pool of four threads.

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const room = new Set();

const endpoints = { '/echo': echo, '/room/ws': subscribe, '/room/pub': publish };

function echo(ws) {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
}

function subscribe(ws) {
  room.add(ws);
  ws.on('close', () => room.delete(ws));
}

function publish(ws) {
  ws.on('message', (data, isBinary) => {
    for (const member of room) member.send(data, { binary: isBinary });
  });
}

// The endpoint of a request, or the status it is refused with.
function route(request) {
  const url = new URL(request.url, 'ws://localhost');
  if (endpoints[url.pathname]) return endpoints[url.pathname];
  const item = /^\/items\/([^/]+)\/ws$/.exec(url.pathname);
  if (!item) return 404;
  if (!/^\d+$/.test(item[1]) || !/^-?\d+$/.test(url.searchParams.get('q') ?? '')) return 422;
  return /(^|; )session=/.test(request.headers.cookie ?? '') ? echo : 403;
}

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
const server = createServer();
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {});
  const endpoint = route(request);
  if (typeof endpoint === 'number') {
    socket.end(`HTTP/1.1 ${endpoint} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    return;
  }
  sockets.handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', () => {});
    endpoint(ws);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
