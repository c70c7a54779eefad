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

/** Begins with a type that begins with this one. */
export type Egg = {
  cents: number;
  with?: Hen | null;
} | string | Egg[];

/** Begins with a type that begins with this one. */
export type Egg2 = {
  cents: number;
  with: Hen2 | null;
} | string | Egg2[];

/** Nothing is a value of it. */
export type Endless = never;

/** Named like a type of JavaScript that the client does not name. */
export type Event = {
  none?: Endless | null;
  of: Wrapped;
  type: "wrapped";
} | {
  egg: Egg;
  hen: Hen;
  type: "egg";
} | {
  of: Nested;
  type: "nested";
};

/** Named like a type of JavaScript that the client does not name. */
export type Event2 = {
  none: Endless | null;
  of: Wrapped;
  type: "wrapped";
} | {
  egg: Egg2;
  hen: Hen2;
  type: "egg";
} | {
  of: Nested;
  type: "nested";
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

export type Hen = string | Egg[] | {
  cents: number;
  with?: Hen | null;
};

export type Hen2 = string | Egg2[] | {
  cents: number;
  with: Hen2 | null;
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

/** Arrays and fields may have the type that they are in. */
export type Nested = Nested[];

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

/** Only itself, or nothing: TypeScript has no type that begins with itself. */
export type Wrapped = null;

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
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8." },
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
      tracked: false,
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
  1007: { final: true, about: "A message is not the JSON that is expected. The reason says where. / Text is not UTF-8." },
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
      tracked: false,
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
  1007: { final: true, about: "Text is not UTF-8." },
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
      tracked: false,
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
  1007: { final: true, about: "Text is not UTF-8." },
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
      tracked: false,
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
  1007: { final: true, about: "Text is not UTF-8." },
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
      tracked: false,
      closes: closesOfMixed,
    },
    options,
  );
}

/** The parameters of `/followed`. */
export interface FollowedParams {
}

/** What the server sends on `/followed`. */
export type FollowedIncoming = Event2;

/** What the server receives on `/followed`. */
export type FollowedOutgoing = Event;

/** How `/followed` closes. After a close that is not final, a client connects again. */
export const closesOfFollowed = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1003: { final: true, about: "A message is text where bytes are expected, or bytes where text is." },
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8." },
  1008: { final: true, about: "The handshake has no bearer token, or a malformed one. / A parameter is missing or malformed. The reason is JSON that names it." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "A message could not be sent. / The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type FollowedCode = keyof typeof closesOfFollowed | (number & {});

/**
 * Tells positions.
 *
 * The endpoint takes a bearer token, which the option `token` sends.
 *
 * The endpoint also reads query parameters that are not listed, which the option `query` sends.
 */
export function connectFollowed(_params: FollowedParams = {}, options: Options = {}) {
  return new Connection<FollowedIncoming, FollowedOutgoing, FollowedCode>(
    {
      path: `/followed`,
      query: [],
      subprotocols: [],
      receivesJson: true,
      sendsJson: true,
      tracked: true,
      closes: closesOfFollowed,
    },
    options,
  );
}

/** The parameters of `/followed/blindly`. */
export interface FollowedBlindlyParams {
}

/** What the server sends on `/followed/blindly`. */
export type FollowedBlindlyIncoming = unknown;

/** What the server receives on `/followed/blindly`. */
export type FollowedBlindlyOutgoing = unknown;

/** How `/followed/blindly` closes. After a close that is not final, a client connects again. */
export const closesOfFollowedBlindly = {
  1000: { final: true, about: "The endpoint is done." },
  1001: { final: false, about: "The server shuts down." },
  1002: { final: true, about: "A frame breaks the WebSocket protocol." },
  1007: { final: true, about: "Text is not UTF-8." },
  1009: { final: true, about: "A message is larger than the `max_message_size`." },
  1011: { final: false, about: "The endpoint, a guard or a dependency panicked. / The client was silent for the `pong_timeout` after a ping." },
  1013: { final: false, about: "The connection was not accepted in time. / The client took nothing of what it was sent for the `send_timeout`." },
} as const satisfies Closes;

export type FollowedBlindlyCode = keyof typeof closesOfFollowedBlindly;

/** Tells positions of messages that say nothing of themselves. */
export function connectFollowedBlindly(_params: FollowedBlindlyParams = {}, options: Options = {}) {
  return new Connection<FollowedBlindlyIncoming, FollowedBlindlyOutgoing, FollowedBlindlyCode>(
    {
      path: `/followed/blindly`,
      query: [],
      subprotocols: [],
      receivesJson: true,
      sendsJson: true,
      tracked: true,
      closes: closesOfFollowedBlindly,
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
  1007: { final: true, about: "Text is not UTF-8." },
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
      tracked: false,
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
  1007: { final: true, about: "A message does not have the expected type. The reason is JSON that says what is wrong. / Text is not UTF-8." },
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
      tracked: false,
      closes: closesOfKitchen3,
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
