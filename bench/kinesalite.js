"use strict";
// Runs kinesalite in memory on 127.0.0.1 alone; its own command listens on every address: node kinesalite.js PORT
require("kinesalite")({ createStreamMs: 0 }).listen(Number(process.argv[2]), "127.0.0.1");
