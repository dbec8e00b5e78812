/** Jest's transform: removes the types with Node's own stripper, which keeps every line and column where it was. */
const { createHash } = require("node:crypto");
const { stripTypeScriptTypes } = require("node:module");

module.exports = {
  process(sourceText) {
    return { code: stripTypeScriptTypes(sourceText, { mode: "strip" }) };
  },
  getCacheKey(sourceText, sourcePath) {
    return createHash("sha256").update(process.version).update(sourcePath).update(sourceText).digest("hex");
  },
};
