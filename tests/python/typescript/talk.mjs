// Tests the client of the program `scripted`, with the class of the package `ws`.
// Arguments: the compiled client, the program, the directory of packages.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import test from "node:test";
import { pathToFileURL } from "node:url";

const [client, program, packages] = process.argv.slice(2);
const { closesOfGreeting, connectGreeting, connectRefused, connectRoom, connectTalk } = await import(pathToFileURL(client));
const { WebSocket, WebSocketServer } = createRequire(`${packages}/`)("ws");

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

// A server that answers as no server of the library does: `serve` is called with each connection and its number.
async function pretend(context, serve) {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket, request) => serve(socket, request, server.clients.size));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  context.after(() => {
    http.close();
    http.closeAllConnections();
    for (const socket of server.clients) socket.terminate();
  });
  return `ws://127.0.0.1:${http.address().port}`;
}

// The options of a client, which ends with its test even if that fails.
function usual(context) {
  const end = new AbortController();
  context.after(() => end.abort());
  return { WebSocket, signal: end.signal };
}

const fast = (context) => ({ ...usual(context), minDelay: 5, maxDelay: 20 });

// The class of a client whose transport can break: `lose` destroys that of the last connection.
function losable() {
  let last;
  class Losable extends WebSocket {
    constructor(...given) {
      super(...given);
      last = this;
    }
  }
  return { WebSocket: Losable, lose: () => last.terminate() };
}

// Notes the delays before further attempts, none of which then takes any time.
function delays(context) {
  const noted = [];
  const original = globalThis.setTimeout;
  context.mock.method(globalThis, "setTimeout", (task, delay, ...given) => {
    // The package `ws` has longer ones of its own.
    if (delay >= 30_000) return original(task, delay, ...given);
    noted.push(delay);
    return original(task, 0, ...given);
  });
  return noted;
}

// Waits until `listen` was called this often, and returns what it was called with.
const collect = (listen, count) =>
  new Promise((resolve) => {
    const all = [];
    const stop = listen((one) => {
      all.push(one);
      if (all.length === count) {
        stop();
        resolve(all);
      }
    });
  });

// Waits until the connection is in a state.
const reaches = (talk, state) =>
  new Promise((resolve) => talk.onState((now) => { if (now === state) resolve(); }));

const say = (text) => ({ type: "say", text });

/** What is said of the end of a connection on the wire, and whether it is final. */
const told = ({ code, reason, final }) => ({ code, reason, final });

test("messages and parameters arrive", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const talk = connectTalk({ id: 5, tags: ["a b", "&ä/"] }, { ...fast(context), base });
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
  assert.deepEqual(told(await talk.closed), { code: 1000, reason: "", final: true });
  assert.equal(talk.send(say("late")), false);
  assert.equal((await messages.next()).done, true);
});

test("1008 is final", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const talk = connectTalk({ id: 5 }, { ...fast(context), base });
  talk.send({ type: "forbidden" });
  assert.deepEqual(told(await talk.closed), { code: 1008, reason: "forbidden", final: true });
  assert.equal(talk.state, "closed");
});

test("connects again, and keeps messages until then", { timeout: 30_000 }, async (context) => {
  const { base, port, stop } = await start(context);
  const talk = connectTalk({ id: 5 }, { ...fast(context), base, maxQueued: 2 });
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
  const stopped = stop("SIGTERM");
  await waiting;
  stopThrowing();
  await stopped;
  assert.deepEqual(thrown, ["of a listener"]);
  assert.deepEqual(told(ends[0]), { code: 1001, reason: "server shutting down", final: false });
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
    const talk = connectTalk({ id: 5 }, { ...fast(context), base });
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
  const talk = connectTalk({ id: 5 }, { ...fast(context), base, signal: open.signal });
  await reaches(talk, "open");
  open.abort();
  assert.deepEqual(told(await talk.closed), { code: 1000, reason: "", final: true });

  const before = connectTalk({ id: 5 }, { ...fast(context), base, signal: AbortSignal.abort() });
  assert.equal(before.state, "closed");
  assert.equal((await before.closed).final, true);

  await stop("SIGKILL");
  const unanswered = new AbortController();
  const waiting = connectTalk({ id: 5 }, { ...fast(context), base, signal: unanswered.signal });
  await reaches(waiting, "waiting");
  unanswered.abort();
  assert.equal((await waiting.closed).final, true);
});

