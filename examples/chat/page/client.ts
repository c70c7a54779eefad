// The client of chat 0.0.0. It is generated: `App::typescript` of ws-runtime writes it.

/** What a client receives. */
export type ChatEvent = {
  message: string;
  type: "system";
} | {
  message: string;
  type: "message";
  user: string;
} | {
  from: string;
  message: string;
  to: string;
  type: "private";
} | {
  heartbeat: number;
  type: "welcome";
} | {
  status: Status;
  type: "present";
  user: string;
} | {
  type: "absent";
  user: string;
} | {
  message: string;
  type: "error";
} | {
  type: "heartbeat";
};

/**
 * What a client sends.
 *
 * `{"message":"hi"}` (or with `"type":"message"`), `{"type":"private","to":"alice","message":"hi"}`,
 * `{"type":"status","status":"away"}`, `{"type":"heartbeat_ack"}`.
 */
export type Incoming = {
  /** The text of a message, of at most 500 characters. */
  message?: string | null;
  status?: Status | null;
  /** Whom a private message is for. */
  to?: string | null;
  type?: Kind;
};

export type Kind = "message" | "private" | "status" | "heartbeat_ack";

/** What a user is doing. */
export type Status = "available" | "busy" | "away";

/** The parameters of `/ws/chat/<user_id>`. */
export interface ChatParams {
  /** The name: 3 to 32 visible characters, with single spaces between words. */
  userId: string;
}

/** What the server sends on `/ws/chat/<user_id>`. */
export type ChatIncoming = ChatEvent;

/** What the server receives on `/ws/chat/<user_id>`. */
export type ChatOutgoing = Incoming;

