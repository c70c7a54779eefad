"use strict";
(() => {
// ---- What the page knows -------------------------------------------------------------------------------------------------

const app = JSON.parse(document.getElementById("data").textContent);
const schemes = { "http:": "ws:", "https:": "wss:" };
const base = `${schemes[location.protocol] || "ws:"}//${location.host}`;
const MAX_LOG = 500;

// The names of RFC 6455, section 7.4.1, of the IANA registry, and what a client should do.
const CODES = {
  1000: ["normal closure", "The conversation is complete. Do not reconnect by yourself."],
  1001: ["going away", "The server shuts down or restarts. Reconnect after a short, random delay."],
  1002: ["protocol error", "The client broke the rules of the protocol. This is a bug in the client; do not retry."],
  1003: ["unsupported data", "The endpoint does not take this kind of message. Send the kind that it names; do not retry as it is."],
  1005: ["no status", "The peer closed without a code."],
  1006: ["abnormal closure", "No Close frame arrived: the handshake was refused over HTTP, or the network or a proxy cut the connection. The browser tells the page no more; its network panel and the server's log do. Reconnect with growing delays."],
  1007: ["invalid payload", "A message was not what the endpoint expects, such as text that is no valid JSON. Correct the message; do not retry as it is."],
  1008: ["policy violation", "The server refuses this request as it is. Correct the parameters or sign in; do not retry as it is."],
  1009: ["message too big", "A message was larger than the endpoint takes. Send smaller ones."],
  1010: ["mandatory extension", "The server did not agree to an extension that the client needs. Do not retry."],
  1011: ["internal error", "The server failed. Retry later, with growing delays."],
  1012: ["service restart", "The server restarts. Reconnect after a random delay of a few seconds."],
  1013: ["try again later", "The server has no room now. Retry later, with growing delays."],
  1014: ["bad gateway", "A gateway got an invalid answer from the server behind it. Retry later."],
  1015: ["TLS failure", "The TLS handshake failed. Check the certificate."],
  3000: ["unauthorized", "Sign in, and connect again."],
  3003: ["forbidden", "The client may not use this endpoint. Do not retry."],
  3008: ["timeout", "Something took too long. Retry."],
};

function inWords(code) {
  if (CODES[code]) return CODES[code];
  if (code >= 4000) return ["application code", "This code is the application's own. Its reason says more."];
  return ["registered code", "This code belongs to a library or framework."];
}

// The reason of a described close, or nothing if it is decided at run time.
const reasonOf = ({ reason }) => (reason && (reason.text ?? reason.template)) || "";

function kindOf(code) {
  if (code === 1000 || code === 1005) return "good";
  return code === 1001 || code === 1012 ? "" : "bad";
}

// ---- Elements ------------------------------------------------------------------------------------------------------------

function make(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes("-") && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const pretty = (value) => JSON.stringify(value, null, 2);
const bytesOf = (text) => new TextEncoder().encode(text).length;
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

function copyButton(text, label) {
  const button = make("button", { type: "button", className: "small", "aria-label": label }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  return button;
}

// ---- Schemas -------------------------------------------------------------------------------------------------------------

// The definitions are where references look for them.
const root = { components: { schemas: app.schemas || {} } };

function resolve(schema) {
  let found = schema;
  for (let hops = 0; found && typeof found === "object" && found.$ref && hops < 16; hops++) {
    found = found.$ref.replace(/^#\/?/, "").split("/").filter(Boolean)
      .reduce((at, key) => (at ? at[key.replace(/~1/g, "/").replace(/~0/g, "~")] : undefined), root);
  }
  return found;
}

const alternatives = (schema) => schema.oneOf || schema.anyOf;

// A value that a schema allows: its own example if it has one, else one that is made up.
function example(schema, depth = 0) {
  const found = resolve(schema);
  if (found === undefined || typeof found === "boolean" || depth > 6) return null;
  if (found.examples && found.examples.length) return found.examples[0];
  if ("default" in found) return found.default;
  if ("const" in found) return found.const;
  if (found.enum) return found.enum[0];
  const inner = (part) => example(part, depth + 1);
  let made;
  if (alternatives(found)) {
    const parts = alternatives(found);
    made = inner(parts.find((part) => (resolve(part) || {}).type !== "null") || parts[0]);
  }
  if (found.allOf) {
    const values = found.allOf.map(inner);
    made = values.every((value) => value && typeof value === "object") ? Object.assign({}, ...values) : values[0];
  }
  const type = Array.isArray(found.type) ? found.type.find((one) => one !== "null") : found.type;
  if (found.properties || (type === "object" && made === undefined)) {
    made = made && typeof made === "object" ? { ...made } : {};
    for (const [name, part] of Object.entries(found.properties || {})) made[name] = inner(part);
    if (!found.properties && found.additionalProperties && typeof found.additionalProperties === "object") {
      made.key = inner(found.additionalProperties);
    }
    return made;
  }
  if (made !== undefined) return made;
  switch (type) {
    case "string": return { uuid: "67e55044-10b1-426f-9247-bb680e5fe0c8", "date-time": "2026-01-31T12:00:00Z", date: "2026-01-31" }[found.format]
      || "text".padEnd(found.minLength || 0, "t").slice(0, found.maxLength || 99);
    case "integer":
    case "number": return Math.min(Math.max(1, found.minimum ?? 1, (found.exclusiveMinimum ?? 0) + 1), found.maximum ?? Infinity);
    case "boolean": return true;
    case "array": {
      if (Array.isArray(found.items)) return found.items.map(inner);
      return Array.from({ length: Math.max(1, Math.min(found.minItems || 1, 8)) }, () => inner(found.items ?? true));
    }
    default: return null;
  }
}

// The examples of a message: one for each variant.
function examplesOf(message) {
  const found = resolve(message.schema);
  if (!found || typeof found !== "object") return [];
  if (found.examples && found.examples.length) return found.examples.map((value, index) => [`example ${index + 1}`, value]);
  const parts = alternatives(found);
  if (!parts) return Object.keys(found).length ? [["example", example(found)]] : [];
  return parts.flatMap((part, index) => {
    const own = resolve(part) || {};
    const value = example(part);
    if (own.enum && !own.properties) return own.enum.map((one) => [String(one), one]);
    const names = Object.keys(own.properties || {});
    const tag = names.map((name) => own.properties[name].const ?? (own.properties[name].enum || [])[0]).find((one) => typeof one === "string");
    return [[own.title || tag || (names.length === 1 && names[0]) || `variant ${index + 1}`, value]];
  });
}

// The definitions that a schema needs, for readers of it.
function definitions(schema) {
  const found = {};
  const visit = (part) => {
    if (!part || typeof part !== "object") return;
    const name = typeof part.$ref === "string" && part.$ref.replace("#/components/schemas/", "");
    if (name && !found[name] && root.components.schemas[name]) {
      found[name] = root.components.schemas[name];
      visit(found[name]);
    }
    Object.values(part).forEach(visit);
  };
  visit(schema);
  return Object.keys(found).length ? { definitions: found } : {};
}

function constraintsOf(schema) {
  const words = [];
  const says = (key, text) => { if (schema[key] !== undefined) words.push(`${text} ${schema[key]}`); };
  says("minimum", "≥");
  says("exclusiveMinimum", ">");
  says("maximum", "≤");
  says("exclusiveMaximum", "<");
  says("multipleOf", "multiple of");
  says("minLength", "at least characters:");
  says("maxLength", "at most characters:");
  says("pattern", "matches");
  if (schema.enum) words.push(`one of ${schema.enum.join(", ")}`);
  return words;
}

// Says what is wrong with a text, as far as the page can tell. The server decides.
function complaint(text, schema) {
  const types = [].concat(schema.type || []);
  const number = types.includes("integer") || types.includes("number");
  if (types.includes("integer") && !/^[+-]?\d+$/.test(text)) return "not an integer";
  if (number && (text.trim() === "" || Number.isNaN(Number(text)))) return "not a number";
  if (number) {
    const value = Number(text);
    if (value < schema.minimum || value <= schema.exclusiveMinimum) return "too small";
    if (value > schema.maximum || value >= schema.exclusiveMaximum) return "too large";
    return "";
  }
  if (types.includes("boolean") && !/^(true|false|1|0|on|off|yes|no|y|n|t|f)$/i.test(text)) return "not a boolean";
  const length = [...text].length;
  if (length < schema.minLength) return "too short";
  if (length > schema.maxLength) return "too long";
  if (schema.enum && !schema.enum.map(String).includes(text)) return "not one of the values";
  if (schema.pattern) {
    try {
      if (!new RegExp(schema.pattern, "u").test(text)) return "does not match the pattern";
    } catch { /* The server's regular expressions know more than the browser's. */ }
  }
  return "";
}

// ---- The form of an endpoint's parameters --------------------------------------------------------------------------------

const SOURCES = {
  path: "Path", rest: "Path", query: "Query", cookie: "Cookies", header: "Headers",
};

class Field {
  constructor(parameter, changed) {
    this.parameter = parameter;
    this.schema = parameter.schema && typeof parameter.schema === "object" ? parameter.schema : {};
    this.item = resolve(this.schema) || {};
    this.changed = changed;
    this.inputs = [];
    this.id = `p-${parameter.source}-${parameter.wire_name}`;
    this.node = this.render();
    this.node.classList.toggle("off", Boolean(this.sent));
  }

  // Returns the texts to send. None means that the parameter is absent.
  values() {
    if (this.sent && !this.sent.checked) return [];
    return this.inputs.map((input) => input.value);
  }

  render() {
    const { parameter, item } = this;
    const many = parameter.shape === "many";
    const { required } = parameter;
    const tags = [[].concat(item.format || item.type || []).join(" or "), ...constraintsOf(item)].filter(Boolean);
    if (parameter.default_is_computed) tags.push("default made anew");
    else if (parameter.default !== null) tags.push(`default ${parameter.default}`);
    this.problem = make("small", { className: "err", id: `${this.id}-err` });
    this.box = make("div", { className: many ? "many" : "" });
    if (!required) {
      this.sent = make("input", { type: "checkbox", onchange: () => this.update() });
    }
    const start = item.enum ? item.enum[0] : item.type === "boolean" ? "true" : "";
    const first = required && !item.enum ? example(item) : start;
    if (!many || first !== "") this.add(first === null ? "" : String(first));
    if (many) {
      this.more = make("button", { type: "button", className: "small fit", onclick: () => { this.touch(); this.add(start === "" ? "" : String(start)).focus(); this.update(); } }, "Add a value");
    }
    const cookie = parameter.source === "cookie";
    return make("div", { className: "field" },
      make("div", { className: "label" },
        make("label", { htmlFor: many ? undefined : this.id },
          make("span", { className: "mono" }, parameter.wire_name),
          ...tags.map((tag) => make("span", { className: "tag" }, tag)),
          required && make("span", { className: "tag" }, "required")),
        this.sent && make("label", { className: "check" }, this.sent, cookie ? "set" : "send")),
      parameter.docs && make("small", { className: "docs" }, parameter.docs),
      this.box,
      this.more,
      this.problem);
  }

  add(value) {
    const { item, parameter } = this;
    const options = item.enum || (item.type === "boolean" ? [true, false] : undefined);
    const single = this.inputs.length === 0 && parameter.shape !== "many";
    const props = {
      id: single ? this.id : `${this.id}-${this.inputs.length}`,
      "aria-describedby": `${this.id}-err`,
      "aria-label": single ? undefined : `${parameter.wire_name}, value ${this.inputs.length + 1}`,
      spellcheck: false,
      autocomplete: "off",
      oninput: () => { this.touch(); this.update(); },
    };
    let input;
    if (options) {
      input = make("select", props, options.map((one) => make("option", { value: String(one) }, String(one))));
    } else {
      const number = item.type === "integer" || item.type === "number";
      input = make("input", { ...props, type: parameter.credential ? "password" : "text", inputMode: number ? "decimal" : "text" });
    }
    input.value = value;
    this.inputs.push(input);
    if (parameter.shape === "many") {
      const remove = make("button", { type: "button", className: "small", "aria-label": `Remove a value of ${parameter.wire_name}` }, "Remove");
      const row = make("div", {}, input, remove);
      remove.addEventListener("click", () => {
        this.inputs = this.inputs.filter((one) => one !== input);
        row.remove();
        this.update();
      });
      this.box.append(row);
    } else {
      this.box.append(input);
    }
    return input;
  }

  touch() {
    if (this.sent) this.sent.checked = true;
  }

  update() {
    this.node.classList.toggle("off", Boolean(this.sent && !this.sent.checked));
    this.mark("");
    for (const input of this.inputs) {
      const wrong = this.sent && !this.sent.checked ? "" : complaint(input.value, this.item);
      if (wrong) this.mark(`${wrong}: the server will refuse it`);
    }
    this.changed();
  }

  mark(text) {
    this.problem.textContent = text;
    for (const input of this.inputs) {
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }
}

function fillPath(path, fields) {
  return path.replace(/<([^<>]+?)(\.\.)?>/g, (_, name, rest) => {
    const field = fields.find((one) => one.parameter.wire_name === name && SOURCES[one.parameter.source] === "Path");
    const values = field ? field.values() : [];
    if (!rest) return encodeURIComponent(values.length ? values[0] : "");
    return values.flatMap((value) => value.split("/")).map(encodeURIComponent).join("/");
  });
}

function urlOf(endpoint, fields) {
  const pairs = fields.filter((field) => field.parameter.source === "query")
    .flatMap((field) => field.values().map((value) => `${encodeURIComponent(field.parameter.wire_name)}=${encodeURIComponent(value)}`));
  return base + fillPath(endpoint.path, fields) + (pairs.length ? `?${pairs.join("&")}` : "");
}

const valuesFrom = (fields, source) => fields.filter((field) => field.parameter.source === source)
  .flatMap((field) => field.values().map((value) => [field.parameter.wire_name, value]));

// ---- The same connection in other programs -------------------------------------------------------------------------------

const shell = (text) => `'${String(text).replace(/'/g, "'\\''")}'`;
const quoted = (text) => JSON.stringify(String(text));

function headersOf(fields) {
  const cookies = valuesFrom(fields, "cookie").map(([name, value]) => `${name}=${value}`).join("; ");
  return [...valuesFrom(fields, "header"), ...(cookies ? [["cookie", cookies]] : [])];
}

const PROGRAMS = {
  wscat: (url, protocol, headers) => ["wscat", ...headers.map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`),
    ...(protocol ? [`-s ${shell(protocol)}`] : []), `-c ${shell(url)}`].join(" "),
  websocat: (url, protocol, headers) => ["websocat", ...headers.map(([name, value]) => `-H=${shell(`${name}: ${value}`)}`),
    ...(protocol ? [`--protocol=${shell(protocol)}`] : []), shell(url)].join(" "),
  Python: (url, protocol, headers, text) => `# pip install websockets
from websockets.sync.client import connect
from websockets.exceptions import ConnectionClosed

with connect(
    ${quoted(url)},${protocol ? `\n    subprotocols=[${quoted(protocol)}],` : ""}${headers.length ? `\n    additional_headers=[${headers.map(([name, value]) => `(${quoted(name)}, ${quoted(value)})`).join(", ")}],` : ""}
) as ws:
    try:
        ws.send(${quoted(text)})
        print(ws.recv())
    except ConnectionClosed as closed:
        print(closed.rcvd)
`,
  JavaScript: (url, protocol, headers, text) => `${headers.length ? `// A browser sends its own cookies and cannot set other headers: ${headers.map(([name]) => name).join(", ")}\n` : ""}const ws = new WebSocket(${quoted(url)}${protocol ? `, ${quoted(protocol)}` : ""});
ws.onopen = () => ws.send(${quoted(text)});
ws.onmessage = ({ data }) => console.log(data);
ws.onclose = ({ code, reason }) => console.log(code, reason);
`,
  Rust: (url, protocol, headers, text) => `// cargo add ws-runtime --features client
use ws_runtime::client::Client;

let mut ws: Client = Client::builder(${quoted(url)})${protocol ? `\n    .subprotocols([${quoted(protocol)}])` : ""}${headers.map(([name, value]) => `\n    .header(${quoted(name)}, ${quoted(value)})`).join("")}
    .connect()
    .await?;
ws.send_text(${quoted(text)}).await?;
println!("{:?}", ws.recv().await?);
`,
};

// ---- The log -------------------------------------------------------------------------------------------------------------

function hexOf(buffer) {
  const bytes = new Uint8Array(buffer);
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, 4096); at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  if (bytes.length > 4096) lines.push(`… ${bytes.length - 4096} bytes more`);
  return lines.join("\n");
}

class Log {
  constructor() {
    this.list = make("ol", { id: "log", role: "log", "aria-live": "polite", "aria-label": "Messages", tabIndex: 0 });
    this.raw = make("input", { type: "checkbox", onchange: () => this.redraw() });
    this.clear();
  }

  clear() {
    this.list.replaceChildren(make("li", { className: "empty", role: "presentation" }, "Nothing yet. Connect, and send a message."));
  }

  add(className, who, body, bytes, data) {
    for (const empty of this.list.querySelectorAll(".empty")) empty.remove();
    const { list } = this;
    const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const now = new Date();
    const time = `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, "0")}`;
    const meta = make("div", { className: "meta" }, make("b", {}, who), make("time", { dateTime: now.toISOString() }, time),
      bytes === undefined ? null : make("span", {}, size(bytes)));
    const item = make("li", { className }, meta, body);
    if (data !== undefined) {
      item.dataset.text = data;
      meta.append(copyButton(() => data, "Copy this message"));
      this.show(item);
    }
    list.append(item);
    while (list.children.length > MAX_LOG) list.firstElementChild.remove();
    if (follows) list.scrollTop = list.scrollHeight;
  }

  message(className, who, data) {
    if (typeof data === "string") this.add(className, who, make("pre"), bytesOf(data), data);
    else this.add(className, `${who}, binary`, make("pre", {}, hexOf(data)), data.byteLength);
  }

  note(text) {
    this.add("note", "Note", make("div", {}, text));
  }

  show(item) {
    const text = item.dataset.text;
    let shown = text;
    if (!this.raw.checked) {
      try {
        // Numbers that a JavaScript number cannot hold would be shown wrong.
        if (/^\s*[[{]/.test(text) && !/\d{16}/.test(text)) shown = pretty(JSON.parse(text));
      } catch { /* It is not JSON. */ }
    }
    item.querySelector("pre").textContent = shown;
  }

  redraw() {
    for (const item of this.list.children) if (item.dataset.text !== undefined) this.show(item);
  }
}

// ---- One endpoint --------------------------------------------------------------------------------------------------------

let current;

class Page {
  constructor(endpoint) {
    this.endpoint = endpoint;
    this.log = new Log();
    this.tries = 0;
    this.fields = endpoint.parameters.filter((one) => SOURCES[one.source]).map((one) => new Field(one, () => this.changed()));
    this.node = this.render();
    this.changed();
    this.state("closed", "Not connected");
  }

  render() {
    const { endpoint } = this;
    const route = make("p", { className: "route" }, ...endpoint.path.split(/(<[^<>]+>)/)
      .map((part) => (part.startsWith("<") ? make("b", {}, part) : part)));
    return [
      make("section", { className: "card head" }, make("h2", {}, endpoint.name), route,
        endpoint.docs && make("p", { className: "docs" }, endpoint.docs)),
      make("div", { className: "two" },
        this.renderConnect(), make("div", { className: "stack" }, this.renderCompose(), this.renderLog())),
      this.renderMessages(), this.renderCloses(), this.renderCopy(),
    ];
  }

  renderConnect() {
    const { endpoint } = this;
    this.pill = make("span", { className: "pill", role: "status" });
    this.url = make("output", { className: "url", "aria-label": "Address" });
    this.connectButton = make("button", { className: "main", id: "connect" }, "Connect");
    this.again = make("input", { type: "checkbox" });
    if (endpoint.subprotocols.length) {
      this.protocol = make("select", { id: "subprotocol", onchange: () => this.changed() },
        endpoint.subprotocols.map((one) => make("option", { value: one }, one)), make("option", { value: "" }, "none"));
    }
    const notes = {
      Cookies: "This page sets these cookies for this site before it connects. The browser sends others, such as a session that you are signed in to, by itself.",
      Headers: "A browser cannot set headers of a WebSocket. The programs below send these; this page sends the browser's own.",
    };
    const groups = ["Path", "Query", "Cookies", "Headers"].map((group) => {
      const fields = this.fields.filter((field) => SOURCES[field.parameter.source] === group);
      return fields.length ? make("fieldset", {}, make("legend", {}, group), notes[group] && make("small", { className: "dim" }, notes[group]), ...fields.map((field) => field.node)) : null;
    });
    return make("form", { className: "card", onsubmit: (event) => { event.preventDefault(); this.toggle(); } },
      make("div", { className: "bar" }, make("h3", { className: "grow" }, "Connection"), this.pill),
      ...groups,
      this.protocol && make("div", { className: "field" }, make("label", { htmlFor: "subprotocol" }, "Subprotocol"), this.protocol),
      this.url,
      make("div", { className: "bar" }, this.connectButton,
        make("label", { className: "check" }, this.again, "reconnect by itself")));
  }

  renderCompose() {
    const message = this.endpoint.receives;
    const json = message.codec === "json";
    const examples = examplesOf(message);
    this.text = make("textarea", { id: "message", spellcheck: false, rows: 7, "aria-describedby": "message-err", oninput: () => this.changed(),
      onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.send(); } } });
    this.text.value = examples.length && json ? pretty(examples[0][1]) : json ? "{}" : message.text ? "hi" : "68 69";
    this.problem = make("small", { className: "err", id: "message-err", role: "status" });
    this.as = make("select", { className: "fit", id: "as", "aria-label": "Send as", onchange: () => this.changed() },
      make("option", { value: "text" }, json ? "JSON text" : "text"), make("option", { value: "binary" }, "binary, as hex"));
    if (!message.text) this.as.value = "binary";
    const pick = examples.length > 1 && make("select", { className: "fit", "aria-label": "Insert an example",
      onchange: (event) => { this.text.value = pretty(examples[event.target.value][1]); this.as.value = "text"; this.changed(); } },
      examples.map(([name], index) => make("option", { value: index }, name)));
    this.sendButton = make("button", { type: "button", className: "main", id: "send", onclick: () => this.send() }, "Send");
    this.code = make("input", { className: "code", id: "close-code", type: "text", inputMode: "numeric", value: "1000", "aria-label": "Close code: 1000, or 3000 to 4999" });
    this.reason = make("input", { className: "grow fit", id: "close-reason", type: "text", placeholder: "reason", "aria-label": "Close reason, at most 123 bytes" });
    this.closeButton = make("button", { type: "button", id: "close", onclick: () => this.close() }, "Close");
    return make("section", { className: "card" },
      make("h3", {}, "Send"),
      make("div", { className: "field" },
        make("label", { htmlFor: "message" }, "Message", pick), this.text, this.problem),
      make("div", { className: "bar" }, this.sendButton, this.as, make("span", { className: "dim" }, "Ctrl + Enter")),
      make("div", { className: "bar" }, this.code, this.reason, this.closeButton));
  }

  renderLog() {
    return make("section", { className: "card" },
      make("div", { className: "bar" }, make("h3", { className: "grow" }, "Log"),
        make("label", { className: "check" }, this.log.raw, "raw"),
        make("button", { type: "button", className: "small", onclick: () => this.log.clear() }, "Clear")),
      this.log.list);
  }

  renderMessages() {
    const { receives, sends } = this.endpoint;
    const part = (title, message) => {
      const found = resolve(message.schema);
      const known = found && typeof found === "object" && Object.keys(found).length > 0;
      const kinds = [message.text && "text", message.binary && "binary"].filter(Boolean).join(" or ");
      const form = { json: "JSON", msgpack: "MessagePack", plain: "Anything" }[message.codec] || message.codec;
      return make("div", { className: "stack" }, make("h3", {}, title),
        make("p", {}, `${form}, as ${kinds} messages`, message.type_name && make("span", {}, ": ", make("code", {}, message.type_name))),
        known && found.description && make("p", { className: "docs dim" }, found.description),
        known && make("details", {}, make("summary", {}, "Examples"), make("pre", { className: "box" }, examplesOf(message).map(([, value]) => pretty(value)).join("\n\n"))),
        known && make("details", {}, make("summary", {}, "Schema"), make("pre", { className: "box" }, pretty({ ...found, ...definitions(found) }))));
    };
    return make("section", { className: "card" }, make("div", { className: "two" },
      part("The server receives", receives), part("The server sends", sends)));
  }

  renderCloses() {
    const rows = this.endpoint.closes.map((close) => {
      const [name, advice] = close.code ? inWords(close.code) : ["decided at run time", "The code and its reason say more."];
      const docs = close.docs || `${name[0].toUpperCase()}${name.slice(1)}.`;
      return make("tr", {}, make("td", {}, close.code ? String(close.code) : "any"),
        make("td", {}, reasonOf(close) || name),
        make("td", {}, docs, close.status ? make("span", { className: "dim" }, ` Before accept: HTTP ${close.status}.`) : null),
        make("td", { className: "dim" }, advice));
    });
    return make("section", { className: "card" }, make("h3", {}, "How it closes"),
      make("div", { className: "scroll" }, make("table", { className: "closes" },
        make("thead", {}, make("tr", {}, ...["Code", "Reason", "When", "What a client should do"].map((text) => make("th", { scope: "col" }, text)))),
        make("tbody", {}, rows))));
  }

  renderCopy() {
    this.program = "wscat";
    this.source = make("pre", { className: "box", id: "source", tabIndex: 0 });
    const tabs = Object.keys(PROGRAMS).map((name) => make("button", {
      type: "button", role: "tab", "aria-selected": String(name === this.program), "aria-controls": "source",
      onclick: (event) => {
        this.program = name;
        for (const tab of event.target.parentNode.children) tab.setAttribute("aria-selected", String(tab === event.target));
        this.changed();
      },
      onkeydown: (event) => {
        const step = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
        if (step && event.target[step]) { event.target[step].focus(); event.target[step].click(); }
      },
    }, name));
    return make("section", { className: "card" },
      make("div", { className: "bar" }, make("h3", { className: "grow" }, "Copy as"), copyButton(() => this.source.textContent, "Copy this program")),
      make("div", { className: "bar", role: "tablist", "aria-label": "Programs" }, ...tabs), this.source);
  }

  // What was typed has changed.
  changed() {
    if (!this.source) return;
    const url = urlOf(this.endpoint, this.fields);
    this.url.textContent = url;
    this.source.textContent = PROGRAMS[this.program](url, this.protocol ? this.protocol.value : "", headersOf(this.fields), this.text.value);
    this.wrong = "";
    if (this.as.value === "binary") {
      if (!/^(\s*[0-9a-f]{2})*\s*$/i.test(this.text.value)) this.wrong = "write two hexadecimal digits for each byte";
    } else if (this.endpoint.receives.codec === "json") {
      try { JSON.parse(this.text.value); } catch (error) { this.wrong = `invalid JSON: ${error.message}`; }
    }
    this.problem.textContent = this.wrong;
    if (this.wrong) this.text.setAttribute("aria-invalid", "true");
    else this.text.removeAttribute("aria-invalid");
  }

  state(state, text) {
    this.now = state;
    this.pill.className = `pill ${{ open: "open", connecting: "wait" }[state] || ""}`;
    this.pill.textContent = text;
    this.connectButton.textContent = state === "closed" ? "Connect" : state === "waiting" ? "Stop" : "Disconnect";
    this.sendButton.disabled = this.closeButton.disabled = state !== "open";
  }

  toggle() {
    if (this.now === "closed") { this.tries = 0; this.connect(); } else this.leave();
  }

  leave() {
    clearTimeout(this.timer);
    if (this.now === "waiting") this.state("closed", "Not connected");
    else if (this.socket) { this.left = true; this.socket.close(1000); }
  }

  connect() {
    for (const field of this.fields) field.update();
    for (const field of this.fields.filter((one) => one.parameter.source === "cookie")) {
      const [value] = field.values();
      const name = field.parameter.wire_name;
      if (value === undefined) document.cookie = `${name}=; path=/; max-age=0; samesite=strict`;
      else document.cookie = `${name}=${value}; path=/; samesite=strict`;
      if (value !== undefined && !document.cookie.split("; ").includes(`${name}=${value}`)) {
        this.log.note(`The browser did not take the cookie ${name}: it may be one that pages cannot change (HttpOnly), or have a character that cookies cannot have.`);
      }
    }
    const url = urlOf(this.endpoint, this.fields);
    const protocol = this.protocol && this.protocol.value;
    let socket;
    try {
      socket = protocol ? new WebSocket(url, protocol) : new WebSocket(url);
    } catch (error) {
      this.log.note(`Not connected: ${error.message}`);
      return;
    }
    this.socket = socket;
    this.left = false;
    socket.binaryType = "arraybuffer";
    this.state("connecting", "Connecting …");
    this.opened = 0;
    socket.onopen = () => {
      this.opened = performance.now();
      this.log.note(`Connected to ${url}${socket.protocol ? `, subprotocol ${socket.protocol}` : ""}`);
      this.state("open", "Connected");
    };
    socket.onmessage = ({ data }) => { this.tries = 0; this.log.message("received", "Received", data); };
    socket.onclose = (event) => this.closed(event);
  }

  closed({ code, reason }) {
    this.socket = undefined;
    const same = this.endpoint.closes.filter((close) => close.code === code);
    const known = same.find((close) => reasonOf(close) === reason) || (same.length === 1 ? same[0] : undefined);
    const [name, advice] = inWords(code);
    const details = this.explain(reason);
    this.log.add(`closed ${kindOf(code)}`, this.left ? "Closed by this page" : "Closed", make("div", {},
      make("h4", {}, `${code} ${name}`),
      reason && !details ? make("p", {}, reason) : null,
      details,
      known && known.docs ? make("p", {}, known.docs) : null,
      code === 1006 && !this.opened ? make("p", {}, "The connection was never open, so the server most likely answered over HTTP: 403 for a wrong origin, 404 for an unknown path, 503 while it is full or shuts down.") : null,
      make("p", { className: "dim" }, advice)));
    const again = this.again.checked && !this.left && (kindOf(code) === "" || [1006, 1011, 1013, 1014].includes(code));
    if (!again) { this.state("closed", `Closed: ${code}`); return; }
    // An early close after accept does not start the delays anew: only a message or ten seconds do.
    if (this.opened && performance.now() - this.opened > 10000) this.tries = 0;
    const delay = Math.min(30000, 500 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    this.state("waiting", `Reconnecting in ${(delay / 1000).toFixed(1)} s`);
    this.timer = setTimeout(() => this.connect(), delay);
  }

  // A reason of a refused parameter is a list of `{"type", "loc"}`: it is shown as words, and at the fields.
  explain(reason) {
    let errors;
    try { errors = JSON.parse(reason); } catch { return null; }
    if (!Array.isArray(errors) || !errors.length || !errors.every((one) => one && one.type && Array.isArray(one.loc))) {
      return make("pre", { className: "box" }, pretty(errors));
    }
    for (const { type, loc } of errors) {
      const field = this.fields.find((one) => one.parameter.source === loc[0] && one.parameter.wire_name === loc[1]);
      if (field) field.mark(`the server says: ${type}`);
    }
    return make("div", {}, make("ul", { className: "plain" }, errors.map(({ type, loc }) => make("li", {}, make("code", {}, loc.join(".")), `: ${type.replace(/_/g, " ")}`))),
      make("pre", { className: "box" }, reason));
  }

  send() {
    this.changed();
    if (this.now !== "open" || this.wrong) { this.text.focus(); return; }
    let data = this.text.value;
    if (this.as.value === "binary") {
      data = new Uint8Array((data.match(/[0-9a-f]{2}/gi) || []).map((byte) => parseInt(byte, 16))).buffer;
    } else if (this.endpoint.receives.codec === "json" && !/\d{16}/.test(data)) {
      data = JSON.stringify(JSON.parse(data));
    }
    this.socket.send(data);
    this.log.message("sent", "Sent", data);
  }

  close() {
    const code = Number(this.code.value);
    try {
      this.socket.close(code, this.reason.value);
      this.left = true;
    } catch {
      this.log.note("A browser may close with 1000 or with 3000 to 4999, and with a reason of at most 123 bytes.");
    }
  }
}

// ---- The list of endpoints -----------------------------------------------------------------------------------------------

const list = document.getElementById("list");
const main = document.getElementById("main");
document.getElementById("title").textContent = app.info.title || "WebSocket endpoints";
document.getElementById("summary").textContent = app.info.description || `${app.endpoints.length} ${app.endpoints.length === 1 ? "endpoint" : "endpoints"} at ${base}`;
for (const [text, href] of app.links || []) document.getElementById("links").append(make("a", { href }, text));

const pages = new Map();
// As the browser writes it in the address, so that both can be compared.
const hashOf = (endpoint) => `#${encodeURI(endpoint.path)}`;
for (const endpoint of app.endpoints) {
  list.append(make("li", {}, make("a", { href: hashOf(endpoint) }, make("b", {}, endpoint.name), make("span", {}, endpoint.path))));
}

function show(moved) {
  const endpoint = app.endpoints.find((one) => hashOf(one) === location.hash) || app.endpoints[0];
  if (!endpoint) { main.replaceChildren(make("p", { className: "card" }, "This app has no endpoints.")); return; }
  if (current && current.endpoint !== endpoint) current.leave();
  if (!pages.has(endpoint)) pages.set(endpoint, new Page(endpoint));
  current = pages.get(endpoint);
  main.replaceChildren(...current.node);
  for (const link of list.querySelectorAll("a")) {
    if (link.hash === hashOf(endpoint)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.title = `${endpoint.name} · ${app.info.title || "WebSocket endpoints"}`;
  if (moved) main.focus();
}

document.getElementById("find").addEventListener("input", ({ target }) => {
  const text = target.value.toLowerCase();
  for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(text);
});
window.addEventListener("hashchange", () => show(true));
show(false);
})();