test("arguments that cannot be sent are refused", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  assert.throws(() => connectTalk({ id: ".." }, { ...fast(context), base }), TypeError);
  const talk = connectTalk({ id: 5 }, { ...fast(context), base });
  await reaches(talk, "open");
  // RFC 6455 reserves the code.
  assert.throws(() => talk.close(1006));
  assert.equal(talk.send(say("still open")), true);
  talk.close();
  await talk.closed;
});

test("what is no JSON is a failure, and the client goes on", { timeout: 30_000 }, async (context) => {
  const wrong = ["{", "", Buffer.from("{}"), "nul"];
  const base = await pretend(context, (socket) => {
    for (const message of [...wrong, '{"text":"right"}']) socket.send(message);
  });
  const talk = connectTalk({ id: 1 }, { ...fast(context), base });
  const failures = collect(talk.onError, wrong.length);
  const messages = await collect(talk.onMessage, 1);
  assert.deepEqual(messages, [{ text: "right" }]);
  const data = (await failures).map(({ data }) => (typeof data === "string" ? data : Buffer.from(data)));
  assert.deepEqual(data, wrong);
  assert.ok((await failures).every(({ cause }) => cause instanceof SyntaxError));
  assert.equal(talk.state, "open");
  talk.close();
  await talk.closed;
});

test("the console shows a failure that nobody listens to", { timeout: 30_000 }, async (context) => {
  const base = await pretend(context, (socket) => { socket.send("{"); socket.close(1000); });
  const shown = context.mock.method(console, "error", () => {});
  await connectTalk({ id: 1 }, { ...fast(context), base }).closed;
  assert.equal(shown.mock.callCount(), 1);
});

test("a server that accepts and closes at once is asked less and less often", { timeout: 30_000 }, async (context) => {
  const base = await pretend(context, (socket) => socket.close(1013));
  const noted = delays(context);
  const talk = connectTalk({ id: 1 }, { ...usual(context), base, maxAttempts: 8 });
  const closed = await talk.closed;
  assert.deepEqual([closed.code, closed.final], [1013, true]);
  const longest = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
  assert.equal(noted.length, longest.length);
  noted.forEach((delay, at) => assert.ok(delay >= longest[at] / 2 && delay <= longest[at], `${noted}`));
});

test("a refusal before accept, which is 1006, is asked less and less often", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const noted = delays(context);
  const refused = connectRefused({}, { ...usual(context), base, maxAttempts: 4 });
  const ends = collect(refused.onClose, 5);
  assert.deepEqual(told(await refused.closed), { code: 1006, reason: "", final: true });
  assert.deepEqual((await ends).map(({ final }) => final), [false, false, false, false, true]);
  [500, 1000, 2000, 4000].forEach((longest, at) => assert.ok(noted[at] >= longest / 2 && noted[at] <= longest, `${noted}`));
  assert.equal(noted.length, 4);
});

test("the first delay comes again after a connection that was open for a while", { timeout: 30_000 }, async (context) => {
  let connections = 0;
  const base = await pretend(context, (socket) => { connections++; socket.close(1013); });
  const noted = delays(context);
  const talk = connectTalk({ id: 1 }, { ...usual(context), base, resetAfter: 0 });
  while (connections < 4) await reaches(talk, "waiting");
  talk.close();
  assert.ok(noted.length >= 4 && noted.every((delay) => delay <= 500), `${noted}`);
});

for (const [name, maxAttempts, attempts] of [["none", 0, 1], ["two", 2, 3]]) {
  test(`with ${name} of further attempts a client gives up`, { timeout: 30_000 }, async (context) => {
    let connections = 0;
    const base = await pretend(context, (socket) => { connections++; socket.terminate(); });
    const talk = connectTalk({ id: 1 }, { ...fast(context), base, maxAttempts });
    assert.equal((await talk.closed).code, 1006);
    assert.equal(connections, attempts);
    assert.equal(talk.state, "closed");
  });
}

test("a client that shall not reconnect is over at the first close", { timeout: 30_000 }, async (context) => {
  const base = await pretend(context, (socket) => socket.close(1012));
  assert.deepEqual(told(await connectTalk({ id: 1 }, { ...fast(context), base, reconnect: false }).closed), { code: 1012, reason: "", final: true });
});

test("a token and further query parameters arrive", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const greeting = connectGreeting({}, { ...fast(context), base, token: "ann.1", query: { "a b": ["ä", 2], none: undefined } });
  assert.deepEqual(await collect(greeting.onMessage, 1), [["ann", "ann.1", [["a b", "ä"], ["a b", "2"]]]]);
  greeting.close();
  await greeting.closed;
});