/** How `/ws/chat/<user_id>` closes. After a close that is not final, a client connects again. */
export const closesOfChat = {
  1000: { final: true, about: "The user has been silent for too long. / The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1003: { final: true, about: "A message is text where bytes are expected, or bytes where text is." },
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8." },
  1008: { final: true, about: "A parameter is missing or malformed. The reason is JSON that names it. / A name has 3 to 32 visible characters, with single spaces between words. / Somebody else has the name. / Two processes gave the name away while they could not reach Redis. / The client sent more messages than the `rate_limit` allows. / The client went on after the warnings." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "A message could not be sent. / The app has no state of the type that a parameter asks for. / The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type ChatCode = keyof typeof closesOfChat;

/**
 * The chat, for a client that keeps nothing: when it has lost its connection, it joins
 * anew.
 *
 * The endpoint also reads the cookie `chat-secret`, which a script does not set here.
 */
export function connectChat(params: ChatParams, options: Options = {}) {
  return new Connection<ChatIncoming, ChatOutgoing, ChatCode>(
    {
      path: `/ws/chat/${segments(params.userId)}`,
      query: [],
      subprotocols: [],
      receivesJson: true,
      sendsJson: true,
      tracked: false,
      closes: closesOfChat,
    },
    options,
  );
}

/** The parameters of `/ws/chat/<user_id>/tracked`. */
export interface TrackedParams {
  /** The name: 3 to 32 visible characters, with single spaces between words. */
  userId: string;
  since?: string;
}

/** What the server sends on `/ws/chat/<user_id>/tracked`. */
export type TrackedIncoming = ChatEvent;

/** What the server receives on `/ws/chat/<user_id>/tracked`. */
export type TrackedOutgoing = Incoming;

/** How `/ws/chat/<user_id>/tracked` closes. After a close that is not final, a client connects again. */
export const closesOfTracked = {
  1000: { final: true, about: "The user has been silent for too long. / The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1003: { final: true, about: "A message is text where bytes are expected, or bytes where text is." },
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8." },
  1008: { final: true, about: "A parameter is missing or malformed. The reason is JSON that names it. / A name has 3 to 32 visible characters, with single spaces between words. / Somebody else has the name. / Two processes gave the name away while they could not reach Redis. / The client sent more messages than the `rate_limit` allows. / The client went on after the warnings." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "A message could not be sent. / The app has no state of the type that a parameter asks for. / The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type TrackedCode = keyof typeof closesOfTracked;

/**
 * The chat, for a client that misses nothing: each message tells its position, and a
 * client that has lost its connection returns with the last one as `since`.
 *
 * The endpoint also reads the cookie `chat-secret`, which a script does not set here.
 */
export function connectTracked(params: TrackedParams, options: Options = {}) {
  return new Connection<TrackedIncoming, TrackedOutgoing, TrackedCode>(
    {
      path: `/ws/chat/${segments(params.userId)}/tracked`,
      query: [["since", params.since]],
      subprotocols: [],
      receivesJson: true,
      sendsJson: true,
      tracked: true,
      closes: closesOfTracked,
    },
    options,
  );
}

/** How an endpoint may close: whether a close with this code is final, and what it means. */
export type Closes = Readonly<Record<number, { readonly final: boolean; readonly about: string }>>;
/** The end of one connection, which is the last if it is final. The code is one of the endpoint, whose `about` says what it means, or of what is between: 1005 is a Close frame without a code, 1006 an end without a Close frame. */
export interface Closed<Code extends number> { readonly code: Code | 1005 | 1006 | (number & {}); readonly reason: string; readonly about: string | undefined; readonly final: boolean }
export type State = "connecting" | "open" | "waiting" | "closed";
/** What became of the messages that were missed: this number of them follows, or some are lost for this reason. */
export type Recovery = { readonly recovered: number; readonly lost?: never } | { readonly recovered?: never; readonly lost: Lost };
export type Lost = "too_old" | "other_epoch" | "never_was" | "no_history" | "too_slow" | "unavailable";
/** A received message that is not JSON, and is left out; or, without `data`, an error of the option `token` or `query`. */
export interface Failure { readonly cause: unknown; readonly data?: string | ArrayBuffer }

export interface Options {
  /** The address of the server, such as `wss://example.com`. By default that of the page. */ base?: string | URL;
  /** Ends the connection with 1000 when it is aborted. */ signal?: AbortSignal;
  /** The token for an endpoint that takes one, or a function that is called before each attempt. */ token?: Given<string>;
  /** Query parameters beside or instead of the endpoint's, or a function that is called before each attempt. */ query?: Given<More>;
  /** Whether to connect again after a close that is not final. By default `true`. */ reconnect?: boolean;
  /** How many attempts to connect again are made in a row. By default any number. */ maxAttempts?: number;
  /** The first delay before another attempt, in milliseconds: 500. Each one is twice as long as the last. */ minDelay?: number;
  /** The longest delay, in milliseconds: 30,000. */ maxDelay?: number;
  /** How long a connection must be open for the next delay to be the first again, in milliseconds: 10,000. */ resetAfter?: number;
  /** How many messages are kept while there is no connection: 64. `send` returns `false` for a further one. */ maxQueued?: number;
  /** The class to connect with, where there is no global one. */ WebSocket?: typeof globalThis.WebSocket;
}

/** What an endpoint's `connect` function knows of it: whether messages are JSON, and are in envelopes with positions. */
export interface Endpoint extends Readonly<Record<"receivesJson" | "sendsJson" | "tracked", boolean>> {
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: Text | undefined])[];
  readonly subprotocols: readonly string[];
  readonly closes: Closes;
}

/** What can stand in a path or a query. */
type Text = string | number | bigint | boolean | readonly (string | number | bigint | boolean)[];
type More = Readonly<Record<string, Text | undefined>>;
type Given<T> = T | (() => T | Promise<T>);

/** A connection that comes back: `Receives` are the messages of the server, `Sends` those of this side. */
export class Connection<Receives, Sends, Code extends number> implements AsyncIterable<Receives> {
  readonly #endpoint: Endpoint;
  readonly #options: Options;
  #socket: WebSocket | undefined;
  #state: State = "connecting";
  #position: string | undefined;
  #queued: (string | Uint8Array<ArrayBuffer>)[] = [];
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  #finish!: (closed: Closed<Code>) => void;
  /** Settles once the client is over. */ readonly closed = new Promise<Closed<Code>>((resolve) => { this.#finish = resolve; });
  /** Calls a listener with each message, until the function that it returns is called. */ readonly onMessage = event<Receives>();
  /** Calls a listener when an endpoint with positions is reached again, before missed messages. */ readonly onRecovery = event<Recovery>();
  /** Calls a listener with each new state. What it sends in `open` goes before kept messages. */ readonly onState = event<State>();
  /** Calls a listener at the end of each connection, those that come back included. */ readonly onClose = event<Closed<Code>>();
  /** Calls a listener with each failure, which is no end. Without one the console shows it. */ readonly onError = event<Failure>();

  constructor(endpoint: Endpoint, options: Options = {}) {
    [this.#endpoint, this.#options] = [endpoint, options];
    if (options.signal?.aborted) this.close();
    else this.#connect();
    const over = new AbortController();
    void this.closed.then(() => over.abort());
    options.signal?.addEventListener("abort", () => this.close(), over);
    // Browsers have this event: one that is online again need not wait any longer.
    globalThis.addEventListener?.("online", () => { if (this.#state === "waiting") this.#connect(); }, over);
  }

  get state(): State { return this.#state; }
  /** The last position that was received, from which the next connection goes on. */ get position(): string | undefined { return this.#position; }

  /** Sends a message, or keeps it until there is a connection. Returns `false` if it does neither. */
  send(message: Sends): boolean {
    if (this.#left || this.#state === "closed") return false;
    const data = this.#endpoint.sendsJson ? JSON.stringify(message) : (message as string | Uint8Array<ArrayBuffer>);
    // A socket that is closing would discard it.
    if (this.#state === "open" && this.#socket?.readyState === OPEN) return this.#socket.send(data), true;
    return this.#queued.length < (this.#options.maxQueued ?? 64) && this.#queued.push(data) > 0;
  }

  /** Closes the connection for good: with 1000, or a code from 3000 to 4999. */
  close(code = 1000, reason = ""): void {
    // This throws for a code or a reason that is not allowed.
    this.#socket?.close(code, reason);
    this.#left = true;
    if (!this.#socket) this.#end(code, reason);
  }

  /** The messages from here on. The loop ends when the connection is over for good. */
  async *[Symbol.asyncIterator](): AsyncIterator<Receives> {
    const messages: Receives[] = [];
    let [wake, isOver] = [() => {}, false];
    const stop = this.onMessage((message) => { messages.push(message); wake(); });
    void this.closed.then(() => { isOver = true; wake(); });
    try {
      while (messages.length || !isOver)
        if (messages.length) yield messages.shift() as Receives;
        else await new Promise<void>((resolve) => { wake = resolve; });
    } finally { stop(); }
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#set("connecting");
    const { token, query } = this.#options;
    if (typeof token !== "function" && typeof query !== "function") return this.#open(token, query);
    const ask = async <T,>(option: Given<T>) => option instanceof Function ? option() : option;
    Promise.all([ask(token), ask(query)]).then((asked) => this.#open(...asked)).catch((cause: unknown) => { if (this.#state !== "closed") this.#fail({ cause }); this.#end(1006, ""); });
  }

  #open(token?: string, query?: More): void {
    // The client may have been closed while the options were asked.
    if (this.#state === "closed") return;
    const url = urlOf(this.#endpoint, this.#options.base, { ...query, ...(this.#position && { since: this.#position }) });
    const protocols = this.#endpoint.subprotocols.concat(token === undefined ? [] : ["bearer", token]);
    const socket = new (this.#options.WebSocket ?? WebSocket)(url, protocols);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let opened = Infinity;
    socket.onopen = () => {
      opened = Date.now();
      this.#set("open");
      while (this.#queued.length && socket.readyState === OPEN) socket.send(this.#queued.shift() as string);
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.#receive(data);
    // The close that follows says as much. Node's `ws` would end the process without a listener.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: CloseEvent) => {
      this.#socket = undefined;
      // A server that refuses, or accepts and closes at once, is asked less and less often.
      if (Date.now() - opened >= (this.#options.resetAfter ?? 10_000)) this.#attempt = 0;
      this.#end(code, reason);
    };
  }

  #receive(data: string | ArrayBuffer): void {
    let value: unknown = typeof data === "string" ? data : new Uint8Array(data);
    try {
      // Bytes are no JSON, and neither is their text.
      if (this.#endpoint.receivesJson) value = JSON.parse(String(data));
    } catch (cause) { return this.#fail({ cause, data }); }
    if (!this.#endpoint.tracked) return void this.onMessage[CALL](value as Receives);
    const { position, message, recovered, lost } = Object(value) as { position?: string; message?: Receives } & Partial<Recovery>;
    this.#position = position ?? this.#position;
    if (message !== undefined) this.onMessage[CALL](message);
    else if (recovered !== undefined) this.onRecovery[CALL]({ recovered });
    else if (lost !== undefined) this.onRecovery[CALL]({ lost });
  }

  #end(code: number, reason: string): void {
    if (this.#state === "closed") return;
    const { reconnect = true, maxAttempts = Infinity, minDelay = 500, maxDelay = 30_000 } = this.#options;
    const { about, final: isFinal = ![1001, 1006, 1011, 1012, 1013, 1014].includes(code) } = (this.#endpoint.closes[code] ?? {}) as Partial<Closes[number]>;
    const closed = { code, reason, about, final: this.#left || !reconnect || isFinal || this.#attempt >= maxAttempts };
    if (closed.final) this.#finish(closed);
    else this.#timer = setTimeout(() => this.#connect(), Math.min(maxDelay, minDelay * 2 ** this.#attempt++) * (0.5 + Math.random() / 2));
    // The listeners may close the connection, so they are called when everything else is done.
    this.#set(closed.final ? "closed" : "waiting");
    this.onClose[CALL](closed);
  }

  #fail(failure: Failure): void { if (!this.onError[CALL](failure)) console.error(failure.cause); }

  #set(state: State): void {
    if (this.#state === state) return;
    this.#state = state;
    if (state === "closed") { this.#queued = []; clearTimeout(this.#timer); }
    this.onState[CALL](state);
  }
}

const OPEN = 1, CALL = Symbol();

/** Makes a function that adds a listener. What a listener throws is reported, and does not keep the connection from going on. */
function event<T>() {
  const all = new Set<(value: T) => void>();
  return Object.assign((listener: (value: T) => void) => (all.add(listener), () => void all.delete(listener)), {
    // Returns how many there are.
    [CALL]: (value: T): number => [...all].map((listener) => {
      try { if (all.has(listener)) listener(value); } catch (error) { queueMicrotask(() => { throw error; }); }
    }).length,
  });
}

/** Returns a value as a segment of a path, or several as segments. */
function segments(value: Text): string {
  const texts = [value].flat().map(String);
  // They are resolved even if they are encoded (URL Standard, "double-dot URL path segment").
  if (texts.some((text) => text === "." || text === "..")) throw new TypeError("`.` and `..` cannot be segments of a path");
  return texts.map(encodeURIComponent).join("/");
}

function urlOf(endpoint: Endpoint, base: string | URL | undefined, more: More): string {
  const url = new URL(base ?? globalThis.location.origin);
  const all = [...endpoint.query.filter(([name]) => !Object.hasOwn(more, name)), ...Object.entries(more)];
  const query = all.flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`));
  const path = url.pathname.replace(/\/$/, "") + endpoint.path;
  return `${url.protocol.replace(/^http/, "ws")}//${url.host}${path}${query.length ? `?${query.join("&")}` : ""}`;
}
