// Requests come as lines of JSON on stdin; every answer is a line of JSON on stdout
// with the number of bytes that follow it. Many may be under way; answers come as they finish.

import { createInterface } from "node:readline";

/** Serve `draw(card, fields, format) -> Uint8Array` until stdin ends; `ready` says the start is over. */
export function serve(draw) {
  const answer = (head, body = Buffer.alloc(0)) => {
    process.stdout.write(JSON.stringify({ ...head, bytes: body.length }) + "\n");
    process.stdout.write(body);
  };
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { id, card, fields, format } = JSON.parse(line);
    try {
      answer({ id }, await draw(card, fields, format));
    } catch (error) {
      answer({ id, error: String(error?.stack ?? error) });
    }
  });
  process.stdin.on("end", () => process.exit(0));
  answer({ id: "ready" });
}
