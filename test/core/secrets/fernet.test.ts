import { execFileSync } from "node:child_process";
import test from "ava";
import fc from "fast-check";
import { decryptFernet, encryptFernet, generateFernetKey, parseFernetKey } from "#core/secrets/fernet.ts";

// The examples of the specification (github.com/fernet/spec): generate.json, verify.json and invalid.json.
const SECRET = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
const TOKEN = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
const IV = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
const TTL_SECONDS = 60;

const at = (now: string) => ({ now: () => Date.parse(now) / 1000, iv: () => IV });
const SECOND_LATER = "1985-10-26T01:20:01-07:00";

const INVALID: readonly (readonly [title: string, token: string, now?: string])[] = [
  [
    "an incorrect mac",
    "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
  ],
  ["too short a token", "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA=="],
  [
    "invalid base64",
    "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
  ],
  [
    "a payload that is no multiple of the block size",
    "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
  ],
  [
    "a wrong padding",
    "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
  ],
  [
    "a time in the far future",
    "gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
  ],
  [
    "too old a token",
    "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    "1985-10-26T01:21:31-07:00",
  ],
  [
    "an incorrect IV, which makes a wrong padding",
    "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
  ],
];

test("a token is made as the specification's is", (t) => {
  t.is(encryptFernet(parseFernetKey(SECRET)!, "hello", at("1985-10-26T01:20:00-07:00")), TOKEN);
});

test("the specification's valid token is read", (t) => {
  t.is(decryptFernet(parseFernetKey(SECRET)!, TOKEN, TTL_SECONDS, at(SECOND_LATER)), "hello");
});

for (const [title, token, now = SECOND_LATER] of INVALID) {
  test(`the specification's token with ${title} is refused`, (t) => {
    t.is(decryptFernet(parseFernetKey(SECRET)!, token, TTL_SECONDS, at(now)), undefined);
  });
}

test("every text comes back under its own key, and under no other", (t) => {
  const [key, other] = [generateFernetKey(), generateFernetKey()].map((text) => parseFernetKey(text)!);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const token = encryptFernet(key!, text);
      return decryptFernet(key!, token) === text && decryptFernet(other!, token) === undefined;
    }),
  );
  t.pass();
});

for (const wrong of ["", "short", "x".repeat(44), `${SECRET}=`, SECRET.replace(/.$/, "!")]) {
  test(`"${wrong}" is no key`, (t) => {
    t.is(parseFernetKey(wrong), undefined);
  });
}

test("Python's cryptography reads our tokens, and we read its", (t) => {
  const key = generateFernetKey();
  const text = "päss, 密码\n'\"";
  const script = `
import sys
from cryptography.fernet import Fernet
fernet = Fernet(sys.argv[1])
sys.stdout.buffer.write(fernet.decrypt(sys.argv[2].encode()) + b"\\0" + fernet.encrypt(sys.argv[3].encode()))`;
  try {
    execFileSync("python3", ["-c", "import cryptography.fernet"], { stdio: "ignore" });
  } catch {
    t.log("Skipped: this machine's python3 has no cryptography");
    t.pass();
    return;
  }
  const token = encryptFernet(parseFernetKey(key)!, text);
  const answer = execFileSync("python3", ["-c", script, key, token, text], { encoding: "utf8" });
  const [read, theirs] = answer.split("\0");
  t.is(read, text);
  t.is(decryptFernet(parseFernetKey(key)!, theirs!), text);
});
