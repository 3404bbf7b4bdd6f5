/** A job as programs that run it again: cURL, and the official WaveSpeed clients for Python and JavaScript. */
import { MODEL, ownFile } from "../api.js";

/** [name, source] pairs. `inputs` are a job's parameters, `origin` this server's address, `file` a name for the video. */
export function snippets({ origin, inputs, file }) {
  const exact = Object.fromEntries(
    Object.entries({ ...inputs, image: reachable(inputs.image, origin), video: reachable(inputs.video, origin) })
      .filter(([, value]) => value !== "" && value !== undefined && value !== null),
  );
  return [["cURL", curl(origin, exact, file)], ["Python", python(origin, exact, file)], ["JavaScript", javascript(origin, exact, file)]];
}

/** Files of this server by the name under which the reader knows it. */
function reachable(url, origin) {
  const path = ownFile(url);
  return path ? origin + path : url;
}

function curl(origin, inputs, file) {
  return `# Put your API key into MOTIONCAST_KEY first: export MOTIONCAST_KEY=mc-…
SERVER=${origin}
AUTH="Authorization: Bearer $MOTIONCAST_KEY"

# Submit
ID=$(curl -sS "$SERVER/api/v3/${MODEL}" \\
  -H "$AUTH" -H "Content-Type: application/json" \\
  -d ${shellQuoted(JSON.stringify(inputs, null, 2))} | tee answer.json | grep -oE '[0-9a-f]{32}' | head -1)

# Wait until it has ended
while [ -n "$ID" ] && curl -sS "$SERVER/api/v3/predictions/$ID/result" -H "$AUTH" -o answer.json &&
  grep -qE '"status": ?"(created|processing)"' answer.json; do sleep 2; done

# Download; if it failed, answer.json says why
URL=$(grep -oE '"outputs": ?\\["[^"]+' answer.json | cut -d'"' -f4)
if [ -n "$URL" ]; then curl -sS -o ${file} "$URL" && echo ${file}; else cat answer.json; fi
`;
}

function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function python(origin, inputs, file) {
  const lines = Object.entries(inputs).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`);
  return `# pip install wavespeed; put your API key into the environment as MOTIONCAST_KEY
import os
import urllib.request

from wavespeed import Client

client = Client(api_key=os.environ["MOTIONCAST_KEY"], base_url=${JSON.stringify(origin)})
inputs = {
${lines.join("\n")}
}
result = client.run(${JSON.stringify(MODEL)}, inputs)  # waits until it has ended
urllib.request.urlretrieve(result["outputs"][0], ${JSON.stringify(file)})
print(${JSON.stringify(file)})
`;
}

function javascript(origin, inputs, file) {
  const lines = Object.entries(inputs).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`);
  return `// npm install wavespeed; put your API key into the environment as MOTIONCAST_KEY; save as animate.mjs
import { writeFile } from "node:fs/promises";
import { Client } from "wavespeed";

const client = new Client(process.env.MOTIONCAST_KEY, { baseUrl: ${JSON.stringify(origin)} });
const inputs = {
${lines.join("\n")}
};
const result = await client.run(${JSON.stringify(MODEL)}, inputs); // waits until it has ended
const video = await fetch(result.outputs[0]);
await writeFile(${JSON.stringify(file)}, Buffer.from(await video.arrayBuffer()));
console.log(${JSON.stringify(file)});
`;
}
