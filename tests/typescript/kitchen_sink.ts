// The client of The kitchen 1.2.3. It is generated: `App::typescript` of ws-runtime writes it.

/** Tagged adjacently. */
export type Adjacent = {
  kind: "Unit";
} | {
  content: Size[];
  kind: "Newtype";
} | {
  content: [boolean, number];
  kind: "Tuple";
} | {
  content: {
    name: string;
  };
  kind: "Struct";
};

/** Tagged externally. */
export type External = "Unit" | {
  Newtype: Size;
} | {
  Tuple: [number, string];
} | {
  Empty: [];
} | {
  Struct: {
    id: number;
    of?: External | null;
  };
};

/** Tagged internally. */
export type Internal = {
  type: "leave";
} | {
  newSize: Size;
  type: "set_size";
} | ({
  type: "newtype";
} & Named);

/** Tagged internally. */
export type Internal2 = {
  type: "leave";
} | {
  newSize: Size;
  type: "set_size";
} | ({
  type: "newtype";
} & Named2);

/** Everything that a message may consist of. */
export type Kitchen = {
  absent?: boolean | null;
  adjacent: Adjacent[];
  any: unknown;
  big: number;
  by_number: { [key: string]: Named };
  by_size: { [key: string]: Size | null };
  bytes: number[];
  external: External;
  internal?: Internal | null;
  matrix: [[number, number], [number, number]];
  name: string;
  nick_name?: string | null;
  other_page: Page2;
  page: Page;
  pair: [number, string | null];
  pairs: [number, [boolean]][];
  promise: Promise2;
  result: ResultOfUint8OrString;
  sizes: (Size | null)[];
  strict: Strict;
  tree: Tree;
  unit: null;
  untagged: Untagged[];
  "with-dash \"and\" quotes": string;
} & ({
  kind: "Unit";
} | {
  content: Size[];
  kind: "Newtype";
} | {
  content: [boolean, number];
  kind: "Tuple";
} | {
  content: {
    name: string;
  };
  kind: "Struct";
});

/** Named like a type that the client declares for the endpoint `kitchen`. */
export type KitchenParams = {
  own: boolean;
};

/** A name. */
export type Named = {
  name: string;
  nick_name?: string | null;
};

/** A name. */
export type Named2 = {
  name: string;
  nick_name: string | null;
};

/** Has more fields than it names. */
export type Open = {
  id: number;
} & { [key: string]: unknown };

export type Page = {
  items: Named[];
  next?: number | null;
};

export type Page2 = {
  items: KitchenParams[];
  next?: number | null;
};

export type Page3 = {
  items: Open[];
  next: number | null;
};

/** Named like a type of JavaScript. */
export type Promise2 = {
  then: null;
};

export type ResultOfUint8OrString = {
  Ok: number;
} | {
  Err: string;
};

/** The query of `searched`. */
export type Search = {
  external?: External | null;
  /** What to look for. */
  "full-text": string;
  "größe"?: boolean | null;
  id?: number | null;
  "page-size"?: number | null;
  sizes?: Size[];
};

/** How large a thing is. *​/ This does not end the comment. */
export type Size = "extra-large" | "small";

export type Strict = Record<string, never>;

/** A tree whose nodes are maps. */
export type Tree = { [key: string]: Tree };

export type Untagged = number | string | Untagged[] | {
  named: Named;
} | null;

/** The parameters of `/kitchens/<id>/<size>/ws`. */
export interface Kitchen2Params {
  /** The number of the kitchen. */
  id: number | bigint;
  size: Size;
  /** Default: `7`. */
  seat?: number;
  withSize?: readonly Size[];
  ids?: readonly (number | bigint)[];
  type?: string;
}

/** What the server sends on `/kitchens/<id>/<size>/ws`. */
export type Kitchen2Incoming = Internal2;

/** What the server receives on `/kitchens/<id>/<size>/ws`. */
export type Kitchen2Outgoing = Kitchen;

/** How `/kitchens/<id>/<size>/ws` closes. After a close that is not final, a client connects again. */
export const closesOfKitchen2 = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1003: { final: true, about: "A message is text where bytes are expected, or bytes where text is." },
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8. / A compressed message cannot be decompressed." },
  1008: { final: true, about: "A parameter is missing or malformed. The reason is JSON that names it." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "A message could not be sent. / The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "try again / The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
  4001: { final: true, about: "The kitchen is \"closed\"." },
} as const satisfies Closes;

