
"use strict";
// THE PAGE THAT COMPARES A LIST WITH ITS READER'S MEMORY.
//
// Laws: nothing that the reader enters is sent, stored or put into an address; text from the list or a diary reaches
// the page as textContent, never as markup; a list whose signature is false is not compared with; one that this
// browser cannot check is, and says so. Days and hours are those of clocks at the places: no time is converted.

const el = (id) => document.getElementById(id);
const facts = JSON.parse(el("facts").textContent); // {note, key}
const MOST_BYTES = 1 << 20; // of a diary

// ---- words, in the languages of the page

const WORDS = {
  en: {
    risk: {high: "high", medium: "medium", low: "low"},
    dates: (l) => `Published on ${l.made}. It counts until ${l.until}; then throw it away.`,
    over: (l) => `This list is over: it counted until ${l.until}. Ask for a newer one.`,
    clock: (l) => `Days and hours are by the clocks at the places (${l.time_zone}).`,
    holds: (name) => `The signature holds: the list is just as ${name} signed it.`,
    cannot: "This browser cannot check the signature (it has no Ed25519). What follows may have been altered; a newer browser can tell.",
    broken: "The signature is false: this is not the list that was signed. It is not compared with, and you should not rely on it.",
    choose: "Choose a place", lacksPlace: "Choose a place.", lacksTime: "Say from when until when.",
    order: "The end is not after the begin. Enter a stay over midnight as two.",
    met: (n) => n === 1 ? "You were there in one of the listed hours." : `You were there in ${n} of the listed hours.`,
    perhaps: (n) => n === 1 ? "One listed hour may be of the same place under another name: look yourself." : `${n} listed hours may be of the same places under other names: look yourself.`,
    none: (n) => `No match: of ${n === 1 ? "the stay" : `the ${n} stays`} that you entered, none is on the list.`,
    nothing: "You have entered nothing yet.",
    unread: (lines) => `Not understood, and not compared: line ${lines.join(", ")}. A line is: day, from, until, place`,
    large: "This file is too long for a diary.", empty: "There is no stay in this file.",
    hit: (w) => `${w.day}, ${hours(w)}`, maybe: (name) => `You wrote “${name}”: is it this place?`, label: "Risk",
  },
  ko: {
    risk: {high: "높음", medium: "중간", low: "낮음"},
    dates: (l) => `발행일 ${l.made}. ${l.until}까지 유효하며, 그 뒤에는 버려 주세요.`,
    over: (l) => `유효 기간이 ${l.until}에 끝난 목록입니다. 새 목록을 확인하세요.`,
    clock: (l) => `날짜와 시각은 현지 시각 기준입니다(${l.time_zone}).`,
    holds: (name) => `서명이 올바릅니다. ${name} 이름으로 서명된 그대로의 목록입니다.`,
    cannot: "이 브라우저는 서명을 확인할 수 없습니다(Ed25519 미지원). 아래 내용이 바뀌었을 수도 있습니다. 최신 브라우저에서 확인할 수 있습니다.",
    broken: "서명이 맞지 않습니다. 서명된 목록이 아니므로 비교하지 않으며, 믿어서는 안 됩니다.",
    choose: "장소를 고르세요", lacksPlace: "장소를 고르세요.", lacksTime: "몇 시부터 몇 시까지인지 적으세요.",
    order: "끝난 시각이 시작한 시각보다 늦어야 합니다. 자정을 넘겼다면 둘로 나누어 적으세요.",
    met: (n) => `목록의 시간대 가운데 ${n}건에 그 장소에 계셨습니다.`,
    perhaps: (n) => `이름만 다른 같은 장소일 수 있는 것이 ${n}건 있습니다. 직접 확인해 보세요.`,
    none: (n) => `겹치지 않습니다. 적으신 ${n}건 가운데 목록에 있는 것은 없습니다.`,
    nothing: "아직 적으신 내용이 없습니다.",
    unread: (lines) => `이해하지 못해 비교하지 못한 줄: ${lines.join(", ")}. 한 줄은 날짜, 부터, 까지, 장소입니다.`,
    large: "일지로 보기에는 파일이 너무 큽니다.", empty: "이 파일에는 머문 기록이 없습니다.",
    hit: (w) => `${w.day}, ${hours(w)}`, maybe: (name) => `“${name}”(으)로 적으셨습니다. 같은 곳인가요?`, label: "위험도",
  },
};
const two = (n) => String(n).padStart(2, "0");
const hours = (w) => `${two(w.from)}:00–${two(w.to)}:00`;

