"use strict";

const $ = (id) => document.getElementById(id);
const shownAnswers = 20;
const pollMs = 1000;

$("event").value = JSON.stringify({ type: "signup", user: "u-1", plan: "free" }, null, 2);

// parsed returns the event, or says what is wrong with it.
function parsed() {
  try {
    const value = JSON.parse($("event").value);
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
    $("problem").textContent = isObject ? "" : "The event must be a JSON object, such as {\"type\": \"signup\"}.";
    return isObject ? value : null;
  } catch (error) {
    $("problem").textContent = "Not JSON: " + error.message;
    return null;
  }
}

function show(text) {
  const item = document.createElement("li");
  item.textContent = text;
  $("answers").prepend(item);
  while ($("answers").children.length > shownAnswers) $("answers").lastChild.remove();
}

async function send(endpoint, event) {
  const began = performance.now();
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(event),
    });
    const text = await response.text();
    show(`${response.status} in ${Math.round(performance.now() - began)} ms: ${text.trim()}`);
  } catch {
    show("No answer that this page may read: is the endpoint up, and does its CORS allow this page's origin?");
  }
}

$("event").addEventListener("input", parsed);

$("form").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const event = parsed();
  if (event === null) return;
  $("send").disabled = true;
  for (let left = Number($("count").value); left > 0; left--) await send($("endpoint").value, event);
  $("send").disabled = false;
});

function figure(name, value) {
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  term.textContent = name;
  description.textContent = value;
  $("figures").append(term, description);
}

// draw shows what a pipeline on this machine says of itself.
function draw(status) {
  $("local").hidden = false;
  if (!$("endpoint").value) $("endpoint").value = status.submitUrl;
  const accepted = status.streams.streams.flatMap((stream) => stream.shards).reduce((sum, shard) => sum + shard.records, 0);
  $("figures").replaceChildren();
  figure("answered", Object.entries(status.api.answers).map(([code, count]) => `${code}: ${count}`).join(", ") || "nothing yet");
  figure("in the stream since the start", accepted);
  const objects = [];
  for (const delivery of status.deliveries) {
    const due = delivery.nextDelivery ? Math.max(0, Math.ceil((new Date(delivery.nextDelivery) - new Date(status.now)) / 1000)) : null;
    figure("buffered", `${delivery.bufferedRecords} records, ${delivery.bufferedBytes} bytes`);
    figure("next delivery", due === null ? "when an event comes" : `in ${due} s`);
    figure("delivered", `${delivery.deliveredRecords} records in ${delivery.deliveredObjects} objects`);
    if (delivery.lastFailure) figure("last failure", delivery.lastFailure);
    objects.push(...delivery.lastObjects);
  }
  $("objects").replaceChildren(...objects.map((object) => {
    const item = document.createElement("li");
    item.textContent = `${object.key} (${object.records} records)`;
    return item;
  }));
}

async function poll() {
  try {
    const response = await fetch("/_local/status");
    if (response.ok) draw(await response.json());
  } catch {
    // The pipeline has ended, or the page is not served by one; what was drawn last stays.
  }
  setTimeout(poll, pollMs);
}

poll();
