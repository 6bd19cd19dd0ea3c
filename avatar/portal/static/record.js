// Recording the statement: camera and microphone, a look at the take, and sending it.
const studio = document.getElementById("studio");
const part = Object.fromEntries([...studio.querySelectorAll("[id]")].map((each) => [each.id, each]));
const LONGEST = 120; // seconds
// Containers that take in picture and sound together; which one a browser can write differs.
const KINDS = ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4;codecs=avc1.42E01E,opus", "video/webm;codecs=vp8,opus", "video/mp4", "video/webm"];
// What would make a voice clearer makes it less like itself: the checks want it as it is.
const WANTED = {
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25 }, facingMode: "user" },
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
};
let stream, recorder, take, began, shown;

const seen = {
  closed: ["live", "curtain", "open"],
  ready: ["live", "level-row", "start"],
  recording: ["live", "level-row", "dot", "stop"],
  taken: ["taken", "send", "again"],
  sending: ["taken", "progress"],
};
function turn(state) {
  studio.dataset.state = state;
  for (const id of new Set(Object.values(seen).flat())) part[id].hidden = !seen[state].includes(id);
  part.curtain.hidden = state !== "closed";
}
function say(sentence, bad = false) {
  part.said.textContent = sentence;
  part.said.classList.toggle("bad", bad);
}
const clockOf = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

async function open() {
  if (!window.MediaRecorder || !navigator.mediaDevices) {
    return say("This browser cannot record. Use a recording made with another app, below.", true);
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    const why = {
      NotAllowedError: "The browser was not allowed to use them. Allow camera and microphone for this page in the address bar, then try again.",
      NotFoundError: "No camera or no microphone was found. Connect one, then try again.",
      NotReadableError: "Another program uses the camera or microphone. Close it, then try again.",
    };
    return say(why[error.name] ?? "Camera and microphone could not be opened. Try again, or use another browser.", true);
  }
  part.live.srcObject = stream;
  for (const track of stream.getTracks()) track.addEventListener("ended", lost);
  listen();
  turn("ready");
  say("Sit so that your whole face is in the picture, with light from the front. The bar should move when you speak.");
  part.start.focus();
}

function lost() {
  if (["taken", "sending"].includes(studio.dataset.state)) return;
  if (recorder?.state === "recording") recorder.stop();
  close();
  turn("closed");
  say("Camera or microphone went away. Turn them on again.", true);
}

function listen() {
  const context = new AudioContext();
  const meter = context.createAnalyser();
  meter.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(meter);
  const samples = new Float32Array(meter.fftSize);
  const look = () => {
    if (!stream?.active) return context.close();
    meter.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    part.level.value = Math.min(1, Math.max(0, 1 + Math.log10(Math.max(peak, 1e-5)) / 2.5));
    requestAnimationFrame(look);
  };
  look();
}

function start() {
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  const pieces = [];
  recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 1_500_000, audioBitsPerSecond: 128_000 });
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = () => { if (stream) review(new Blob(pieces, { type: recorder.mimeType })); };
  recorder.start();
  began = performance.now();
  turn("recording");
  say("Recording. Read the statement, then press stop.");
  part.stop.focus();
  tick();
}

function tick() {
  if (recorder.state !== "recording") return;
  const seconds = (performance.now() - began) / 1000;
  part.clock.textContent = clockOf(seconds);
  if (seconds >= LONGEST) recorder.stop();
  else setTimeout(tick, 200);
}

function review(blob) {
  take = blob;
  if (shown) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(blob);
  part.taken.src = shown;
  close();
  turn("taken");
  say("Look at it. Is every word to be heard, and your face to be seen? Sending it means that you agree.");
  part.send.focus();
}

function close() {
  const tracks = stream?.getTracks() ?? [];
  stream = undefined;
  for (const track of tracks) track.stop();
  part.live.srcObject = null;
}

async function again() {
  part.taken.removeAttribute("src");
  take = undefined;
  await open();
}

function send() {
  if (take.size > Number(studio.dataset.largest)) return say("This recording is too large. Record a shorter one.", true);
  turn("sending");
  say("Sending …");
  const request = new XMLHttpRequest(); // fetch cannot tell how far an upload is
  request.open("POST", "/consent/recording");
  request.setRequestHeader("x-csrf-token", studio.dataset.csrf);
  request.setRequestHeader("content-type", "application/octet-stream");
  request.responseType = "json";
  request.upload.onprogress = (event) => { part.progress.value = event.loaded / event.total; };
  request.upload.onload = () => {
    part.progress.removeAttribute("value");
    say("Sent. Your words, your voice and your face are being checked; this takes up to a minute.");
  };
  request.onload = () => {
    if (request.status === 200 && request.response?.next) return location.assign(request.response.next);
    failed(request.response?.sentence ?? "That did not work. Send it again.");
  };
  request.onerror = () => failed("The connection broke off. Send it again.");
  request.send(take);
}

function failed(sentence) {
  part.progress.value = 0;
  turn("taken");
  say(sentence, true);
}

function countdown() {
  const left = (new Date(studio.dataset.expires) - Date.now()) / 1000;
  part.left.textContent = left > 0 ? ` (${clockOf(left)} left)` : ". They are over: go back and begin anew";
  if (left > 0) setTimeout(countdown, 1000);
}

part.open.onclick = open;
part.start.onclick = start;
part.stop.onclick = () => recorder.stop();
part.again.onclick = again;
part.send.onclick = send;
part.file.onchange = () => { if (part.file.files[0]) review(part.file.files[0]); };
window.addEventListener("pagehide", close);
countdown();
