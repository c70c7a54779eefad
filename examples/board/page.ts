// The code of the page: it shows a board, and pins notes to it.
import type { BoardCode, BoardIncoming, Closed, Note } from "./client.js";
import { connectBoard } from "./client.js";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const say = (id: string, text: string) => { element(id).textContent = text; };

const STATES = {
  connecting: "Connecting …",
  open: "Online",
  waiting: "Connection lost. Trying again …",
  closed: "",
};

function enter(token: string): void {
  const board = connectBoard({ board: "kitchen" }, { token });

  board.onState((state) => {
    element("state").dataset["state"] = state;
    say("state", STATES[state]);
    element("pin").hidden = state === "closed";
    element("enter").hidden = state !== "closed";
  });
  board.onMessage(show);
  board.onRecovery(({ recovered, lost }) => {
    if (lost === undefined) say("news", `You missed ${recovered} changes.`);
    else say("news", "You were away for too long. This is the board now.");
  });
  void board.closed.then((closed) => say("state", farewell(closed)));

  element("pin").onsubmit = (submitted) => {
    submitted.preventDefault();
    const input = element<HTMLInputElement>("text");
    if (board.send({ type: "pin", text: input.value })) input.value = "";
    else say("news", "There is no connection, and too much waits for one.");
  };
  element("clear").onclick = () => board.send({ type: "clear" });
}

function show(event: BoardIncoming): void {
  const notes = element("notes");
  switch (event.type) {
    case "board": return notes.replaceChildren(...event.notes.map(noteOf));
    case "pinned": return notes.append(noteOf(event.note));
    case "cleared": return notes.replaceChildren();
  }
}

function noteOf({ by, text }: Note): HTMLElement {
  const item = document.createElement("li");
  item.textContent = `${by}: ${text}`;
  return item;
}

/** Says why the page does not connect again, and what to do about it. */
function farewell({ code, reason, about }: Closed<BoardCode>): string {
  switch (code) {
    case 3000: return "Nobody has this token. Try another one.";
    case 4000: return `This note is ${reason}. Enter again.`;
    case 1005: case 1006: return "The connection is lost.";
    default: return `${about ?? "The server closed the connection."} (${code} ${reason})`;
  }
}

element("enter").onsubmit = (submitted) => {
  submitted.preventDefault();
  enter(element<HTMLInputElement>("token").value);
};
