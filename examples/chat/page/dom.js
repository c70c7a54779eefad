/* Elements, made without HTML: what people write is text, and stays text. */
/** Returns the element with this ID, which the page has. */
export function $(id) {
    const element = document.getElementById(id);
    if (!element)
        throw new Error(`no element #${id}`);
    return element;
}
export function make(tag, className, ...content) {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...content);
    return element;
}
/** A name. It may be written from right to left: what stands around it keeps its direction. */
export const named = (name) => make("bdi", "", name);
/** A text in which addresses of the web are links. */
export function linked(text) {
    const parts = [];
    let end = 0;
    for (const { 0: found, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
        // The punctuation behind an address belongs to the sentence, and so does a bracket that was opened before the address.
        let address = found.replace(/[.,;:!?'…]+$/, "");
        if (address.endsWith(")") && !address.includes("("))
            address = address.replace(/\)[^)]*$/, "");
        if (!URL.canParse(address))
            continue;
        const link = make("a", "", address);
        link.href = address;
        link.target = "_blank";
        link.rel = "noopener noreferrer nofollow ugc";
        parts.push(text.slice(end, index), link);
        end = index + address.length;
    }
    return [...parts, text.slice(end)];
}
/** The avatar of somebody. */
export function face(user) {
    const element = make("b", "face", [...user][0] ?? "");
    element.ariaHidden = "true";
    tinted(element, user);
    return element;
}
// In a ring in which neighbours look equally different: there are many greens.
const HUES = [5, 28, 45, 85, 145, 172, 195, 218, 242, 268, 295, 328];
const chosen = new Map();
/** Gives an element the colour of somebody: of those that nobody else here has, the one that differs most from theirs. */
export function tinted(element, user) {
    let place = chosen.get(user);
    if (place === undefined) {
        const count = HUES.length;
        const first = [...user].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7);
        const taken = [...chosen.values()];
        const apart = (one, other) => Math.min((one - other + count) % count, (other - one + count) % count);
        const lonely = (place) => Math.min(count, ...taken.map((other) => apart(place, other)));
        const inTurn = HUES.map((_, index) => (first + index) % count);
        place = inTurn.reduce((best, place) => (lonely(place) > lonely(best) ? place : best));
        chosen.set(user, place);
    }
    element.style.setProperty("--hue", String(HUES[place]));
}
