// Tests that schemas and TypeScript's types tell the truth: they accept what serde writes, and serde reads what is made from
// schemas. Arguments: the program `sampled`, the directory of packages, a directory for files, a seed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";

const [program, packages, directory, seed] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const Ajv = require("ajv");
const COUNT = 60;

function run(given, input = "") {
  const done = spawnSync(program, given, { input, encoding: "utf8", maxBuffer: 1e9 });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

const all = JSON.parse(run(["write", seed, `${COUNT}`]));
const names = Object.keys(all.types);
// The schemas of these begin with themselves. Neither a validator of JSON Schema nor serde comes to an end of that.
const ENDLESS = ["wrapped", "egg"];
const validated = names.filter((name) => !ENDLESS.includes(name));
const components = { schemas: all.schemas };

// Rust's formats say the range of a number, which the validator does not know.
const RANGES = { uint8: 8, uint16: 16, uint32: 32, uint64: 64, uint128: 128, uint: 64, int8: 8, int16: 16, int32: 32, int64: 64, int128: 128, int: 64 };
const ajv = new Ajv({ strict: false, allErrors: true });
for (const [format, bits] of Object.entries(RANGES)) {
  const [least, most] = format.startsWith("u") ? [0, 2 ** bits] : [-(2 ** (bits - 1)), 2 ** (bits - 1)];
  ajv.addFormat(format, { type: "number", validate: (value) => value >= least && value <= most });
}
for (const [format, pattern] of [["ip", /[.:]/], ["ipv4", /^[\d.]+$/], ["ipv6", /:/]]) ajv.addFormat(format, pattern);
for (const format of ["float", "double"]) ajv.addFormat(format, { type: "number", validate: Number.isFinite });

const validators = Object.fromEntries(names.map((name) => {
  const of = (direction) => ajv.compile({ components, allOf: [all.types[name][direction]] });
  return [name, { writes: of("writes"), reads: of("reads") }];
}));

// Returns what TypeScript says of a file beside the client.
function check(name, text) {
  writeFileSync(join(directory, "client.ts"), all.typescript);
  const file = join(directory, `${name}.ts`);
  writeFileSync(file, `import type * as client from "./client";\n${text}`);
  const options = "--strict --noUncheckedIndexedAccess --noEmit --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom";
  const tsc = join(packages, "typescript", "bin", "tsc");
  return spawnSync(process.execPath, [tsc, ...options.split(" "), file], { encoding: "utf8" }).stdout;
}

const typeOf = (name, direction) => `client.${name[0].toUpperCase()}${name.slice(1)}${direction}`;
const declare = (name, direction, texts) =>
  texts.map((text, at) => `export const ${name}${at}: ${typeOf(name, direction)} = ${text};\n`).join("");

test("the schemas accept what serde writes", () => {
  for (const name of validated) {
    for (const text of all.values[name]) {
      const { writes } = validators[name];
      assert.ok(writes(JSON.parse(text)), `${name}: ${text}: ${ajv.errorsText(writes.errors)}`);
    }
  }
});

// What the client makes of what the server writes: the messages in envelopes, or just that.
const incoming = ({ ...values }) => {
  const messages = values.tracked.map((text) => JSON.parse(text).message).filter((message) => message !== undefined);
  return { ...values, tracked: messages.map((message) => JSON.stringify(message)) };
};

test("TypeScript accepts what serde writes", () => {
  const values = incoming(all.values);
  assert.equal(check("written", names.map((name) => declare(name, "Incoming", values[name])).join("")), "");
});

test("schemas and TypeScript refuse the values of other types", () => {
  // Some values of one type are those of another, such as `null`, so each type is compared with one that is quite different.
  const wrong = [["external", "numbers"], ["internal", "tuple"], ["adjacent", "texts"], ["tree", "tuple"],
    ["numbers", "texts"], ["texts", "strict"], ["collections", "tree"], ["tuple", "map"], ["tracked", "unit"]];
  let declared = "";
  for (const [name, other] of wrong) {
    const [text] = all.values[other];
    assert.equal(validators[name].writes(JSON.parse(text)), false, `${name} of ${other}: ${text}`);
    declared += `// @ts-expect-error: it is a value of ${other}.\n${declare(name, "Incoming", [text])}`;
  }
  assert.equal(check("refused", declared), "");
});

// splitmix32.
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x9e3779b9) | 0;
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const several = (make) => Array.from({ length: below(4) }, make);
const text = () => several(() => pick(["a", "Z", " ", '"', "\\", "ä", "🦀", "\n"])).join("");

