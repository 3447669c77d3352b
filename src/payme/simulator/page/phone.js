"use strict";

const POLL_MS = 1000;
const BUTTONS = [["pin", "Enter PIN"], ["wrong_pin", "Wrong PIN"], ["cancel", "Cancel"], ["ignore", "Ignore"]];
const at = (id) => document.getElementById(id);
const list = at("prompts");
const status = at("status");
const messages = at("messages");
const shown = {key: ""};

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

async function send(method, path, body) {
  return fetch(path, {method, headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
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
    const response = await send("POST", `/simulator/prompts/${encodeURIComponent(prompt.checkout_request_id)}/answer`, {answer});
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

function message(sms, language) {
  const item = element("li", "");
  item.append(element("p", sms[language]), element("p", `to ${sms.phone}`));
  const button = element("button", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(sms[language]);
    button.textContent = "Copied";
  });
  item.append(button);
  return item;
}

function showMessages(found) {
  const language = at("language").value;
  const key = `${language} ${found.map((sms) => sms.number)}`;
  if (key === shown.key) return;
  shown.key = key;
  messages.replaceChildren(...found.map((sms) => message(sms, language)));
}

async function read(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(path);
  return response.json();
}

async function poll() {
  try {
    show(await read("/simulator/prompts"));
    const phone = at("inbox").value.trim();
    showMessages(await read(`/simulator/messages?limit=20${phone ? `&phone=${encodeURIComponent(phone)}` : ""}`));
  } catch {
    status.textContent = "The simulator does not answer. Trying again…";
  }
  setTimeout(poll, POLL_MS);
}

async function pay(event) {
  event.preventDefault();
  const form = event.target;
  const said = at("paid");
  const order = Object.fromEntries(new FormData(form));
  form.querySelector("button").disabled = true;
  said.textContent = "Paying…";
  try {
    const response = await send("POST", "/simulator/payments", {...order, amount: Number(order.amount)});
    if (response.status === 201) said.textContent = `Paid. Receipt ${(await response.json()).receipt}.`;
    else if (response.status === 409) said.textContent = `The shop refused: ${(await response.json()).reason}.`;
    else said.textContent = response.status === 404 ? "Nobody has this till or paybill." : "Check the numbers.";
  } catch {
    said.textContent = "The simulator does not answer.";
  }
  form.querySelector("button").disabled = false;
}

async function showNumbers() {
  for (const merchant of await read("/simulator/merchants")) {
    const option = element("option", `${merchant.name} (${merchant.till ? "till" : "paybill"})`);
    option.value = merchant.party_b;
    at("numbers").append(option);
    if (!at("pay").elements.to.value) at("pay").elements.to.value = merchant.party_b;
  }
}

async function showPhones() {
  at("ask-all").checked = (await read("/simulator/payer")).default_outcome === "ask";
  for (const [digits, outcome] of Object.entries(await read("/simulator/phones")).sort()) {
    const row = element("tr", "");
    row.append(element("td", digits), element("td", outcome.replaceAll("_", " ")));
    at("phones").append(row);
  }
}

at("pay").addEventListener("submit", pay);
at("ask-all").addEventListener("change", (event) => {
  send("PUT", "/simulator/payer", {default_outcome: event.target.checked ? "ask" : "paid"})
    .catch(() => { status.textContent = "The simulator does not answer."; });
});
poll();
Promise.all([showNumbers(), showPhones()]).catch(() => { status.textContent = "The tables did not load."; });
