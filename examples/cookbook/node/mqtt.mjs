// A subscriber and a publisher by the package `mqtt`. Prints what arrives, as JSON.
import mqtt from "mqtt";

const [, , url] = process.argv;
const [reader, writer] = await Promise.all([1, 2].map(() => mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 })));
const seen = [];
const enough = new Promise((resolve) => {
  reader.on("message", (topic, payload) => {
    seen.push([topic, payload.toString().slice(0, 10), payload.length]);
    if (seen.length === 3) resolve();
  });
});
await reader.subscribeAsync(["rooms/+/temperature", "alarms/#"]);
await writer.publishAsync("rooms/1/temperature", "21", { qos: 0 });
await writer.publishAsync("rooms/1/humidity", "60", { qos: 0 });
await writer.publishAsync("alarms/fire", "x".repeat(100_000), { qos: 1 });
await writer.publishAsync("rooms/2/temperature", "22", { qos: 1 });
await enough;
console.log(JSON.stringify({ seen }));
await Promise.all([reader, writer].map((client) => client.endAsync()));
