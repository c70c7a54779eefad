// Sends messages, in order, and compares what comes back. Runs in Node.js and in a page, with a WebSocket of either.
// Each message comes back `answers` times, and `burst` messages are under way at the same time.
function talk(socket, messages, { answers = 1, burst = 8, send = (message) => socket.send(message) } = {}) {
    const bytes = (base64) => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
    const plain = messages.map(({ text, base64 }) => text ?? bytes(base64));
    const equal = (left, right) =>
        typeof left === "string"
            ? left === right
            : right instanceof ArrayBuffer &&
              left.length === right.byteLength &&
              new Uint8Array(right).every((byte, index) => byte === left[index]);
    socket.binaryType = "arraybuffer";
    return new Promise((resolve, reject) => {
        const wrong = [];
        let sent = 0;
        let received = 0;
        const fill = () => {
            while (sent < plain.length && sent - Math.floor(received / answers) < burst) {
                send(plain[sent++]);
            }
        };
        socket.onopen = fill;
        socket.onmessage = ({ data }) => {
            const number = Math.floor(received++ / answers);
            if (!equal(plain[number], data)) {
                wrong.push(number);
            }
            if (received === plain.length * answers) {
                socket.close(1000);
            } else {
                fill();
            }
        };
        socket.onerror = ({ message }) => reject(new Error(`failed after ${received} messages: ${message}`));
        socket.onclose = ({ code, reason }) => {
            if (received === plain.length * answers && code === 1000) {
                resolve({ extensions: socket.extensions, wrong });
            } else {
                reject(new Error(`closed after ${received} messages: ${code} ${reason}`));
            }
        };
    });
}

if (typeof module !== "undefined") {
    module.exports = talk;
}