// ---- the signature: C2SP signed-note, Ed25519 over the text, the key's id before it

const octets = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((octet, n) => octet === b[n]);

async function verified(note, vkey) {
  const [name, id, ...rest] = vkey.split("+");
  const key = octets(rest.join("+")); // 0x01, then the public key
  const end = note.lastIndexOf("\n\n") + 1;
  const utf8 = new TextEncoder();
  const named = new Uint8Array([...utf8.encode(`${name}\n`), ...key]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named)).slice(0, 4);
  if (key[0] !== 1 || [...digest].map((octet) => octet.toString(16).padStart(2, "0")).join("") !== id) return false;
  const publicKey = await crypto.subtle.importKey("raw", key.slice(1), {name: "Ed25519"}, false, ["verify"]);
  const text = utf8.encode(note.slice(0, end));
  let held = false;
  for (const line of note.slice(end + 1).split("\n").filter(Boolean)) {
    const [dash, signer, value] = line.split(" ");
    const signed = octets(value);
    if (dash !== "\u2014" || signer !== name || !same(signed.slice(0, 4), digest)) continue;
    if (!await crypto.subtle.verify({name: "Ed25519"}, publicKey, signed.slice(4), text)) return false;
    held = true;
  }
  return held;
}

async function standing() {
  if (!window.crypto || !crypto.subtle) return "unchecked";
  try {
    return await verified(facts.note, facts.key) ? "holds" : "false";
  } catch (error) {
    // only a browser that does not know Ed25519 is forgiven; anything odd in the note is not
    return error instanceof DOMException && error.name === "NotSupportedError" ? "unchecked" : "false";
  }
}

// ---- a stay: {day, from, to (minutes of the day), place}; what of the list it meets

const plain = (name) => name.normalize("NFKC").toLowerCase().replace(/[\s.,;:()'"·-]+/g, " ").trim();

function alike(place, name) {
  const [a, b] = [plain(place), plain(name)];
  if (a === b) return "met";
  // Hangul says in two letters what English says in six
  return [a, b].every((each) => each.length >= (/[\u1100-\uffff]/.test(each) ? 2 : 4)) && (a.includes(b) || b.includes(a)) ? "perhaps" : null;
}

function met(windows, stays) {
  const found = [];
  for (const window of windows) {
    const there = stays.filter((stay) => stay.day === window.day && stay.from < window.to * 60 && stay.to > window.from * 60);
    const sure = there.find((stay) => alike(window.place, stay.place) === "met");
    const maybe = there.find((stay) => alike(window.place, stay.place) === "perhaps");
    if (sure) found.push({window, sure: true});
    else if (maybe) found.push({window, sure: false, name: maybe.place});
  }
  return found;
}

function minutes(clock) {
  const found = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(clock.trim());
  const all = found ? Number(found[1]) * 60 + Number(found[2]) : NaN;
  return all <= 24 * 60 ? all : NaN;
}

const real = (day) => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === day;
};

// day, from, until, place; commas in the place are the place's; quotes around a field are a spreadsheet's
function readDiary(text) {
  const stays = [], unread = [];
  text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).forEach((line, n) => {
    if (!line.trim() || line.trim().startsWith("#")) return;
    const found = /^\s*"?(\d{4}-\d{2}-\d{2})"?\s*[,;\t]\s*"?([\d:]+)"?\s*[,;\t]\s*"?([\d:]+)"?\s*[,;\t]\s*(.+?)\s*$/.exec(line);
    const stay = found && {day: found[1], from: minutes(found[2]), to: minutes(found[3]), place: found[4].replace(/^"(.*)"$/, "$1").replaceAll('""', '"')};
    if (stay && real(stay.day) && stay.to > stay.from && plain(stay.place)) stays.push(stay);
    else if (n > 0 || /\d/.test(line)) unread.push(n + 1); // a first line without a digit names the columns
  });
  return {stays, unread};
}

// ---- the page

let language = (navigator.language || "en").startsWith("ko") ? "ko" : "en";
let stays = [];
let unread = [];
let state = "checking";
let lack = null;
let list = null;

function make(tag, text, kind) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

function riskOf(window) {
  return make("span", `${WORDS[language].label}: ${WORDS[language].risk[window.risk] || window.risk}`, `risk ${window.risk in WORDS.en.risk ? window.risk : ""}`);
}

