// Signs links to Safelight: `go run sign.go vectors.json` compares with the vectors.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func base36(number uint64) string { return strconv.FormatUint(number, 36) }

func sign(kid, key, scope, subject, query string, epoch, expires uint64, fields ...string) string {
	secret, _ := base64.StdEncoding.DecodeString(key)
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "safelight-link-1\n%s\n%s\n%d\n%s\n%d", scope, subject, epoch, query, expires)
	parts := append([]string{scope + kid, base36(expires)}, fields...)
	if epoch > 0 {
		parts = append(parts, base36(epoch))
	}
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(mac.Sum(nil))), ".")
}

type link struct {
	Scope, Path, Query, Album, Sig   string
	Epoch, Expires, MaxBytes, Nonce uint64
}

func signVector(kid, key string, of link) string {
	path := strings.TrimPrefix(strings.TrimPrefix(of.Path, "/"), "api/v1/")
	subject, query, fields := path, of.Query, []string{}
	switch of.Scope {
	case "i", "o":
		subject, query = "images/"+strings.ToLower(strings.Split(path, "/")[1]), ""
	case "a":
		subject, query, fields = "albums/"+of.Album, "", []string{of.Album}
	case "w":
		query = fmt.Sprintf("maxBytes=%d&nonce=%d", of.MaxBytes, of.Nonce)
		subject, fields = "albums/"+of.Album, []string{of.Album, base36(of.MaxBytes), base36(of.Nonce)}
	}
	return sign(kid, key, of.Scope, subject, query, of.Epoch, of.Expires, fields...)
}

func main() {
	var vectors struct {
		Kid, Key string
		Links    []link
	}
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &vectors)
	}
	if err != nil {
		panic(err)
	}
	for _, of := range vectors.Links {
		if signature := signVector(vectors.Kid, vectors.Key, of); signature != of.Sig {
			panic(fmt.Sprintf("%+v: %s", of, signature))
		}
	}
	fmt.Printf("%d links are as they should be\n", len(vectors.Links))
}
