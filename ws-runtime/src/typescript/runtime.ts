/** How an endpoint may close: whether a close with this code is final, and what it means. */
export type Closes = Readonly<Record<number, { readonly final: boolean; readonly about: string }>>;

/** The end of one connection. `code` is 1005 for a Close frame without a code, 1006 for a connection without a Close frame. */
export interface Closed<Code extends number> {
  readonly code: Code | 1005 | 1006;
  readonly reason: string;
  /** `true` if the client does not connect again. */
  readonly final: boolean;
}

export type State = "connecting" | "open" | "waiting" | "closed";

export interface Options {
  /** The address of the server, such as `wss://example.com`. By default that of the page. */
  base?: string | URL;
  /** Ends the connection with 1000 when it is aborted. */
  signal?: AbortSignal;
  /** Whether to connect again after a close that is not final. By default `true`. */
  reconnect?: boolean;
  /** The first and the longest delay before another attempt, in milliseconds: 500 and 30,000. */
  minDelay?: number;
  maxDelay?: number;
  /** How long a connection must be open, in milliseconds, for the next delay to be the first one again: 10,000. */
  resetAfter?: number;
  /** How many messages are kept while there is no connection: 64. `send` returns `false` for a further one. */
  maxQueued?: number;
  /** The class to connect with, where there is no global one. */
  WebSocket?: typeof globalThis.WebSocket;
}

/** What an endpoint's `connect` function knows of it. */
export interface Endpoint {
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: Text | undefined])[];
  readonly subprotocols: readonly string[];
  /** Whether the messages of the server are JSON. Others are text and bytes, as they are. */
  readonly receivesJson: boolean;
  /** Whether the messages of this side are JSON. */
  readonly sendsJson: boolean;
  readonly closes: Closes;
}

/** What can stand in a path or a query. */
type Text = string | number | bigint | boolean | readonly (string | number | bigint | boolean)[];

/** A connection that comes back: `Receives` are the messages of the server, `Sends` those of this side. */
export class Connection<Receives, Sends, Code extends number> implements AsyncIterable<Receives> {
  /** Settles once the connection is over for good. */
  readonly closed: Promise<Closed<Code>>;
  #endpoint: Endpoint;
  #options: Options;
  #url: string;
  #socket: WebSocket | undefined;
  #state: State = "connecting";
  #queued: (string | Uint8Array<ArrayBuffer>)[] = [];
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = false;
  #finish!: (closed: Closed<Code>) => void;
  #onMessage = new Set<(message: Receives) => void>();
  #onState = new Set<(state: State) => void>();
  #onClose = new Set<(closed: Closed<Code>) => void>();