export type Kitchen2Code = keyof typeof closesOfKitchen2;

/**
 * Cooks.
 *
 * The endpoint also reads the cookie `session`, the header `user-agent`, which a script does not set here.
 */
export function connectKitchen2(params: Kitchen2Params, options: Options = {}) {
  return new Connection<Kitchen2Incoming, Kitchen2Outgoing, Kitchen2Code>(
    {
      path: `/kitchens/${segments(params.id)}/${segments(params.size)}/ws`,
      query: [["seat", params.seat], ["with-size", params.withSize], ["ids", params.ids], ["type", params.type]],
      subprotocols: ["v2","v1"],
      receivesJson: true,
      sendsJson: true,
      closes: closesOfKitchen2,
    },
    options,
  );
}

/** The parameters of `/files$*​/<owner>/<rest..>`. */
export interface FilesParams {
  owner: string;
  rest?: readonly string[];
}

/** What the server sends on `/files$*​/<owner>/<rest..>`. */
export type FilesIncoming = string | Uint8Array<ArrayBuffer>;

/** What the server receives on `/files$*​/<owner>/<rest..>`. */
export type FilesOutgoing = string | Uint8Array<ArrayBuffer>;

/** How `/files$*​/<owner>/<rest..>` closes. After a close that is not final, a client connects again. */
export const closesOfFiles = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1003: { final: true, about: "A message is text where bytes are expected, or bytes where text is." },
  1007: { final: true, about: "A message is not the JSON that is expected. The reason says where. / Text is not UTF-8. / A compressed message cannot be decompressed." },
  1008: { final: true, about: "A parameter is missing or malformed. The reason is JSON that names it." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "A message could not be sent. / The endpoint returned without having accepted the connection. / The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type FilesCode = keyof typeof closesOfFiles | (number & {});

export function connectFiles(params: FilesParams, options: Options = {}) {
  return new Connection<FilesIncoming, FilesOutgoing, FilesCode>(
    {
      path: `/files\$*/${segments(params.owner)}/${segments(params.rest ?? [])}`,
      query: [],
      subprotocols: [],
      receivesJson: false,
      sendsJson: false,
      closes: closesOfFiles,
    },
    options,
  );
}

/** The parameters of `/searched/<id>`. */
export interface SearchedParams {
  id: number;
  external?: string;
  /** What to look for. */
  fullText: string;
  "größe"?: boolean;
  id2?: number | bigint;
  pageSize?: number;
  sizes?: readonly Size[];
}

/** What the server sends on `/searched/<id>`. */
export type SearchedIncoming = Page3;

/** What the server receives on `/searched/<id>`. */
export type SearchedOutgoing = Open;

/** How `/searched/<id>` closes. After a close that is not final, a client connects again. */
export const closesOfSearched = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1007: { final: true, about: "Text is not UTF-8. / A compressed message cannot be decompressed." },
  1008: { final: true, about: "A parameter is missing or malformed. The reason is JSON that names it." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type SearchedCode = keyof typeof closesOfSearched;

export function connectSearched(params: SearchedParams, options: Options = {}) {
  return new Connection<SearchedIncoming, SearchedOutgoing, SearchedCode>(
    {
      path: `/searched/${segments(params.id)}`,
      query: [["external", params.external], ["full-text", params.fullText], ["größe", params["größe"]], ["id", params.id2], ["page-size", params.pageSize], ["sizes", params.sizes]],
      subprotocols: [],
      receivesJson: true,
      sendsJson: true,
      closes: closesOfSearched,
    },
    options,
  );
}

/** The parameters of `/packed`. */
export interface PackedParams {
}

/** What the server sends on `/packed`. */
export type PackedIncoming = Uint8Array<ArrayBuffer>;

/** What the server receives on `/packed`. */
export type PackedOutgoing = Uint8Array<ArrayBuffer>;

/** How `/packed` closes. After a close that is not final, a client connects again. */
export const closesOfPacked = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1007: { final: true, about: "Text is not UTF-8. / A compressed message cannot be decompressed." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type PackedCode = keyof typeof closesOfPacked;

export function connectPacked(_params: PackedParams = {}, options: Options = {}) {
  return new Connection<PackedIncoming, PackedOutgoing, PackedCode>(
    {
      path: `/packed`,
      query: [],
      subprotocols: [],
      receivesJson: false,
      sendsJson: false,
      closes: closesOfPacked,
    },
    options,
  );
}

/** The parameters of `/mixed`. */
export interface MixedParams {
}

/** What the server sends on `/mixed`. */
export type MixedIncoming = Named2;

/** What the server receives on `/mixed`. */
export type MixedOutgoing = string | Uint8Array<ArrayBuffer>;

/** How `/mixed` closes. After a close that is not final, a client connects again. */
export const closesOfMixed = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1007: { final: true, about: "Text is not UTF-8. / A compressed message cannot be decompressed." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type MixedCode = keyof typeof closesOfMixed;

/** The server sends JSON, and reads what it gets. */
export function connectMixed(_params: MixedParams = {}, options: Options = {}) {
  return new Connection<MixedIncoming, MixedOutgoing, MixedCode>(
    {
      path: `/mixed`,
      query: [],
      subprotocols: [],
      receivesJson: true,
      sendsJson: false,
      closes: closesOfMixed,
    },
    options,
  );
}

/** The parameters of `/untyped`. */
export interface UntypedParams {
}

/** What the server sends on `/untyped`. */
export type UntypedIncoming = string | Uint8Array<ArrayBuffer>;

/** What the server receives on `/untyped`. */
export type UntypedOutgoing = string | Uint8Array<ArrayBuffer>;

/** How `/untyped` closes. After a close that is not final, a client connects again. */
export const closesOfUntyped = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1007: { final: true, about: "Text is not UTF-8. / A compressed message cannot be decompressed." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type UntypedCode = keyof typeof closesOfUntyped;

export function connectUntyped(_params: UntypedParams = {}, options: Options = {}) {
  return new Connection<UntypedIncoming, UntypedOutgoing, UntypedCode>(
    {
      path: `/untyped`,
      query: [],
      subprotocols: [],
      receivesJson: false,
      sendsJson: false,
      closes: closesOfUntyped,
    },
    options,
  );
}

/** The parameters of `/more/kitchens/<id>/<size>/ws`. */
export interface Kitchen3Params {
  /** The number of the kitchen. */
  id: number | bigint;
  size: Size;
  /** Default: `7`. */
  seat?: number;
  withSize?: readonly Size[];
  ids?: readonly (number | bigint)[];
  type?: string;
}

/** What the server sends on `/more/kitchens/<id>/<size>/ws`. */
export type Kitchen3Incoming = Internal2;

/** What the server receives on `/more/kitchens/<id>/<size>/ws`. */
export type Kitchen3Outgoing = Kitchen;

/** How `/more/kitchens/<id>/<size>/ws` closes. After a close that is not final, a client connects again. */
export const closesOfKitchen3 = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1003: { final: true, about: "A message is text where bytes are expected, or bytes where text is." },
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8. / A compressed message cannot be decompressed." },
  1008: { final: true, about: "A parameter is missing or malformed. The reason is JSON that names it." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "A message could not be sent. / The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "try again / The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
  4001: { final: true, about: "The kitchen is \"closed\"." },
} as const satisfies Closes;

export type Kitchen3Code = keyof typeof closesOfKitchen3;

/**
 * Cooks.
 *
 * The endpoint also reads the cookie `session`, the header `user-agent`, which a script does not set here.
 */
export function connectKitchen3(params: Kitchen3Params, options: Options = {}) {
  return new Connection<Kitchen3Incoming, Kitchen3Outgoing, Kitchen3Code>(
    {
      path: `/more/kitchens/${segments(params.id)}/${segments(params.size)}/ws`,
      query: [["seat", params.seat], ["with-size", params.withSize], ["ids", params.ids], ["type", params.type]],
      subprotocols: ["v2","v1"],
      receivesJson: true,
      sendsJson: true,
      closes: closesOfKitchen3,
    },
    options,
  );
}

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
