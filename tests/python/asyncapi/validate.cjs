// Prints what `@asyncapi/parser` has to say of the documents whose paths are given; nothing if there are no errors.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

(async () => {
  for (const path of process.argv.slice(2)) {
    const { diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
    // 0 is an error; a warning is about taste, such as a missing contact.
    for (const { severity, message, path: place } of diagnostics.filter(({ severity }) => severity === 0)) {
      console.log(`${path}: ${severity} ${place.join(".")}: ${message}`);
    }
  }
})();
