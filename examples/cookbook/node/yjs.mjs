// Two clients of `y-websocket` edit one document, and a third comes later. Prints what each has in the end, as JSON.
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const [, , url] = process.argv;

function open() {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, "notes", doc, { WebSocketPolyfill: WebSocket, disableBc: true });
  return { doc, provider, text: doc.getText("text") };
}

function until(subject, event, done) {
  return new Promise((resolve) => {
    const check = () => { if (done()) { subject.off(event, check); resolve(); } };
    subject.on(event, check);
    check();
  });
}

const [ann, ben] = [open(), open()];
await Promise.all([ann, ben].map(({ provider }) => until(provider, "sync", () => provider.synced)));
ann.provider.awareness.setLocalStateField("user", "ann");
ann.text.insert(0, "hello ");
ben.text.insert(0, "world");
const whole = ({ text }) => text.toString().length === 11;
await Promise.all([ann, ben].map((one) => until(one.doc, "update", () => whole(one))));
const present = () => [...ben.provider.awareness.getStates().values()].some(({ user }) => user === "ann");
await until(ben.provider.awareness, "change", present);

const late = open();
await until(late.provider, "sync", () => late.provider.synced);
await until(late.doc, "update", () => whole(late));
console.log(JSON.stringify({ texts: [ann, ben, late].map(({ text }) => text.toString()) }));
process.exit(0);
