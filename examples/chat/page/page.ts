/* The page: joins the chat, stays in it, and shows it. `client.ts` is the generated client, which reconnects and misses nothing. */

import { connectTracked, type Closed, type Lost, type Recovery, type Status, type TrackedCode, type TrackedIncoming } from "./client.js";
import { $ } from "./dom.js";
import * as log from "./log.js";
import * as people from "./people.js";
import { load, save } from "./session.js";
import { isLost, wasAway, why } from "./words.js";

const MAX_LENGTH = 500;

/** How long the server may say nothing, in milliseconds, until it has told how often it speaks. */
const PATIENCE = 20_000;

/** Nobody wants to read of shorter absences, in milliseconds. */
const SHORT = 3_000;

let me = "";
let connection: ReturnType<typeof connectTracked> | undefined;
/** Whether the server has welcomed this connection. */
let isIn = false;
/** Since when somebody who was in has been away. */
let awaySince: number | undefined;
/** From where the next connection goes on. */
let position: string | undefined;
/** What came before the welcome. */
let missed: log.Entry[] = [];
/** Why a part of that is lost. */
let lostBecause: Lost | undefined;
let status: Status = "available";
/** Whether the server has to be told the status that was chosen before. */
let restoring = false;
let patience = PATIENCE;
let watch: ReturnType<typeof setTimeout> | undefined;

const nameField = $<HTMLInputElement>("name");
const textField = $<HTMLTextAreaElement>("text");
const statusField = $<HTMLSelectElement>("status");

/* The connection. */

function connect(): void {
  disconnect();
  // Nothing is sent later by itself: what is not confirmed goes back to its author.
  const options = { resetAfter: 5_000, maxQueued: 0 };
  const params = { userId: me, ...(position && { since: position }) };
  const mine = connectTracked(params, options);
  connection = mine;
  // What an older connection still has to say is of no interest.
  const ifMine = <T>(listener: (value: T) => void) => (value: T) => {
    if (mine === connection) listener(value);
  };
  mine.onMessage(ifMine((event) => { expectLife(); receive(event); }));
  mine.onRecovery(ifMine(recovered));
  mine.onState(ifMine((state) => {
    if (state === "connecting" || state === "open") expectLife();
  }));
  mine.onClose(ifMine(closed));
  patience = PATIENCE;
  expectLife();
}

/** Ends the connection. The next one goes on where this one was. */
function disconnect(): void {
  const old = connection;
  connection = undefined;
  position = old?.position ?? position;
  if (isIn) awaySince = Date.now();
  isIn = false;
  clearTimeout(watch);
  old?.close();
}

function closed(end: Closed<TrackedCode>): void {
  clearTimeout(watch);
  const words = why(end, me);
  if (end.final) {
    disconnect();
    if (awaySince === undefined) return leave(words);
    giveBack();
    const isTaken = end.reason === "User ID already in use";
    return show("closed", words, isTaken ? ["Pick another name", leave] : ["Join again", connect]);
  }
  if (!isIn && awaySince === undefined) return refuse([...words, " Trying again…"]);
  // What follows are attempts that failed. The first end says why.
  if (isIn) lost(words);
}

function lost(words: (string | Node)[]): void {
  isIn = false;
  awaySince = Date.now();
  show("waiting", [...words, " Trying again…"], ["Try now", connect]);
}

/** The network may be gone without a word. Every message from the server is a sign of life. */
function expectLife(): void {
  clearTimeout(watch);
  watch = setTimeout(() => {
    if (isIn) lost(["The server does not answer."]);
    connect();
  }, patience);
}

function receive(event: TrackedIncoming): void {
  switch (event.type) {
    case "welcome":
      return welcome(event.heartbeat);
    case "message":
    case "private": {
      const [user, to] = event.type === "message" ? [event.user] : [event.from, event.to];
      const text = event.message;
      if (user === me) log.confirm((sent) => sent.to === to && sent.message === text);
      return add({ kind: "said", user, text, ...(to !== undefined && { to }), ...(isIn && { at: Date.now() }) });
    }
    case "system": {
      const [, user, what] = /^User (.+) has (joined|left) the chat$/.exec(event.message) ?? [];
      // Somebody who comes back knows that.
      if (user === me && awaySince !== undefined) return;
      return add({ kind: "note", text: user ? `${user === me ? "you" : user} ${what}` : event.message });
    }
    case "error":
      // The server answers each message, with what it passes on or with an error.
      log.confirm(() => true);
      return add({ kind: "error", text: event.message });
    case "present":
      if (event.user === me) know(event.status);
      return people.present(event.user, event.status);
    case "absent":
      return people.absent(event.user);
    case "heartbeat":
      connection?.send({ type: "heartbeat_ack" });
  }
}

/** The history lost messages while this client was away, or while it was there. */
function recovered({ lost }: Recovery): void {
  if (!lost) return;
  if (isIn) log.add({ kind: "lost", text: isLost(lost) });
  else lostBecause = lost;
}

function add(entry: log.Entry): void {
  if (isIn) log.add(entry);
  else missed.push(entry);
}

