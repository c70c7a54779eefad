/* What was said: a list of entries, and how it looks. */

import { $, face, linked, make, named, tinted } from "./dom.js";

export type Entry =
  /** Something that somebody said, to everybody or to one person. What was said while this client was away has no time. */
  | { kind: "said"; user: string; to?: string; text: string; at?: number }
  | { kind: "note" | "error" | "away" | "lost"; text: string };

type Said = Extract<Entry, { kind: "said" }>;

/** A message that was sent and not answered yet. */
export interface Pending {
  readonly to?: string;
  readonly message: string;
}

const MAX_ENTRIES = 500;

/** How long a group of messages goes on, in milliseconds. */
const GROUP = 5 * 60_000;

let me = "";
let entries: Entry[] = [];
let pending: { said: Pending; element: HTMLElement }[] = [];
/** Whether the newest entry is in sight. */
let atEnd = true;

const log = $("log");
const pendingPlace = make("div", "");
pendingPlace.id = "pending";

export const all = (): readonly Entry[] => entries;

/** Shows these entries, as somebody of this name sees them. */
export function restore(name: string, restored: readonly Entry[]): void {
  me = name;
  entries = [];
  pending = [];
  pendingPlace.replaceChildren();
  log.replaceChildren(pendingPlace);
  restored.forEach(add);
  toEnd();
}

export function add(entry: Entry): void {
  const element = entry.kind === "said" ? bubble(entry, entries.at(-1)) : row(entry);
  entries.push(entry);
  pendingPlace.before(element);
  while (entries.length > MAX_ENTRIES) {
    entries.shift();
    log.firstElementChild?.remove();
  }
  keepEnd(entry.kind === "said" && entry.user === me);
}

/** Shows a message that was sent, and is not confirmed yet. */
export function addPending(said: Pending): void {
  const entry: Said = { kind: "said", user: me, text: said.message, ...(said.to !== undefined && { to: said.to }) };
  const element = bubble(entry, pending.length ? undefined : entries.at(-1));
  element.classList.add("pending");
  element.title = "Not confirmed yet";
  pending.push({ said, element });
  pendingPlace.append(element);
  keepEnd(true);
}

/** Removes the first unconfirmed message for which this holds. */
export function confirm(isIt: (said: Pending) => boolean): void {
  const index = pending.findIndex(({ said }) => isIt(said));
  if (index >= 0) pending.splice(index, 1)[0]?.element.remove();
}

export const unconfirmed = (): Pending[] => pending.map(({ said }) => said);

/** Removes all unconfirmed messages, and returns them. */
export function takePending(): Pending[] {
  const taken = pending;
  pending = [];
  pendingPlace.replaceChildren();
  return taken.map(({ said }) => said);
}

function bubble(entry: Said, before: Entry | undefined): HTMLElement {
  const { user, to, text, at } = entry;
  const own = user === me;
  const more = before?.kind === "said" && before.user === user && before.to === to && (at ?? 0) - (before.at ?? at ?? 0) < GROUP;
  const said = make("article", "said");
  said.classList.toggle("own", own);
  said.classList.toggle("secret", to !== undefined);
  said.classList.toggle("more", more);
  tinted(said, user);
  const name = make("b", "", own ? "You" : named(user), ...(to === undefined ? [] : own ? [" to ", named(to), ", privately"] : [" to you, privately"]));
  // A screen reader says who it is with every message.
  const who = make("span", more ? "unseen" : "who", name);
  if (own && to === undefined) name.className = "unseen";
  if (!more && at !== undefined) {
    const time = make("time", "", new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })) as HTMLTimeElement;
    time.dateTime = new Date(at).toISOString();
    who.append(time);
  }
  if (!own && !more) said.append(face(user));
  said.append(who, make("div", "text", ...linked(text)));
  return said;
}

function row({ kind, text }: Exclude<Entry, Said>): HTMLElement {
  if (kind === "away" || kind === "lost") return make("p", `gap ${kind}`, make("span", "", text));
  return make("p", kind === "error" ? "note error" : "note", text);
}

let unread = 0;

function keepEnd(always: boolean): void {
  if (atEnd || always) toEnd();
  else $("newest").hidden = false;
  if (document.hidden) document.title = `(${++unread}) Chat`;
}

export function toEnd(): void {
  log.scrollTop = log.scrollHeight;
}

log.onscroll = () => {
  const { scrollHeight, scrollTop, clientHeight } = log;
  atEnd = scrollHeight - scrollTop - clientHeight < 80;
  if (atEnd) $("newest").hidden = true;
};
// When something opens below the log, or a keyboard, the end of it stays in sight.
new ResizeObserver(() => { if (atEnd) toEnd(); }).observe(log);
$("newest").onclick = () => { toEnd(); log.focus(); };
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { unread = 0; document.title = "Chat"; }
});
