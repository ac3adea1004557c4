// Checks every OpenAPI document of the folder DOCUMENTS against the specification's schema, and follows its references.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";

const folder = process.env.DOCUMENTS;
let checked = 0;
for (const file of await readdir(folder)) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(join(folder, file));
  if (!valid) throw new Error(`${file}: ${JSON.stringify(errors, null, 2)}`);
  if (validator.version !== "3.1") throw new Error(`${file}: it is OpenAPI ${validator.version}`);
  validator.resolveRefs();
  checked++;
}
if (checked === 0) throw new Error(`there is no document in ${folder}`);
console.log("done");
