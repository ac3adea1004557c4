// Checks every OpenAPI document of the folder DOCUMENTS against the specification's schema, and follows its references.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";

const folder = process.env.DOCUMENTS;
const validator = new Validator(); // of all documents, because it compiles the specification's schema
let checked = 0;
for (const file of await readdir(folder)) {
  const { valid, errors } = await validator.validate(JSON.parse(await readFile(join(folder, file), "utf8")));
  if (!valid) throw new Error(`${file}: ${JSON.stringify(errors, null, 2)}`);
  if (validator.version !== "3.1") throw new Error(`${file}: it is OpenAPI ${validator.version}`);
  validator.resolveRefs();
  checked++;
}
if (checked === 0) throw new Error(`there is no document in ${folder}`);
console.log("done");
