// Runs a student on a webcam or a video file and paints its map over the picture.

const at = (id) => document.getElementById(id);
const video = at("video"), heat = at("heat"), choice = at("model");
const input = document.createElement("canvas");
const settings = await (await fetch("settings.json")).json();
let model = null; // {session, side, multiple, channels}
let past = []; // [seconds, features]: the temporal branch compares with an earlier frame
let loads = 0;
let ort = null;
let backend = ""; // "webgpu" or "wasm"

for (const { name } of settings.models) choice.add(new Option(name));
choice.value = settings.start;

function say(text) {
  at("message").textContent = text;
}

async function start(name) {
  ort = await import(`./ort/ort.${name}.bundle.min.mjs`);
  // Threads would need special headers from the server; a student takes a few milliseconds on one.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
  backend = name;
  await load();
}

async function load() {
  const load = ++loads;
  const card = settings.models.find(({ name }) => name === choice.value);
  try {
    const session = await ort.InferenceSession.create(`models/${card.name}.onnx`, {
      executionProviders: [backend],
    });
    if (load !== loads) return; // another model was chosen meanwhile
    model = { session, ...card };
    past = [];
  } catch (error) {
    if (backend === "webgpu") await start("wasm");
    else say(`The model ${card.name} cannot be loaded: ${error.message}`);
  }
}

// As uvanet.runtime.input_size.fit_to_area: the picture's aspect ratio, about side * side pixels.
function inputSize(ratio, { side, multiple }) {
  ratio = Math.min(Math.max(ratio, 0.25), 4);
  const step = Math.max(multiple, 2 ** Math.floor(Math.log2(Math.floor(side / 8))));
  const rows = Math.max(step, step * Math.round(side / Math.sqrt(ratio) / step));
  return [rows, Math.max(step, step * Math.round((rows * ratio) / step))];
}

async function predict(running, seconds) {
  const [rows, columns] = inputSize(video.videoWidth / video.videoHeight, running);
  input.width = columns;
  input.height = rows;
  const context = input.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(video, 0, 0, columns, rows);
  const rgba = context.getImageData(0, 0, columns, rows).data;
  const rgb = new Uint8Array(rows * columns * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4) {
    rgb[j++] = rgba[i];
    rgb[j++] = rgba[i + 1];
    rgb[j++] = rgba[i + 2];
  }
  const frame = new ort.Tensor("uint8", rgb, [1, rows, columns, 3]);
  const shape = [1, running.channels, rows / settings.stride, columns / settings.stride];
  const fits = ([time, { dims }]) =>
    time < seconds && seconds - time <= settings.maxAge && dims.join() === shape.join();
  const known = past.filter(fits);
  past = known;
  // The rule of `uvanet.runtime.streaming`: of equally near frames, the earlier.
  const distance = ([time]) => Math.abs(seconds - time - settings.lag);
  const nearest = Math.min(...known.map(distance));
  let earlier = known.find((one) => distance(one) < nearest + settings.sameAge);
  if (!earlier) {
    const nothing = new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)), shape);
    earlier = [seconds, (await running.session.run({ frame, earlier: nothing })).features];
  }
  const result = await running.session.run({ frame, earlier: earlier[1] });
  known.push([seconds, result.features]); // lost where a seek or another model came meanwhile
  return result.saliency;
}

function paint(saliency) {
  const [, rows, columns] = saliency.dims;
  let highest = 1e-9;
  for (const value of saliency.data) if (value > highest) highest = value;
  const image = new ImageData(columns, rows);
  saliency.data.forEach((value, i) => {
    const level = Math.round((value / highest) * 255);
    image.data.set(settings.colors[level], 4 * i);
    image.data[4 * i + 3] = level * at("opacity").value;
  });
  // The canvas has the video's shape, so that object-fit lays both over each other.
  heat.width = video.videoWidth;
  heat.height = video.videoHeight;
  input.width = columns;
  input.height = rows;
  input.getContext("2d").putImageData(image, 0, 0);
  heat.getContext("2d").drawImage(input, 0, 0, heat.width, heat.height);
}

async function run() {
  const running = model;
  if (running && video.videoWidth && video.readyState >= 2) {
    try {
      const began = performance.now();
      const saliency = await predict(running, began / 1000);
      if (running === model) {
        paint(saliency);
        const milliseconds = (performance.now() - began).toFixed(1);
        at("time").value = `${running.name}: ${milliseconds} ms (${backend})`;
      }
    } catch (error) {
      model = null;
      if (backend === "webgpu") await start("wasm");
      else say(`The network failed: ${error.message}`);
    }
  }
  setTimeout(() => requestAnimationFrame(run), 0);
}

async function play(prepare) {
  for (const track of video.srcObject?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  past = [];
  say("");
  try {
    await prepare();
    await video.play();
  } catch (error) {
    say(`That cannot be played: ${error.message}`);
  }
}

// Frames on both sides of a jump do not belong together; a film that starts over jumps too.
video.onseeking = () => {
  past = [];
};

at("camera").onclick = () =>
  play(async () => {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 1280 } });
  });
at("file").onchange = ({ target }) =>
  play(async () => {
    if (target.files.length) video.src = URL.createObjectURL(target.files[0]);
  });
choice.onchange = () => ort && load();

// The page has a WASM of its own for each: that of WebGPU is twice as large.
await start((await navigator.gpu?.requestAdapter()) ? "webgpu" : "wasm");
run();
