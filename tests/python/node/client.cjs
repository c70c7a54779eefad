// Talks to a server as its standard input says, and prints as JSON how that went. NODE_PATH leads to the package `ws`.
const { WebSocket } = require("ws");
const talk = require("./talk.cjs");

const { url, perMessageDeflate, messages, answers, burst, fragments } = JSON.parse(require("fs").readFileSync(0));
const socket = new WebSocket(url, { perMessageDeflate });

let pings = 0;
let pongs = 0;
socket.on("pong", () => pongs++);

// Sends a message in that many frames, cut anywhere in its bytes, with pings between.
function send(message) {
    const bytes = Buffer.from(message);
    const size = Math.ceil(bytes.length / fragments) || 1;
    const binary = typeof message !== "string";
    let start = 0;
    for (; start + size < bytes.length; start += size) {
        socket.send(bytes.subarray(start, start + size), { fin: false, binary });
        socket.ping(`${pings++}`);
    }
    socket.send(bytes.subarray(start), { binary });
}

talk(socket, messages, { answers, burst, send: fragments ? send : undefined }).then(
    (done) => console.log(JSON.stringify({ ...done, pings, pongs })),
    (error) => {
        console.error(error);
        process.exitCode = 1;
    },
);
