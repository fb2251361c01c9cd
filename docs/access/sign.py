"""Signs links to Safelight: `python3 sign.py vectors.json` compares with the vectors."""

import base64, hashlib, hmac, json, sys


def base36(number):
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if not number:
            return digits


def sign(kid, key, scope, subject, query, epoch, expires, fields=()):
    message = f"safelight-link-1\n{scope}\n{subject}\n{epoch}\n{query}\n{expires}"
    mac = hmac.new(base64.b64decode(key), message.encode(), hashlib.sha256).digest()
    parts = [f"{scope}{kid}", base36(expires), *fields, *([base36(epoch)] if epoch else [])]
    return ".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=").decode()])


def sign_vector(kid, key, link):
    path = link["path"].removeprefix("/").removeprefix("api/v1/")
    subject, query, fields = path, link.get("query", ""), []
    if link["scope"] in "io":
        subject, query = "images/" + path.split("/")[1].lower(), ""
    if link["scope"] in "aw":
        subject, query, fields = "albums/" + link["album"], "", [link["album"]]
    if link["scope"] == "w":
        query = f"maxBytes={link['maxBytes']}&nonce={link['nonce']}"
        fields += [base36(link["maxBytes"]), base36(link["nonce"])]
    return sign(kid, key, link["scope"], subject, query, link["epoch"], link["expires"], fields)


if __name__ == "__main__":
    vectors = json.load(open(sys.argv[1], encoding="utf-8"))
    for link in vectors["links"]:
        signature = sign_vector(vectors["kid"], vectors["key"], link)
        assert signature == link["sig"], (link, signature)
    print(f"{len(vectors['links'])} links are as they should be")
