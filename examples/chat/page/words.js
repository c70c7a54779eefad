/* What the page says of ends of connections. */
import { named } from "./dom.js";
/** Says why somebody is not let in, or was let go, and what to do. */
export function why({ code, reason, about }, name) {
    switch (reason) {
        case "User ID already in use":
            return [named(name), " is taken. Pick another name."];
        case "Invalid user ID":
            return ["This cannot be a name: it has 3 to 32 visible characters, with single spaces between words."];
        case "rate limit exceeded":
            return ["You wrote too much at once, so the chat let you go."];
        case "inactivity timeout":
            return ["You said nothing for a long time, so the chat let you go."];
    }
    switch (code) {
        case 1001:
            return ["The server is restarting."];
        case 1005:
        case 1006:
            return ["The connection was lost."];
        case 1011:
            return ["Something went wrong on the server."];
        case 1013:
            return ["The server is too busy, or this connection too slow."];
    }
    return [`The server closed the connection: ${reason || about || "it gives no reason"} (${code}).`];
}
/** Says how long somebody was away, in milliseconds. */
export const wasAway = (time) => `you were away for ${duration(time)}`;
/** Says why messages are lost. */
export function isLost(why) {
    switch (why) {
        case "other_epoch":
            return "the chat has begun anew: what was said in between may be lost";
        case "too_old":
        case "too_slow":
            return "a part of what was said in between is lost";
        default:
            return "what was said in between may be lost";
    }
}
function duration(time) {
    const seconds = Math.max(1, Math.round(time / 1000));
    if (seconds < 100)
        return `${seconds} s`;
    const minutes = Math.round(seconds / 60);
    return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