const STRINGS = { ip: () => pick(["::1", "10.0.0.1"]), ipv4: () => "10.0.0.1", ipv6: () => pick(["::", "fe80::1"]) };

// Makes a value of a schema, or returns `undefined` for one that gets too deep.
function make(schema, depth) {
  if (schema === true) return pick([null, 1, "a", [true]]);
  if (depth > 12) return undefined;
  if (schema.$ref) return merge([make(all.schemas[schema.$ref.split("/").pop()], depth + 1), ...others(schema, "$ref", depth)]);
  for (const key of ["oneOf", "anyOf"]) {
    if (schema[key]) return merge([make(pick(schema[key]), depth + 1), ...others(schema, key, depth)]);
  }
  if (schema.allOf) return merge([...schema.allOf.map((one) => make(one, depth + 1)), ...others(schema, "allOf", depth)]);
  if ("const" in schema) return schema.const;
  if (schema.enum) return pick(schema.enum);
  const type = Array.isArray(schema.type) ? pick(schema.type) : schema.type;
  switch (type) {
    case "null": return null;
    case "boolean": return random() < 0.5;
    case "integer": return integer(schema);
    case "number": return pick([0, -1.5, 3, below(1000) / 8]);
    case "string": return string(schema);
    case "array": return array(schema, depth);
    case "object": return object(schema, depth);
    default: return undefined;
  }
}

const others = (schema, key, depth) => {
  const { [key]: _, description, title, default: __, ...rest } = schema;
  return Object.keys(rest).length ? [make({ type: "object", ...rest }, depth)] : [];
};

// A value that all parts of a schema describe: objects are put together.
function merge(parts) {
  if (parts.includes(undefined)) return undefined;
  const objects = parts.every((part) => typeof part === "object" && part !== null && !Array.isArray(part));
  return parts.length > 1 && objects ? Object.assign({}, ...parts) : parts[0];
}

function integer({ format, minimum, maximum }) {
  const bits = Math.min(RANGES[format] ?? 32, 50);
  const least = minimum ?? (format?.startsWith("u") ? 0 : -(2 ** (bits - 1)));
  const most = maximum ?? (format?.startsWith("u") ? 2 ** bits - 1 : 2 ** (bits - 1) - 1);
  return pick([least, most, least + below(Math.min(most - least, 2 ** 31) + 1)]);
}

function string({ format, minLength, maxLength, pattern }) {
  if (pattern) return pick(["1f0e3dad99908345-42", "0000000000000000-0.1"]);
  if (format) return STRINGS[format]();
  return maxLength === 1 && minLength === 1 ? pick(["a", "ä", "🦀", '"']) : text();
}

function array({ items = true, minItems = 0, maxItems = 3, uniqueItems }, depth) {
  if (Array.isArray(items)) return whole(items.map((item) => make(item, depth + 1)));
  const made = whole(Array.from({ length: minItems + below(maxItems - minItems + 1) }, () => make(items, depth + 1)));
  // A collection ends where values get too deep.
  if (!made) return minItems === 0 ? [] : undefined;
  return uniqueItems ? [...new Set(made)] : made;
}

const whole = (values) => (values.includes(undefined) ? undefined : values);

function object({ properties = {}, required = [], additionalProperties = true, patternProperties }, depth) {
  const value = {};
  for (const [name, schema] of Object.entries(properties)) {
    if (!required.includes(name) && random() < 0.4) continue;
    const made = make(schema, depth + 1);
    if (made !== undefined) value[name] = made;
    else if (required.includes(name)) return undefined;
  }
  const more = patternProperties ? Object.values(patternProperties)[0] : additionalProperties;
  if (typeof more === "object" || patternProperties) {
    for (const _ of several(() => 0)) {
      const made = make(more, depth + 1);
      if (made !== undefined) value[patternProperties ? `${below(100)}` : `k${text()}`] = made;
    }
  }
  return value;
}

const made = {};
for (const name of validated) {
  const { reads } = validators[name];
  const values = Array.from({ length: COUNT * 3 }, () => make(all.types[name].reads, 0)).filter((value) => value !== undefined);
  // The maker knows less than the validator, such as `not`.
  made[name] = values.filter((value) => reads(value)).map((value) => JSON.stringify(value));
}

test("enough values are made from the schemas", () => {
  for (const name of validated) assert.ok(made[name].length >= COUNT / 2, `${name}: ${made[name].length}`);
});

test("serde reads what is made from schemas", () => {
  assert.equal(run(["read"], JSON.stringify(made)), "");
});

test("TypeScript accepts what is made from schemas", () => {
  assert.equal(check("made", validated.map((name) => declare(name, "Outgoing", made[name])).join("")), "");
});
