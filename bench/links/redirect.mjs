// Preloaded into every peer: whatever they dial leads to the corpus server, names and ports kept,
// so that each fetches the corpus's own addresses by its own means, and none can leave this machine.

import net from "node:net";
import tls from "node:tls";

const { CORPUS_HTTP_PORT, CORPUS_HTTPS_PORT } = process.env;
const { connect } = net.Socket.prototype;

net.Socket.prototype.connect = function (...given) {
  // Node's own callers wrap their arguments into one list, and mark it.
  const wrapped = Array.isArray(given[0]);
  const options = wrapped ? given[0][0] : given[0];
  if (options === null || typeof options !== "object") throw new Error("connect by port alone");
  const there = {
    ...options,
    host: "127.0.0.1",
    port: Number(this instanceof tls.TLSSocket ? CORPUS_HTTPS_PORT : CORPUS_HTTP_PORT),
  };
  if (wrapped) given[0][0] = there;
  else given[0] = there;
  return connect.apply(this, given);
};
