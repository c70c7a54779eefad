// Uses the client beside this file. What must not compile is marked, and it is an error if it does.
import {
  type Adjacent,
  type Egg,
  type Endless,
  type Event,
  type External,
  type Hen,
  type Internal,
  type Kitchen2Code,
  type Lost,
  type Nested,
  type Untagged,
  type Wrapped,
  closesOfKitchen2,
  connectFiles,
  connectFollowed,
  connectFollowedBlindly,
  connectKitchen2,
  connectMixed,
  connectPacked,
  connectSearched,
} from "./kitchen_sink";

export const external: External[] = ["Unit", { Newtype: "small" }, { Tuple: [1, "a"] }, { Empty: [] }, { Struct: { id: 1 } }];
export const internal: Internal[] = [{ type: "leave" }, { type: "set_size", newSize: "extra-large" }, { type: "newtype", name: "a" }];
export const adjacent: Adjacent[] = [{ kind: "Unit" }, { kind: "Newtype", content: ["small"] }, { kind: "Tuple", content: [true, 1.5] }];
export const untagged: Untagged = [1, "a", [null], { named: { name: "a", nick_name: null } }];
// @ts-expect-error: there is no such size.
export const size: External = { Newtype: "tiny" };
// @ts-expect-error: a tuple has a length.
export const tuple: External = { Tuple: [1, "a", 2] };

const kitchen = connectKitchen2({ id: 2n ** 63n, size: "small", withSize: ["small"], ids: [1, 2n] }, { base: "ws://127.0.0.1:1" });
kitchen.onMessage((message) => {
  switch (message.type) {
    case "set_size": return message.newSize satisfies "small" | "extra-large";
    case "newtype": return message.name satisfies string;
    case "leave": return message satisfies { type: "leave" };
  }
});
kitchen.onClose(({ code, about }) => {
  if (code === 4001 || code === 1006) return;
  // Others may come, from a proxy for example.
  if (code === 4002) return about satisfies string | undefined;
});
export const closes: Kitchen2Code = 4001;
// @ts-expect-error: this endpoint does not close with it.
export const closesNot: Kitchen2Code = 4002;
// A table of the codes, and whether each is final.
closesOfKitchen2[4001] satisfies { final: true };
closesOfKitchen2[1013] satisfies { final: false };
// @ts-expect-error: that is what the server sends.
kitchen.send({ type: "leave" });
// @ts-expect-error: the size is missing.
connectKitchen2({ id: 1 });

connectFiles({ owner: "a" });
connectFiles({ owner: "a", rest: ["b", "c"] }).send(new Uint8Array(2));
connectSearched({ id: 1, id2: 2, fullText: "a", pageSize: 3, größe: true, sizes: ["extra-large"] }).send({ id: 1, more: "b" });
connectPacked().send(new Uint8Array(2));
// @ts-expect-error: what the server receives is not JSON.
connectMixed().send({ name: "a" });

export async function names(): Promise<string[]> {
  const names = [];
  for await (const { name } of connectMixed()) names.push(name);
  return names;
}

export const wrapped: Wrapped = null;
export const nested: Nested = [[], [[]]];
export const eggs: Egg[] = ["red", { cents: 5, with: null }, ["blue", ["green"]]];
export const hen: Hen = { cents: 1, with: "painted" };
// @ts-expect-error: nothing is a value of it.
export const endless: Endless = {};

const followed = connectFollowed({}, { token: async () => "abc", query: { since: "a-1", tags: [1, true] }, maxAttempts: 3 });
followed.onMessage((event) => event.type satisfies Event["type"]);
followed.onRecovery(({ recovered, lost }) => {
  if (lost === undefined) recovered satisfies number;
  else lost satisfies Lost;
});
followed.onError(({ cause, data }) => [cause satisfies unknown, data satisfies string | ArrayBuffer | undefined]);
export const position: string | undefined = followed.position;
// The messages do not say what they are.
connectFollowedBlindly().onMessage((message) => message satisfies unknown);
