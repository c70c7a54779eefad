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
const HUES = Array.from({ length: 24 }, (_, index) => index * 15);
const hues = new Map();
/** Gives an element the colour of somebody: of those that nobody else here has, the one that differs most from theirs. */
export function tinted(element, user) {
    let hue = hues.get(user);
    if (hue === undefined) {
        const first = [...user].reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7);
        const inTurn = HUES.map((_, index) => HUES[(first + index) % HUES.length] ?? 0);
        const taken = [...hues.values()];
        const apart = (one, other) => Math.min((one - other + 360) % 360, (other - one + 360) % 360);
        const lonely = (hue) => Math.min(360, ...taken.map((other) => apart(hue, other)));
        hue = inTurn.reduce((best, hue) => (lonely(hue) > lonely(best) ? hue : best));
        hues.set(user, hue);
    }
    element.style.setProperty("--hue", String(hue));
}
