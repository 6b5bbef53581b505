// Makes the page live. Without it everything works as plain forms; with it messages appear as
// they come, nothing is lost offline, and a place can be attached. Text is only ever set as
// textContent, so what anybody wrote stays text.

const form = document.getElementById("compose");
const log = document.getElementById("log");
const status = document.getElementById("status");
const typing = document.getElementById("typing");
const field = document.getElementById("text");
const photo = document.getElementById("photo");
const say = document.getElementById("words").dataset;
const LARGEST_PHOTO = 10 * 1024 * 1024;
const RETRY_AFTER = 3000;
const TYPING_AT_MOST = 15000; // if no answer follows, the sign goes by itself

let last = Number(log.dataset.last);
const shown = new Set(); // client ids of our own messages already on the page
const queue = []; // messages not accepted yet, oldest first
let sending = false;
let stream = null;
let typingUntil = 0;

document.documentElement.classList.add("script");

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function scrollToEnd() {
  log.scrollTop = log.scrollHeight;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function addMessage(mine, text, buttons, line) {
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const article = element("article", `message ${mine ? "mine" : "ours"}`);
  if (line) article.dataset.id = line.id;
  article.append(element("p", "who", mine ? log.dataset.you : log.dataset.we));
  article.append(element("p", "words", text));
  if (line && line.file) article.append(makeFile(line.file, near || mine));
  if (buttons && buttons.length) article.append(makeChoices(buttons));
  log.append(article);
  if (near || mine) scrollToEnd();
  return article;
}

// A card whose choice was made: the line that says so in place of the buttons.
function editMessage(line) {
  const article = log.querySelector(`[data-id="${Number(line.id)}"]`);
  if (!article) return;
  const choices = article.querySelector(".choices");
  article.querySelector(".words").textContent = line.text;
  if (choices) choices.remove();
  if (line.buttons.length) article.append(makeChoices(line.buttons));
}

function makeFile({ url, name, shown }, follow) {
  const link = element("a", "", shown ? undefined : say.openFile.replace("{name}", () => name));
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  if (shown) {
    const picture = element("img");
    picture.alt = name;
    if (follow) picture.addEventListener("load", scrollToEnd);
    picture.src = url;
    link.append(picture);
  }
  const paragraph = element("p", "file");
  paragraph.append(link);
  return paragraph;
}

function showTyping() {
  typing.textContent = say.typing;
  clearTimeout(typingUntil);
  typingUntil = setTimeout(hideTyping, TYPING_AT_MOST);
}

function hideTyping() {
  clearTimeout(typingUntil);
  typing.textContent = "";
}

function makeChoices(rows) {
  const choices = element("div", "choices");
  for (const { label, data } of rows.flat()) {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", () => tap(label, data, choices));
    choices.append(button);
  }
  return choices;
}

function tap(label, data, choices) {
  if (choices.contains(document.activeElement)) {
    // The button will be gone; whoever goes by keyboard stays at its message.
    const article = choices.closest("article");
    article.tabIndex = -1;
    article.focus({ preventScroll: true });
  }
  for (const button of choices.querySelectorAll("button")) button.disabled = true;
  const body = new FormData();
  body.set("tap", data);
  body.set("label", label);
  send(body, label, () => {
    // A place can still be skipped after the category was confirmed: only the row is spent.
    for (const button of choices.querySelectorAll("button")) button.disabled = button.textContent === label;
  });
}

function send(body, text, done) {
  const id = newId();
  body.set("csrf", form.elements.csrf.value);
  body.set("client_id", id);
  shown.add(id);
  const article = addMessage(true, text, []);
  article.classList.add("waiting");
  queue.push({ body, article, done });
  status.textContent = say.waiting;
  flush();
}

async function flush() {
  if (sending || !queue.length) return;
  sending = true;
  const { body, article, done } = queue[0];
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    });
    queue.shift();
    article.classList.remove("waiting");
    if (answer.ok) {
      status.textContent = "";
    } else {
      const refusal = await answer.json().catch(() => ({}));
      status.textContent = refusal.error || say.failed;
    }
    if (done) done();
  } catch {
    // Not accepted, or accepted without our hearing it: the same id again settles both.
    status.textContent = say.offline;
    setTimeout(flush, RETRY_AFTER);
    sending = false;
    return;
  }
  sending = false;
  flush();
}

function listen() {
  if (stream) stream.close();
  stream = new EventSource(`/chat/events?after=${last}`);
  stream.addEventListener("message", (event) => {
    const line = JSON.parse(event.data);
    if (line.id <= last) return;
    last = line.id;
    if (!line.mine) hideTyping();
    if (line.mine && shown.has(line.client_id)) return;
    addMessage(line.mine, line.text, line.buttons, line);
    if (!line.mine && !queue.length) status.textContent = "";
  });
  stream.addEventListener("edit", (event) => {
    last = Math.max(last, Number(event.lastEventId));
    editMessage(JSON.parse(event.data));
  });
  stream.addEventListener("typing", showTyping);
  stream.addEventListener("open", () => {
    if (status.textContent === say.offline) status.textContent = say.online;
  });
  stream.addEventListener("error", () => {
    status.textContent = say.offline;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_AFTER);
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new FormData(form);
  const file = photo.files[0];
  const located = form.elements.latitude.value !== "";
  if (!field.value.trim() && !file && !located) {
    status.textContent = say.empty;
    field.focus();
    return;
  }
  if (file && file.size > LARGEST_PHOTO) {
    status.textContent = say.tooLarge;
    return;
  }
  const parts = [field.value.trim()];
  if (file) parts.push(say.photoSent);
  if (located) parts.push(say.locationSent);
  send(body, parts.filter(Boolean).join("\n"));
  form.reset();
  form.elements.latitude.value = form.elements.longitude.value = "";
  // The place whose code was scanned goes with the first message only.
  if (form.elements.start) form.elements.start.remove();
  field.focus();
});

const photoHint = document.getElementById("photo-hint");
const photoHintBefore = photoHint.textContent;

photo.addEventListener("change", () => {
  const file = photo.files[0];
  photoHint.textContent = file ? file.name : photoHintBefore;
  if (file && file.size > LARGEST_PHOTO) status.textContent = say.tooLarge;
});

form.addEventListener("reset", () => {
  photoHint.textContent = photoHintBefore;
});

// With a real keyboard Enter sends, as in every chat; on a phone it stays a new line, and an
// input method that is still composing keeps it for itself.
const hasKeyboard = matchMedia("(pointer: fine)").matches;
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
  if (!hasKeyboard && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  form.requestSubmit();
});

// The forms of the server-rendered buttons become live ones.
for (const choices of log.querySelectorAll(".choices")) {
  const rows = [[]];
  for (const button of choices.querySelectorAll("button")) {
    rows[0].push({ label: button.textContent, data: button.value });
  }
  choices.replaceWith(makeChoices(rows));
}

for (const item of document.querySelectorAll(".examples li")) {
  const button = element("button", "", item.textContent);
  button.type = "button";
  button.addEventListener("click", () => {
    field.value = button.textContent;
    field.focus();
  });
  item.replaceChildren(button);
}

const locate = document.getElementById("locate");
if ("geolocation" in navigator) {
  locate.hidden = false;
  locate.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.latitude.value = coords.latitude.toFixed(6);
        form.elements.longitude.value = coords.longitude.toFixed(6);
        status.textContent = say.locationAdded;
      },
      () => {
        status.textContent = say.locationFailed;
      },
      { timeout: 10000 },
    );
  });
}

addEventListener("online", flush);
scrollToEnd();
listen();
