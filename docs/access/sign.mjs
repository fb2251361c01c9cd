// Signs links to Safelight: `node sign.mjs vectors.json` compares with the vectors.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const base36 = (number) => BigInt(number).toString(36);

export function sign(kid, key, scope, subject, query, epoch, expires, fields = []) {
  const message = `safelight-link-1\n${scope}\n${subject}\n${epoch}\n${query}\n${expires}`;
  const mac = createHmac("sha256", Buffer.from(key, "base64")).update(message).digest("base64url");
  return [scope + kid, base36(expires), ...fields, ...(epoch ? [base36(epoch)] : []), mac].join(".");
}

function signVector(kid, key, link) {
  const path = link.path.replace(/^\//, "").replace(/^api\/v1\//, "");
  let [subject, query, fields] = [path, link.query ?? "", []];
  if ("io".includes(link.scope)) [subject, query] = ["images/" + path.split("/")[1].toLowerCase(), ""];
  if ("aw".includes(link.scope)) [subject, query, fields] = ["albums/" + link.album, "", [link.album]];
  if (link.scope === "w") {
    query = `maxBytes=${link.maxBytes}&nonce=${link.nonce}`;
    fields.push(base36(link.maxBytes), base36(link.nonce));
  }
  return sign(kid, key, link.scope, subject, query, link.epoch, link.expires, fields);
}

const { kid, key, links } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const link of links) {
  const signature = signVector(kid, key, link);
  if (signature !== link.sig) throw new Error(`${JSON.stringify(link)}: ${signature}`);
}
console.log(`${links.length} links are as they should be`);
