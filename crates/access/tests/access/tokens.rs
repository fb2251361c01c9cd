//! Tokens: what a careful provider issues is taken, and every known trick is not.

use access::jwt::{Algorithm, InvalidJwks, InvalidKeyFile, InvalidToken, KeySet, Rules, verify};
use access::{Scope, Scopes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
const SECRET: &str = "a secret of thirty-two bytes, no less";

fn rules() -> Rules {
    Rules {
        issuers: vec!["https://id.example".to_owned()],
        audiences: vec!["safelight".to_owned()],
        leeway: 30,
        max_lifetime: 86_400,
        owner_claim: "sub".to_owned(),
        scope_claim: "scope".to_owned(),
    }
}

fn claims() -> Value {
    json!({"iss": "https://id.example", "aud": "safelight", "sub": "alice", "iat": NOW, "exp": NOW + 600})
}

fn secret() -> KeySet {
    KeySet::parse_file(SECRET).unwrap()
}

/// The claims with some of them changed; null takes one away.
fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims.as_object_mut().unwrap().remove(name);
        if !value.is_null() {
            claims[name] = value.clone();
        }
    }
    claims
}

fn token_of(header: &str, payload: &str, key: &EncodingKey, algorithm: jsonwebtoken::Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn signed(header: &Value, payload: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    token_of(&header.to_string(), &payload.to_string(), &key, jsonwebtoken::Algorithm::HS256)
}

fn hs256(payload: &Value) -> String {
    signed(&json!({"alg": "HS256", "typ": "JWT"}), payload)
}

fn check(token: &str) -> Result<access::jwt::Claims, InvalidToken> {
    verify(token, &secret(), &rules(), NOW)
}

#[test]
fn a_good_token_says_who_it_is() {
    let taken = check(&hs256(&claims())).unwrap();
    assert_eq!(taken.holder.owner.as_str(), "alice");
    assert_eq!(taken.holder.scopes, Scopes::OWNER);
    assert_eq!(taken.expires, NOW + 600);
    for changes in [
        json!({"aud": ["other", "safelight"]}),
        json!({"nbf": NOW + 30}),
        json!({"exp": NOW - 29}),
        json!({"exp": NOW as f64 + 600.5}),
        json!({"iat": null}),
        json!({"iat": NOW - 86_000, "exp": NOW + 400}),
    ] {
        assert!(check(&hs256(&claims_with(changes.clone()))).is_ok(), "{changes}");
    }
}

#[test]
fn scopes_are_what_the_token_says_and_no_more() {
    for (scope, expected) in [
        (json!("read metrics openid"), Scopes::NONE.with(Scope::Read).with(Scope::Metrics)),
        (json!(["admin"]), Scopes::NONE.with(Scope::Admin)),
        (json!("openid profile"), Scopes::NONE),
        (json!(""), Scopes::NONE),
    ] {
        let taken = check(&hs256(&claims_with(json!({"scope": scope})))).unwrap();
        assert_eq!(taken.holder.scopes, expected, "{scope}");
    }
    for scope in [json!(1), json!({"read": true}), json!([1])] {
        assert_eq!(check(&hs256(&claims_with(json!({"scope": scope})))), Err(InvalidToken::Claim("scope")));
    }
}

#[test]
fn claims_that_are_wrong_are_refused() {
    let day = 86_400;
    for (changes, error) in [
        (json!({"exp": NOW - 30}), InvalidToken::Expired),
        (json!({"exp": 0}), InvalidToken::Expired),
        (json!({"exp": null}), InvalidToken::Claim("exp")),
        (json!({"exp": (NOW + 600).to_string()}), InvalidToken::Claim("exp")),
        (json!({"exp": 1e300}), InvalidToken::Claim("exp")),
        (json!({"exp": -1}), InvalidToken::Claim("exp")),
        (json!({"exp": [NOW]}), InvalidToken::Claim("exp")),
        (json!({"nbf": NOW + 31}), InvalidToken::NotYetValid),
        (json!({"nbf": "0"}), InvalidToken::Claim("nbf")),
        (json!({"iat": NOW + 31}), InvalidToken::NotYetValid),
        (json!({"exp": NOW + day + 31}), InvalidToken::Lifetime),
        (json!({"iat": null, "exp": NOW + day + 31}), InvalidToken::Lifetime),
        (json!({"iss": "https://id.example/"}), InvalidToken::Issuer),
        (json!({"iss": null}), InvalidToken::Claim("iss")),
        (json!({"iss": ["https://id.example"]}), InvalidToken::Claim("iss")),
        (json!({"aud": "other"}), InvalidToken::Audience),
        (json!({"aud": []}), InvalidToken::Audience),
        (json!({"aud": null}), InvalidToken::Claim("aud")),
        (json!({"aud": ["safelight", 1]}), InvalidToken::Claim("aud")),
        (json!({"sub": null}), InvalidToken::Claim("sub")),
        (json!({"sub": ""}), InvalidToken::Claim("sub")),
        (json!({"sub": 7}), InvalidToken::Claim("sub")),
        (json!({"sub": "a\nb"}), InvalidToken::Claim("sub")),
        (json!({"sub": "x".repeat(256)}), InvalidToken::Claim("sub")),
    ] {
        assert_eq!(check(&hs256(&claims_with(changes.clone()))), Err(error), "{changes}");
    }
}

#[test]
fn headers_that_are_tricks_are_refused() {
    let jwk = json!({"kty": "oct", "k": "AAAA"});
    for (header, error) in [
        (json!({"alg": "none"}), InvalidToken::Algorithm),
        (json!({"alg": "None"}), InvalidToken::Algorithm),
        (json!({"alg": "HS384"}), InvalidToken::Algorithm),
        (json!({"alg": "RS256"}), InvalidToken::Algorithm),
        (json!({"alg": "hs256"}), InvalidToken::Algorithm),
        (json!({"typ": "JWT"}), InvalidToken::Malformed),
        (json!({"alg": 1}), InvalidToken::Malformed),
        (json!({"alg": "HS256", "kid": 1}), InvalidToken::Malformed),
        (json!({"alg": "HS256", "crit": ["exp"]}), InvalidToken::Header("crit")),
        (json!({"alg": "HS256", "crit": []}), InvalidToken::Header("crit")),
        (json!({"alg": "HS256", "jwk": jwk}), InvalidToken::Header("jwk")),
        (json!({"alg": "HS256", "jku": "https://evil.example"}), InvalidToken::Header("jku")),
        (json!({"alg": "HS256", "x5u": "https://evil.example"}), InvalidToken::Header("x5u")),
        (json!({"alg": "HS256", "x5c": []}), InvalidToken::Header("x5c")),
        (json!({"alg": "HS256", "typ": "JWE"}), InvalidToken::Header("typ")),
    ] {
        assert_eq!(check(&signed(&header, &claims())), Err(error), "{header}");
    }
    let unsigned = hs256(&claims());
    let (message, _) = unsigned.rsplit_once('.').unwrap();
    assert_eq!(check(&format!("{message}.")), Err(InvalidToken::Signature));
    for header in [json!({"alg": "HS256", "kid": "any"}), json!({"alg": "HS256", "typ": "at+JWT"})] {
        assert!(check(&signed(&header, &claims())).is_ok(), "{header}");
    }
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let sign = |header: &str, payload: &str| token_of(header, payload, &key, jsonwebtoken::Algorithm::HS256);
    let header = r#"{"alg":"HS256"}"#;
    let payload = claims().to_string();
    assert!(check(&sign(header, &payload)).is_ok());
    let twice = payload.replacen('{', r#"{"sub":"mallory","#, 1);
    assert_eq!(check(&sign(header, &twice)), Err(InvalidToken::Malformed));
    let twice = payload.replacen('{', r#"{"\u0073ub":"mallory","#, 1);
    assert_eq!(check(&sign(header, &twice)), Err(InvalidToken::Malformed));
    assert_eq!(check(&sign(r#"{"alg":"HS256","alg":"HS256"}"#, &payload)), Err(InvalidToken::Malformed));
}

#[test]
fn what_is_no_token_is_refused() {
    let good = hs256(&claims());
    assert_eq!(check(&"a".repeat(8 * 1024 + 1)), Err(InvalidToken::TooLong));
    for token in [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "e30.e30.",
        &format!("{good}."),
        &format!(".{good}"),
        &format!("{good}.e30"),
    ] {
        assert!(check(token).is_err(), "{token}");
    }
    // Every bit counts.
    for at in 0..good.len() {
        for letter in ['A', 'z', '9', '-', '_', '.', '=', '+'] {
            let mut changed = good.clone();
            changed.replace_range(at..=at, &letter.to_string());
            assert!(changed == good || check(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn issuer_and_audience_are_asked_only_where_they_are_known() {
    let rules = Rules { issuers: vec![], audiences: vec![], ..rules() };
    let bare = hs256(&json!({"sub": "alice", "exp": NOW + 60}));
    assert!(verify(&bare, &secret(), &rules, NOW).is_ok());
    let for_others = hs256(&json!({"sub": "alice", "exp": NOW + 60, "aud": "other"}));
    assert_eq!(verify(&for_others, &secret(), &rules, NOW), Err(InvalidToken::Audience));
}

#[test]
fn subjects_of_two_issuers_are_two() {
    let rules = Rules { issuers: vec!["a".to_owned(), "b".to_owned()], ..rules() };
    let taken = verify(&hs256(&claims_with(json!({"iss": "b"}))), &secret(), &rules, NOW).unwrap();
    assert_eq!(taken.holder.owner.as_str(), "b|alice");
    let nobody = hs256(&claims_with(json!({"iss": "b", "sub": ""})));
    assert_eq!(verify(&nobody, &secret(), &rules, NOW), Err(InvalidToken::Claim("sub")));
}

#[test]
fn a_key_file_holds_a_long_secret_or_a_public_key() {
    assert_eq!(KeySet::parse_file("  short\n").unwrap_err(), InvalidKeyFile::ShortSecret { bytes: 5 });
    let padded = KeySet::parse_file(&format!("\n {SECRET}\r\n")).unwrap();
    assert!(verify(&hs256(&claims()), &padded, &rules(), NOW).is_ok());
    assert!(!format!("{padded:?}").contains("secret"));
    assert_eq!(
        KeySet::parse_file("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----").unwrap_err(),
        InvalidKeyFile::Pem
    );
}

/// A key pair of each family that keys can be public of.
fn pairs() -> Vec<(Algorithm, jsonwebtoken::Algorithm, String, EncodingKey)> {
    use jsonwebtoken::Algorithm::{ES256, EdDSA, RS256};
    let pair = |kind| rcgen::KeyPair::generate_for(kind).unwrap();
    let rsa = pair(&rcgen::PKCS_RSA_SHA256);
    let ec = pair(&rcgen::PKCS_ECDSA_P256_SHA256);
    let ed = pair(&rcgen::PKCS_ED25519);
    let private = |pair: &rcgen::KeyPair| pair.serialize_pem().into_bytes();
    vec![
        (Algorithm::Rs256, RS256, rsa.public_key_pem(), EncodingKey::from_rsa_pem(&private(&rsa)).unwrap()),
        (Algorithm::Es256, ES256, ec.public_key_pem(), EncodingKey::from_ec_pem(&private(&ec)).unwrap()),
        (Algorithm::EdDsa, EdDSA, ed.public_key_pem(), EncodingKey::from_ed_pem(&private(&ed)).unwrap()),
    ]
}

fn public_jwk(algorithm: Algorithm, pem: &str, kid: &str) -> Value {
    let key = match algorithm {
        Algorithm::Rs256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
        Algorithm::Es256 => DecodingKey::from_ec_pem(pem.as_bytes()),
        Algorithm::EdDsa => DecodingKey::from_ed_pem(pem.as_bytes()),
        Algorithm::Hs256 => panic!("a secret has no public key"),
    };
    let mut jwk = serde_json::to_value(Jwk::from_decoding_key(&key.unwrap(), None).unwrap()).unwrap();
    jwk["kid"] = json!(kid);
    jwk
}

#[test]
fn families_never_mix() {
    let pairs = pairs();
    for (algorithm, alg, pem, private) in &pairs {
        let keys = KeySet::parse_file(pem).unwrap();
        assert_eq!(keys.algorithms().collect::<Vec<_>>(), [*algorithm]);
        let header = json!({"alg": algorithm.as_str()}).to_string();
        let token = token_of(&header, &claims().to_string(), private, *alg);
        assert!(verify(&token, &keys, &rules(), NOW).is_ok(), "{algorithm:?}");
        assert!(keys.clone().only(&[Algorithm::Hs256]).is_empty());

        // The public key as the secret of an HMAC, in every spelling of it.
        for secret in [pem.as_str(), pem.trim(), &format!("{}\n", pem.trim())] {
            let key = EncodingKey::from_secret(secret.as_bytes());
            for header in [r#"{"alg":"HS256"}"#.to_owned(), header.clone()] {
                let forged = token_of(&header, &claims().to_string(), &key, jsonwebtoken::Algorithm::HS256);
                assert!(verify(&forged, &keys, &rules(), NOW).is_err(), "{algorithm:?} {header}");
            }
        }
        // A token of another family.
        for (other, _, other_pem, _) in &pairs {
            if other != algorithm {
                let others = KeySet::parse_file(other_pem).unwrap();
                assert_eq!(verify(&token, &others, &rules(), NOW), Err(InvalidToken::Algorithm));
            }
        }
    }
}

#[test]
fn a_private_key_or_a_weak_one_is_no_public_key() {
    let ec = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    assert_eq!(KeySet::parse_file(&ec.serialize_pem()).unwrap_err(), InvalidKeyFile::Pem);
    let wide = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    assert_eq!(KeySet::parse_file(&wide.public_key_pem()).unwrap_err(), InvalidKeyFile::Pem);
    let two = format!("{}{}", ec.public_key_pem(), ec.public_key_pem());
    assert_eq!(KeySet::parse_file(&two).unwrap_err(), InvalidKeyFile::Pem);
}

#[test]
fn a_key_set_is_asked_by_name() {
    let pairs = pairs();
    let jwks: Vec<Value> = pairs.iter().map(|(a, _, pem, _)| public_jwk(*a, pem, a.as_str())).collect();
    let mut with_others = jwks.clone();
    with_others.push(json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET), "kid": "oct"}));
    with_others.push(json!({"kty": "new", "kid": "new"}));
    let keys = KeySet::parse_jwks(json!({"keys": with_others}).to_string().as_bytes()).unwrap();
    assert_eq!(keys.algorithms().count(), 3, "secrets and unknown kinds are passed over");
    for (algorithm, alg, _, private) in &pairs {
        let token = |kid: Option<&str>| {
            let mut header = json!({"alg": algorithm.as_str()});
            if let Some(kid) = kid {
                header["kid"] = json!(kid);
            }
            token_of(&header.to_string(), &claims().to_string(), private, *alg)
        };
        let check = |kid| verify(&token(kid), &keys, &rules(), NOW).map(|_| ());
        assert_eq!(check(Some(algorithm.as_str())), Ok(()));
        assert_eq!(check(Some("unknown")), Err(InvalidToken::UnknownKey));
        assert_eq!(check(None), Err(InvalidToken::UnknownKey), "it could mean any of them");
    }
    // A secret from the set opens nothing.
    let forged = signed(&json!({"alg": "HS256", "kid": "oct"}), &claims());
    assert_eq!(verify(&forged, &keys, &rules(), NOW), Err(InvalidToken::Algorithm));
}

#[test]
fn keys_for_something_else_are_passed_over() {
    let (_, _, pem, _) = &pairs()[1];
    let jwk = public_jwk(Algorithm::Es256, pem, "k");
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        KeySet::parse_jwks(json!({"keys": [jwk]}).to_string().as_bytes())
    };
    assert!(with("use", json!("sig")).is_ok());
    assert!(with("alg", json!("ES256")).is_ok());
    assert!(with("key_ops", json!(["verify"])).is_ok());
    for (name, value) in [
        ("use", json!("enc")),
        ("alg", json!("ES384")),
        ("alg", json!("HS256")),
        ("alg", json!("ECDH-ES")),
        ("key_ops", json!(["encrypt"])),
        ("crv", json!("P-384")),
        ("x", json!("AAAA")),
        ("x", json!("no base64")),
    ] {
        assert_eq!(with(name, value.clone()).unwrap_err(), InvalidJwks::NoKey, "{name} {value}");
    }
    let short = json!({"kty": "RSA", "kid": "k", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xFF; 128])});
    let parse = |value: Value| KeySet::parse_jwks(value.to_string().as_bytes()).unwrap_err();
    assert_eq!(parse(json!({"keys": [short]})), InvalidJwks::NoKey);
    let mut nameless = jwk.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    assert_eq!(parse(json!({"keys": [nameless, nameless]})), InvalidJwks::NoKey);
    assert!(KeySet::parse_jwks(json!({"keys": [nameless]}).to_string().as_bytes()).is_ok());
    assert_eq!(parse(json!({"keys": []})), InvalidJwks::NoKey);
    assert_eq!(parse(json!([])), InvalidJwks::Malformed);
    assert_eq!(KeySet::parse_jwks(b"<html>").unwrap_err(), InvalidJwks::Malformed);
    assert_eq!(KeySet::parse_jwks(&vec![b' '; 64 * 1024 + 1]).unwrap_err(), InvalidJwks::TooLarge);
    assert_eq!(parse(json!({"keys": vec![1; 101]})), InvalidJwks::TooLarge);
}

/// RFC 7515, appendices A.2 and A.3: the same claims, signed by RS256 and by ES256.
#[test]
fn the_examples_of_the_standard_are_taken() {
    let rules = Rules { issuers: vec![], audiences: vec![], owner_claim: "iss".to_owned(), ..rules() };
    let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rsa = json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"});
    let rsa_signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let ec = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let ec_signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    for (jwk, header, signature) in
        [(rsa, "eyJhbGciOiJSUzI1NiJ9", rsa_signature), (ec, "eyJhbGciOiJFUzI1NiJ9", ec_signature)]
    {
        let keys = KeySet::parse_jwks(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
        let token = format!("{header}.{payload}.{signature}");
        let taken = verify(&token, &keys, &rules, 1_300_819_000).unwrap();
        assert_eq!(taken.holder.owner.as_str(), "joe");
        let changed = token.replacen("eyJpc3Mi", "eyJpc3Nj", 1);
        assert_eq!(verify(&changed, &keys, &rules, 1_300_819_000), Err(InvalidToken::Signature));
    }
}

proptest! {
    #[test]
    fn no_text_is_taken_as_a_token(token in "\\PC{0,200}") {
        prop_assert!(check(&token).is_err());
    }

    #[test]
    fn nothing_like_a_token_is_taken(
        header in prop::sample::select(vec![r#"{"alg":"HS256"}"#, r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#]),
        payload in "\\PC{0,80}", signature: [u8; 32]
    ) {
        let parts = [header.as_bytes(), payload.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert!(check(&parts.join(".")).is_err());
    }

    #[test]
    fn no_bytes_break_the_reader_of_key_sets(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(KeySet::parse_jwks(&bytes).is_err());
    }
}
