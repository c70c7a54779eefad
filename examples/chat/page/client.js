// The client of chat 0.0.0. It is generated: `App::typescript` of ws-runtime writes it.
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
};
/**
 * The chat, for a client that keeps nothing: when it has lost its connection, it joins
 * anew.
 *
 * The endpoint also reads the cookie `chat-secret`, which a script does not set here.
 */
export function connectChat(params, options = {}) {
    return new Connection({
        path: `/ws/chat/${segments(params.userId)}`,
        query: [],
        subprotocols: [],
        receivesJson: true,
        sendsJson: true,
        tracked: false,
        closes: closesOfChat,
    }, options);
}
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
};
/**
 * The chat, for a client that misses nothing: each message tells its position, and a
 * client that has lost its connection returns with the last one as `since`.
 *
 * The endpoint also reads the cookie `chat-secret`, which a script does not set here.
 */
export function connectTracked(params, options = {}) {
    return new Connection({
        path: `/ws/chat/${segments(params.userId)}/tracked`,
        query: [["since", params.since]],
        subprotocols: [],
        receivesJson: true,
        sendsJson: true,
        tracked: true,
        closes: closesOfTracked,
    }, options);
}
/** A connection that comes back: `Receives` are the messages of the server, `Sends` those of this side. */
export class Connection {
    #endpoint;
    #options;
    #socket;
    #state = "connecting";
    #position;
    #queued = [];
    #attempt = 0;
    #timer;
    #left = false;
    #finish;
    /** Settles once the client is over. */ closed = new Promise((resolve) => { this.#finish = resolve; });
    /** Calls a listener with each message, until the function that it returns is called. */ onMessage = event();
    /** Calls a listener when an endpoint with positions is reached again, before missed messages. */ onRecovery = event();
    /** Calls a listener with each new state. What it sends in `open` goes before kept messages. */ onState = event();
    /** Calls a listener at the end of each connection, those that come back included. */ onClose = event();
    /** Calls a listener with each failure, which is no end. Without one the console shows it. */ onError = event();
    constructor(endpoint, options = {}) {
        [this.#endpoint, this.#options] = [endpoint, options];
        if (options.signal?.aborted)
            this.close();
        else
            this.#connect();
        const over = new AbortController();
        void this.closed.then(() => over.abort());
        options.signal?.addEventListener("abort", () => this.close(), over);
        // Browsers have this event: one that is online again need not wait any longer.
        globalThis.addEventListener?.("online", () => { if (this.#state === "waiting")
            this.#connect(); }, over);
    }
    get state() { return this.#state; }
    /** The last position that was received, from which the next connection goes on. */ get position() { return this.#position; }
    /** Sends a message, or keeps it until there is a connection. Returns `false` if it does neither. */
    send(message) {
        if (this.#left || this.#state === "closed")
            return false;
        const data = this.#endpoint.sendsJson ? JSON.stringify(message) : message;
        // A socket that is closing would discard it.
        if (this.#state === "open" && this.#socket?.readyState === OPEN)
            return this.#socket.send(data), true;
        return this.#queued.length < (this.#options.maxQueued ?? 64) && this.#queued.push(data) > 0;
    }
    /** Closes the connection for good: with 1000, or a code from 3000 to 4999. */
    close(code = 1000, reason = "") {
        // This throws for a code or a reason that is not allowed.
        this.#socket?.close(code, reason);
        this.#left = true;
        if (!this.#socket)
            this.#end(code, reason);
    }
    /** The messages from here on. The loop ends when the connection is over for good. */
    async *[Symbol.asyncIterator]() {
        const messages = [];
        let [wake, isOver] = [() => { }, false];
        const stop = this.onMessage((message) => { messages.push(message); wake(); });
        void this.closed.then(() => { isOver = true; wake(); });
        try {
            while (messages.length || !isOver)
                if (messages.length)
                    yield messages.shift();
                else
                    await new Promise((resolve) => { wake = resolve; });
        }
        finally {
            stop();
        }
    }
    #connect() {
        clearTimeout(this.#timer);
        this.#set("connecting");
        const { token, query } = this.#options;
        if (typeof token !== "function" && typeof query !== "function")
            return this.#open(token, query);
        const ask = async (option) => option instanceof Function ? option() : option;
        Promise.all([ask(token), ask(query)]).then((asked) => this.#open(...asked)).catch((cause) => { if (this.#state !== "closed")
            this.#fail({ cause }); this.#end(1006, ""); });
    }
    #open(token, query) {
        // The client may have been closed while the options were asked.
        if (this.#state === "closed")
            return;
        const url = urlOf(this.#endpoint, this.#options.base, { ...query, ...(this.#position && { since: this.#position }) });
        const protocols = this.#endpoint.subprotocols.concat(token === undefined ? [] : ["bearer", token]);
        const socket = new (this.#options.WebSocket ?? WebSocket)(url, protocols);
        socket.binaryType = "arraybuffer";
        this.#socket = socket;
        let opened = Infinity;
        socket.onopen = () => {
            opened = Date.now();
            this.#set("open");
            while (this.#queued.length && socket.readyState === OPEN)
                socket.send(this.#queued.shift());
        };
        socket.onmessage = ({ data }) => this.#receive(data);
        // The close that follows says as much. Node's `ws` would end the process without a listener.
        socket.onerror = () => { };
        socket.onclose = ({ code, reason }) => {
            this.#socket = undefined;
            // A server that refuses, or accepts and closes at once, is asked less and less often.
            if (Date.now() - opened >= (this.#options.resetAfter ?? 10_000))
                this.#attempt = 0;
            this.#end(code, reason);
        };
    }
    #receive(data) {
        let value = typeof data === "string" ? data : new Uint8Array(data);
        try {
            // Bytes are no JSON, and neither is their text.
            if (this.#endpoint.receivesJson)
                value = JSON.parse(String(data));
        }
        catch (cause) {
            return this.#fail({ cause, data });
        }
        if (!this.#endpoint.tracked)
            return void this.onMessage[CALL](value);
        const { position, message, recovered, lost } = Object(value);
        this.#position = position ?? this.#position;
        if (message !== undefined)
            this.onMessage[CALL](message);
        else if (recovered !== undefined)
            this.onRecovery[CALL]({ recovered });
        else if (lost !== undefined)
            this.onRecovery[CALL]({ lost });
    }
    #end(code, reason) {
        if (this.#state === "closed")
            return;
        const { reconnect = true, maxAttempts = Infinity, minDelay = 500, maxDelay = 30_000 } = this.#options;
        const { about, final: isFinal = ![1001, 1006, 1011, 1012, 1013, 1014].includes(code) } = (this.#endpoint.closes[code] ?? {});
        const closed = { code, reason, about, final: this.#left || !reconnect || isFinal || this.#attempt >= maxAttempts };
        if (closed.final)
            this.#finish(closed);
        else
            this.#timer = setTimeout(() => this.#connect(), Math.min(maxDelay, minDelay * 2 ** this.#attempt++) * (0.5 + Math.random() / 2));
        // The listeners may close the connection, so they are called when everything else is done.
        this.#set(closed.final ? "closed" : "waiting");
        this.onClose[CALL](closed);
    }
    #fail(failure) { if (!this.onError[CALL](failure))
        console.error(failure.cause); }
    #set(state) {
        if (this.#state === state)
            return;
        this.#state = state;
        if (state === "closed") {
            this.#queued = [];
            clearTimeout(this.#timer);
        }
        this.onState[CALL](state);
    }
}
const OPEN = 1, CALL = Symbol();
/** Makes a function that adds a listener. What a listener throws is reported, and does not keep the connection from going on. */
function event() {
    const all = new Set();
    return Object.assign((listener) => (all.add(listener), () => void all.delete(listener)), {
        // Returns how many there are.
        [CALL]: (value) => [...all].map((listener) => {
            try {
                if (all.has(listener))
                    listener(value);
            }
            catch (error) {
                queueMicrotask(() => { throw error; });
            }
        }).length,
    });
}
/** Returns a value as a segment of a path, or several as segments. */
function segments(value) {
    const texts = [value].flat().map(String);
    // They are resolved even if they are encoded (URL Standard, "double-dot URL path segment").
    if (texts.some((text) => text === "." || text === ".."))
        throw new TypeError("`.` and `..` cannot be segments of a path");
    return texts.map(encodeURIComponent).join("/");
}
function urlOf(endpoint, base, more) {
    const url = new URL(base ?? globalThis.location.origin);
    const all = [...endpoint.query.filter(([name]) => !Object.hasOwn(more, name)), ...Object.entries(more)];
    const query = all.flatMap(([name, value]) => (value === undefined ? [] : [value].flat()).map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`));
    const path = url.pathname.replace(/\/$/, "") + endpoint.path;
    return `${url.protocol.replace(/^http/, "ws")}//${url.host}${path}${query.length ? `?${query.join("&")}` : ""}`;
}