function draw() {
  const words = WORDS[language];
  document.documentElement.lang = language;
  document.documentElement.dataset.lang = language;
  for (const button of document.querySelectorAll("#languages button")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  }
  if (state === "checking") return;
  el("signature").className = state;
  el("signature").textContent = {holds: words.holds(facts.key.split("+")[0]), unchecked: words.cannot, false: words.broken}[state];
  if (!list) return;
  el("dates").textContent = words.dates(list);
  el("over").textContent = words.over(list);
  el("clock").textContent = words.clock(list);
  el("lacks").textContent = lack ? words[lack] : "";
  el("place").options[0].textContent = words.choose;
  drawList();
  drawFound();
}

function drawList() {
  el("list").replaceChildren(...list.windows.map((window) => {
    const row = make("tr");
    const risk = make("td");
    risk.append(make("span", WORDS[language].risk[window.risk] || window.risk, `risk ${window.risk in WORDS.en.risk ? window.risk : ""}`));
    const when = make("td");
    when.append(make("span", window.day), " ", make("span", hours(window)));
    row.append(when, make("td", window.place), risk);
    return row;
  }));
}

function drawFound() {
  const words = WORDS[language];
  const found = met(list.windows, stays);
  const sure = found.filter((each) => each.sure).length;
  const said = [];
  if (sure) {
    const box = make("p", words.met(sure), "met");
    box.append(make("span", list.advice, "advice"));
    said.push(box);
  } else if (stays.length && !found.length) said.push(make("p", words.none(stays.length)));
  else if (!stays.length) said.push(make("p", words.nothing, "quiet"));
  if (found.length > sure) said.push(make("p", words.perhaps(found.length - sure)));
  if (unread.length) said.push(make("p", words.unread(unread), "error"));
  el("verdict").replaceChildren(...said);
  el("results").replaceChildren(...found.map(({window, sure: certain, name}) => {
    const item = make("li", undefined, certain ? window.risk : "");
    item.append(make("b", window.place), make("br"), `${words.hit(window)} `, riskOf(window));
    if (!certain) item.append(make("br"), words.maybe(name));
    return item;
  }));
  el("forget").hidden = !stays.length && !unread.length;
}

function choices() {
  const distinct = (values) => [...new Set(values)].sort();
  const option = (text, value = text) => Object.assign(make("option", text), {value});
  el("place").append(option("", ""), ...distinct(list.windows.map((window) => window.place)).map((place) => option(place)));
  el("day").append(...distinct(list.windows.map((window) => window.day)).map((day) => option(day)));
  const first = list.windows[0];
  el("example").textContent = `${first.day}, ${two(first.from)}:10, ${two(first.to - 1)}:50, ${first.place}`;
}

function entered(event) {
  event.preventDefault();
  const stay = {place: el("place").value, day: el("day").value, from: minutes(el("from").value), to: minutes(el("to").value)};
  if (stay.to === 0) stay.to = 24 * 60; // until midnight
  lack = !stay.place ? "lacksPlace" : Number.isNaN(stay.from + stay.to) ? "lacksTime" : stay.to <= stay.from ? "order" : null;
  if (!lack) stays = [...stays, stay];
  draw();
  if (lack) el(lack === "lacksPlace" ? "place" : lack === "lacksTime" && !el("from").value ? "from" : "to").focus();
}

async function loaded() {
  const [file] = el("diary").files;
  if (!file) return;
  const read = file.size > MOST_BYTES ? null : readDiary(await file.text());
  lack = !read ? "large" : !read.stays.length && !read.unread.length ? "empty" : null;
  if (read) {
    stays = [...stays, ...read.stays];
    unread = read.unread;
  }
  el("diary").value = "";
  draw();
}

function forgotten() {
  [stays, unread, lack] = [[], [], null];
  el("stay").reset();
  draw();
  el("place").focus();
}

async function begin() {
  draw();
  state = await standing();
  el("vkey").textContent = facts.key;
  if (state !== "false") {
    list = JSON.parse(facts.note.slice(0, facts.note.lastIndexOf("\n\n") + 1));
    el("by").textContent = list.by;
    el("test").hidden = !list.test;
    const today = new Date();
    el("over").hidden = `${today.getFullYear()}-${two(today.getMonth() + 1)}-${two(today.getDate())}` <= list.until;
    choices();
    el("matching").hidden = false;
  }
  draw();
}

for (const button of document.querySelectorAll("#languages button")) {
  button.addEventListener("click", () => { language = button.dataset.lang; draw(); });
}
el("stay").addEventListener("submit", entered);
el("diary").addEventListener("change", loaded);
el("forget").addEventListener("click", forgotten);
begin();
