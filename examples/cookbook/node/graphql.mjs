// A query and a subscription by `graphql-ws`. Prints what comes, as JSON.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const client = createClient({ url: process.argv[2], webSocketImpl: WebSocket, retryAttempts: 0, lazy: true });

async function all(query) {
  const seen = [];
  for await (const result of client.iterate({ query })) seen.push(result);
  return seen;
}

const hello = await all('{ hello(name: "ann") }');
const countdown = await all("subscription { countdown(from: 3) }");
const wrong = await all("{ nothing }").catch((errors) => errors.map((error) => error.message));

// One that is left early, while others go on.
const left = [];
for await (const result of client.iterate({ query: "subscription { countdown(from: 100000) }" })) {
  left.push(result.data.countdown);
  if (left.length === 2) break;
}
console.log(JSON.stringify({ hello, countdown, wrong, left }));
await client.dispose();
