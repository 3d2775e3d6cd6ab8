// The peer of `madang-bench fanout`: Bun's own uWebSockets and nothing else. What a client sends goes to everyone in the
// room that it named in its address. Run by the benchmark: `bun bun.mjs`.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const room = new URL(request.url).searchParams.get("room") ?? "room";
    return server.upgrade(request, { data: { room } }) ? undefined : new Response("not here", { status: 404 });
  },
  websocket: {
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    backpressureLimit: 64 * 1024 * 1024,
    closeOnBackpressureLimit: false,
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, message) {
      server.publish(socket.data.room, message);
    },
  },
});
console.log(`ready at http://127.0.0.1:${server.port}`);
