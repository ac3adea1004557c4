document.body.append(await (await fetch("config.json")).text());
