"use strict";

const POLL_MS = 1000;
const BUTTONS = [["pin", "Enter PIN"], ["wrong_pin", "Wrong PIN"], ["cancel", "Cancel"]];
const list = document.getElementById("prompts");
const status = document.getElementById("status");

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function card(prompt) {
  const item = element("li", "");
  item.dataset.id = prompt.checkout_request_id;
  item.append(element("p", `${prompt.phone}: pay Ksh ${prompt.amount} to ${prompt.party_b}, account ${prompt.account_reference}?`));
  if (!prompt.asks) {
    item.append(element("p", `This number answers by itself (${prompt.outcome}).`));
    return item;
  }
  for (const [answer, label] of BUTTONS) {
    const button = element("button", label);
    button.type = "button";
    button.addEventListener("click", () => press(item, prompt, answer));
    item.append(button);
  }
  return item;
}

async function press(item, prompt, answer) {
  for (const button of item.querySelectorAll("button")) button.disabled = true;
  try {
    const path = `/simulator/prompts/${encodeURIComponent(prompt.checkout_request_id)}/answer`;
    const response = await fetch(path, {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({answer}),
    });
    if (!response.ok) status.textContent = await response.text();
  } catch {
    status.textContent = "The simulator does not answer.";
  }
}

// Cards are added and removed, never redrawn, so that keyboard focus stays where the person put it.
function show(prompts) {
  const waiting = new Map(prompts.map((prompt) => [prompt.checkout_request_id, prompt]));
  for (const item of [...list.children]) {
    if (!waiting.delete(item.dataset.id)) item.remove();
  }
  for (const prompt of waiting.values()) list.append(card(prompt));
  status.textContent = prompts.length ? `Prompts waiting: ${prompts.length}` : "No prompt is waiting.";
}

async function poll() {
  try {
    const response = await fetch("/simulator/prompts");
    show(await response.json());
  } catch {
    status.textContent = "The simulator does not answer. Trying again…";
  }
  setTimeout(poll, POLL_MS);
}

async function showPhones() {
  const phones = await (await fetch("/simulator/phones")).json();
  for (const [digits, outcome] of Object.entries(phones).sort()) {
    const row = element("tr", "");
    row.append(element("td", digits), element("td", outcome.replaceAll("_", " ")));
    document.getElementById("phones").append(row);
  }
}

poll();
showPhones().catch(() => { status.textContent = "The table of numbers did not load."; });
