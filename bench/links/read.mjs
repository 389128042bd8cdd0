// `node read.mjs PEER`: URLs come as lines on stdin, what the peer reads of each goes to stdout as
// a line of JSON, one after the other. A field that the peer does not offer is left out; `null`
// is a value that it did not find.

import { createInterface } from "node:readline";

const TIMEOUT_MS = 20_000;
const { read } = await import(`./${process.argv[2]}.mjs`);

// Some write to the console what they think of a page.
console.log = console.info = console.error;

const tooLate = () =>
  new Promise((_, reject) => setTimeout(reject, TIMEOUT_MS, new Error("no answer in time")));

for await (const url of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { url, found: await Promise.race([read(url), tooLate()]) };
  } catch (error) {
    answer = { url, error: String(error?.message ?? error?.result?.error ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer, (_, value) => value ?? null)}\n`);
}
process.exit(0);
