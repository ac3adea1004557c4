"use strict";
// Runs kinesalite on 127.0.0.1 alone; its own command listens on every address: node kinesalite.js PORT FOLDER
const [port, path] = process.argv.slice(2);
require("kinesalite")({ path, createStreamMs: 0 }).listen(Number(port), "127.0.0.1");
