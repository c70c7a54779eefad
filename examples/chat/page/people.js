/* Who is there, what they are doing, and whom a message is for. */
import { $, face, make, named } from "./dom.js";
const WORDS = { available: "", busy: "Busy", away: "Away" };
let me = "";
let there = new Map();
let timer;
/** The one person whom messages are for, or `null` if they are for everybody. */
export let target = null;
/** Forgets who is there. What follows is told by `present`. */
export function reset(name) {
    me = name;
    there = new Map();
    showSoon();
}
export function present(user, status) {
    there.set(user, status);
    showSoon();
}
export function absent(user) {
    there.delete(user);
    showSoon();
}
/** Those who are there are told one by one, and shown together. */
function showSoon() {
    timer ??= setTimeout(() => { timer = undefined; show(); }, 20);
}
function show() {
    const users = [...there].sort(([one], [other]) => Number(other === me) - Number(one === me) || one.localeCompare(other));
    $("people-title").textContent = `Here now: ${users.length}`;
    $("count").textContent = String(users.length);
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.user : undefined;
    $("people-list").replaceChildren(...users.map(([user, status]) => make("li", "", person(user, status))));
    if (focused !== undefined)
        $("people-list").querySelector(`[data-user="${CSS.escape(focused)}"]`)?.focus();
    whisper(target, false);
}
function person(user, status) {
    const self = user === me;
    const element = make(self ? "div" : "button", "person");
    const dot = make("i", "dot");
    dot.dataset.status = status;
    const avatar = face(user);
    avatar.append(dot);
    element.append(avatar, make("span", "name", named(user), ...(self ? [" (you)"] : [])), make("span", "doing", WORDS[status]));
    if (element instanceof HTMLButtonElement) {
        element.type = "button";
        element.dataset.user = user;
        element.title = `Write to ${user} privately`;
        element.onclick = () => { open(false); whisper(user === target ? null : user); };
    }
    return element;
}
/** Chooses whom messages are for. */
export function whisper(user, focus = true) {
    target = user;
    for (const person of $("people-list").querySelectorAll("button")) {
        person.ariaPressed = String(person.dataset.user === target);
    }
    $("secret").hidden = target === null;
    if (target !== null) {
        const gone = there.has(target) ? "" : ", who is not here";
        $("secret-text").replaceChildren("Privately to ", named(target), gone);
    }
    $("text-label").textContent = target === null ? "Message to everybody" : `Private message to ${target}`;
    const text = $("text");
    text.placeholder = target === null ? "Write to everybody" : `Only ${target} will see it`;
    if (focus)
        text.focus();
}
/** Opens the list where it is a panel. Elsewhere it is always there. */
function open(isOpen) {
    $("people").classList.toggle("open", isOpen);
    $("who").ariaExpanded = String(isOpen);
}
$("who").onclick = () => open(!$("people").classList.contains("open"));
$("aloud").onclick = () => whisper(null);
document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && document.contains(target) && !$("people").contains(target) && !$("who").contains(target))
        open(false);
});
document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape")
        return;
    if ($("people").classList.contains("open")) {
        open(false);
        $("who").focus();
    }
    else if (document.activeElement === $("text"))
        whisper(null);
});
