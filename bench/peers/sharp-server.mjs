// The smallest fair server around sharp: a photo, read from disk for each request.
// PORT and PHOTOS say where to listen and where the photos are; MODULES is where sharp lies.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const sharp = createRequire(process.env.MODULES + "/")("sharp");
// A cache would answer a repeated request with less work than a first one takes.
sharp.cache(false);
// One thread for each image, as image-processor has it.
sharp.concurrency(1);

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const option = (name) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined);
  try {
    if (url.pathname === "/health") return response.end(JSON.stringify(sharp.versions));
    const image = sharp(await readFile(join(process.env.PHOTOS, basename(url.pathname)))).rotate();
    if (option("sigma")) image.blur(option("sigma"));
    if (option("width")) image.resize({ width: option("width") });
    const format = url.searchParams.get("format");
    const bytes = await image.toFormat(format, { quality: option("quality") }).toBuffer();
    response.writeHead(200, { "Content-Type": `image/${format}`, "Content-Length": bytes.length }).end(bytes);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(process.env.PORT), "127.0.0.1");
