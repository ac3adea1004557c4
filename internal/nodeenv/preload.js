"use strict";
// Makes CDKTF's Node.js process load what a stack uses of the AWS provider, in place of all of it.
//
// jsii parses the provider's type description, 120 MB of JSON, and evaluates its 1,500 modules, of which an app uses
// about forty. This script is required before jsii's own program (NODE_OPTIONS, set by nodeenv.go) and
//
//  - resolves a provider's entry point to the lib/lazy-index.js that the provider ships, whose exports are getters;
//  - gives jsii the description's types one submodule at a time, when one is asked for, from a cache of two files;
//  - does in one process what jsii does in two;
//  - leaves out what jsii and CDKTF do and nobody needs (findOnce, loadLater, mends).
//
// The first run with a provider reads the whole description, writes the cache from it, and uses it. Whatever is wrong with the
// cache, or different from what is expected here, is a reason to go jsii's own way again, and never an error. No file of
// a dependency is changed: functions of Node.js are wrapped, some of them for a single call, and three texts are replaced in
// what is read.

const crypto = require("crypto");
const fs = require("fs");
const Module = require("module");
const path = require("path");

const root = process.env.INGEST_JSII_CACHE;

// jsii starts bin/jsii-runtime.js, which starts lib/program.js, which does the work. No other process is meant.
const program = path.join(path.dirname(process.argv[1] || ""), "..", "lib", "program.js");
if (root && path.basename(process.argv[1] || "") === "jsii-runtime.js" && fs.existsSync(program)) {
  if (Module.enableCompileCache) Module.enableCompileCache(path.join(root, "compiled")); // Node.js 22.1 and newer
  takePlace();
  findOnce();
  loadLater();
  mendSources();
  readLess();
  resolveByRealPath();
}

// takePlace runs lib/program.js in this process. jsii has a second process for it, to which the first passes on each of a
// thousand requests and answers, and waits for its turn each time.
function takePlace() {
  const { runMain } = Module;
  Module.runMain = () => runMain.call(Module, program);
  // The second process talks over its descriptor 3, and what it prints comes to the Go process as JSON on standard error.
  const { readSync, writeSync } = fs;
  fs.readSync = (descriptor, ...rest) => readSync.call(fs, descriptor === 3 ? 0 : descriptor, ...rest);
  fs.writeSync = (descriptor, ...rest) => writeSync.call(fs, descriptor === 3 ? 1 : descriptor, ...rest);
  const { Writable } = require("stream");
  const wrapped = new Writable({
    write(chunk, _encoding, done) {
      writeSync.call(fs, 2, JSON.stringify({ stdout: Buffer.from(chunk).toString("base64") }) + "\n");
      done();
    },
  });
  Object.defineProperty(process, "stdout", { value: wrapped, configurable: true });
}

// findOnce keeps where Node.js has found the modules of jsii's package cache, whose folders are named by their packages'
// digests: what was found in one is there as long as the folder is.
function findOnce() {
  const file = path.join(root, "found");
  const known = readFound(file);
  Object.assign(Module._pathCache, known);
  process.once("exit", () => {
    if (lazily.size === 0) return; // all of the provider's modules were loaded, and few will be again
    const isKept = ([request, found]) => folderOf(found) && !request.includes("jsii-kernel-"); // a folder of this run's
    const found = Object.entries(Module._pathCache).filter(isKept);
    if (found.length === Object.keys(known).length) return;
    const text = JSON.stringify(Object.fromEntries(found));
    const scratch = `${file}.${process.pid}.${crypto.randomBytes(4).toString("hex")}`;
    try {
      fs.writeFileSync(scratch, digest(text) + text);
      fs.renameSync(scratch, file); // whole or not at all; of two processes the last
    } catch {
      remove(scratch);
    }
  });
}

// readFound returns nothing where a folder is gone, or the file is damaged.
function readFound(file) {
  try {
    const text = fs.readFileSync(file, "utf-8");
    const body = text.slice(digest("").length);
    if (digest(body) !== text.slice(0, digest("").length)) return {};
    const found = JSON.parse(body);
    return [...new Set(Object.values(found).map(folderOf))].every((folder) => fs.existsSync(folder)) ? found : {};
  } catch {
    return {};
  }
}

// folderOf a module's package; nothing where it has none that is named by a digest.
function folderOf(file) {
  return /^.*?[\\/][0-9a-f]{64}(?=[\\/])/.exec(file)?.[0];
}

