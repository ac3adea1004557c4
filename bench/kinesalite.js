"use strict";
// Runs kinesalite in memory, only on 127.0.0.1: node kinesalite.js PORT. Its own command listens on every address.
require("kinesalite")({ createStreamMs: 0 }).listen(Number(process.argv[2]), "127.0.0.1");
