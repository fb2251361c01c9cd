// The smallest fair peer: one photo, read from disk for each request, through sharp.
// PORT and PHOTO say where to listen and what to serve; MODULES is where sharp lies.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const sharp = createRequire(process.env.MODULES + "/")("sharp");
// A cache would answer a repeated request with less work than a first one takes.
sharp.cache(false);
// One thread for each image, as image-processor has it.
sharp.concurrency(1);

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  try {
    if (url.pathname === "/health") return response.end(JSON.stringify(sharp.versions));
    const image = sharp(await readFile(process.env.PHOTO)).rotate();
    if (url.searchParams.has("sigma")) image.blur(Number(url.searchParams.get("sigma")));
    if (url.searchParams.has("width")) image.resize({ width: Number(url.searchParams.get("width")) });
    const bytes = await image.jpeg({ quality: 80 }).toBuffer();
    response.writeHead(200, { "Content-Type": "image/jpeg", "Content-Length": bytes.length }).end(bytes);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(process.env.PORT), "127.0.0.1");