test("a refusal has its code and its reason", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const unknown = connectGreeting({}, { ...fast(context), base, token: "ann" });
  const { code, reason, about, final } = await unknown.closed;
  assert.deepEqual([code, reason, about, final], [3000, "unknown token", "The token is none of ours.", true]);
  assert.deepEqual(closesOfGreeting[code], { final: true, about: "The token is none of ours." });
  const without = connectGreeting({}, { ...fast(context), base });
  assert.deepEqual(told(await without.closed), { code: 1008, reason: "bearer token missing or malformed", final: true });
});

test("a token is asked for before each attempt, and an error of that is a failed attempt", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const { WebSocket, lose } = losable();
  let count = 0;
  const token = async () => {
    if (++count === 1) throw new Error("no network");
    return `ann.${count}`;
  };
  const greeting = connectGreeting({}, { ...fast(context), WebSocket, base, token, query: () => ({ count }) });
  const [failure] = await collect(greeting.onError, 1);
  assert.equal(failure.cause.message, "no network");
  assert.deepEqual(await collect(greeting.onMessage, 1), [["ann", "ann.2", [["count", "2"]]]]);
  const next = collect(greeting.onMessage, 1);
  lose();
  assert.deepEqual(await next, [["ann", "ann.3", [["count", "3"]]]]);
  greeting.close();
  await greeting.closed;
});

test("a client that is closed while its token is awaited does nothing more", { timeout: 30_000 }, async (context) => {
  const shown = context.mock.method(console, "error", () => {});
  let made = 0;
  class Counted extends WebSocket {
    constructor(...given) {
      super(...given);
      made++;
    }
  }
  for (const outcome of ["resolve", "reject"]) {
    let settle;
    const token = new Promise((resolve, reject) => { settle = { resolve, reject }[outcome]; });
    const talk = connectTalk({ id: 1 }, { ...fast(context), WebSocket: Counted, base: "ws://127.0.0.1:1", token: () => token });
    talk.close();
    assert.deepEqual(told(await talk.closed), { code: 1000, reason: "", final: true });
    settle("token");
    // What the client does about it is done when a later turn of the loop begins.
    await new Promise(setImmediate);
    assert.equal(talk.state, "closed");
  }
  assert.deepEqual([made, shown.mock.callCount()], [0, 0]);
});

test("a query may take the place of a parameter", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const talk = connectTalk({ id: 5, tags: ["old"] }, { ...fast(context), base, query: { tags: ["new", "newer"] } });
  talk.send(say("hi"));
  const [{ tags }] = await collect(talk.onMessage, 1);
  assert.deepEqual(tags, ["new", "newer"]);
});

test("a token that cannot be sent is refused at once, or is a failed attempt if it is asked for", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  assert.throws(() => connectGreeting({}, { ...fast(context), base, token: "a b" }), SyntaxError);
  const asked = connectGreeting({}, { ...fast(context), base, token: () => "a b", maxAttempts: 1 });
  const failures = collect(asked.onError, 2);
  assert.deepEqual(told(await asked.closed), { code: 1006, reason: "", final: true });
  assert.ok((await failures).every(({ cause }) => cause instanceof SyntaxError));
});

test("what a listener sends on an open connection goes before what was kept", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const talk = connectTalk({ id: 5 }, { ...fast(context), base });
  talk.send(say("kept"));
  talk.onState((state) => { if (state === "open") talk.send(say("log in")); });
  const messages = await collect(talk.onMessage, 2);
  assert.deepEqual(messages.map(({ text }) => text), ["log in", "kept"]);
  talk.close();
  await talk.closed;
});

test("a browser that is online again need not wait", { timeout: 30_000 }, async (context) => {
  const listeners = new Map();
  globalThis.addEventListener = (name, listener, { signal }) => {
    listeners.set(name, listener);
    signal.addEventListener("abort", () => listeners.delete(name));
  };
  context.after(() => { delete globalThis.addEventListener; });
  let connections = 0;
  const base = await pretend(context, (socket) => { if (++connections === 1) socket.terminate(); });
  // The delay is longer than the test.
  const talk = connectTalk({ id: 1 }, { ...usual(context), base, minDelay: 1e9, maxDelay: 1e9 });
  await reaches(talk, "waiting");
  const open = reaches(talk, "open");
  listeners.get("online")();
  await open;
  // It has a connection, and makes no other.
  listeners.get("online")();
  assert.equal(talk.state, "open");
  talk.close();
  await talk.closed;
  await Promise.resolve();
  assert.deepEqual([listeners.size, connections], [0, 2]);
});