  constructor(endpoint: Endpoint, options: Options = {}) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#url = urlOf(endpoint, options.base);
    this.closed = new Promise((resolve) => { this.#finish = resolve; });
    const { signal } = options;
    if (signal?.aborted) {
      this.close();
      return;
    }
    this.#connect();
    const abort = () => this.close();
    signal?.addEventListener("abort", abort);
    void this.closed.then(() => signal?.removeEventListener("abort", abort));
  }

  get state(): State {
    return this.#state;
  }

  /** Sends a message, or keeps it until there is a connection. Returns `false` if it does neither. */
  send(message: Sends): boolean {
    if (this.#state === "closed" || this.#left) return false;
    const { sendsJson } = this.#endpoint;
    const data = sendsJson ? JSON.stringify(message) : (message as string | Uint8Array<ArrayBuffer>);
    // A socket that is closing would discard it.
    if (this.#state === "open" && this.#socket?.readyState === OPEN) {
      this.#socket.send(data);
      return true;
    }
    if (this.#queued.length >= (this.#options.maxQueued ?? 64)) return false;
    this.#queued.push(data);
    return true;
  }

  /** Calls `listener` with each message, until the function that it returns is called. */
  onMessage(listener: (message: Receives) => void): () => void {
    return subscribe(this.#onMessage, listener);
  }

  onState(listener: (state: State) => void): () => void {
    return subscribe(this.#onState, listener);
  }

  /** Calls `listener` at the end of each connection, those that come back included. */
  onClose(listener: (closed: Closed<Code>) => void): () => void {
    return subscribe(this.#onClose, listener);
  }

  /** Closes the connection for good: with 1000, or a code from 3000 to 4999. */
  close(code = 1000, reason = ""): void {
    if (this.#state === "closed") return;
    // This throws for a code or a reason that is not allowed.
    this.#socket?.close(code, reason);
    this.#left = true;
    clearTimeout(this.#timer);
    if (!this.#socket) this.#end({ code: code as Code, reason, final: true });
  }

  /** The messages from here on. The loop ends when the connection is over for good. */
  async *[Symbol.asyncIterator](): AsyncIterator<Receives> {
    const messages: Receives[] = [];
    let wake = () => {};
    let over = false;
    const stop = this.onMessage((message) => { messages.push(message); wake(); });
    void this.closed.then(() => { over = true; wake(); });
    try {
      for (;;) {
        if (messages.length) yield messages.shift() as Receives;
        else if (over) return;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
    } finally {
      stop();
    }
  }

  #connect(): void {
    const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
    const socket = new Socket(this.#url, [...this.#endpoint.subprotocols]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let opened = 0;
    socket.onopen = () => {
      opened = Date.now();
      for (const data of this.#queued.splice(0)) socket.send(data);
      this.#set("open");
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const { receivesJson } = this.#endpoint;
      const message = typeof data !== "string" ? new Uint8Array(data) : receivesJson ? JSON.parse(data) : data;
      notify(this.#onMessage, message as Receives);
    };
    // The close that follows says as much. Node's `ws` would end the process without a listener.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: CloseEvent) => {
      this.#socket = undefined;
      // A server that accepts and closes at once is asked less and less often.
      if (opened && Date.now() - opened >= (this.#options.resetAfter ?? 10_000)) this.#attempt = 0;
      const final = this.#left || this.#options.reconnect === false || isFinal(code, this.#endpoint.closes);
      this.#end({ code: code as Code, reason, final });
    };
    this.#set("connecting");
  }

  #end(closed: Closed<Code>): void {
    if (closed.final) {
      this.#queued = [];
      this.#set("closed");
      this.#finish(closed);
      notify(this.#onClose, closed);
      return;
    }
    const { minDelay = 500, maxDelay = 30_000 } = this.#options;
    const delay = Math.min(maxDelay, minDelay * 2 ** this.#attempt++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#connect(), delay);
    // The listeners may close the connection, so they are called when everything else is done.
    this.#set("waiting");
    notify(this.#onClose, closed);
  }

  #set(state: State): void {
    if (this.#state === state) return;
    this.#state = state;
    notify(this.#onState, state);
  }
}

/** `WebSocket.OPEN`, where there may be no global class. */
const OPEN = 1;

/** Returns a value as a segment of a path, or several as segments. */
function segments(value: Text): string {
  const texts = [value].flat().map(String);
  // They are resolved even if they are encoded (URL Standard, "double-dot URL path segment").
  if (texts.some((text) => text === "." || text === "..")) throw new TypeError("`.` and `..` cannot be segments of a path");
  return texts.map(encodeURIComponent).join("/");
}

/** Calls each listener. What one throws is reported, and does not keep the connection from going on. */
function notify<T>(listeners: Set<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    if (!listeners.has(listener)) continue;
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => { throw error; });
    }
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Returns `true` if another attempt would end in the same way. */
function isFinal(code: number, closes: Closes): boolean {
  return closes[code]?.final ?? ![1001, 1006, 1011, 1012, 1013, 1014].includes(code);
}

function urlOf(endpoint: Endpoint, base: string | URL | undefined): string {
  const url = new URL(base ?? globalThis.location.origin);
  const query = endpoint.query.flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`));
  const path = url.pathname.replace(/\/$/, "") + endpoint.path;
  return `${url.protocol.replace(/^http/, "ws")}//${url.host}${path}${query.length ? `?${query.join("&")}` : ""}`;
}
