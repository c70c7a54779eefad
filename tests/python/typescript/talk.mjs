// Tests the client of the program `scripted`, with the class of the package `ws`.
// Arguments: the compiled client, the program, the directory of packages.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import test from "node:test";
import { pathToFileURL } from "node:url";

const [client, program, packages] = process.argv.slice(2);
const { connectTalk } = await import(pathToFileURL(client));
const { WebSocket } = createRequire(`${packages}/`)("ws");

// Starts the server, for the time of one test.
async function start(context, port = 0) {
  const server = spawn(program, [port], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(server, "exit");
  const stop = async (signal) => {
    server.kill(signal);
    await exit;
  };
  context.after(() => stop("SIGKILL"));
  const [address] = await once(createInterface(server.stdout), "line");
  return { base: `http://${address}`, port: Number(address.split(":")[1]), stop };
}

const FAST = { WebSocket, minDelay: 5, maxDelay: 20 };

// Waits until the connection is in a state.
const reaches = (talk, state) =>
  new Promise((resolve) => talk.onState((now) => { if (now === state) resolve(); }));

const say = (text) => ({ type: "say", text });

test("messages and parameters arrive", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const talk = connectTalk({ id: 5, tags: ["a b", "&ä/"] }, { ...FAST, base });
  assert.equal(talk.state, "connecting");
  const messages = talk[Symbol.asyncIterator]();
  const first = messages.next();
  assert.equal(talk.send(say("kept until it is open")), true);
  assert.deepEqual((await first).value, { text: "kept until it is open", id: 5, tags: ["a b", "&ä/"] });
  assert.equal(talk.state, "open");
  talk.send(say("one"));
  talk.send(say("two"));
  assert.equal((await messages.next()).value.text, "one");
  assert.equal((await messages.next()).value.text, "two");
  talk.close();
  assert.deepEqual(await talk.closed, { code: 1000, reason: "", final: true });
  assert.equal(talk.send(say("late")), false);
  assert.equal((await messages.next()).done, true);
});

test("1008 is final", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const talk = connectTalk({ id: 5 }, { ...FAST, base });
  talk.send({ type: "forbidden" });
  assert.deepEqual(await talk.closed, { code: 1008, reason: "forbidden", final: true });
  assert.equal(talk.state, "closed");
});

test("connects again, and keeps messages until then", { timeout: 30_000 }, async (context) => {
  const { base, port, stop } = await start(context);
  const talk = connectTalk({ id: 5 }, { ...FAST, base, maxQueued: 2 });
  const messages = talk[Symbol.asyncIterator]();
  const zeroth = messages.next();
  // It is not sent again after a restart.
  talk.send(say("zero"));
  assert.equal((await zeroth).value.text, "zero");
  const ends = [];
  // What a listener throws is reported, and does not keep the client from connecting.
  const thrown = [];
  context.mock.method(globalThis, "queueMicrotask", (task) => {
    try { task(); } catch (error) { thrown.push(error.message); }
  });
  const stopThrowing = talk.onClose(() => { throw new Error("of a listener"); });
  talk.onClose((end) => ends.push(end));
  const waiting = reaches(talk, "waiting");
  await stop("SIGTERM");
  await waiting;
  stopThrowing();
  assert.deepEqual(thrown, ["of a listener"]);
  assert.deepEqual(ends[0], { code: 1001, reason: "server shutting down", final: false });
  assert.deepEqual([say("one"), say("two"), say("three")].map((order) => talk.send(order)), [true, true, false]);
  // Nobody answers for some attempts.
  while (ends.length < 3) await reaches(talk, "waiting");
  assert.equal(ends[2].code, 1006);
  const first = messages.next();
  await start(context, port);
  assert.equal((await first).value.text, "one");
  assert.equal((await messages.next()).value.text, "two");
  talk.close(4000, "enough");
  assert.equal((await talk.closed).final, true);
});

for (const [name, listen] of [
  ["onClose", (talk) => talk.onClose(() => talk.close())],
  ["onState", (talk) => talk.onState((state) => { if (state === "waiting") talk.close(); })],
]) {
  test(`a listener of ${name} may close a connection that would come back`, { timeout: 30_000 }, async (context) => {
    const { base, stop } = await start(context);
    const talk = connectTalk({ id: 5 }, { ...FAST, base });
    listen(talk);
    await reaches(talk, "open");
    await stop("SIGTERM");
    assert.equal((await talk.closed).final, true);
    let changes = 0;
    talk.onState(() => changes++);
    // There is no event to wait for: this is longer than the longest delay.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual([talk.state, changes], ["closed", 0]);
  });
}

test("an aborted signal closes", { timeout: 30_000 }, async (context) => {
  const { base, stop } = await start(context);
  const open = new AbortController();
  const talk = connectTalk({ id: 5 }, { ...FAST, base, signal: open.signal });
  await reaches(talk, "open");
  open.abort();
  assert.deepEqual(await talk.closed, { code: 1000, reason: "", final: true });

  const before = connectTalk({ id: 5 }, { ...FAST, base, signal: AbortSignal.abort() });
  assert.equal(before.state, "closed");
  assert.equal((await before.closed).final, true);

  await stop("SIGKILL");
  const unanswered = new AbortController();
  const waiting = connectTalk({ id: 5 }, { ...FAST, base, signal: unanswered.signal });
  await reaches(waiting, "waiting");
  unanswered.abort();
  assert.equal((await waiting.closed).final, true);
});

test("arguments that cannot be sent are refused", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  assert.throws(() => connectTalk({ id: ".." }, { ...FAST, base }), TypeError);
  const talk = connectTalk({ id: 5 }, { ...FAST, base });
  await reaches(talk, "open");
  // RFC 6455 reserves the code.
  assert.throws(() => talk.close(1006));
  assert.equal(talk.send(say("still open")), true);
  talk.close();
  await talk.closed;
});
