// One image: its options, the URL that makes it, and what the answer says.

import { paint } from "./blurhash.js";
import { ask, json, send } from "./server.js";

const $ = (id) => document.getElementById(id);
const dialog = $("editor");
// What an option is when it does nothing, and how its value reads.
const IDLE = { width: "0", blur: "0", rotate: "0", saturation: "1", quality: "80", format: "" };
const WORDS = { width: (v) => (v === "0" ? "as it is" : `${v} px`), rotate: (v) => `${v}°` };

let image = null;
let wanted = 0;
let shown = null;

/** Opens an image. */
export function open(info) {
  image = info;
  $("options").reset();
  $("editor-title").textContent = info.name;
  $("editor-message").textContent = "";
  $("result").removeAttribute("src");
  $("placeholder").getContext("2d").clearRect(0, 0, 32, 32);
  dialog.showModal();
  placeholder(info.id);
  show();
}

/** Where the image with the chosen options is. */
function address() {
  const query = new URLSearchParams();
  for (const [name, idle] of Object.entries(IDLE)) {
    const { value } = $(name);
    const output = dialog.querySelector(`output[for="${name}"]`);
    if (output) output.textContent = (WORDS[name] ?? String)(value);
    if (value !== idle) query.set(name, value);
  }
  if ($("grayscale").checked) query.set("grayscale", "true");
  return `/images/${image.id}${query.size ? `?${query}` : ""}`;
}

async function placeholder(id) {
  const description = await json(`/images/${id}/description`).catch(() => null);
  if (description?.blurHash && image?.id === id) paint(description.blurHash, $("placeholder"));
}

async function show() {
  const path = address();
  $("url").textContent = new URL(path, location.href).href;
  const turn = ++wanted;
  const begin = performance.now();
  try {
    const response = await ask(path, { cache: "no-store" });
    const blob = await response.blob();
    const took = performance.now() - begin;
    // A slower answer to an older wish comes too late.
    if (turn !== wanted) return;
    if (shown) URL.revokeObjectURL(shown);
    shown = URL.createObjectURL(blob);
    $("result").src = shown;
    $("result").alt = image.name;
    facts({
      Size: `${blob.size.toLocaleString()} bytes`,
      Time: `${took.toFixed(0)} ms`,
      Type: blob.type,
      "Cache-Status": response.headers.get("Cache-Status") ?? "the original",
    });
    $("editor-message").textContent = "";
  } catch (error) {
    if (turn === wanted) $("editor-message").textContent = error.message;
  }
}

function facts(all) {
  const rows = Object.entries(all).flatMap(([name, value]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = value;
    return [term, text];
  });
  $("facts").replaceChildren(...rows);
}

let pause;
$("options").addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(show, 120);
});
$("options").addEventListener("submit", (event) => event.preventDefault());
$("close").addEventListener("click", () => dialog.close());
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("url").textContent);
  $("editor-message").textContent = "Copied.";
});
$("share").addEventListener("click", async () => {
  try {
    const link = await send("POST", `/images/${image.id}/links`, {});
    $("url").textContent = new URL(link.url ?? link.path, location.href).href;
    $("editor-message").textContent = "Whoever has this link sees the image.";
  } catch (error) {
    const none = error.status === 404 || error.status === 405;
    $("editor-message").textContent = none
      ? "This server has no keys to sign links with; its addresses are open to whoever reaches it."
      : error.message;
  }
});
$("delete").addEventListener("click", async () => {
  try {
    await ask(`/images/${image.id}`, { method: "DELETE" });
    dialog.close();
  } catch (error) {
    $("editor-message").textContent = error.message;
  }
});
