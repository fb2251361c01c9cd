// What the server is asked, and the token it is asked with. The token stays in this tab.

let token = sessionStorage.getItem("token");

/** Remembers a token until the tab is closed. */
export function useToken(text) {
  token = text;
  sessionStorage.setItem("token", text);
}

/** Why the server refused. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function credentials() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** One request; its response, if it is a good one. */
export async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, headers: { ...credentials(), ...options.headers } });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new Refused(response.status, body?.message ?? `the server answers ${response.status}`);
}

export async function json(path, options) {
  return (await ask(path, options)).json();
}

/** Sends JSON. */
export function send(method, path, body) {
  return json(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

/** Uploads a file; `progress` is told the part that is sent, from 0 to 1. */
export function upload(file, album, progress) {
  const form = new FormData();
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", album === null ? "/images" : `/albums/${encodeURIComponent(album)}/images`);
    for (const [name, value] of Object.entries(credentials())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Refused(0, "the connection broke"));
    request.onload = () =>
      request.status === 201
        ? resolve(request.response)
        : reject(new Refused(request.status, request.response?.message ?? `the server answers ${request.status}`));
    request.send(form);
  });
}

/** Calls `changed` for every change, for as long as the page is open. */
export async function listen(changed, connected) {
  for (;;) {
    try {
      const response = await ask("/events");
      connected(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const line of lines) if (line.startsWith("data:")) changed(JSON.parse(line.slice(5)));
      }
    } catch {
      // It is asked again below.
    }
    connected(false);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
