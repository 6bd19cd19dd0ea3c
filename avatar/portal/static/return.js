// Coming back: the key signs a random question here, and stays here.
const form = document.getElementById("return");
const said = document.getElementById("said");
// RFC 8410: what comes before the 32 bytes of an Ed25519 key in PKCS #8.
const BEFORE = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function say(sentence, bad = false) {
  said.textContent = sentence;
  said.classList.toggle("bad", bad);
}

async function ask(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.sentence);
  return found;
}

async function signed(raw, question) {
  let key;
  try {
    key = await crypto.subtle.importKey("pkcs8", new Uint8Array([...BEFORE, ...bytes(raw)]), "Ed25519", false, ["sign"]);
  } catch {
    throw new Error("This browser cannot sign with your key. Use a newer one, or ask for a new personal link.");
  }
  return hex(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(question)));
}

form.onsubmit = async (event) => {
  event.preventDefault();
  const file = document.getElementById("key-file").files[0];
  const raw = (file ? await file.text() : document.getElementById("key").value).trim().toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(raw)) return say("This is not a key: it is 64 of the letters a to f and digits.", true);
  const code = document.getElementById("code").value.trim();
  try {
    say("One moment …");
    const { question } = await ask("/return/question", { code });
    const { next } = await ask("/return", { code, question, signature: await signed(raw, question) });
    location.assign(next);
  } catch (error) {
    say(error.message || "That did not work. Try again.", true);
  }
};
