// The page: which photo is open, the index, the keyboard, dark and light. Without this script all photos are there as
// plain pictures; with it each is unpacked when it is opened, so that hundreds do not cost memory.

const root = document.documentElement;
root.classList.add("js");

/** Remember a choice, where the browser keeps any for a file. */
const remembered = {
  get(key) { try { return localStorage.getItem(`rwdenoise.${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`rwdenoise.${key}`, value); } catch { /* It is asked anew. */ } },
};
if (["dark", "light"].includes(remembered.get("theme"))) root.dataset.theme = remembered.get("theme");

function switchTheme() {
  const dark = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = dark === "dark" ? "light" : "dark";
  remembered.set("theme", root.dataset.theme);
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** One photo that is open: its viewers, and the bar above them. */
class OpenPhoto {
  constructor(section) {
    this.section = section;
    // What a noscript element holds is text, until it is put elsewhere.
    this.content = element("div", { className: "content" });
    this.content.innerHTML = section.querySelector("noscript").textContent;
    section.append(this.content);
    this.whole = new View();
    this.crops = new View();
    const figures = [...this.content.querySelectorAll(".view")];
    this.viewers = figures.map((figure, index) => new Viewer(figure, index ? this.crops : this.whole));
    this.main = this.viewers[0];
    this.main.figure.before(this.makeBar());
    this.content.addEventListener("drawn", () => this.update());
    section.classList.add("open");
    this.choose("slider");
  }

  makeBar() {
    const button = (text, title, onclick) => element("button", { type: "button", textContent: text, title, onclick });
    this.modes = new Map([
      ["slider", button("Slider", "Before and after with a divider (S)", () => this.choose("slider"))],
      ["side", button("Side by side", "Before and after side by side (D)", () => this.choose("side"))],
      ["removed", button("Removed", "What was removed, in units of the noise (R)", () => this.choose("removed"))],
    ]);
    if (!this.section.querySelector(".content .layer.removed")) this.modes.delete("removed");
    this.percent = element("output", { title: "Zoom" });
    this.marks = button("Marks", "Where structure was removed (M)", () => this.mark());
    this.marks.hidden = !this.content.querySelector(".marks");
    const peek = button("Before", "Hold for before (B)");
    peek.addEventListener("pointerdown", () => this.peek(true));
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) peek.addEventListener(end, () => this.peek(false));
    return element("div", { className: "bar" },
      element("div", { className: "segments", role: "group" }, ...this.modes.values()), peek, this.marks,
      element("div", { className: "segments zoom" },
        button("−", "Zoom out (−)", () => this.main.zoomBy(1 / 1.5)),
        button("Fit", "The whole photo (0)", () => this.fit()),
        button("1:1", "Each px of the picture as one of the screen (1)", () => this.main.showPixels()),
        button("+", "Zoom in (+)", () => this.main.zoomBy(1.5))),
      this.percent);
  }

  choose(mode) {
    if (!this.modes.has(mode)) return;
    for (const [name, button] of this.modes) button.setAttribute("aria-pressed", name === mode);
    for (const view of [this.whole, this.crops]) view.change({ mode });
  }

  mark() {
    const marked = this.main.figure.classList.toggle("marked");
    this.marks.setAttribute("aria-pressed", marked);
  }

  peek(on) {
    for (const viewer of this.viewers) viewer.figure.classList.toggle("peek", on);
  }

  fit() {
    this.whole.change({ scale: null, center: [0.5, 0.5] });
  }

  update() {
    this.percent.textContent = `${Math.round(this.main.percent)} %`;
  }

  close() {
    this.section.classList.remove("open");
    this.content.remove();
  }
}

let opened = null;
let cards = [];
let indexScroll = 0;

/** The photos in the order in which the index shows them. */
function shown() {
  return cards.filter((card) => !card.hidden).map((card) => card.querySelector("a").hash.slice(1));
}

function showPhoto(name) {
  const section = name ? document.getElementById(name) : null;
  const isPhoto = section !== null && section.classList.contains("photo");
  const index = document.getElementById("index");
  if (!opened) indexScroll = scrollY;
  opened?.close();
  opened = isPhoto ? new OpenPhoto(section) : null;
  index.hidden = isPhoto;
  scrollTo(0, isPhoto ? 0 : indexScroll);
}

function step(by) {
  const names = shown();
  const next = names[names.indexOf(opened.section.id) + by];
  if (next) location.replace(`#${next}`);
}

function sortCards(order, backward) {
  const value = (card) => (order === "name" ? card.dataset.name : Number(card.dataset[order]));
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  const rising = (a, b) => (order === "name" ? compare(value(a), value(b)) : value(a) - value(b));
  cards.sort((a, b) => (backward ? -1 : 1) * rising(a, b));
  document.querySelector(".cards").append(...cards);
}

function findCards(words) {
  for (const card of cards) card.hidden = !card.dataset.name.toLowerCase().includes(words.toLowerCase());
  document.querySelector(".none").hidden = cards.some((card) => !card.hidden);
}

function listenToIndex() {
  const tools = document.querySelector(".tools");
  const [order, direction, find] = [".order", ".direction", "input"].map((name) => tools.querySelector(name));
  const sort = () => sortCards(order.value, direction.getAttribute("aria-pressed") === "true");
  order.addEventListener("change", sort);
  direction.addEventListener("click", () => {
    const backward = direction.getAttribute("aria-pressed") !== "true";
    direction.setAttribute("aria-pressed", backward);
    direction.textContent = backward ? "↓" : "↑";
    sort();
  });
  find.addEventListener("input", () => findCards(find.value.trim()));
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.hidden = cards.length < 2;
}

const KEYS = {
  ArrowLeft: () => step(-1), ArrowRight: () => step(1),
  s: () => opened.choose("slider"), d: () => opened.choose("side"), r: () => opened.choose("removed"),
  m: () => opened.mark(), b: () => opened.peek(true),
  "+": () => opened.main.zoomBy(1.5), "=": () => opened.main.zoomBy(1.5), "-": () => opened.main.zoomBy(1 / 1.5),
  0: () => opened.fit(), 1: () => opened.main.showPixels(),
  Escape: () => { if (!("single" in document.body.dataset)) location.hash = "index"; },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "t") switchTheme();
  else if (key === "?") document.querySelector(".help").showModal();
  else if (opened && Object.hasOwn(KEYS, key)) KEYS[key]();
}

function start() {
  cards = [...document.querySelectorAll(".cards > li")];
  for (const [name, act] of [[".theme", switchTheme], [".keys", () => document.querySelector(".help").showModal()]]) {
    const button = document.querySelector(name);
    button.hidden = false;
    button.addEventListener("click", act);
  }
  for (const nav of document.querySelectorAll(".photo nav")) nav.hidden = cards.length < 2;
  document.querySelector("main").addEventListener("click", (event) => {
    const button = event.target.closest(".previous, .next");
    if (button) step(button.classList.contains("next") ? 1 : -1);
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "b") opened?.peek(false); });
  listenToIndex();
  const hashed = () => showPhoto(location.hash.slice(1) || ("single" in document.body.dataset ? "photo-1" : ""));
  addEventListener("hashchange", hashed);
  hashed();
}

document.addEventListener("DOMContentLoaded", start);