function welcome(heartbeat: number): void {
  isIn = true;
  patience = Math.max(5_000, 2_500 * heartbeat);
  if (awaySince === undefined) {
    show("online");
    textField.focus();
  } else {
    const time = Date.now() - awaySince;
    if (lostBecause) log.add({ kind: "lost", text: `${wasAway(time)}, and ${isLost(lostBecause)}` });
    else if (missed.length || time >= SHORT) log.add({ kind: "away", text: wasAway(time) });
    show("online");
  }
  restoring = awaySince !== undefined;
  awaySince = lostBecause = undefined;
  missed.splice(0).forEach(log.add);
  giveBack();
  people.reset(me);
}

/** Shows what the server knows of this person. Another window may have chosen it, and a server that started anew has forgotten it. */
function know(told: Status): void {
  if (restoring && told === "available" && status !== told) connection?.send({ type: "status", status });
  else status = told;
  restoring = false;
  statusField.value = status;
  $("dot").dataset.status = status;
}

/** Whether a message that has no answer was delivered is not known: who wrote it decides whether to send it again. */
function giveBack(): void {
  const unanswered = log.takePending();
  const last = textField.value ? undefined : unanswered.pop();
  for (const { message } of unanswered) log.add({ kind: "error", text: `This was perhaps not delivered: ${message}` });
  if (!last) return;
  people.whisper(last.to ?? null, false);
  textField.value = last.message;
  written();
  log.add({ kind: "error", text: "Your last message was perhaps not delivered: it is in the field again." });
}

/* What is seen of it. */

let again: () => void = connect;

function show(state: "outside" | "online" | "waiting" | "closed", notice: (string | Node)[] = [], [label, action]: [string, () => void] = ["", connect]): void {
  $("join").hidden = state !== "outside";
  $("room").hidden = state === "outside";
  $("room").dataset.state = state;
  $<HTMLButtonElement>("send").disabled = statusField.disabled = state !== "online";
  if (state !== "online") delete $("dot").dataset.status;
  // A button that goes away takes the focus with it.
  if (!notice.length && document.activeElement === $("again")) textField.focus();
  $("notice").hidden = !notice.length;
  $("notice-text").replaceChildren(...notice);
  $("again").textContent = label;
  again = action;
  $("spoken").textContent = $("notice-text").textContent || (state === "online" ? "Online" : "");
}

/** Leaves the room, and shows at the door why. */
function leave(words: (string | Node)[] = []): void {
  disconnect();
  awaySince = position = lostBecause = undefined;
  missed = [];
  status = "available";
  log.restore(me, []);
  people.whisper(null, false);
  show("outside");
  refuse(words);
  nameField.focus();
}

function refuse(words: (string | Node)[]): void {
  $("refusal").replaceChildren(...words);
  $<HTMLButtonElement>("enter").disabled = false;
  $("enter").textContent = "Join";
}

/** Says how much may still be written, and makes the field as high as its text. Returns whether it may be sent. */
function written(): boolean {
  // As the server counts: characters, not the halves that some of them are made of.
  const left = MAX_LENGTH - [...textField.value].length;
  $("left").hidden = left > 50;
  $("left").textContent = left < 0 ? `${-left} characters too many` : `${left} characters left`;
  $("left").classList.toggle("over", left < 0);
  textField.style.height = "auto";
  textField.style.height = `${textField.scrollHeight + 2}px`;
  return left >= 0;
}

/* What people do. */

$("join").onsubmit = (event) => {
  event.preventDefault();
  const name = nameField.value.trim().replace(/\s+/g, " ");
  if ([...name].length < 3) return refuse(["A name has 3 characters at least."]);
  refuse([]);
  $<HTMLButtonElement>("enter").disabled = true;
  $("enter").textContent = "Joining…";
  localStorage.setItem("name", (me = name));
  log.restore(me, []);
  connect();
};

$("say").onsubmit = (event) => {
  event.preventDefault();
  const message = textField.value.trim();
  const sent = people.target === null ? { message } : { message, to: people.target };
  if (!isIn || !message || !written()) return;
  if (!connection?.send({ type: "to" in sent ? "private" : "message", ...sent })) return;
  log.addPending(sent);
  textField.value = "";
  written();
};

textField.oninput = written;
textField.onkeydown = (event) => {
  // Enter also ends the composition of a character.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $<HTMLFormElement>("say").requestSubmit();
};
statusField.onchange = () => connection?.send({ type: "status", status: statusField.value as Status });
$("leave").onclick = () => leave();
$("again").onclick = () => again();

/* A page that is loaded again goes on where it was. */

addEventListener("pagehide", () => {
  // A browser that keeps the page, to go back to it, would keep the connection as well.
  disconnect();
  if (awaySince === undefined) save(undefined);
  else save({ me, position, status, leftAt: awaySince, entries: [...log.all(), ...missed], pending: log.unconfirmed() });
});
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || awaySince === undefined) return;
  show("waiting");
  connect();
});

people.whisper(null, false);
const session = load();
if (session) {
  ({ me, position, status, leftAt: awaySince } = session);
  log.restore(me, session.entries);
  show("waiting");
  session.pending.forEach(log.addPending);
  connect();
} else {
  show("outside");
  nameField.focus();
}
nameField.value = me || (localStorage.getItem("name") ?? "");