// loadLater has two packages of CDKTF's loaded when something of them is used, which together are more than half of the
// modules of a synthesis: archiver, for assets, and semver, for a check of Terraform's version.
function loadLater() {
  const { _load } = Module;
  Module._load = function (request, parent, ...rest) {
    const later = (request === "archiver" || request === "semver") && /[\\/]cdktf[\\/].*[\\/]lib[\\/]/.test(parent?.filename);
    if (!later) return _load.call(Module, request, parent, ...rest);
    return whenUsed(() => _load.call(Module, request, parent, ...rest), () => {});
  };
}

// mends are made in files of jsii's and CDKTF's as they are read, each where its text is found, once. They leave what is
// done as it is.
function mends(file) {
  switch (path.basename(file)) {
    case "program.js":
      return [
        // jsii has a text made of the type of every value that it passes, to complain of one that is not there.
        [/assert\((typeRef) != null, (`[^`]*\$\{\(0, util_1\.inspect\)\(typeRef\)\}`)\);/, "if ($1 == null) assert(false, $2);"],
        // It names a package by the digest of the archive, 34 MB of the provider's, which it reads in pieces of 16 KiB.
        [/(digestFile\([^]{0,200}?Buffer\.alloc)\(16384\)/, "$1(1 << 20)"],
      ];
    case "stack-trace.js":
      // CDKTF writes out where each token was made, in case that it cannot be resolved. Here the trace is written when read.
      return [[/(if \(!object\.stack\) \{\s*return \[\];\s*\}\s*return object\.stack[^;]*;)(?=\s*\})/, `return (${whenUsed})(() => { $1 });`]];
  }
  return [];
}

function mendSources() {
  const { _compile } = Module.prototype;
  Module.prototype._compile = function (content, filename, ...rest) {
    for (const [text, better] of mends(filename)) content = content.replace(text, better);
    return _compile.call(this, content, filename, ...rest);
  };
}

// whenUsed stands for what make returns, a function or an array, and makes it when something of it is used.
function whenUsed(make, target = []) {
  let made;
  return new Proxy(target, new Proxy({}, { get: (_, trap) => (_target, ...args) => Reflect[trap]((made ??= make()), ...args) }));
}

const lazily = new Set(); // names of the providers whose cache is in use

// readLess wraps what reads a provider's type description.
function readLess() {
  const { readFileSync } = fs;
  const provider = /[\\/]node_modules[\\/](@cdktf[\\/]provider-[^\\/]+)[\\/]\.jsii$/;
  fs.readFileSync = function (file, ...rest) {
    const name = typeof file === "string" && rest.length === 0 && provider.exec(file);
    if (!name) return readFileSync.call(fs, file, ...rest);
    const description = describe(file, readFileSync);
    if (description.cached) lazily.add(name[1].replace("\\", "/"));
    completeNextParse(description.types);
    return Buffer.from(description.skeleton);
  };
}

// resolveByRealPath lets modules have the names that they have in jsii's package cache, the same in every run, so that
// Node.js finds what it has compiled before. jsii links the packages into a folder of this run's own, and has Node.js
// keep to the links (--preserve-symlinks), so that one package finds another beside it; here that folder is looked in first.
function resolveByRealPath() {
  process.execArgv.push("--preserve-symlinks"); // jsii links packages, and does not copy them, where it sees this
  const { _resolveFilename } = Module;
  let installed; // jsii's folder, which it names when it resolves a package's entry point
  Module._resolveFilename = function (request, parent, isMain, options) {
    if (options && options.paths) installed = options.paths;
    const others = installed && !/^[./]|^node:|^[A-Za-z]:/.test(request) && isInstalled(request, installed[0]);
    const found = _resolveFilename.call(Module, request, parent, isMain, others ? { paths: installed } : options);
    if (!lazily.has(request)) return found;
    const lazy = path.join(path.dirname(found), "lazy-index.js");
    return path.basename(found) === "index.js" && fs.existsSync(lazy) ? lazy : found;
  };
}

const packages = new Map();

function isInstalled(request, folder) {
  if (!packages.has(request)) packages.set(request, fs.existsSync(path.join(folder, "node_modules", request)));
  return packages.get(request);
}

// completeNextParse puts the types into what the next JSON.parse returns: jsii parses a description as soon as it has
// read it, and JSON has no way to say "later".
function completeNextParse(types) {
  const { parse } = JSON;
  JSON.parse = function (...args) {
    JSON.parse = parse;
    const document = parse(...args);
    document.types = types;
    return document;
  };
}

// describe returns a description without its types as JSON, its types, and whether they come from the cache.
function describe(file, readFileSync) {
  const full = () => JSON.parse(readFileSync.call(fs, file, "utf-8"));
  const key = keyOf(file);
  if (key) {
    const folder = path.join(root, key);
    const cached = openCache(folder, full);
    if (cached) return cached;
    const document = full();
    const { types, ...skeleton } = document;
    writeCache(folder, skeleton, types);
    return openCache(folder, full) ?? { skeleton: JSON.stringify(skeleton), types, cached: false };
  }
  const { types, ...skeleton } = full();
  return { skeleton: JSON.stringify(skeleton), types, cached: false };
}

// keyOf names a description by its content: jsii's compiler ends it with a fingerprint of all the rest. One without is
// not cached.
function keyOf(file) {
  const descriptor = fs.openSync(file, "r");
  try {
    const { size } = fs.fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(size, 256));
    fs.readSync(descriptor, tail, 0, tail.length, size - tail.length);
    const fingerprint = /"fingerprint":\s*"([A-Za-z0-9+/=]{40,})"\s*\}\s*$/.exec(tail.toString("utf-8"));
    return fingerprint && digest(format + size + fingerprint[1]);
  } finally {
    fs.closeSync(descriptor);
  }
}

// format changes with the files' form, so that an older form is not read.
const format = "1 ";

function digest(text) {
  return crypto.createHash("sha256").update(text).digest("hex").slice(0, 32);
}

// The cache is a folder with the file "types", the types of each submodule as JSON one after another, and the file
// "index": its own digest, and where in "types" each submodule lies, with its digest.

function writeCache(folder, skeleton, types) {
  const scratch = `${folder}.${process.pid}.${crypto.randomBytes(4).toString("hex")}`;
  try {
    fs.mkdirSync(scratch, { recursive: true });
    const submodules = new Map();
    for (const fqn of Object.keys(types)) {
      const name = submoduleOf(fqn);
      if (!submodules.has(name)) submodules.set(name, {});
      submodules.get(name)[fqn] = types[fqn];
    }
    const places = {};
    const out = fs.openSync(path.join(scratch, "types"), "w");
    let offset = 0;
    for (const [name, members] of submodules) {
      const text = Buffer.from(JSON.stringify(members));
      fs.writeSync(out, text);
      places[name] = [offset, text.length, digest(text)];
      offset += text.length;
    }
    fs.closeSync(out);
    // jsii knows a description's submodules by name alone.
    const index = JSON.stringify({ skeleton: { ...skeleton, submodules: {} }, places, size: offset });
    fs.writeFileSync(path.join(scratch, "index"), digest(index) + index);
    fs.rmSync(folder, { recursive: true, force: true }); // a damaged one
    fs.renameSync(scratch, folder); // whole or not at all; of two processes the second fails and leaves the first's
  } catch {
    remove(scratch);
  }
}

// remove throws nothing: rmSync does, even with force, where a file is in the place of the path's folder.
function remove(file) {
  try {
    fs.rmSync(file, { recursive: true, force: true });
  } catch {
    // what is left is read by nobody, or is found to be damaged again
  }
}

// openCache returns nothing where there is no cache, or a damaged one. Damage that shows only when a submodule is asked
// for makes it read the full description.
function openCache(folder, full) {
  let index, data;
  try {
    const text = fs.readFileSync(path.join(folder, "index"), "utf-8");
    const body = text.slice(digest("").length);
    if (digest(body) !== text.slice(0, digest("").length)) return undefined;
    index = JSON.parse(body);
    data = fs.openSync(path.join(folder, "types"), "r");
    if (fs.fstatSync(data).size !== index.size) return undefined;
  } catch {
    return undefined;
  }
  let rest; // the full description's types, once the cache has proved damaged
  const known = {};
  const load = (name) => {
    if (rest || !Object.hasOwn(index.places, name)) return;
    const [offset, length, sum] = index.places[name];
    const text = Buffer.alloc(length);
    try {
      if (fs.readSync(data, text, 0, length, offset) === length && digest(text) === sum) {
        Object.assign(known, JSON.parse(text.toString("utf-8")));
        delete index.places[name];
        return;
      }
    } catch {
      // as damaged as a wrong digest
    }
    remove(folder);
    rest = full().types;
  };
  const types = new Proxy(known, {
    get(_, fqn) {
      if (typeof fqn !== "string") return undefined;
      if (!Object.hasOwn(known, fqn)) load(submoduleOf(fqn));
      return rest ? rest[fqn] : known[fqn];
    },
  });
  return { skeleton: JSON.stringify(index.skeleton), types, cached: true };
}

// submoduleOf a type's full name, which is PACKAGE.submodule.Type, or PACKAGE.Type with none.
function submoduleOf(fqn) {
  const parts = fqn.split(".");
  return parts.length > 2 ? parts[1] : "";
}
