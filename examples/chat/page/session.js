/* What a window keeps while its page is loaded again. */
const KEY = "chat-1";
export function save(session) {
    if (session)
        sessionStorage.setItem(KEY, JSON.stringify(session));
    else
        sessionStorage.removeItem(KEY);
}
/** Returns what was kept, once. */
export function load() {
    const kept = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    // Only this page writes there.
    return kept === null ? undefined : JSON.parse(kept);
}
