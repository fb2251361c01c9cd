// The page: uploads, albums, the gallery, and changes as they happen.

import { open } from "./editor.js";
import { ask, json, listen, send, upload, useToken } from "./server.js";

const $ = (id) => document.getElementById(id);
let album = null;
let cursor = null;

function tell(error) {
  if (error.status === 401) $("access").hidden = false;
  $("message").textContent = error.message;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A picture that is fetched when it comes near the screen, since `<img>` sends no token. */
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    ask(target.dataset.path)
      .then((response) => response.blob())
      .then((blob) => {
        target.onload = () => URL.revokeObjectURL(target.src);
        target.src = URL.createObjectURL(blob);
      })
      .catch(() => {});
  }
});

function card(info) {
  const picture = element("img", { alt: "" });
  picture.dataset.path = `/images/${info.id}?width=320&height=240&fit=cover`;
  near.observe(picture);
  const button = element("button", { type: "button", onclick: () => open(info) }, picture, element("span", { textContent: info.name }));
  return element("li", {}, button);
}

/** The images of the album that is chosen; an album lists names, not ids. */
async function page() {
  if (album === null) {
    const { images, nextCursor } = await json(`/images?limit=60${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    return { images, next: nextCursor ?? null };
  }
  const path = `/albums/${encodeURIComponent(album)}/images`;
  const { imageList } = await json(path);
  const infos = imageList.slice(0, 200).map((name) => json(`${path}/${encodeURIComponent(name)}/info`).catch(() => null));
  return { images: (await Promise.all(infos)).filter(Boolean), next: null };
}

async function showImages(further = false) {
  try {
    if (!further) cursor = null;
    const { images, next } = await page();
    cursor = next;
    const cards = images.map(card);
    if (further) $("gallery").append(...cards);
    else $("gallery").replaceChildren(...cards);
    $("more").hidden = next === null;
    $("empty").hidden = $("gallery").children.length > 0;
    $("message").textContent = "";
  } catch (error) {
    tell(error);
  }
}

async function showAlbums() {
  try {
    const { albumList } = await json("/albums");
    const choice = (name, text) => {
      const button = element("button", { type: "button", textContent: text });
      button.setAttribute("aria-pressed", String(album === name));
      button.onclick = () => {
        album = name;
        show();
      };
      return button;
    };
    $("albums").replaceChildren(choice(null, "All images"), ...albumList.map((name) => choice(name, name)));
  } catch (error) {
    tell(error);
  }
}

function show() {
  showAlbums();
  showImages();
}

async function add(files) {
  for (const file of files) {
    const bar = element("progress", { max: 1, value: 0, ariaLabel: `upload of ${file.name}` });
    const row = element("li", {}, element("span", { textContent: file.name }), bar);
    $("uploads").append(row);
    try {
      await upload(file, album, (part) => (bar.value = part));
      row.remove();
    } catch (error) {
      bar.replaceWith(element("span", { textContent: error.message }));
      tell(error);
    }
  }
  show();
}

$("files").addEventListener("change", ({ target }) => {
  add([...target.files]);
  target.value = "";
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") add([...event.dataTransfer.files]);
  });
}
$("more").addEventListener("click", () => showImages(true));
$("new-album").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const name = $("album-name").value;
    await send("POST", "/albums", { albumName: name });
    $("album-name").value = "";
    album = name;
    show();
  } catch (error) {
    tell(error);
  }
});
$("access").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken($("token").value);
  $("access").hidden = true;
  show();
});

let pause;
listen(
  () => {
    clearTimeout(pause);
    pause = setTimeout(show, 150);
  },
  (connected) => ($("live").textContent = connected ? "live" : "not connected"),
);
show();