// Speaks in the room, as somebody whose connection never breaks.
async function speaker(context, base) {
  const ann = connectRoom({ user: "ann" }, { ...fast(context), base });
  await collect(ann.onMessage, 1);
  let spoken = 0;
  return {
    closed: ann.closed,
    close: () => ann.close(),
    async say(count) {
      const heard = collect(ann.onMessage, count);
      for (let said = 0; said < count; said++) ann.send(`${++spoken}`);
      await heard;
    },
  };
}

// Listens in the room. No attempt to connect is made while the gate is closed.
function listener(context, base, parameters = {}) {
  const { WebSocket, lose } = losable();
  let gate = Promise.resolve();
  const bob = connectRoom({ user: "bob", ...parameters }, { ...fast(context), WebSocket, base, query: () => gate });
  const heard = [];
  bob.onRecovery(({ recovered, lost }) => heard.push(lost ?? `recovered ${recovered}`));
  bob.onMessage((event) => heard.push(event.text ?? event.type));
  const count = () => new Promise((resolve) => {
    const stop = [bob.onRecovery, bob.onMessage].map((listen) => listen(() => { stop.forEach((stop) => stop()); resolve(); }));
  });
  return {
    bob,
    // Waits until this was heard, and nothing else, since the last call.
    async hears(...expected) {
      while (heard.length < expected.length) await count();
      assert.deepEqual(heard.splice(0), expected);
    },
    // Is without a connection while `meanwhile` runs.
    async missing(meanwhile) {
      let open;
      gate = new Promise((resolve) => { open = resolve; });
      const waiting = reaches(bob, "waiting");
      lose();
      await waiting;
      await meanwhile();
      open();
    },
  };
}

test("nothing is missed, and nothing comes twice, after a connection was lost", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const ann = await speaker(context, base);
  const { bob, hears, missing } = listener(context, base);
  await hears("state");
  await ann.say(2);
  await hears("1", "2");
  assert.match(bob.position, /^[0-9a-f]{16}-2$/);
  await missing(() => ann.say(3));
  await hears("recovered 3", "3", "4", "5");
  await missing(() => {});
  await hears("recovered 0");
  await ann.say(1);
  await hears("6");
  // The history has eight messages.
  await missing(() => ann.say(9));
  await hears("too_old", "state");
  await ann.say(1);
  await hears("16");

  // A position may also come from elsewhere.
  const { position } = bob;
  bob.close();
  await bob.closed;
  await ann.say(2);
  const again = listener(context, base, { since: position });
  await again.hears("recovered 2", "17", "18");
  await again.missing(() => ann.say(1));
  await again.hears("recovered 1", "19");
  for (const { closed } of [ann, again.bob].map((one) => (one.close(), one))) await closed;
});

test("the loop over messages has no gap", { timeout: 30_000 }, async (context) => {
  const { base } = await start(context);
  const ann = await speaker(context, base);
  const { bob, hears, missing } = listener(context, base);
  const read = (async () => {
    const texts = [];
    for await (const { text } of bob) {
      texts.push(text);
      if (text === "4") break;
    }
    return texts;
  })();
  await hears("state");
  await ann.say(1);
  await missing(() => ann.say(2));
  await ann.say(1);
  assert.deepEqual(await read, [undefined, "1", "2", "3", "4"]);
  bob.close();
  ann.close();
  await bob.closed;
});

test("a server that has started anew has lost what was missed, and says so", { timeout: 30_000 }, async (context) => {
  const { base, port, stop } = await start(context);
  const { bob, hears } = listener(context, base);
  await hears("state");
  const waiting = reaches(bob, "waiting");
  await stop("SIGTERM");
  await waiting;
  await start(context, port);
  await hears("other_epoch", "state");
  bob.close();
  await bob.closed;
});

test("envelopes that say something else change nothing", { timeout: 30_000 }, async (context) => {
  const odd = ["null", "7", '"text"', "[]", "{}", '{"position":"a-1"}', '{"more":1}'];
  const base = await pretend(context, (socket) => {
    for (const message of [...odd, '{"message":null}']) socket.send(message);
  });
  const bob = connectRoom({ user: "bob" }, { ...fast(context), base });
  assert.deepEqual(await collect(bob.onMessage, 1), [null]);
  assert.equal(bob.position, "a-1");
  bob.close();
  await bob.closed;
});
